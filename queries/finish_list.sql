-- Marks every task of a list as done, and answers those that were open.
-- write
-- :list_id integer
UPDATE tasks SET done = TRUE
WHERE list_id = :list_id AND NOT done
RETURNING id, title

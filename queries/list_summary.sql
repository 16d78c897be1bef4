-- How many tasks each list has, how many are open, and when the next is due.
-- :min_open integer = 0
SELECT lists.id, lists.name,
       count(tasks.id) AS tasks,
       count(tasks.id) FILTER (WHERE NOT tasks.done) AS open,
       min(tasks.due) FILTER (WHERE NOT tasks.done) AS next_due
FROM lists
LEFT JOIN tasks ON tasks.list_id = lists.id
GROUP BY lists.id
HAVING count(tasks.id) FILTER (WHERE NOT tasks.done) >= :min_open

-- Who may do what with the lists of tasks: an example, switched on with --access builtin --anon-role anon.
-- Whoever brings no token is anon. A member's token says which lists are theirs:
-- {"role": "member", "sub": "7", "lists": [1, 3]}.

CREATE ROLE anon;
CREATE ROLE member;
CREATE ROLE admin BYPASSRLS;

-- Everybody may look at what is open, but for the notes.
GRANT SELECT ON lists, tags, task_tags, open_tasks TO anon, member;
GRANT SELECT (id, list_id, title, done, priority, due) ON tasks TO anon;
GRANT EXECUTE ON FUNCTION list_summary TO anon, member;

-- A member works on the tasks of their lists.
GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO member;
GRANT INSERT, DELETE ON task_tags TO member;
GRANT INSERT (name) ON tags TO member;
GRANT EXECUTE ON FUNCTION finish_list TO member;

GRANT ALL ON ALL TABLES IN SCHEMA public TO admin;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO admin;

CREATE POLICY open ON tasks FOR SELECT TO anon, member
    USING (NOT done);

CREATE POLICY of_their_lists ON tasks TO member
    USING (list_id IN (SELECT value FROM json_each(claim('lists'))));

-- A task's tags are seen and changed with the task: the policies of tasks hold in the subquery, too.
CREATE POLICY with_their_task ON task_tags
    USING (task_id IN (SELECT id FROM tasks));

-- What is without a policy is for all who have the right; thimble access check asks unless it is said.
ALTER TABLE lists DISABLE ROW LEVEL SECURITY;
ALTER TABLE tags DISABLE ROW LEVEL SECURITY;

-- A view shows what its owner sees, unless it is told to ask for its caller.
ALTER VIEW open_tasks SET (security_invoker = true);

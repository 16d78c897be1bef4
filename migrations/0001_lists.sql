-- Lists of tasks, with tags: a small schema that shows what thimble makes of SQL.
-- Each table and view here is a resource: /lists, /tasks, /tags, /task_tags, /open_tasks. A CHECK has
-- a name because a failure says it.

CREATE TABLE lists (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE CONSTRAINT lists_name_check CHECK (length(name) BETWEEN 1 AND 200),
    color      TEXT NOT NULL DEFAULT 'grey'
                    CONSTRAINT lists_color_check CHECK (color IN ('grey', 'red', 'orange', 'yellow', 'green', 'blue')),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE tasks (
    id         INTEGER PRIMARY KEY,
    list_id    INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
    title      TEXT NOT NULL CONSTRAINT tasks_title_check CHECK (length(title) BETWEEN 1 AND 500),
    notes      TEXT,
    done       BOOLEAN NOT NULL DEFAULT FALSE CONSTRAINT tasks_done_check CHECK (done IN (FALSE, TRUE)),
    priority   INTEGER NOT NULL DEFAULT 3 CONSTRAINT tasks_priority_check CHECK (priority BETWEEN 1 AND 5),
    due        DATE CONSTRAINT tasks_due_check CHECK (due IS date(due)),
    meta       JSON CONSTRAINT tasks_meta_check CHECK (meta IS NULL OR json_valid(meta)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX tasks_list ON tasks (list_id);
CREATE INDEX tasks_due ON tasks (due) WHERE NOT done;

CREATE TABLE tags (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CONSTRAINT tags_name_check CHECK (length(name) BETWEEN 1 AND 50)
);

-- Many to many: a task has tags, a tag has tasks. Its rows are /task_tags/{task_id},{tag_id}.
CREATE TABLE task_tags (
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    tag_id  INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (task_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX task_tags_tag ON task_tags (tag_id);

CREATE VIEW open_tasks AS
SELECT tasks.id, tasks.title, tasks.priority, tasks.due, lists.name AS list
FROM tasks
JOIN lists ON lists.id = tasks.list_id
WHERE NOT tasks.done;

-- The time of the last change is the database's to tell.
CREATE TRIGGER tasks_updated AFTER UPDATE OF list_id, title, notes, done, priority, due, meta ON tasks
BEGIN
    UPDATE tasks SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = new.id;
END;

-- A full-text index over titles and notes, kept by triggers
-- (https://sqlite.org/fts5.html#external_content_tables).
CREATE VIRTUAL TABLE tasks_fts USING fts5 (title, notes, content = 'tasks', content_rowid = 'id');

CREATE TRIGGER tasks_fts_insert AFTER INSERT ON tasks
BEGIN
    INSERT INTO tasks_fts (rowid, title, notes) VALUES (new.id, new.title, new.notes);
END;
CREATE TRIGGER tasks_fts_delete AFTER DELETE ON tasks
BEGIN
    INSERT INTO tasks_fts (tasks_fts, rowid, title, notes) VALUES ('delete', old.id, old.title, old.notes);
END;
CREATE TRIGGER tasks_fts_update AFTER UPDATE OF title, notes ON tasks
BEGIN
    INSERT INTO tasks_fts (tasks_fts, rowid, title, notes) VALUES ('delete', old.id, old.title, old.notes);
    INSERT INTO tasks_fts (rowid, title, notes) VALUES (new.id, new.title, new.notes);
END;

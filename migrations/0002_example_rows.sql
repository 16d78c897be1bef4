-- A few rows to look at. Leave this file out of your own set.

INSERT INTO lists (id, name, color) VALUES
    (1, 'Home', 'green'),
    (2, 'Work', 'blue');

INSERT INTO tasks (id, list_id, title, notes, done, priority, due, meta) VALUES
    (1, 1, 'Water the plants', NULL, TRUE, 2, NULL, NULL),
    (2, 1, 'Fix the bicycle', 'The front brake, and the bell.', FALSE, 3, '2030-05-01', '{"parts":["brake pad","bell"]}'),
    (3, 2, 'Write the report', 'Two pages at most.', FALSE, 1, '2030-04-15', '{"pages":2}'),
    (4, 2, 'Book a room', NULL, FALSE, 4, NULL, NULL);

INSERT INTO tags (id, name) VALUES (1, 'soon'), (2, 'quick');

INSERT INTO task_tags (task_id, tag_id) VALUES (2, 1), (3, 1), (1, 2), (4, 2);

INSERT INTO author (id, name, born) VALUES
    (1, 'Ada Lovelace', 1815),
    (2, 'Charles Babbage', 1791),
    (3, 'Grace Hopper', 1906),
    (4, 'Unborn', NULL);

INSERT INTO book (id, author_id, title, price, in_print, meta) VALUES
    (1, 1, 'Notes', 9.5, TRUE, '{"pages":66,"tags":["maths","engines"]}'),
    (2, 2, 'On the Economy of Machinery', 12.25, FALSE, NULL),
    (3, 2, 'Passages from the Life', NULL, TRUE, '[1,2,3]'),
    (4, 3, 'A-0 Manual', 0.1, TRUE, '"plain"'),
    (5, 3, '100% Pure_Text (a,b) "c"', 20, FALSE, 'true');

INSERT INTO pair (a, b, v) VALUES ('x', 'y', 'one'), ('x', 'z', 'two'), ('a,b', 'c/d', 'three');
INSERT INTO code (code, label) VALUES ('de', 'German'), ('über', 'over');
INSERT INTO keyless (v) VALUES ('first'), ('second');
INSERT INTO "odd name" ("the key", "sel""ect", "limit") VALUES (1, 'one', 'ten');
INSERT INTO note (id, body) VALUES (1, 'hello');
INSERT INTO counter (id, n) VALUES (1, 0);

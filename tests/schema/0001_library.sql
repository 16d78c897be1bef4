-- The schema that the tests serve: each table shows one thing that SQLite can hold.

CREATE TABLE author (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    born INTEGER CHECK (born > 0)
);

CREATE TABLE book (
    id        INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL REFERENCES author (id),
    title     TEXT NOT NULL CONSTRAINT title_is_not_empty CHECK (length(title) > 0),
    price     REAL,
    in_print  BOOLEAN NOT NULL DEFAULT TRUE,
    meta      JSON
);
CREATE INDEX book_author ON book (author_id);

CREATE TABLE review (
    id      INTEGER PRIMARY KEY,
    book_id INTEGER REFERENCES book (id) ON DELETE CASCADE,
    stars   INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5)
);

-- Every kind of column.
CREATE TABLE kinds (
    id INTEGER PRIMARY KEY,
    i  INTEGER,
    r  REAL,
    n  NUMERIC(10, 2),
    b  BOOLEAN,
    j  JSON,
    jb JSONB,
    x  BLOB,
    t  TEXT,
    u,
    d  DATETIME,
    g  INTEGER GENERATED ALWAYS AS (i * 2) VIRTUAL
);

-- Keys: composite, text, WITHOUT ROWID, none, and names that need care.
CREATE TABLE pair (
    a TEXT NOT NULL,
    b TEXT NOT NULL,
    v TEXT DEFAULT 'fresh',
    PRIMARY KEY (a, b)
) WITHOUT ROWID;

CREATE TABLE code (
    code  TEXT PRIMARY KEY NOT NULL,
    label TEXT
);

CREATE TABLE keyless (v TEXT);

CREATE TABLE "odd name" (
    "the key" INTEGER PRIMARY KEY,
    "sel""ect" TEXT,
    "limit"    TEXT
);

CREATE TABLE strictly (
    id INTEGER PRIMARY KEY,
    i  INT,
    t  TEXT
) STRICT;

-- What a trigger changes, and what a trigger refuses.
CREATE TABLE note (
    id         INTEGER PRIMARY KEY,
    body       TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    revision   INTEGER NOT NULL DEFAULT 1
);
CREATE TRIGGER note_revision AFTER UPDATE OF body ON note
BEGIN
    UPDATE note SET revision = old.revision + 1 WHERE id = new.id;
END;
CREATE TRIGGER note_refuses BEFORE INSERT ON note WHEN new.body = 'refuse me'
BEGIN
    SELECT RAISE(ABORT, 'this note is refused');
END;
CREATE TRIGGER note_rolls_back BEFORE INSERT ON note WHEN new.body = 'roll it all back'
BEGIN
    SELECT RAISE(ROLLBACK, 'everything is rolled back');
END;

-- A key that is checked at COMMIT only.
CREATE TABLE late (
    id     INTEGER PRIMARY KEY,
    parent INTEGER REFERENCES author (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE counter (
    id INTEGER PRIMARY KEY,
    n  INTEGER NOT NULL
);

CREATE VIEW in_print AS SELECT id, title, price FROM book WHERE in_print;

CREATE VIEW shelf AS SELECT b.id, b.title, a.name AS author FROM book b JOIN author a ON a.id = b.author_id;
CREATE TRIGGER shelf_insert INSTEAD OF INSERT ON shelf
BEGIN
    INSERT OR IGNORE INTO author (name) VALUES (new.author);
    INSERT INTO book (author_id, title) SELECT id, new.title FROM author WHERE name = new.author;
END;

CREATE VIRTUAL TABLE book_text USING fts5 (title, content='book', content_rowid='id');

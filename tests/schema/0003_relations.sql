-- How tables hang together: many to many, one to one, themselves, twice, through views.

CREATE TABLE tag (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE book_tag (
    book_id INTEGER NOT NULL REFERENCES book (id) ON DELETE CASCADE,
    tag_id  INTEGER NOT NULL REFERENCES tag (id),
    weight  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (book_id, tag_id)
) WITHOUT ROWID;

CREATE TABLE barcode (
    code    TEXT PRIMARY KEY NOT NULL,
    book_id INTEGER NOT NULL UNIQUE REFERENCES book (id)
);

CREATE TABLE person (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    boss INTEGER REFERENCES person (id),
    info JSON
);

-- Two ways from a loan to a person.
CREATE TABLE loan (
    id       INTEGER PRIMARY KEY,
    book_id  INTEGER NOT NULL REFERENCES book (id),
    lender   INTEGER NOT NULL CONSTRAINT loan_lender REFERENCES person (id),
    borrower INTEGER NOT NULL CONSTRAINT loan_borrower REFERENCES person (id),
    days     INTEGER NOT NULL DEFAULT 14 CHECK (days > 0),
    note     TEXT
);

CREATE VIEW cheap AS SELECT id, title, author_id, price FROM book WHERE price < 10;

INSERT INTO tag (id, name) VALUES (1, 'anarchism'), (2, 'utopia'), (3, 'prize'), (4, 'unused');
INSERT INTO book_tag (book_id, tag_id, weight) SELECT id, 1 + id % 3, id FROM book;
INSERT INTO book_tag (book_id, tag_id) SELECT id, 1 + (id + 1) % 3 FROM book;
INSERT INTO barcode (code, book_id) SELECT 'B' || id, id FROM book WHERE id <> 2;
INSERT INTO person (id, name, boss, info) VALUES
    (1, 'Ada', NULL, '{"age": 36, "langs": ["en", "fr"], "home": {"city": "London"}, "ok": true}'),
    (2, 'Ben', 1, '{"age": 9, "langs": [], "home": null, "ok": false}'),
    (3, 'Cleo', 1, '{"age": "old", "we\"ird": 1}'),
    (4, 'Dan', 2, NULL);
INSERT INTO loan (id, book_id, lender, borrower, days, note) VALUES
    (1, 1, 1, 2, 7, 'a, "quoted" note'), (2, 1, 2, 3, 30, NULL), (3, 3, 3, 1, 14, ''), (4, 2, 1, 4, 21, 'late');

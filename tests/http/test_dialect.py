"""SQL that was written for other builds of SQLite, stored in a database or in a migration, does here
what it does there. Python's own SQLite, of the system, makes the files and says what is right."""
import sqlite3

import pytest

from conftest import run

SCHEMA = """
CREATE TABLE t (
    id INTEGER PRIMARY KEY, s TEXT, at TEXT, log TEXT,
    kind TEXT DEFAULT "plain" CHECK (kind IN ("plain", "odd")),
    tail TEXT GENERATED ALWAYS AS (s || "!") VIRTUAL,
    root REAL GENERATED ALWAYS AS (sqrt(id)) STORED
);
CREATE INDEX t_part ON t (s) WHERE kind = "plain";
CREATE INDEX t_expression ON t (coalesce(s, "none"));
CREATE VIEW of_a AS SELECT id, s, "text" AS word FROM t WHERE s = "a";
CREATE VIEW nested AS
WITH some AS (SELECT id, "some" AS word FROM t)
SELECT id, word, (SELECT count(*) FROM t WHERE s = "b") AS n, CASE WHEN id > 1 THEN "big" ELSE "small" END AS size
FROM some WHERE EXISTS (SELECT 1 FROM t x WHERE x.id = some.id AND x.s IN ("a", "b"))
UNION ALL SELECT 0, "last", 0, "none" ORDER BY id LIMIT 10;
CREATE TRIGGER t_at AFTER INSERT ON t WHEN new.s <> "never"
BEGIN UPDATE t SET at = datetime("now"), log = replace("in " || new.s, "x", "y") WHERE id = new.id; END;
CREATE VIEW doors AS SELECT id, s FROM t;
CREATE TRIGGER doors_in INSTEAD OF INSERT ON doors
BEGIN INSERT INTO t (s, log) VALUES (new.s || "?", "door") ON CONFLICT DO UPDATE SET log = "again"; END;
CREATE VIEW numbers AS
SELECT sqrt(16.0) AS a, pow(2, 10) AS b, floor(2.5) AS c, ceil(2.5) AS d, log10(100.0) AS e, mod(7, 4) AS f,
       round(degrees(pi()), 6) AS g, soundex('Robert') AS h, round(sin(1.0), 9) AS i, trunc(-2.5) AS j;
CREATE VIEW about AS SELECT name FROM pragma_table_info("t") WHERE pk;

CREATE VIRTUAL TABLE f3 USING fts3 (body);
CREATE VIRTUAL TABLE f4 USING fts4 (body, tokenize=unicode61 "remove_diacritics=1", notindexed=id, id);
CREATE VIRTUAL TABLE f4p USING fts4 (body, tokenize=porter);
CREATE VIRTUAL TABLE f5 USING fts5 (body);
CREATE VIEW f4_found AS SELECT snippet(f4, '[', ']') AS s, offsets(f4) AS o FROM f4 WHERE body MATCH 'one AND (two OR three)';
CREATE VIEW f5_found AS SELECT highlight(f5, 0, '[', ']') AS s FROM f5 WHERE f5 MATCH 'one' ORDER BY bm25(f5);
INSERT INTO f3 VALUES ('one two'), ('three');
INSERT INTO f4 (docid, body, id) VALUES (7, 'one thréé', 'x'), (8, 'two', 'y'), (9, 'one three', 'z');
INSERT INTO f4p VALUES ('running');
INSERT INTO f5 VALUES ('one two');

CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE doc_fts USING fts4 (content="doc", body);
CREATE TRIGGER doc_bu BEFORE UPDATE ON doc BEGIN DELETE FROM doc_fts WHERE docid = old.id; END;
CREATE TRIGGER doc_bd BEFORE DELETE ON doc BEGIN DELETE FROM doc_fts WHERE docid = old.id; END;
CREATE TRIGGER doc_au AFTER UPDATE ON doc BEGIN INSERT INTO doc_fts (docid, body) VALUES (new.id, new.body); END;
CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN INSERT INTO doc_fts (docid, body) VALUES (new.id, new.body); END;
CREATE VIEW doc_found AS SELECT docid, body FROM doc_fts WHERE doc_fts MATCH 'apple';

CREATE TABLE place (id INTEGER PRIMARY KEY, x REAL, y REAL);
CREATE VIRTUAL TABLE place_box USING rtree (id, x0, x1, y0, y1, +note TEXT);
CREATE VIRTUAL TABLE grid USING rtree_i32 (id, a, b);
CREATE TRIGGER place_ai AFTER INSERT ON place
BEGIN INSERT INTO place_box VALUES (new.id, new.x, new.x, new.y, new.y, "at " || new.id); END;
CREATE TRIGGER place_ad AFTER DELETE ON place BEGIN DELETE FROM place_box WHERE id = old.id; END;
CREATE VIEW near AS SELECT p.* FROM place p JOIN place_box b ON b.id = p.id WHERE b.x0 > 0 AND b.x1 < 2;
INSERT INTO grid VALUES (1, 3, 4);
"""

READ = ["of_a", "nested", "doors", "numbers", "about", "f3", "f4", "f4p", "f5", "f4_found", "f5_found", "doc_fts",
        "doc_found", "place_box", "grid", "near"]


def make(path):
    db = sqlite3.connect(path)
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO t (id, s) VALUES (?, ?)", [(1, "a"), (2, "b"), (3, "c"), (4, "never")])
    db.execute("INSERT INTO doc VALUES (1, 'an apple'), (2, 'a pear')")
    db.execute("INSERT INTO place VALUES (1, 1, 1), (2, 5, 5)")
    db.commit()
    return db


@pytest.fixture
def stock(serve, tmp_path):
    make(tmp_path / "test.db").close()
    return serve("--max-rows", "100", migrations="none")


def rows(db, sql):
    db.row_factory = sqlite3.Row
    return [dict(row) for row in db.execute(sql)]


def test_what_is_stored_reads_as_elsewhere(stock):
    db = sqlite3.connect(stock.db)
    for name in READ:
        reply = stock.get(f"/{name}")
        assert reply.status == 200, (name, reply)
        # SQLite before 3.44 reads an FTS4 table with remove_diacritics alike; all rows are compared
        assert reply.json() == rows(db, f'SELECT * FROM "{name}"'), name
    assert stock.get("/t?select=id,kind,tail,root,log&id=eq.1").json() == [
        {"id": 1, "kind": "plain", "tail": "a!", "root": 1.0, "log": "in a"}]
    assert stock.get("/t?select=at&id=eq.4").json() == [{"at": None}]
    assert "cannot be served" not in stock.log()


def test_what_is_stored_writes_as_elsewhere(stock):
    assert stock.post("/t", {"s": "axe"}).json()["log"] == "in aye"
    assert stock.post("/t", {"s": "d", "kind": "odd"}).status == 201
    reply = stock.post("/t", {"s": "d", "kind": "other"})
    assert (reply.status, reply.json()["code"]) == (400, "23514")
    assert stock.post("/doors", {"s": "who"}).status == 201
    assert stock.get("/t?select=log&s=eq.who%3F").json() == [{"log": "in who?"}]
    assert stock.patch("/doc/2", {"body": "an apple pear"}).status == 200
    assert stock.delete("/doc/1").status == 204
    assert stock.get("/doc_found").json() == [{"docid": 2, "body": "an apple pear"}]
    assert stock.post("/place", {"x": 1.5, "y": 0}).status == 201
    assert stock.delete("/place/1").status == 204
    assert [row["id"] for row in stock.get("/near").json()] == [3]
    assert [row["id"] for row in stock.get("/place_box?order=id").json()] == [2, 3]
    check = sqlite3.connect(stock.db).execute
    assert check("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert check("SELECT rtreecheck('place_box')").fetchone() == ("ok",)


def test_a_request_has_no_strings_in_double_quotes(stock):
    """A name that is not there is an error in everything that is not stored."""
    for query in ['"nothing"=eq.nothing', 'select="nothing"', 'order="nothing"', 'or=("nothing".eq.1)']:
        reply = stock.get(f"/t?{query}")
        assert (reply.status, reply.json()["code"]) == (400, "42703"), query


def test_a_named_query_has_none_either(tmp_path):
    make(tmp_path / "test.db").close()
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "bad.sql").write_text('SELECT id FROM t WHERE s = "a"')
    code, _, err = run("serve", "--db", tmp_path / "test.db", "--migrations", "none", "--queries", tmp_path / "q",
                       "--listen", "127.0.0.1:0")
    assert code == 1 and 'no such column: "a"' in err, err


def test_a_named_query_over_such_views(serve, tmp_path):
    make(tmp_path / "test.db").close()
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "good.sql").write_text("SELECT of_a.id, word FROM of_a")
    (tmp_path / "q" / "functions.sql").write_text(
        "SELECT name FROM pragma_function_list WHERE NOT flags & 0x280000 ORDER BY name")
    server = serve("--queries", tmp_path / "q", migrations="none")
    assert server.get("/rpc/good").json() == [{"id": 1, "word": "text"}]
    # what a schema may call though SQLite does not call it innocuous: harmless, each of them
    assert sorted({row["name"] for row in server.get("/rpc/functions").json()}) == [
        "bm25", "fts5", "fts5_get_locale", "highlight", "match", "matchinfo", "offsets", "optimize", "rtreecheck",
        "rtreedepth", "rtreenode", "snippet"]


def test_a_migration_is_in_the_same_dialect(serve, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "0001_all.sql").write_text(SCHEMA)
    (tmp_path / "m" / "0002_more.sql").write_text("""
        INSERT INTO t (s) VALUES ("a"), ("b");
        UPDATE t SET log = "set" WHERE s = "b";
        ALTER TABLE t ADD COLUMN more TEXT DEFAULT "none";
        ALTER TABLE t RENAME COLUMN more TO most;
    """)
    server = serve(migrations=tmp_path / "m")
    assert server.get("/of_a").json() == [{"id": 1, "s": "a", "word": "text"}]
    assert server.get("/t?select=s,log,most").json() == [
        {"s": "a", "log": "in a", "most": "none"}, {"s": "b", "log": "set", "most": "none"}]
    assert server.get('/t?"b"=eq.b').status == 400, "a migration's dialect ends with it"


def test_a_reading_connection_prepares_no_write(stock):
    """R-tree tables prepare writes of their own; nothing else may."""
    assert stock.get("/place_box?id=eq.1").json()[0]["x0"] == 1.0
    assert stock.get("/place_box?x0=gt.2&select=id,note").json() == [{"id": 2, "note": "at 2"}]

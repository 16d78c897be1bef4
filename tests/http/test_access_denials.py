"""What a role may do is not denied, and what is denied is told in the right words: keys of which a part may not be
read, rows that triggers and foreign keys change, upserts, rights that a view or a policy lacks, claim() in a schema."""
import sqlite3

import pytest

from conftest import Server, make_database, run, write_files

SCHEMA = """
CREATE TABLE cells (x INTEGER, y INTEGER, v TEXT, owner TEXT DEFAULT 'anon', PRIMARY KEY (x, y)) WITHOUT ROWID;
CREATE TABLE open_cells (x INTEGER, y INTEGER, v TEXT, PRIMARY KEY (x, y)) WITHOUT ROWID;
CREATE TABLE places (id INTEGER PRIMARY KEY, owner TEXT, rank INTEGER);
CREATE TRIGGER places_after AFTER UPDATE OF rank ON places WHEN old.rank < 100 BEGIN
    UPDATE places SET rank = rank + 100 WHERE id <> new.id AND rank >= new.rank AND rank < 100;
END;
CREATE TABLE nodes (code TEXT PRIMARY KEY, owner TEXT, above TEXT REFERENCES nodes ON UPDATE CASCADE ON DELETE SET NULL);
CREATE TABLE keyed (id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE blind (id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT UNIQUE, team INTEGER);
CREATE TABLE things (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people, note TEXT);
CREATE TABLE apart (id INTEGER PRIMARY KEY, note TEXT);
CREATE VIEW asks AS SELECT id, claim('sub') AS who FROM keyed;
"""
ROWS = """
DELETE FROM cells; DELETE FROM open_cells; DELETE FROM places; DELETE FROM nodes; DELETE FROM keyed; DELETE FROM blind;
DELETE FROM things; DELETE FROM people; DELETE FROM apart;
INSERT INTO cells VALUES (1, 1, 'a', 'anon'), (1, 2, 'b', 'anon'), (2, 1, 'c', 'other');
INSERT INTO open_cells VALUES (1, 1, 'a'), (1, 2, 'b');
INSERT INTO places VALUES (1, 'anon', 1), (2, 'other', 2), (3, 'anon', 3);
INSERT INTO nodes VALUES ('a', 'anon', NULL), ('b', 'other', 'a'), ('c', 'anon', 'a');
INSERT INTO keyed VALUES (1, 'one');
INSERT INTO blind VALUES (1, 'one');
INSERT INTO people VALUES (1, 'Ann', 5);
INSERT INTO things VALUES (1, 1, 'old');
"""
ACCESS = """
CREATE ROLE anon;
GRANT SELECT (x, v), INSERT, UPDATE, DELETE ON cells, open_cells TO anon;
GRANT ALL ON places, nodes TO anon;
GRANT SELECT, INSERT, UPDATE (v) ON keyed TO anon;
GRANT SELECT (v), INSERT, UPDATE ON blind TO anon;
GRANT SELECT, INSERT, UPDATE ON things TO anon;
GRANT SELECT ON asks TO anon;
CREATE POLICY own ON cells USING (owner = 'anon');
CREATE POLICY own ON places USING (owner = 'anon');
CREATE POLICY own ON nodes USING (owner = 'anon');
"""
MERGE, IGNORE = "resolution=merge-duplicates", "resolution=ignore-duplicates"
ROW = "return=representation"


@pytest.fixture(scope="module")
def module_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("denials")
    server = Server(folder, "--access", write_files(folder / "access", {"a.sql": ACCESS}), "--anon-role", "anon",
                    migrations=write_files(folder / "schema", {"0001_a.sql": SCHEMA}))
    yield server
    server.stop()


@pytest.fixture
def server(module_server):
    with sqlite3.connect(module_server.db, timeout=20) as db:
        for statement in ROWS.split(";"):
            db.execute(statement)
    return module_server


def rows(server, sql):
    with sqlite3.connect(server.db, timeout=20) as db:
        return db.execute(sql).fetchall()


# ---- a key of which a part may not be read, in a table WITHOUT ROWID

@pytest.mark.parametrize("table", ["cells", "open_cells"])
def test_rows_whose_key_is_hidden_are_changed(server, table):
    reply = server.patch(f"/{table}?v=eq.b", {"v": "new"}, Prefer=ROW)
    assert (reply.status, reply.json()) == (200, [{"x": 1, "v": "new"}])
    reply = server.patch(f"/{table}?x=eq.1&order=v.desc&limit=1", {"v": "newest"}, Prefer=ROW)
    assert reply.json() == [{"x": 1, "v": "newest"}]
    assert rows(server, f"SELECT x, y, v FROM {table} WHERE x = 1") == [(1, 1, "a"), (1, 2, "newest")]
    assert server.delete(f"/{table}?v=eq.newest", Prefer=ROW).json() == [{"x": 1, "v": "newest"}]
    assert rows(server, f"SELECT y FROM {table} WHERE x = 1") == [(1,)]


@pytest.mark.parametrize("table", ["cells", "open_cells"])
@pytest.mark.parametrize("prefer", [ROW, "return=minimal", "return=headers-only", ""])
def test_rows_whose_key_is_hidden_are_made(server, table, prefer):
    reply = server.post(f"/{table}", [{"x": 5, "y": 1, "v": "p"}, {"x": 5, "y": 2, "v": "q"}], Prefer=prefer)
    assert reply.status == 201, reply
    if prefer == ROW:
        assert reply.json() == [{"x": 5, "v": "p"}, {"x": 5, "v": "q"}]
    assert rows(server, f"SELECT y FROM {table} WHERE x = 5 ORDER BY y") == [(1,), (2,)]


def test_rows_of_others_are_not(server):
    assert server.patch("/cells?v=eq.c", {"v": "new"}, Prefer=ROW).json() == []
    assert server.delete("/cells?x=eq.2", Prefer=ROW).json() == []
    for body, prefer in [({"x": 7, "y": 1, "owner": "other"}, ROW), ([{"x": 7, "y": 1, "owner": "other"}], "return=minimal")]:
        assert server.post("/cells", body, Prefer=prefer).json()["code"] == "42501"
    assert server.patch("/cells?v=eq.a", {"owner": "other"}).json()["code"] == "42501"
    assert rows(server, "SELECT * FROM cells") == [(1, 1, "a", "anon"), (1, 2, "b", "anon"), (2, 1, "c", "other")]


@pytest.mark.parametrize("path", ["/cells?y=eq.1", "/cells?select=y", "/cells?order=y", "/open_cells?y=eq.1", "/cells?%220%22=eq.1",
                                  "/cells?select=%22@1%22", "/cells?order=%22@1%22", "/cells/1,1", "/cells?%22@1%22=eq.1"])
def test_the_key_stays_hidden(server, path):
    assert server.get(path).status in (400, 401, 404, 405)
    if "?" in path:
        assert server.patch(path, {"v": "w"}).status in (400, 401)


# ---- what triggers and foreign keys change beside

def test_a_trigger_changes_rows_of_others(server):
    assert server.patch("/places?id=eq.1", {"rank": 2}, Prefer=ROW).json() == [{"id": 1, "owner": "anon", "rank": 2}]
    assert rows(server, "SELECT id, rank FROM places") == [(1, 2), (2, 102), (3, 103)]


def test_a_trigger_of_an_upsert_does(server):
    reply = server.post("/places", {"id": 3, "owner": "anon", "rank": 2}, Prefer=f"{MERGE},{ROW}")
    assert reply.json() == [{"id": 3, "owner": "anon", "rank": 2}]
    assert rows(server, "SELECT id, rank FROM places") == [(1, 1), (2, 102), (3, 2)]


def test_foreign_keys_within_the_table(server):
    assert server.patch("/nodes?code=eq.a", {"code": "z"}, Prefer=ROW).json() == [{"code": "z", "owner": "anon", "above": None}]
    assert rows(server, "SELECT code, above FROM nodes ORDER BY code") == [("b", "z"), ("c", "z"), ("z", None)]
    assert server.delete("/nodes?code=eq.z").status == 204
    assert rows(server, "SELECT code, above FROM nodes ORDER BY code") == [("b", None), ("c", None)]


@pytest.mark.parametrize("method,path,body,prefer", [
    ("PATCH", "/places?all=true", {"owner": "other"}, "return=minimal"),
    ("PATCH", "/nodes?code=eq.a", {"code": "z", "owner": "other"}, "return=minimal"),
    ("POST", "/places", {"id": 1, "owner": "other", "rank": 5}, MERGE),
    ("POST", "/places", {"id": 2, "owner": "anon", "rank": 5}, MERGE),
    ("POST", "/places", [{"id": 1, "owner": "anon", "rank": 2}, {"id": 2, "owner": "anon", "rank": 5}], MERGE),
])
def test_its_own_rows_are_looked_at_all_the_same(server, method, path, body, prefer):
    before = rows(server, "SELECT * FROM places"), rows(server, "SELECT * FROM nodes")
    assert server.request(method, path, body, {"Prefer": prefer}).json()["code"] == "42501"
    assert (rows(server, "SELECT * FROM places"), rows(server, "SELECT * FROM nodes")) == before


# ---- upserts

def test_a_row_that_is_all_key_is_answered(server):
    assert server.post("/keyed", {"id": 1}, Prefer=f"{MERGE},{ROW}").json() == [{"id": 1, "v": "one"}]
    assert server.post("/keyed", [{"id": 1}, {"id": 7}], Prefer=f"{MERGE},{ROW}").json() == [{"id": 1, "v": "one"}, {"id": 7, "v": None}]
    assert rows(server, "SELECT * FROM keyed") == [(1, "one"), (7, None)]


@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
@pytest.mark.parametrize("returns", [ROW, "return=minimal"])
@pytest.mark.parametrize("key", [1, 9])
def test_an_upsert_whose_key_may_not_be_read(server, resolution, returns, key):
    reply = server.post("/blind", {"id": key, "v": "new"}, Prefer=f"{resolution},{returns}")
    assert reply.status == 401 and reply.json()["code"] == "42501"
    assert reply.json()["message"] == "permission denied for table blind"
    assert rows(server, "SELECT * FROM blind") == [(1, "one")]


# ---- foreign keys' columns

def test_foreign_keys_are_seen_to(server):
    assert server.post("/things", {"id": 2, "person": 1}).status == 201
    assert server.post("/things", {"id": 3, "person": 8}).json()["code"] == "23503"


@pytest.mark.parametrize("column,table", [("person", "things"), ("id", "people")])
def test_columns_of_keys_that_are_not_concerned(tmp_path, column, table):
    """A foreign key's, of tables that are not written here, and may not be read."""
    preset = f"CREATE ROLE anon;\nGRANT INSERT (id, note DEFAULT (SELECT {column} FROM main.{table})) ON apart TO anon;"
    make_database(tmp_path / "a.db", SCHEMA.replace("claim('sub')", "1"))
    code, _, err = run("serve", "--db", tmp_path / "a.db", "--migrations", "none", "--listen", "127.0.0.1:0",
                       "--access", write_files(tmp_path / "access", {"a.sql": preset}))
    assert code == 1 and f"permission denied for table {table}" in err, err


# ---- words at the start

TABLES = "CREATE TABLE t (id INTEGER PRIMARY KEY, o TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY, t INTEGER); CREATE VIEW v AS SELECT "
RIGHTS = "CREATE ROLE anon;\nGRANT SELECT ON v TO anon;\nGRANT SELECT (id) ON t TO anon;\nGRANT SELECT (id) ON u TO anon;\n"
INVOKER = "ALTER VIEW v SET (security_invoker = true);\n"


@pytest.mark.parametrize("view,access,warning", [
    ("id, o FROM t", INVOKER, '1.sql:5:12: the view "v" asks for its caller: the role "anon" cannot read "v" without GRANT SELECT ("o") ON "t" TO "anon"'),
    ("x.o FROM t AS x", INVOKER + "CREATE POLICY p ON t USING (TRUE);",
     '1.sql:5:12: the view "v" asks for its caller: the role "anon" cannot read "v" without GRANT SELECT ("o") ON "t" TO "anon"'),
    ("rowid AS r FROM t", INVOKER + "CREATE POLICY p ON t USING (TRUE);",
     '1.sql:5:12: the view "v" asks for its caller: the role "anon" cannot read "v": it reads "rowid", which is not granted, or '
     'is a name of the rowid, which a role knows by its column alone'),
    ("1 AS one", "CREATE POLICY p ON t USING (id IN (SELECT t FROM u));",
     '1.sql:5:1: the policy "p" of "t" reads "u": the role "anon" cannot read "t" without GRANT SELECT ("t") ON "u" TO "anon"'),
    ("1 AS one", "CREATE POLICY p ON t USING (id IN (SELECT t FROM u)); CREATE POLICY p ON u USING (TRUE);",
     '1.sql:5:1: the policy "p" of "t" reads "u": the role "anon" cannot read "t" without GRANT SELECT ("t") ON "u" TO "anon"'),
])
def test_a_grant_that_is_missing_is_named(tmp_path, view, access, warning):
    server = Server(tmp_path, "--access", write_files(tmp_path / "access", {"1.sql": RIGHTS + access}), "--anon-role", "anon",
                    migrations=write_files(tmp_path / "schema", {"0001_a.sql": TABLES + view + ";"}))
    reply = server.get("/v" if "INVOKER" in access or "invoker" in access else "/t")
    server.stop()
    assert (reply.status, reply.json()["code"]) == (401, "42501")
    assert [line["msg"] for line in server.log_lines() if line["level"] == "warn"] == [warning]


# ---- who asks, in a schema

def test_a_view_of_the_schema_knows_who_asks(server):
    assert server.get("/asks").json() == [{"id": 1, "who": None}]


@pytest.mark.parametrize("function", ["claim('sub')", "role()", "thimble_claim('sub')", "thimble_role()"])
@pytest.mark.parametrize("statement", ["CREATE INDEX i ON t (id, {})", "CREATE INDEX i ON t (id) WHERE o = {}", "CREATE TABLE g (id INTEGER PRIMARY KEY, o AS ({}))"])
def test_who_asks_is_kept_in_no_index(tmp_path, function, statement):
    make_database(tmp_path / "a.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, o TEXT)")
    folder = write_files(tmp_path / "m", {"0001_a.sql": statement.format(function)})
    code, _, err = run("migrate", "--db", tmp_path / "a.db", "--migrations", folder)
    assert code == 1 and ("non-deterministic" in err or "unsafe use of" in err), err

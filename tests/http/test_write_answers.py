"""What an answer to a write says beside its rows: preferences, ranges, keys that are taken, defaults,
generated columns, upserts by any unique key."""
import sqlite3

import conftest
import pytest

FULL = {"Prefer": "return=representation"}

SCHEMA = """
CREATE TABLE gen(id INTEGER PRIMARY KEY, a INT, g INT AS (a*2) STORED, s TEXT AS ('x'||a),
  j JSON AS (json_array(a, 'b')), r REAL AS (a/4.0), bl BLOB AS (x'00ff'));
CREATE TABLE part(id INTEGER PRIMARY KEY, email TEXT, gone INT DEFAULT 0, n INT);
CREATE UNIQUE INDEX part_email ON part(email) WHERE gone=0 /* live */;
CREATE TABLE keyless(v INT);
CREATE TABLE uq(id INTEGER PRIMARY KEY, a TEXT, b INT, UNIQUE(a,b));
CREATE TABLE wr(a TEXT PRIMARY KEY, v INT) WITHOUT ROWID;
CREATE TABLE dflt(id INTEGER PRIMARY KEY, a TEXT DEFAULT abc, b TEXT DEFAULT "de""f'g",
  c TEXT DEFAULT [x y], d TEXT DEFAULT `ba``ck`, e DEFAULT -1, f DEFAULT x'00', g BOOLEAN DEFAULT TRUE,
  h DEFAULT 'it''s', i DEFAULT (1 -- c
  ), j DEFAULT NULL, l DEFAULT "true", m DEFAULT 1.5e3, o DEFAULT (lower('X')||'y'),
  p DEFAULT /* c */ 7  , q DEFAULT +2, r DEFAULT "", s DEFAULT current);
ALTER TABLE dflt ADD COLUMN n TEXT DEFAULT later;
"""
DEFAULTS = {"a": "abc", "b": "de\"f'g", "c": "x y", "d": "ba`ck", "e": -1, "f": "AA==", "g": True,
            "h": "it's", "i": 1, "j": None, "l": "true", "m": 1500.0, "o": "xy", "p": 7, "q": 2, "r": "",
            "s": "current", "n": "later"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    conftest.make_database(folder / "test.db", SCHEMA)
    server = conftest.Server(folder, migrations=None)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def rows(server):
    db = sqlite3.connect(server.db)
    db.executescript("""
DELETE FROM gen; DELETE FROM part; DELETE FROM uq; DELETE FROM dflt; DELETE FROM wr;
INSERT INTO gen(id,a) VALUES(1,5); INSERT INTO part(email,n) VALUES('a@x',1),('b@x',1);
INSERT INTO uq VALUES(1,'x',1),(2,'y',2); INSERT INTO wr VALUES('a',1);
""")
    yield db
    db.close()


def test_defaults_are_what_sqlite_makes_of_them(server, rows):
    rows.execute("INSERT INTO dflt(id) VALUES(1)")
    rows.commit()
    columns = ",".join(DEFAULTS)
    stored = {"id": 1, **DEFAULTS}
    assert server.get("/dflt/1").json() == stored
    for status in (201, 200):
        reply = server.put("/dflt/2", {})
        assert (reply.status, reply.json()) == (status, {**stored, "id": 2})
    reply = server.post(f"/dflt?columns=id,{columns}", [{"id": 3}, {"id": 4, "a": "given"}],
                        Prefer="missing=default,return=representation")
    assert reply.json() == [{**stored, "id": 3}, {**stored, "id": 4, "a": "given"}]
    assert rows.execute(f"SELECT typeof(a),typeof(e),typeof(f),{columns} FROM dflt WHERE id=2").fetchall() == \
        rows.execute(f"SELECT typeof(a),typeof(e),typeof(f),{columns} FROM dflt WHERE id=1").fetchall()


def test_a_row_can_be_written_back(server):
    row = server.get("/gen/1").json()
    assert row == {"id": 1, "a": 5, "g": 10, "s": "x5", "j": [5, "b"], "r": 1.25, "bl": "AP8="}
    for reply in (server.put("/gen/1", row), server.put("/gen?id=eq.1", row), server.patch("/gen/1", row)):
        assert (reply.status, reply.json()) == (200, row), reply
    assert server.patch("/gen/1", {"a": 6, "g": 12}).json()["s"] == "x6"
    assert server.put("/gen/9", {"a": 1, "g": 2}).status == 201


@pytest.mark.parametrize("method,path,body", [
    ("PUT", "/gen/1", {"a": 5, "g": 11}), ("PATCH", "/gen/1", {"a": 6, "g": 10}), ("PATCH", "/gen/1", {"g": 10}),
    ("PUT", "/gen/9", {"a": 5, "g": 11}), ("POST", "/gen", {"a": 5, "g": 10}), ("POST", "/gen", [{"g": 10}]),
    ("PATCH", "/gen?id=gt.0", {"a": 5, "g": 10})])
def test_generated_columns_are_not_written(server, rows, method, path, body):
    reply = server.request(method, path, body)
    assert (reply.status, reply.json()["code"]) == (400, "428C9"), reply
    assert "leave it out" in reply.json()["hint"] and reply.json()["errors"][0]["column"] == "g"
    assert rows.execute("SELECT id,a,g FROM gen").fetchall() == [(1, 5, 10)]


@pytest.mark.parametrize("body,prefer,status,shown", [
    ({"email": "a@x", "n": 2}, "merge", 200, [{"id": 1, "n": 2}]),
    ({"email": "new", "n": 2}, "merge", 201, [{"id": 3, "n": 2}]),
    ([{"email": "a@x", "n": 3, "gone": 1}, {"email": "a@x", "n": 4, "gone": 0}], "merge", 201,
     [{"id": 3, "n": 3}, {"id": 1, "n": 4}]),
    ([{"email": "a@x", "n": 3}, {"email": "b@x", "n": 4}], "merge", 200, [{"id": 1, "n": 3}, {"id": 2, "n": 4}]),
    ([{"email": "a@x", "n": 3}, {"email": "c@x", "n": 4}], "ignore", 201, [{"id": 3, "n": 4}])])
def test_a_partial_unique_index_can_be_meant(server, body, prefer, status, shown):
    reply = server.post("/part?on_conflict=email&select=id,n", body,
                        Prefer=f"resolution={prefer}-duplicates,return=representation")
    assert (reply.status, reply.json()) == (status, shown), reply


def test_created_or_changed(server):
    merge = {"Prefer": "resolution=merge-duplicates,return=representation,count=exact"}
    for path, there, new in [("/uq", {"id": 1, "a": "z", "b": 1}, {"id": 7, "a": "q", "b": 1}),
                             ("/wr", {"a": "a", "v": 3}, {"a": "b", "v": 4})]:
        reply = server.post(path, there, **merge)
        assert (reply.status, reply.headers["Location"], reply.headers["Content-Range"]) == (200, None, "*/1")
        reply = server.post(path, [there, new], **merge)
        assert (reply.status, reply.json(), reply.headers["Content-Range"]) == (201, [there, new], "*/2")
    twice = server.post("/wr", [{"a": "c", "v": 1}, {"a": "c", "v": 2}], **merge)
    assert (twice.status, twice.json()) == (201, [{"a": "c", "v": 2}])
    assert server.post("/wr", {"a": "d", "v": 1}, **merge).headers["Location"] == "/wr/d"


@pytest.mark.parametrize("method,path,body,details", [
    ("POST", "/uq", {"id": 1, "a": "q"}, "Key (id)=(1) already exists."),
    ("POST", "/uq", [{"a": "q", "b": 1}, {"a": "x", "b": 1}], "Key (a, b)=(x, 1) already exists."),
    ("PATCH", "/uq/2", {"a": "x", "b": 1}, "Key (a, b)=(x, 1) already exists."),
    ("PATCH", "/uq/2", {"id": 1}, "Key (id)=(1) already exists."),
    ("PUT", "/uq/3", {"a": "x", "b": 1}, "Key (a, b)=(x, 1) already exists."),
    ("POST", "/wr", {"a": "a"}, "Key (a)=(a) already exists."),
    ("PATCH", "/uq/2", {"a": "x"}, None)])
def test_the_key_that_is_taken(server, rows, method, path, body, details):
    if details is None:
        rows.execute("UPDATE uq SET b=1")
        rows.commit()
        details = "Key (a, b) already exists."
    reply = server.request(method, path, body)
    assert (reply.status, reply.json()["code"], reply.json()["details"]) == (409, "23505", details)


@pytest.mark.parametrize("method,path,body,prefer,applied", [
    ("POST", "/keyless", {"v": 1}, "resolution=merge-duplicates,missing=default", "missing=default"),
    ("POST", "/uq?on_conflict=a,b", {"a": "n", "b": 1}, "resolution=merge-duplicates",
     "resolution=merge-duplicates"),
    ("PATCH", "/uq?id=eq.1", {"b": 5}, "missing=null,return=minimal", "missing=null, return=minimal"),
    ("PUT", "/uq/1", {"b": 5}, "missing=default,return=minimal", "return=minimal"),
    ("DELETE", "/uq?id=eq.1", None, "missing=default,resolution=merge-duplicates,return=minimal",
     "return=minimal")])
def test_preferences_that_are_followed(server, method, path, body, prefer, applied):
    assert server.request(method, path, body, {"Prefer": prefer}).headers["Preference-Applied"] == applied


def test_ranges_of_what_is_posted(server):
    assert server.post("/keyless", {"v": 1}).headers["Content-Range"] == "*/*"
    assert server.post("/keyless", [{"v": 1}] * 3).headers["Content-Range"] == "*/*"
    assert server.post("/keyless", [{"v": 1}] * 3, Prefer="count=exact").headers["Content-Range"] == "*/3"


def test_put_without_a_key(server):
    reply = server.put("/keyless?v=eq.1", {"v": 1})
    assert (reply.status, reply.json()["code"]) == (405, "PGRST105") and "PUT" not in reply.headers["Allow"]

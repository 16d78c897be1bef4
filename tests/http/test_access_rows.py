"""Each role sees, counts and changes its own rows, wherever a request can mention a table: and learns
nothing of the others."""
import json
import sqlite3

import pytest

from conftest import Server, write_files

SCHEMA = """
CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, secret TEXT);
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT NOT NULL, owner TEXT NOT NULL DEFAULT 'nobody',
    note TEXT, rank INTEGER NOT NULL DEFAULT 0, changed_by TEXT, list_id INTEGER REFERENCES lists ON DELETE CASCADE,
    parent INTEGER REFERENCES tasks ON DELETE SET NULL, code TEXT UNIQUE, twice AS (rank * 2), CHECK (rank >= 0));
CREATE INDEX tasks_owner ON tasks (owner);
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE task_tags (task_id INTEGER REFERENCES tasks ON DELETE CASCADE, tag_id INTEGER REFERENCES tags,
    PRIMARY KEY (task_id, tag_id)) WITHOUT ROWID;
CREATE TABLE cells (x INTEGER, y INTEGER, owner TEXT NOT NULL, v TEXT, PRIMARY KEY (x, y)) WITHOUT ROWID;
CREATE TABLE held (id INTEGER PRIMARY KEY, owner TEXT NOT NULL);
CREATE TABLE holds (held_id INTEGER REFERENCES held);
CREATE TABLE pins (id INTEGER PRIMARY KEY, name TEXT, pin TEXT UNIQUE);
CREATE TABLE keyless (owner TEXT NOT NULL, v TEXT);
CREATE TABLE secrets (id INTEGER PRIMARY KEY, list_id INTEGER REFERENCES lists, word TEXT);
CREATE TABLE drops (id INTEGER PRIMARY KEY, line TEXT NOT NULL, sender TEXT);
CREATE TABLE audit (id INTEGER PRIMARY KEY, said TEXT);
CREATE TRIGGER tasks_audit AFTER UPDATE OF title ON tasks BEGIN
    INSERT INTO audit (said) VALUES (old.title || ' > ' || new.title);
END;
CREATE TABLE plain (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, v TEXT UNIQUE, n INTEGER CHECK (n < 10));
CREATE VIEW all_tasks AS SELECT id, title, owner FROM tasks;
CREATE VIEW my_tasks AS SELECT id, title, owner, list_id FROM tasks;
CREATE TRIGGER my_tasks_update INSTEAD OF UPDATE ON my_tasks BEGIN
    UPDATE tasks SET title = new.title WHERE id = old.id;
END;
CREATE TRIGGER my_tasks_delete INSTEAD OF DELETE ON my_tasks BEGIN DELETE FROM tasks WHERE id = old.id; END;
CREATE TRIGGER my_tasks_insert INSTEAD OF INSERT ON my_tasks BEGIN
    INSERT INTO tasks (title, owner, list_id) VALUES (new.title, new.owner, new.list_id);
END;
CREATE VIRTUAL TABLE words USING fts5 (title, note, content='tasks', content_rowid='id');
CREATE TRIGGER tasks_words AFTER INSERT ON tasks BEGIN
    INSERT INTO words (rowid, title, note) VALUES (new.id, new.title, new.note);
END;

INSERT INTO lists (id, name, owner, secret) VALUES (1, 'Home', 'alice', 's1'), (2, 'Work', 'bob', 's2');
INSERT INTO tasks (id, title, owner, note, rank, list_id, parent, code) VALUES
    (1, 'Milk', 'alice', 'apple pear', 1, 1, NULL, 'a'),
    (2, 'Bread', 'alice', 'hush', 2, 2, 1, 'b'),
    (3, 'Report', 'bob', 'pear quince', 3, 2, NULL, 'c'),
    (4, 'Milk for Bob', 'bob', NULL, 4, 1, 3, 'd');
INSERT INTO tags (id, name) VALUES (1, 'red'), (2, 'blue');
INSERT INTO task_tags VALUES (1, 1), (2, 2), (3, 1), (4, 2);
INSERT INTO cells VALUES (1, 1, 'alice', 'p'), (1, 2, 'bob', 'q'), (2, 1, 'alice', 'r');
INSERT INTO keyless VALUES ('alice', 'k1'), ('bob', 'k2');
INSERT INTO held VALUES (1, 'bob'), (2, 'alice'), (3, 'alice');
INSERT INTO holds VALUES (1), (3);
INSERT INTO secrets VALUES (1, 1, 'swordfish');
INSERT INTO plain VALUES (1, 'alice', 'one', 1), (2, 'bob', 'two', 2), (3, 'alice', 'three', 3);
INSERT INTO pins VALUES (1, 'x', 'taken');
ANALYZE;
UPDATE sqlite_stat1 SET stat = '99 9' WHERE tbl IN ('tasks', 'tags'); -- what a plan would say
"""

ACCESS = """
CREATE ROLE member;
CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE sender; CREATE ROLE reader; CREATE ROLE admin BYPASSRLS;
GRANT member TO alice, bob;

GRANT SELECT (id, name, owner) ON lists TO member;
GRANT SELECT (id, title, owner, rank, list_id, parent, code, twice),
    INSERT (id, title, note, rank, list_id, parent, code, owner DEFAULT role()),
    UPDATE (title, note, rank, list_id, owner, code, changed_by DEFAULT role()), DELETE ON tasks TO member;
GRANT SELECT ON tags, task_tags, all_tasks TO member;
GRANT SELECT, UPDATE, DELETE, INSERT ON my_tasks, cells, keyless, plain, held TO member;
GRANT SELECT (id, name), INSERT ON pins TO member;
GRANT INSERT (line, sender DEFAULT role()) ON drops TO sender;
GRANT SELECT (title, owner) ON tasks TO reader;
GRANT ALL ON ALL TABLES IN SCHEMA public TO admin;
GRANT EXECUTE ON FUNCTION mine, rename, everything, listing, peek, around, note, found, wipe, steal TO member;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO admin;

CREATE POLICY own ON tasks TO member USING (owner = role());
CREATE POLICY own ON lists TO member USING (owner = role() OR id IN (SELECT list_id FROM tasks));
CREATE POLICY own ON task_tags TO member USING (task_id IN (SELECT id FROM tasks));
CREATE POLICY own ON cells TO member USING (owner = role());
CREATE POLICY own ON keyless TO member USING (owner = role());
CREATE POLICY own ON held TO member USING (owner = role());
CREATE POLICY see ON plain FOR SELECT TO member USING (owner = role());
CREATE POLICY change ON plain FOR UPDATE TO member USING (v <> 'three') WITH CHECK (n <> 7);
CREATE POLICY make ON plain FOR INSERT TO member WITH CHECK (n <> 7);
CREATE POLICY drop_one ON plain FOR DELETE TO member USING (v <> 'three');
CREATE POLICY read ON tasks FOR SELECT TO reader USING (owner = 'bob');
ALTER VIEW my_tasks SET (security_invoker = true);
"""

QUERIES = {
    "mine.sql": "SELECT id, title, list_id FROM tasks ORDER BY id",
    "listing.sql": "-- returns many\nWITH t AS (SELECT * FROM tasks WHERE rank > :least)\n"
                   "SELECT t.id, l.name FROM t JOIN lists l ON l.id = t.list_id ORDER BY t.id",
    "everything.sql": "-- security definer\nSELECT id, title, role() AS asks, list_id FROM tasks ORDER BY id",
    "rename.sql": "-- write\nUPDATE tasks SET title = :title WHERE id = :id AND id IN (SELECT id FROM tasks) "
                  "RETURNING id, title",
    "forbidden.sql": "SELECT 1 AS one",
    "peek.sql": "SELECT word FROM secrets",
    "around.sql": "SELECT count(*) AS n FROM main.tasks",
    "note.sql": "SELECT note FROM tasks",
    "found.sql": "SELECT rowid AS id FROM words WHERE words MATCH :q",
    "wipe.sql": "-- write\nDELETE FROM secrets",
    "steal.sql": "-- write\nUPDATE tasks SET title = 'mine' WHERE id = :id RETURNING id",
}


class Asker:
    """One role: a server whose anonymous role it is."""

    def __init__(self, server):
        self.server = server

    def __getattr__(self, name):
        return getattr(self.server, name)

    def rows(self, path):
        reply = self.server.get(path)
        assert reply.status in (200, 206), (path, reply)
        return reply.json()

    def denied(self, path, method="GET", body=None, **headers):
        reply = self.server.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        assert reply.status in (401, 403), (path, reply)
        assert reply.json()["code"] == "42501", reply
        return reply.json()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    with sqlite3.connect(folder / "test.db") as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(SCHEMA)
    db.close()
    write_files(folder / "access", {"1.sql": ACCESS})
    write_files(folder / "queries", QUERIES)
    servers = {}

    def ask(role):
        if role not in servers:
            servers[role] = Server(folder, "--access", folder / "access", "--queries", folder / "queries",
                                   "--anon-role", role, "--allow-tx", "--allow-plan", "--aggregates", migrations="none")
        return Asker(servers[role])

    ask.db = folder / "test.db"
    yield ask
    for server in servers.values():
        server.stop()


@pytest.fixture
def alice(world):
    return world("alice")


@pytest.fixture
def bob(world):
    return world("bob")


@pytest.fixture
def stored(world):
    """What is in the file: rows of a query."""
    def read(sql, *values):
        db = sqlite3.connect(world.db)
        rows = db.execute(sql, values).fetchall()
        db.close()
        return rows
    return read


@pytest.fixture
def restored(world):
    """The file as it was, after a test that writes."""
    kept = sqlite3.connect(world.db)
    copy = sqlite3.connect(":memory:")
    kept.backup(copy)
    yield
    copy.backup(kept)
    kept.close()


def ids(rows):
    return [row["id"] for row in rows]


UNDONE = {"Prefer": "tx=rollback, return=representation"}


# ---- reading

@pytest.mark.parametrize("path, expected", [
    ("/tasks?select=id&order=id", [{"id": 1}, {"id": 2}]),
    ("/tasks?id=eq.3", []),
    ("/tasks?select=id&or=(id.eq.3,id.eq.1)", [{"id": 1}]),
    ("/tasks?select=id&id=not.eq.1", [{"id": 2}]),
    ("/tasks?select=count()", [{"count": 2}]),
    ("/tasks?select=owner,rank.sum()", [{"owner": "alice", "sum": 3}]),
    ("/tasks?select=rank.max()", [{"max": 2}]),
    # to-one, to-many, through a junction, at any depth
    ("/tasks?select=id,lists(name)&order=id", [{"id": 1, "lists": {"name": "Home"}},
                                               {"id": 2, "lists": {"name": "Work"}}]),
    ("/lists?select=id,tasks(id)&order=id", [{"id": 1, "tasks": [{"id": 1}]}, {"id": 2, "tasks": [{"id": 2}]}]),
    ("/lists?select=id,tasks(count)&order=id", [{"id": 1, "tasks": [{"count": 1}]},
                                                {"id": 2, "tasks": [{"count": 1}]}]),
    ("/lists?select=id,tasks!inner(id)&tasks.title=like.Milk*", [{"id": 1, "tasks": [{"id": 1}]}]),
    ("/lists?select=id,tasks!inner(id)&tasks.id=eq.3", []),
    ("/lists?select=id,tasks()&tasks=is.null", []),
    ("/tags?select=name,tasks(id)&order=id", [{"name": "red", "tasks": [{"id": 1}]},
                                              {"name": "blue", "tasks": [{"id": 2}]}]),
    ("/tags?select=name,task_tags(task_id)&order=id", [{"name": "red", "task_tags": [{"task_id": 1}]},
                                                       {"name": "blue", "task_tags": [{"task_id": 2}]}]),
    ("/tags?select=name,task_tags(tasks(lists(tasks(id))))&id=eq.2",
     [{"name": "blue", "task_tags": [{"tasks": {"lists": {"tasks": [{"id": 2}]}}}]}]),
    # spreads
    ("/tasks?select=id,...lists(name)&order=id", [{"id": 1, "name": "Home"}, {"id": 2, "name": "Work"}]),
    ("/lists?select=id,...tasks(ids:id)&order=id", [{"id": 1, "ids": [1]}, {"id": 2, "ids": [2]}]),
    # a row that is referred to and hidden is as one that is not there
    ("/tasks?select=id,parent(id)&order=id", [{"id": 1, "parent": None}, {"id": 2, "parent": {"id": 1}}]),
    ("/task_tags?select=task_id,tasks(title)&order=task_id", [{"task_id": 1, "tasks": {"title": "Milk"}},
                                                              {"task_id": 2, "tasks": {"title": "Bread"}}]),
    # orders by related columns
    ("/tasks?select=id&order=lists(name).desc&select=id,lists()", [{"id": 2}, {"id": 1}]),
    # search: of the columns that may be read
    ("/tasks?select=id&title=plfts.milk", [{"id": 1}]),
    ("/tasks?select=id&words=plfts.milk", [{"id": 1}]),
    ("/tasks?select=id&words=plfts.pear", []),
    # views: of the owner, of the caller
    ("/all_tasks?select=id&order=id", [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]),
    ("/my_tasks?select=id&order=id", [{"id": 1}, {"id": 2}]),
    ("/my_tasks?select=id,lists(name)&order=id&limit=1", [{"id": 1, "lists": {"name": "Home"}}]),
    ("/cells?select=x,y&order=x,y", [{"x": 1, "y": 1}, {"x": 2, "y": 1}]),
    ("/keyless", [{"owner": "alice", "v": "k1"}]),
    # named queries
    ("/rpc/mine?select=id", [{"id": 1}, {"id": 2}]),
    ("/rpc/mine?select=id,lists(name,tasks(id))&id=eq.1",
     [{"id": 1, "lists": {"name": "Home", "tasks": [{"id": 1}]}}]),
    ("/rpc/listing?least=1", [{"id": 2, "name": "Work"}]),
    ("/rpc/everything?select=id,asks&id=in.(1,4)", [{"id": 1, "asks": "alice"}, {"id": 4, "asks": "alice"}]),
    ("/rpc/everything?select=id,lists(tasks(id))&id=eq.3", [{"id": 3, "lists": {"tasks": [{"id": 2}]}}]),
])
def test_what_is_read(alice, path, expected):
    assert alice.rows(path) == expected


def test_each_sees_their_own(alice, bob, world):
    assert ids(alice.rows("/tasks?order=id")) == [1, 2]
    assert ids(bob.rows("/tasks?order=id")) == [3, 4]
    assert ids(world("admin").rows("/tasks?order=id")) == [1, 2, 3, 4]
    assert world("reader").rows("/tasks") == [{"title": "Report", "owner": "bob"},
                                              {"title": "Milk for Bob", "owner": "bob"}]


def test_no_select_is_what_is_granted(alice):
    columns = ["id", "title", "owner", "rank", "list_id", "parent", "code", "twice"]
    for path in ("/tasks?id=eq.1", "/tasks?id=eq.1&select=*", "/tags?select=tasks(*)&id=eq.1"):
        row = alice.rows(path)[0]
        assert list(row.get("tasks", [row])[0] if "tasks" in row else row) == columns
    assert alice.get("/tasks?id=eq.1", Accept="text/csv").body.decode().splitlines()[0] == ",".join(columns)


@pytest.mark.parametrize("count", ["exact", "planned", "estimated"])
def test_counts_are_of_what_is_seen(alice, count):
    reply = alice.get("/tasks?limit=1", Prefer=f"count={count}")
    assert reply.headers["Content-Range"] == "0-0/2"
    reply = alice.get("/tasks?id=eq.3", Prefer=f"count={count}")
    assert reply.headers["Content-Range"] == "*/0"
    reply = alice.get("/tags?limit=1", Prefer=f"count={count}")  # which has no policy
    assert reply.status == 206 and reply.headers["Content-Range"] == f"0-0/{99 if count == 'planned' else 2}", reply


def test_a_row_by_key(alice):
    assert alice.rows("/tasks/1")["title"] == "Milk"
    hidden, missing = alice.get("/tasks/3"), alice.get("/tasks/99")
    assert hidden.status == missing.status == 404
    assert hidden.body.replace(b"tasks/3", b"tasks/99") == missing.body
    assert alice.get("/cells/1,2").status == 404 and alice.rows("/cells/1,1")["v"] == "p"


def test_pages_by_cursor(alice):
    first = alice.get("/tasks?select=id&limit=1&order=title.desc&cursor=")
    link = first.headers["Link"].split(">")[0].lstrip("<")
    second = alice.get(link)
    assert first.json() + second.json() == [{"id": 1}, {"id": 2}]
    after = alice.get(second.headers["Link"].split(">")[0].lstrip("<"))
    assert after.json() == []


# ---- what is forbidden, and what is not there

@pytest.mark.parametrize("path", [
    "/secrets", "/secrets/1", "/secrets?select=count()", "/audit",
    "/tasks?select=note", "/tasks?select=id,n:note", "/tasks?select=note::text", "/tasks?select=note->a",
    "/tasks?note=eq.x", "/tasks?note=is.null", "/tasks?or=(id.eq.1,note.like.a*)", "/tasks?note=plfts.pear",
    "/tasks?order=note", "/tasks?order=note&cursor=", "/tasks?select=note.count()", "/tasks?changed_by=is.null",
    "/lists?select=secret", "/lists?secret=eq.s1", "/tasks?select=lists(secret)",
    "/tasks?select=id,lists!inner()&lists.secret=eq.s1", "/tasks?select=id,lists()&order=lists(secret)",
    "/tasks?select=...lists(secret)", "/lists?select=secrets(word)", "/lists?select=id,secrets(count)",
    "/lists?select=id,secrets()&secrets=not.is.null", "/lists?select=id,secrets!inner()",
    "/rpc/forbidden", "/rpc/mine?select=lists(secret)", "/words", "/words?words=plfts.milk",
])
def test_forbidden(alice, path):
    alice.denied(path)


def test_words_of_what_is_forbidden(alice):
    assert alice.denied("/secrets")["message"] == "permission denied for table secrets"
    assert alice.denied("/tasks?select=note")["message"] == "permission denied for table tasks"
    assert alice.denied("/rpc/forbidden")["message"] == "permission denied for function forbidden"


@pytest.mark.parametrize("path, hidden", [
    ("/secret", "secrets"), ("/audi", "audit"), ("/tasks?select=notes", "note"), ("/tasks?chnged_by=eq.1", "changed"),
    ("/lists?select=secrts(*)", "secrets"), ("/rpc/forbiden", "forbidden"), ("/lists?select=scret", "secret"),
])
def test_hints_name_nothing_hidden(alice, path, hidden):
    reply = alice.get(path)
    assert reply.status in (400, 404)
    words = reply.json()
    assert hidden not in (words["hint"] or "") and hidden not in (words["details"] or ""), words


def test_hints_of_what_is_there(alice):
    assert "title" in alice.get("/tasks?select=titl").json()["hint"]
    assert "tasks" in alice.get("/task").json()["hint"]


def test_no_plans(alice, world):
    plan = "application/vnd.pgrst.plan+json"
    refused = alice.get("/tasks", Accept=plan)
    assert refused.status == 406 and "plan" not in refused.json()["hint"]
    assert world("admin").get("/tasks", Accept=plan).status == 200
    assert alice.request("POST", "/rpc/mine", {}, {"Accept": plan}).status == 406


def test_allow_is_what_the_role_may(alice, world):
    def allowed(who, path):
        return set(who.options(path).headers["Allow"].replace(" ", "").split(","))
    assert allowed(alice, "/tasks") == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    assert allowed(alice, "/lists") == {"GET", "HEAD", "OPTIONS"}
    assert allowed(world("sender"), "/drops") == {"POST", "OPTIONS"}
    assert allowed(alice, "/tags/1") == {"GET", "HEAD", "OPTIONS"}
    reply = alice.post("/lists", {"name": "x"})
    assert reply.status in (401, 403) and reply.json()["code"] == "42501"
    assert "POST" not in reply.headers["Allow"]


@pytest.mark.parametrize("method, path, body", [
    ("POST", "/lists", {"name": "x"}), ("PATCH", "/lists?id=eq.1", {"name": "x"}), ("DELETE", "/lists?id=eq.1", None),
    ("PUT", "/lists/1", {"name": "x"}), ("PATCH", "/lists/1", {"name": "x"}), ("DELETE", "/lists/1", None),
    ("POST", "/secrets", {"word": "x"}), ("DELETE", "/secrets?all=true", None),
    ("POST", "/tasks", {"title": "x", "changed_by": "me"}), ("POST", "/tasks", {"title": "x", "owner": "alice"}),
    ("POST", "/tasks?columns=title,owner", {"title": "x"}), ("PATCH", "/tasks?id=eq.1", {"changed_by": "me"}),
    ("PATCH", "/tasks?id=eq.1", {"parent": 2}), ("PATCH", "/tasks?note=eq.x", {"title": "y"}),
    ("PATCH", "/tasks?all=true&limit=1&order=note", {"title": "y"}), ("DELETE", "/tasks?note=eq.x", None),
    ("POST", "/tasks?select=note", {"title": "x"}), ("POST", "/rpc/forbidden", {}),
    ("POST", "/tasks?on_conflict=note", {"title": "x"}),
])
def test_writes_that_are_forbidden(alice, stored, method, path, body):
    before = stored("SELECT * FROM tasks"), stored("SELECT * FROM lists"), stored("SELECT * FROM secrets")
    headers = {"Prefer": "return=representation"}
    if "on_conflict" in path:
        headers["Prefer"] += ", resolution=merge-duplicates"
    alice.denied(path, method, body, **headers)
    assert (stored("SELECT * FROM tasks"), stored("SELECT * FROM lists"), stored("SELECT * FROM secrets")) == before


def test_a_preset_says_so(alice):
    problem = alice.denied("/tasks", "POST", {"title": "x", "owner": "bob"})
    assert "owner" in problem["message"] and "grant" in problem["details"]


# ---- writing

def test_presets(alice, stored, restored):
    for body, headers in (({"title": "p1"}, {}), ([{"title": "p2"}, {"title": "p3"}], {}),
                          ("title\np4\np5\n", {"Content-Type": "text/csv"}),
                          ("title=p6", {"Content-Type": "application/x-www-form-urlencoded"})):
        reply = alice.request("POST", "/tasks", body, {"Prefer": "return=representation", **headers})
        assert reply.status == 201, reply
        assert {row["owner"] for row in reply.json()} == {"alice"}
    reply = alice.request("PUT", "/tasks/77", {"title": "p7"}, {"Prefer": "return=representation"})
    assert reply.status == 201 and reply.json()[0]["owner"] == "alice"
    reply = alice.request("POST", "/tasks", {"id": 78, "title": "p8"},
                          {"Prefer": "return=representation, resolution=merge-duplicates"})
    assert reply.status == 201, reply
    reply = alice.request("POST", "/tasks", {"id": 78, "title": "p9"},
                          {"Prefer": "return=representation, resolution=merge-duplicates"})
    assert reply.status == 200, reply
    assert stored("SELECT title, owner, changed_by FROM tasks WHERE id >= 77 ORDER BY id") == [
        ("p7", "alice", None), ("p9", "alice", "alice")]
    assert stored("SELECT DISTINCT owner FROM tasks WHERE title LIKE 'p_'") == [("alice",)]
    assert alice.patch("/tasks/77", {"title": "p10"}).status == 200
    assert stored("SELECT changed_by FROM tasks WHERE id = 77") == [("alice",)]


def test_a_put_leaves_what_is_hidden(alice, stored, restored):
    reply = alice.request("PUT", "/tasks/1", {"title": "New"}, {"Prefer": "return=representation"})
    assert reply.status == 200, reply
    assert reply.json()[0]["title"] == "New" and "note" not in reply.json()[0]
    assert stored("SELECT owner, changed_by, parent FROM tasks WHERE id = 1") == [("alice", "alice", None)]


@pytest.mark.parametrize("path", ["/tasks?id=eq.3", "/tasks?all=true", "/tasks?id=gte.1&order=id&limit=9",
                                  "/tasks?or=(id.eq.3,title.eq.Milk)", "/cells?all=true", "/my_tasks?all=true",
                                  "/cells?x=eq.1&y=eq.2"])
def test_changes_meet_own_rows_alone(alice, stored, path):
    table = path[1:].split("?")[0].replace("my_", "")
    hidden = f"SELECT * FROM {table} WHERE owner = 'bob'"
    before = stored(hidden)
    column = "v" if table == "cells" else "title"
    for method, body in (("PATCH", {column: "changed"}), ("DELETE", None)):
        reply = alice.request(method, path, body, {"Prefer": "return=representation, tx=rollback, count=exact"})
        assert reply.status == 200, reply
        assert all(row["owner"] == "alice" for row in reply.json())
        assert reply.headers["Content-Range"].split("/")[1] == str(len(reply.json()))
    assert stored(hidden) == before


@pytest.mark.parametrize("method, body", [("PATCH", {"title": "x"}), ("DELETE", None)])
def test_a_hidden_row_is_no_row(alice, stored, method, body):
    before = stored("SELECT * FROM tasks")
    hidden, missing = (alice.request(method, f"/tasks/{key}", body) for key in (3, 99))
    assert hidden.status == missing.status == 404
    assert hidden.body.replace(b"tasks/3", b"tasks/99") == missing.body
    hidden, missing = (alice.request(method, f"/tasks?id=eq.{key}", body, {"Prefer": "count=exact"}) for key in (3, 99))
    assert (hidden.status, hidden.body, hidden.headers["Content-Range"]) == \
           (missing.status, missing.body, missing.headers["Content-Range"])
    assert stored("SELECT * FROM tasks") == before


def test_preconditions(alice, stored):
    before = stored("SELECT * FROM tasks")
    for headers in ({"If-Match": "*"}, {"If-Match": '"0123456789abcdef"'}):
        hidden, missing = (alice.request("PATCH", f"/tasks/{key}", {"title": "x"}, headers) for key in (3, 99))
        assert hidden.status == missing.status == 412
        assert hidden.body.replace(b"tasks/3", b"tasks/99") == missing.body
    tag = alice.get("/tasks/1").headers["ETag"]
    reply = alice.request("PATCH", "/tasks/1", {"title": "Milk"}, {"If-Match": tag, "Prefer": "tx=rollback"})
    assert reply.status == 200, reply
    assert stored("SELECT * FROM tasks") == before


def test_a_row_may_not_leave_ones_sight(alice, stored):
    before = stored("SELECT * FROM tasks"), stored("SELECT * FROM cells")
    for path, body in (("/tasks?id=eq.1", {"owner": "bob"}), ("/tasks/1", {"owner": "bob"}),
                       ("/tasks?all=true", {"owner": "bob"}), ("/cells?x=eq.1", {"owner": "bob"}),
                       ("/cells/1,1", {"owner": "bob"})):
        for prefer in ("return=minimal", "return=representation"):
            assert "row-level security" in alice.denied(path, "PATCH", body, Prefer=prefer)["message"]
    assert (stored("SELECT * FROM tasks"), stored("SELECT * FROM cells")) == before


def test_checks(alice, stored):
    before = stored("SELECT * FROM plain")
    alice.denied("/plain", "POST", {"owner": "alice", "v": "x", "n": 7})
    alice.denied("/plain", "POST", [{"owner": "alice", "v": "x", "n": 1}, {"owner": "alice", "v": "y", "n": 7}])
    alice.denied("/plain?id=eq.1", "PATCH", {"n": 7})
    alice.denied("/plain", "POST", {"id": 1, "owner": "alice", "v": "one", "n": 7},
                 Prefer="resolution=merge-duplicates")
    assert stored("SELECT * FROM plain") == before


def test_a_row_that_is_written_must_be_seen_to_be_shown(alice, stored, restored):
    before = stored("SELECT * FROM plain")
    alice.denied("/plain", "POST", {"owner": "bob", "v": "z", "n": 1}, Prefer="return=representation")
    alice.denied("/plain", "POST", {"owner": "bob", "v": "z", "n": 1}, Prefer="return=headers-only")
    alice.denied("/plain", "POST", [{"owner": "alice", "v": "y", "n": 1}, {"owner": "bob", "v": "z", "n": 1}],
                 Prefer="return=representation")
    assert stored("SELECT * FROM plain") == before
    reply = alice.request("POST", "/plain", {"owner": "bob", "v": "z", "n": 1}, {"Prefer": "return=minimal"})
    assert reply.status == 201 and reply.body == b"" and not reply.headers["Location"]
    assert stored("SELECT owner FROM plain WHERE v = 'z'") == [("bob",)]
    # what is not asked for is shown if it may be
    reply = alice.post("/plain", {"owner": "bob", "v": "zz", "n": 1})
    assert reply.status == 201 and reply.body == b"" and not reply.headers["Location"]
    reply = alice.post("/plain", {"owner": "alice", "v": "zzz", "n": 1})
    assert reply.status == 201 and reply.json()["v"] == "zzz" and reply.headers["Location"]
    reply = alice.request("POST", "/plain", {"owner": "alice", "v": "w", "n": 1}, {"Prefer": "return=headers-only"})
    assert reply.status == 201 and reply.headers["Location"].startswith("/plain/")


def test_using_is_of_the_verb(alice, stored):
    """SELECT shows 'three'; UPDATE and DELETE do not meet it."""
    assert [row["v"] for row in alice.rows("/plain?order=id")] == ["one", "three"]
    for method, body in (("PATCH", {"n": 5}), ("DELETE", None)):
        reply = alice.request(method, "/plain?all=true", body, UNDONE)
        assert [row["v"] for row in reply.json()] == ["one"], reply
    assert alice.request("PATCH", "/plain/3", {"n": 5}).status == 404
    assert alice.request("DELETE", "/plain/3").status == 404
    assert stored("SELECT count(*) FROM plain WHERE v = 'three'") == [(1,)]


def test_upserts_on_hidden_rows(alice, stored):
    before = stored("SELECT * FROM tasks")
    for prefer in ("resolution=merge-duplicates", "resolution=merge-duplicates, return=representation"):
        alice.denied("/tasks", "POST", {"id": 3, "title": "mine"}, Prefer=prefer)
        alice.denied("/tasks?on_conflict=code", "POST", {"code": "c", "title": "mine"}, Prefer=prefer)
    alice.denied("/tasks/3", "PUT", {"title": "mine"})
    reply = alice.request("POST", "/tasks", {"id": 3, "title": "mine"},
                          {"Prefer": "resolution=ignore-duplicates, return=representation"})
    assert reply.status == 201 and reply.json() == []
    reply = alice.post("/tasks", {"id": 3, "title": "mine"})
    assert reply.status == 409 and "Report" not in reply.body.decode()
    assert stored("SELECT * FROM tasks") == before


def test_details_of_failures(alice, stored):
    before = stored("SELECT * FROM tasks")
    reply = alice.post("/tasks", {"title": "x", "code": "c"})
    assert reply.status == 409 and reply.json()["details"] == "Key (code)=(c) already exists."
    reply = alice.post("/tasks", {"title": "x", "list_id": 99})
    assert reply.status == 409 and reply.json()["code"] == "23503"
    reply = alice.post("/pins", {"name": "y", "pin": "taken"})
    assert reply.status == 409 and reply.json()["details"] is None, reply
    for path in ("/held?all=true", "/held/3", "/held?id=in.(1,2,3)", "/held?id=gte.1&order=id&limit=5"):
        reply = alice.request("DELETE", path)
        assert reply.status == 409 and reply.json()["details"].startswith("Key (id)=(3) is still referenced"), reply
    assert alice.request("DELETE", "/held?id=eq.1").status == 204
    assert stored("SELECT count(*) FROM held") == [(3,)]
    assert stored("SELECT * FROM tasks") == before


def test_max_affected_counts_own_rows(alice):
    strict = "handling=strict, tx=rollback, max-affected="
    assert alice.request("PATCH", "/tasks?all=true", {"rank": 1}, {"Prefer": strict + "2"}).status == 204
    reply = alice.request("PATCH", "/tasks?all=true", {"rank": 1}, {"Prefer": strict + "1"})
    assert reply.status == 400 and "2 rows" in reply.json()["details"]


def test_inserts_without_the_right_to_look(world, stored, restored):
    sender = world("sender")
    for body, prefer in (({"line": "a"}, ""), ([{"line": "b"}, {"line": "c"}], "return=minimal")):
        reply = sender.request("POST", "/drops", body, {"Prefer": prefer})
        assert reply.status == 201 and reply.body == b"" and not reply.headers["Location"], reply
    assert stored("SELECT line, sender FROM drops ORDER BY id") == [("a", "sender"), ("b", "sender"), ("c", "sender")]
    sender.denied("/drops")
    sender.denied("/drops", "POST", {"line": "x"}, Prefer="return=representation")
    assert stored("SELECT count(*) FROM drops") == [(3,)]


def test_views_of_the_caller(alice, stored):
    before = stored("SELECT * FROM tasks")
    reply = alice.request("PATCH", "/my_tasks?all=true", {"title": "X"}, UNDONE)
    assert sorted(ids(reply.json())) == [1, 2], reply
    reply = alice.request("DELETE", "/my_tasks?id=in.(2,3,4)", None, UNDONE)
    assert ids(reply.json()) == [2], reply
    reply = alice.request("POST", "/my_tasks", {"title": "Y", "owner": "alice"}, UNDONE)
    assert reply.status == 201 and reply.json()[0]["title"] == "Y", reply
    alice.denied("/my_tasks", "POST", {"title": "Y", "owner": "bob"}, Prefer="return=representation")
    assert stored("SELECT * FROM tasks") == before


def test_a_range_past_the_end_tells_own_rows(alice):
    reply = alice.get("/tasks?offset=3", Prefer="count=exact")
    assert reply.status == 416 and "only 2 rows" in reply.json()["details"]
    reply = alice.get("/tasks", Accept="application/vnd.pgrst.object+json")
    assert reply.status == 406 and "2 rows" in reply.json()["details"]


# ---- named queries that write

def test_named_queries_that_write(alice, stored, restored):
    assert alice.post("/rpc/rename", {"id": 1, "title": "Cream"}).json() == [{"id": 1, "title": "Cream"}]
    reply = alice.post("/rpc/rename", {"id": 3, "title": "Stolen"})
    assert reply.status == 200 and reply.json() == []
    assert stored("SELECT title FROM tasks WHERE id IN (1, 3) ORDER BY id") == [("Cream",), ("Report",)]
    # triggers of the schema run as its owner
    assert stored("SELECT said FROM audit") == [("Milk > Cream",)]


@pytest.mark.parametrize("method, path, body", [
    ("GET", "/rpc/peek", None), ("GET", "/rpc/around", None), ("GET", "/rpc/note", None),
    ("GET", "/rpc/found?q=milk", None), ("POST", "/rpc/wipe", {}), ("POST", "/rpc/steal", {"id": 3}),
])
def test_named_queries_have_their_callers_rights(alice, stored, method, path, body):
    before = stored("SELECT * FROM tasks"), stored("SELECT * FROM secrets")
    reply = alice.request(method, path, body)
    assert reply.status >= 400, reply
    for word in ("swordfish", "hush", "Report"):
        assert word not in reply.body.decode()
    assert reply.status in (401, 403) and reply.json()["code"] == "42501", reply
    assert (stored("SELECT * FROM tasks"), stored("SELECT * FROM secrets")) == before


# ---- the description

def test_the_description_is_the_roles(alice, world):
    document = alice.get("/").json()
    paths, schemas = document["paths"], document["components"]["schemas"]
    assert "/secrets" not in paths and "secrets" not in schemas and "/rpc/forbidden" not in paths
    assert set(paths["/lists"]) == {"get"} and "post" in paths["/tasks"]
    tasks = schemas["tasks"]["properties"]
    assert "changed_by" in tasks and tasks["note"]["writeOnly"] is True
    assert tasks["changed_by"].get("readOnly") and "secret" not in schemas["lists"]["properties"]
    assert "owner" not in schemas["tasks"]["required"]
    names = [p.get("name") for p in paths["/tasks"]["get"]["parameters"]]
    assert "title" in names and "note" not in names
    assert "swordfish" not in json.dumps(document)
    assert "/secrets" in world("admin").get("/").json()["paths"]


# ---- byte for byte

@pytest.mark.parametrize("method, path, body", [
    ("GET", "/tasks", None), ("GET", "/lists?select=*,tasks(*)", None), ("GET", "/tasks/50", None),
    ("GET", "/tags?select=*,tasks(*)", None), ("GET", "/tasks?select=count()", None),
    ("GET", "/tasks?title=plfts.ghost", None), ("PATCH", "/tasks/50", {"title": "x"}),
    ("PATCH", "/tasks?id=eq.50", {"title": "x"}), ("DELETE", "/tasks?id=eq.50", None),
    ("GET", "/my_tasks?order=id", None), ("GET", "/rpc/mine", None), ("GET", "/rpc/listing?least=0", None),
    ("PATCH", "/tasks?all=true", {"rank": 5}),
])
def test_a_hidden_row_changes_no_byte(alice, world, restored, method, path, body):
    prefer = {"Prefer": "count=exact, tx=rollback, return=representation"}

    def answer():
        # another process wrote: ask until the server has seen it
        reply = alice.request(method, path, body, prefer)
        return reply.status, reply.body, reply.headers["Content-Range"], reply.headers["ETag"]
    before = answer()
    with sqlite3.connect(world.db) as db:
        db.execute("INSERT INTO tasks (id, title, owner, list_id, rank) VALUES (50, 'ghost', 'bob', 1, 9)")
        db.execute("INSERT INTO task_tags VALUES (50, 1)")
    db.close()
    assert answer() == before
    import time
    time.sleep(0.3)
    assert answer() == before

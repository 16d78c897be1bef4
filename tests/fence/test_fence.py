"""The second fence alone: a build whose statements name the tables themselves, as if every policy had been
forgotten. SQLite's authorizer, and the triggers, must refuse all that would show or change what the role may
not see; nothing may be answered. make fence builds and runs it."""
import sqlite3

import pytest

from conftest import Server, write_files

SCHEMA = """
CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT, secret TEXT);
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, owner TEXT, list_id INTEGER REFERENCES lists,
  parent INTEGER REFERENCES tasks, UNIQUE (owner, title));
CREATE INDEX tasks_list ON tasks (list_id);
CREATE TABLE members (task_id INTEGER REFERENCES tasks, user TEXT, PRIMARY KEY (task_id, user)) WITHOUT ROWID;
CREATE VIEW mine AS SELECT id, title, list_id FROM tasks;
CREATE VIRTUAL TABLE search USING fts5 (title, content='tasks', content_rowid='id');
INSERT INTO lists VALUES (1, 'one', 's'), (2, 'two', 's');
INSERT INTO tasks (id, title, owner, list_id) VALUES (1, 'mine', 'anon', 1), (2, 'hidden', 'other', 1);
INSERT INTO members VALUES (1, 'anon'), (2, 'hidden');
INSERT INTO search (search) VALUES ('rebuild');
"""

ACCESS = """
CREATE ROLE anon;
GRANT ALL ON tasks, mine TO anon;
GRANT SELECT (id, name) ON lists TO anon;
GRANT SELECT ON members TO anon;
GRANT EXECUTE ON FUNCTION titles, how_many, rename TO anon;
ALTER VIEW mine SET (security_invoker = true);
CREATE POLICY own ON tasks USING (owner = role());
CREATE POLICY own ON members USING (task_id = 1);
"""

QUERIES = {
    "titles.sql": "SELECT title FROM main.tasks",
    "how_many.sql": "-- returns scalar\nSELECT count(*) FROM main.tasks",
    "rename.sql": "-- write\nUPDATE tasks SET title = 'x' || title",
}

READS = [
    "/tasks",
    "/tasks?select=id",
    "/tasks/1",
    "/tasks?id=eq.1",
    "/tasks?title=eq.hidden&select=id",
    "/tasks?order=title.desc&limit=1",
    "/tasks?select=id&limit=1&offset=1",
    "/tasks?title=fts.hidden",
    "/tasks?select=id,lists(name)",
    "/tasks?select=id,...lists(name)",
    "/lists?select=id,tasks(title)",
    "/lists?select=id,tasks!inner(id)",
    "/lists?select=id,tasks()&tasks=not.is.null",
    "/lists?select=id,tasks(count)",
    "/lists?select=id,tasks(title)&tasks.title=eq.hidden",
    "/lists?select=id,tasks(members(user))",
    "/members?select=tasks(title)",
    "/tasks?select=id,parent:tasks!tasks_parent_fkey(title)",
    "/lists?select=id,first:tasks(title)&first.limit=1",
    "/tasks?select=id,lists!inner(name)&lists.name=eq.one",
    "/tasks?select=id,lists(name)&order=lists(name)",
    "/mine",
    "/mine?select=id,lists(name)",
    "/members",
    "/rpc/titles",
    "/rpc/how_many",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fence")
    server = Server(folder, "--access", write_files(folder / "access", {"1.sql": ACCESS}), "--anon-role", "anon",
                    "--queries", write_files(folder / "queries", QUERIES),
                    migrations=write_files(folder / "migrations", {"0001_tasks.sql": SCHEMA}))
    yield server
    server.stop()


def refused(reply):
    assert reply.status in (401, 403), reply
    if reply.body:
        assert reply.json()["code"] == "42501", reply
    assert b"hidden" not in reply.body


@pytest.mark.parametrize("path", READS)
def test_reads(server, path):
    refused(server.request("GET", path))
    refused(server.request("HEAD", path))
    refused(server.request("GET", path, headers={"Accept": "text/csv"}))
    refused(server.request("GET", path, headers={"Prefer": "count=exact"}))


def rows(server):
    with sqlite3.connect(server.db) as db:
        return db.execute("SELECT id, title, owner FROM tasks ORDER BY id").fetchall()


@pytest.mark.parametrize("method, path, body, prefer", [
    ("POST", "/tasks", {"title": "n", "owner": "anon"}, "return=representation"),
    ("POST", "/tasks", {"title": "n", "owner": "other"}, "return=minimal"),
    ("POST", "/tasks", {"id": 2, "title": "n", "owner": "anon"}, "resolution=merge-duplicates"),
    ("PUT", "/tasks?id=eq.2", {"id": 2, "title": "n", "owner": "anon"}, "return=minimal"),
    ("PATCH", "/tasks?id=eq.2", {"title": "n"}, "return=minimal"),
    ("PATCH", "/tasks?title=eq.hidden", {"title": "n"}, "return=representation"),
    ("PATCH", "/tasks?all=true", {"title": "n"}, "return=minimal"),
    ("PATCH", "/tasks?id=eq.1", {"owner": "other"}, "return=minimal"),
    ("DELETE", "/tasks?id=eq.2", None, "return=minimal"),
    ("DELETE", "/tasks?all=true", None, "return=representation"),
    ("POST", "/rpc/rename", {}, "return=minimal"),
])
def test_writes(server, method, path, body, prefer):
    refused(server.request(method, path, body, {"Prefer": prefer}))
    assert rows(server) == [(1, "mine", "anon"), (2, "hidden", "other")]


def test_what_is_open(server):
    """It is the tables with policies that are refused, not everything."""
    assert server.request("GET", "/lists?order=id").json() == [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]
    refused(server.request("GET", "/lists?select=secret"))

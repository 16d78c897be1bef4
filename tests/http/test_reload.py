"""SIGHUP: new migrations and named queries while the server serves."""
import http.client
import os
import pty
import shutil
import signal
import sqlite3
import threading
import time

import pytest

from conftest import BIN, SCHEMA, clean_env

pytestmark = pytest.mark.threads


@pytest.fixture
def folder(tmp_path):
    """A copy of the test schema that a test adds to."""
    made = tmp_path / "migrations"
    shutil.copytree(SCHEMA, made)
    return made


@pytest.fixture
def queries(tmp_path):
    made = tmp_path / "queries"
    made.mkdir()
    (made / "one.sql").write_text("-- returns scalar\nSELECT 1 AS n;\n")
    return made


def messages(server, text):
    return [line for line in server.log_lines() if line["msg"].startswith(text)]


def reload(server, outcome="reloaded", seconds=30):
    """SIGHUP, and the line in the log that says what came of it."""
    before = len(messages(server, outcome))
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        lines = messages(server, outcome)
        if len(lines) > before:
            return lines[-1]
        time.sleep(0.01)
    raise AssertionError(server.log())


def test_new_tables_are_served(serve, folder):
    server = serve(migrations=folder)
    assert server.get("/fresh").status == 404
    (folder / "0100_fresh.sql").write_text(
        "CREATE TABLE fresh(id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"
        "INSERT INTO fresh(name) VALUES('new');\nALTER TABLE author ADD COLUMN fresh INTEGER;\n")
    line = reload(server)
    assert line["migrations_applied"] == 1
    assert [m["file"] for m in messages(server, "migration applied")][-1] == "0100_fresh.sql"
    assert server.get("/fresh").json() == [{"id": 1, "name": "new"}]
    assert server.post("/fresh", {"name": "another"}).status == 201
    assert server.patch("/author/1", {"fresh": 7}).status == 200
    assert "fresh" in server.get("/openapi.json").json()["components"]["schemas"]
    assert server.get("/readyz").status == 200
    assert reload(server)["migrations_applied"] == 0  # nothing new: nothing happens
    assert server.get("/fresh/2").status == 200


def test_builtin_migrations_have_nothing_to_do(serve):
    server = serve(migrations=None)
    assert reload(server)["migrations_applied"] == 0
    assert server.get("/lists").status == 200


def test_no_migrations(serve, tmp_path):
    sqlite3.connect(tmp_path / "test.db").execute("CREATE TABLE t(id INTEGER PRIMARY KEY)")
    server = serve(migrations="none")
    reload(server)
    assert server.get("/t").json() == [] and server.get("/readyz").status == 200


def test_a_bad_migration_leaves_what_was(serve, folder):
    server = serve(migrations=folder)
    (folder / "0100_bad.sql").write_text("CREATE TABLE half(id INTEGER PRIMARY KEY);\n"
                                         "CREATE TABLE half(id INTEGER PRIMARY KEY);\n")
    line = reload(server, "reload failed")
    assert line["level"] == "error"
    assert "0100_bad.sql:2: table half already exists" in line["msg"]
    assert server.get("/half").status == 404
    assert server.get("/readyz").status == 200
    assert server.post("/author", {"name": "still"}).status == 201
    (folder / "0100_bad.sql").write_text("CREATE TABLE half(id INTEGER PRIMARY KEY);\n")
    assert reload(server)["migrations_applied"] == 1
    assert server.get("/half").json() == []


def test_the_good_ones_before_a_bad_one_stay(serve, folder):
    server = serve(migrations=folder)
    (folder / "0100_good.sql").write_text("CREATE TABLE good(id INTEGER PRIMARY KEY);\n")
    (folder / "0101_bad.sql").write_text("CREATE TABLE;\n")
    assert "0101_bad.sql:1:" in reload(server, "reload failed")["msg"]
    assert server.get("/good").json() == []
    assert server.get("/readyz").status == 200
    (folder / "0101_bad.sql").unlink()
    assert reload(server)["migrations_applied"] == 0
    assert server.get("/readyz").status == 200


@pytest.mark.parametrize("harm, words", [
    (lambda f: (f / "0001_library.sql").write_text("SELECT 1;"), "was changed after it was applied"),
    (lambda f: (f / "0002_rows.sql").unlink(), "is not among"),
    (lambda f: (f / "oops.sql").write_text("SELECT 1;"), "a migration is called NNNN_name.sql"),
    (lambda f: shutil.rmtree(f), "cannot read the migrations in"),
])
def test_a_harmed_folder(serve, folder, harm, words):
    server = serve(migrations=folder)
    harm(folder)
    assert words in reload(server, "reload failed")["msg"]
    assert server.get("/readyz").status == 200
    assert server.post("/author", {"name": "still"}).status == 201


def test_foreign_keys_are_enforced_after_it(serve, folder):
    server = serve(migrations=folder)
    (folder / "0100_child.sql").write_text(
        "CREATE TABLE child(id INTEGER PRIMARY KEY, author INTEGER REFERENCES author(id));\n")
    reload(server)
    assert server.post("/child", {"author": 987654}).status == 409


def test_queries_are_read_anew(serve, folder, queries):
    server = serve("--queries", queries, migrations=folder)
    assert server.get("/rpc/one").json() == 1
    (queries / "one.sql").write_text("-- returns scalar\nSELECT 11 AS n;\n")
    (queries / "two.sql").write_text("-- returns scalar\nSELECT count(*) AS n FROM fresh;\n")
    (folder / "0100_fresh.sql").write_text("CREATE TABLE fresh(id INTEGER PRIMARY KEY);\n")
    assert reload(server)["queries"] == 2
    assert server.get("/rpc/one").json() == 11
    assert server.get("/rpc/two").json() == 0
    (queries / "two.sql").unlink()
    reload(server)
    assert server.get("/rpc/two").status == 404


def test_a_bad_query_leaves_the_queries(serve, folder, queries):
    server = serve("--queries", queries, migrations=folder)
    (queries / "one.sql").write_text("SELECT x FROM nowhere;\n")
    (folder / "0100_fresh.sql").write_text("CREATE TABLE fresh(id INTEGER PRIMARY KEY);\n")
    text = reload(server, "reload failed")["msg"]
    assert "the query one: no such table: nowhere; the queries stay as they were" in text
    assert server.get("/rpc/one").json() == 1
    assert server.get("/fresh").json() == [] and server.get("/readyz").status == 200
    (queries / "one.sql").write_text("-- returns nonsense\nSELECT 1;\n")
    assert "one" in reload(server, "reload failed")["msg"]
    assert server.get("/rpc/one").json() == 1


def test_many_at_once(serve, folder):
    """A hundred SIGHUPs, whatever they coalesce to; the last state is the one in force."""
    server = serve(migrations=folder)
    for i in range(100):
        if i % 20 == 0:
            half = folder / "half-written"  # a SIGHUP before may be looking just now
            half.write_text(f"CREATE TABLE t{i}(id INTEGER PRIMARY KEY);")
            half.rename(folder / f"{100 + i:04}_t.sql")
        server.signal(signal.SIGHUP)
        time.sleep(0.005)
    deadline = time.monotonic() + 20
    while server.get("/t80").status != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    for i in range(0, 100, 20):
        assert server.get(f"/t{i}").status == 200
    assert server.get("/readyz").status == 200


def test_stop_while_reloading(serve, folder):
    server = serve(migrations=folder)
    (folder / "0100_slow.sql").write_text(
        "CREATE TABLE slow AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c "
        "WHERE i < 50000) SELECT i FROM c;\n")
    server.signal(signal.SIGHUP)
    server.stop()  # exits with 0, and what was begun is whole
    tables = sqlite3.connect(server.db).execute(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'slow'").fetchone()[0]
    applied = sqlite3.connect(server.db).execute(
        "SELECT count(*) FROM thimble_migrations WHERE version = 100").fetchone()[0]
    assert tables == applied


def test_nothing_is_lost_or_wrong_under_load(serve, folder, queries):
    """Readers, writers, a caller of a query and a prober, over a dozen reloads."""
    server = serve("--threads", "3", "--queries", queries, migrations=folder)
    stop, failures, acknowledged = threading.Event(), [], []
    counts = {"read": 0, "write": 0, "query": 0, "ready": 0}

    def loop(name, once):
        connection = server.connect(60)
        try:
            while not stop.is_set():
                once(connection)
                counts[name] += 1
        except BaseException as failure:
            failures.append((name, failure))
        connection.close()

    def read(connection):
        reply = server.request("GET", "/author/1", connection=connection)
        assert reply.status == 200 and reply.json()["id"] == 1, reply

    def write(connection):
        name = f"{threading.get_ident()}-{len(acknowledged)}-{time.monotonic_ns()}"
        reply = server.request("POST", "/author", {"name": name}, connection=connection)
        assert reply.status == 201 and reply.json()["name"] == name, reply
        acknowledged.append((reply.json()["id"], name))

    def query(connection):
        reply = server.request("GET", "/rpc/one", connection=connection)
        assert reply.status == 200 and 1 <= reply.json() <= 100, reply

    def ready(connection):
        reply = server.request("GET", "/readyz", connection=connection)
        assert reply.status == 200, reply

    threads = [threading.Thread(target=loop, args=(name, once)) for name, once in
               [("read", read)] * 3 + [("write", write)] * 4 + [("query", query)] * 2 +
               [("ready", ready)] * 2]
    for thread in threads:
        thread.start()
    for i in range(12):
        (folder / f"{100 + i:04}_step.sql").write_text(
            f"CREATE TABLE step{i}(id INTEGER PRIMARY KEY, v TEXT);\n"
            f"ALTER TABLE author ADD COLUMN extra{i} TEXT;\n"
            f"CREATE INDEX author_{i} ON author(extra{i});\n")
        (queries / "one.sql").write_text(f"-- returns scalar\nSELECT {i + 2} AS n FROM step{i} "
                                         f"UNION ALL SELECT {i + 2} LIMIT 1;\n")
        reload(server, seconds=60)
        assert server.post(f"/step{i}", {"v": "x"}).status == 201
        assert server.get("/rpc/one").json() == i + 2
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    rows = set(sqlite3.connect(server.db).execute("SELECT id, name FROM author"))
    assert acknowledged and all(row in rows for row in acknowledged)
    assert all(counts.values()), counts


def test_a_terminal_that_goes_away_stops_it(tmp_path):
    """The kernel's SIGHUP is not an operator's: the server must not outlive its terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(BIN, [str(BIN), "serve", "--listen", "127.0.0.1:0"], clean_env())
    seen = b""
    while b"serves" not in seen:
        seen += os.read(terminal, 4096)
    os.close(terminal)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        time.sleep(0.05)
    else:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise AssertionError("it still runs")
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0

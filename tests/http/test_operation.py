"""Start, health, logs, signals, sockets, and other processes at the same file."""
import json
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import BIN, SCHEMA, Server, clean_env, run


def test_ready_line(server):
    assert re.search(r"http://127\.0\.0\.1:\d+", server.ready_line)
    assert server.ready_line.count("\n") == 1


def test_health(server):
    for path in ("/healthz", "/livez", "/readyz"):
        reply = server.get(path)
        assert reply.status == 200, path
        assert reply.headers["Content-Type"].startswith("text/plain")
        assert server.head(path).status == 200
    verbose = server.get("/readyz?verbose").body.decode().splitlines()
    for name in ("database", "writer", "migrations", "shutdown"):
        assert any(line.startswith(f"[+]{name}") for line in verbose), verbose


def test_readiness_follows_the_database(serve):
    """A migration recorded by someone else is not known here: not ready, but alive."""
    server = serve()
    db = sqlite3.connect(server.db)
    db.execute("DELETE FROM thimble_migrations WHERE version = 2")
    db.commit()
    for _ in range(100):
        reply = server.get("/readyz?verbose")
        if reply.status == 503:
            break
        time.sleep(0.05)
    assert reply.status == 503 and b"[-]migrations" in reply.body
    assert server.get("/healthz").status == 200


def test_request_id(server):
    assert server.get("/author/1", X_Request_Id="abc-123").headers["X-Request-Id"] == "abc-123"
    made = [server.get("/nothing").headers["X-Request-Id"] for _ in range(20)]
    assert len(set(made)) == 20
    assert "\n" not in server.get("/nothing", X_Request_Id="a b").headers["X-Request-Id"]


def test_access_log_is_off_by_default(server):
    server.get("/author/1")
    server.get("/nothing")
    server.stop()
    assert [line for line in server.log_lines() if "request" in line["msg"]] == []


def test_access_log(serve):
    server = serve("--access-log")
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    reply = server.get("/author?select=id&id=eq.1", X_Request_Id="me", traceparent=trace)
    server.post("/author", {"name": 'quote " and \u2603'})
    server.stop()
    lines = [line for line in server.log_lines() if line["msg"] == "request"]
    first = lines[0]
    assert first["id"] == "me" and first["method"] == "GET" and first["path"] == "/author"
    assert first["status"] == 200 and first["bytes"] == len(reply.body)
    assert first["duration_ms"] >= 0 and first["traceparent"] == trace
    assert first["level"] == "info" and re.match(r"\d{4}-\d\d-\d\dT.*Z$", first["time"])
    assert lines[1]["status"] == 201


def test_log_level(serve):
    server = serve("--log-level", "error", "--access-log")
    server.get("/author/1")
    server.stop()
    assert server.log() == ""


def test_slow_requests_are_logged(serve, tmp_path):
    migrations = tmp_path / "slow"
    migrations.mkdir()
    (migrations / "0001_slow.sql").write_text(
        "CREATE VIEW slow AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c "
        "WHERE n < 300000) SELECT count(*) AS n FROM c;")
    server = serve("--slow-request", "1ms", migrations=migrations)
    server.get("/slow")
    server.stop()
    assert [line["path"] for line in server.log_lines() if line["msg"] == "slow request"] == ["/slow"]


def test_sigterm_answers_what_is_in_flight(serve):
    server = serve()
    body = b'{"name":"In flight"}'
    sock = server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
    time.sleep(0.3)
    server.signal(signal.SIGTERM)
    time.sleep(0.3)
    sock.sendall(body)
    answer = sock.recv(4096)
    assert b" 201 " in answer.split(b"\r\n")[0] and b"Connection: close" in answer
    sock.close()
    assert server.wait() == 0
    assert sqlite3.connect(server.db).execute(
        "SELECT count(*) FROM author WHERE name = 'In flight'").fetchone() == (1,)


def test_sigterm_closes_idle_connections_at_once(serve):
    server = serve("--drain-timeout", "20s")
    connection = server.connect()
    server.request("GET", "/author/1", connection=connection)
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert time.monotonic() - start < 5
    connection.close()


def test_drain_timeout_is_a_limit(serve):
    server = serve("--drain-timeout", "1s")
    sock = server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(0.3)
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert 0.5 < time.monotonic() - start < 10
    sock.close()


def test_second_signal_stops_at_once(serve):
    server = serve("--drain-timeout", "60s")
    sock = server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(0.3)
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    time.sleep(0.5)
    server.signal(signal.SIGTERM)
    server.wait()
    assert time.monotonic() - start < 10
    sock.close()


def test_the_wal_is_gone_after_a_clean_stop(serve):
    server = serve()
    server.post("/author", {"name": "Last"})
    server.stop()
    wal = server.dir / "test.db-wal"
    assert not wal.exists() or wal.stat().st_size == 0
    assert sqlite3.connect(server.db).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_restart_keeps_rows(serve):
    server = serve()
    server.post("/author", {"id": 77, "name": "Kept"})
    server.stop()
    again = serve()
    assert again.get("/author/77").json()["name"] == "Kept"


def test_port_in_use(server, tmp_path):
    code, out, err = run("serve", "--db", tmp_path / "other.db", "--listen",
                         f"127.0.0.1:{server.port}")
    assert code == 1 and out == ""
    assert err.count("\n") == 1 and "in use" in err and "--listen" in err


def test_unix_socket(serve):
    server = serve(listen="unix:api.sock")
    assert server.get("/author/1").status == 200
    assert run("healthcheck", "--listen", f"unix:{server.dir}/api.sock")[0] == 0
    server.stop()
    assert not (server.dir / "api.sock").exists()


def test_stale_unix_socket_is_taken_over(serve):
    server = serve(listen="unix:api.sock")
    server.kill()
    assert (server.dir / "api.sock").exists()
    assert serve(listen="unix:api.sock").get("/author/1").status == 200


def test_ipv6(serve):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    server = serve(listen="[::1]:0")
    assert server.url.startswith("http://[::1]:")
    assert server.get("/author/1").status == 200


def test_another_process_commits_and_is_seen(server):
    db = sqlite3.connect(server.db)
    for i in range(20):
        db.execute("INSERT INTO author (name) VALUES (?)", (f"outside {i}",))
        db.commit()
        deadline = time.monotonic() + 2
        while not server.get(f"/author?name=eq.outside%20{i}").json():
            assert time.monotonic() < deadline, "a commit of another process must be seen soon"


def test_the_schema_may_change_while_serving(server):
    stop = threading.Event()
    bad = []

    def reader():
        while not stop.is_set():
            reply = server.get("/author?order=id&limit=2")
            if reply.status != 200 or len(reply.json()) != 2:
                bad.append(reply)

    threads = [threading.Thread(target=reader) for _ in range(3)]
    for thread in threads:
        thread.start()
    db = sqlite3.connect(server.db, timeout=30)
    for i in range(10):
        db.execute(f"CREATE TABLE added_{i} (id INTEGER PRIMARY KEY, v TEXT)")
        db.execute(f"ALTER TABLE author ADD COLUMN extra_{i} TEXT")
        db.commit()
        for _ in range(100):
            if server.get(f"/added_{i}").status == 200 and \
                    f"extra_{i}" in server.get("/author/1").json():
                break
            time.sleep(0.02)
        else:
            raise AssertionError("the new table is not served")
        assert server.post(f"/added_{i}", {"v": "x"}).status == 201
    db.execute("DROP TABLE added_0")
    db.commit()
    for _ in range(100):
        if server.get("/added_0").status == 404:
            break
        time.sleep(0.02)
    time.sleep(0.2)  # every loop has renewed its snapshot by then
    assert {server.get("/added_0").status for _ in range(20)} == {404}
    stop.set()
    for thread in threads:
        thread.join()
    assert bad == []


def test_existing_database_as_it_is(serve, tmp_path):
    db = sqlite3.connect(tmp_path / "test.db")
    db.execute("CREATE TABLE old (id INTEGER PRIMARY KEY, v TEXT)")
    db.execute("INSERT INTO old (v) VALUES ('there')")
    db.commit()
    db.close()
    server = serve(migrations="none")
    assert server.get("/old").json() == [{"id": 1, "v": "there"}]
    assert sqlite3.connect(server.db).execute(
        "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'thimble%'").fetchone() == (0,)


def test_none_without_a_database_is_refused(tmp_path):
    code, _, err = run("serve", "--db", tmp_path / "absent.db", "--migrations", "none", "--listen",
                       "127.0.0.1:0")
    assert code == 1 and err.count("\n") == 1 and "absent.db" in err


def test_not_a_database(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("this is not a database, " * 100)
    code, _, err = run("serve", "--db", path, "--listen", "127.0.0.1:0")
    assert code == 1 and err.count("\n") == 1 and "text.db" in err
    assert path.read_text().startswith("this is not")


def test_directory_that_is_not_there(tmp_path):
    code, _, err = run("serve", "--db", tmp_path / "no" / "where.db", "--listen", "127.0.0.1:0")
    assert code == 1 and err.count("\n") == 1 and "where.db" in err


def test_disk_full_keeps_reading_and_recovers(serve):
    """RLIMIT_FSIZE stands in for a full disk: writes past it fail as they would."""
    import resource
    tmp = None
    server = serve()
    server.request("GET", "/author/1")
    size = server.db.stat().st_size + (server.dir / "test.db-wal").stat().st_size
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + 65536, resource.RLIM_INFINITY))
    statuses = set()
    for i in range(60):
        reply = server.post("/note", {"body": "x" * 20000})
        statuses.add(reply.status)
        if reply.status != 201:
            break
    assert statuses <= {201, 500, 507} and statuses != {201}, statuses
    assert server.get("/author/1").status == 200
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert server.post("/note", {"body": "again"}).status == 201
    assert tmp is None


def test_two_processes_at_one_file(serve, tmp_path):
    """Two servers may share a file: each sees the other's rows."""
    first = serve()
    second = Server(tmp_path, migrations=SCHEMA)
    try:
        assert first.post("/author", {"name": "From the first"}).status == 201
        deadline = time.monotonic() + 2
        while not second.get("/author?name=eq.From%20the%20first").json():
            assert time.monotonic() < deadline
        assert second.post("/author", {"name": "From the second"}).status == 201
    finally:
        second.stop()


def test_starting_together_migrates_once(tmp_path):
    processes = [subprocess.Popen([str(BIN), "migrate", "up", "--db", str(tmp_path / "one.db"),
                                   "--migrations", str(SCHEMA)], env=clean_env(),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                 for _ in range(6)]
    outputs = [p.communicate(timeout=60) for p in processes]
    assert [p.returncode for p in processes] == [0] * 6, outputs
    db = sqlite3.connect(tmp_path / "one.db")
    assert db.execute("SELECT version FROM thimble_migrations ORDER BY 1").fetchall() == [(1,), (2,), (3,)]
    assert db.execute("SELECT count(*) FROM author").fetchone() == (4,)


def test_log_lines_are_json(serve):
    server = serve("--log-level", "debug")
    server.get("/author/1")
    server.stop()
    for line in server.log().splitlines():
        json.loads(line)

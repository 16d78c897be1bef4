"""A database that is served without being changed: because it is asked for, or because it cannot be."""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest

from conftest import BIN, clean_env, run

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
as_nobody = pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to become")

SQL = """
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL);
CREATE TABLE pair(a, b, PRIMARY KEY(a, b));
CREATE VIEW v AS SELECT id, a FROM t;
CREATE TRIGGER v_ii INSTEAD OF INSERT ON v BEGIN INSERT INTO t(a) VALUES(new.a); END;
INSERT INTO t VALUES(1, 'one'), (2, 'two');
"""


def make(path, wal):
    db = sqlite3.connect(path)
    db.executescript(("PRAGMA journal_mode=WAL;" if wal else "") + SQL)
    db.close()
    return path


@pytest.fixture
def folder():
    """One that other users can come to: pytest's own are closed to them."""
    outer = pathlib.Path(tempfile.mkdtemp(prefix="thimble-test-"))
    os.chmod(outer, 0o755)
    inner = outer / "data"
    inner.mkdir()
    yield inner
    shutil.rmtree(outer)


def is_read_only(server):
    assert "read-only" in server.ready_line
    assert server.get("/t?order=id").json() == [{"id": 1, "a": "one"}, {"id": 2, "a": "two"}]
    assert server.get("/t/2").json() == {"id": 2, "a": "two"}
    assert server.get("/v?id=eq.1").json() == [{"id": 1, "a": "one"}]
    for method, path, body in [("POST", "/t", {"a": "x"}), ("PATCH", "/t?id=eq.1", {"a": "x"}),
                               ("DELETE", "/t?id=eq.1", None), ("PUT", "/t/1", {"a": "x"}),
                               ("PUT", "/t?id=eq.1", {"id": 1, "a": "x"}), ("PATCH", "/t/1", {"a": "x"}),
                               ("DELETE", "/t/1", None), ("POST", "/v", {"a": "x"}),
                               ("POST", "/t?on_conflict=id", [{"id": 1, "a": "x"}])]:
        reply = server.request(method, path, body)
        problem = reply.json()
        assert reply.status == 405 and problem["code"] == "25006", (method, path, reply)
        assert "read-only transaction" in problem["message"] and "read-only" in problem["details"]
        assert reply.headers["Allow"] == "GET, HEAD, OPTIONS" and "Retry-After" not in reply.headers
        assert server.options(path.partition("?")[0]).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert server.post("/nothing", {"a": 1}).status == 404
    paths = server.get("/openapi.json").json()["paths"]
    for path in ("/t", "/v", "/t/{key}"):
        assert set(paths[path]) - {"parameters"} == {"get"}, paths[path]
    ready = server.get("/readyz?verbose")
    assert ready.status == 200 and "[+]writer ok: read-only" in ready.body.decode()
    assert run("healthcheck", "--listen", f"127.0.0.1:{server.port}")[0] == 0
    assert server.get("/metrics").status == 200


@pytest.mark.parametrize("wal", [False, True])
def test_read_only_by_the_flag(serve, tmp_path, wal):
    path = make(tmp_path / "x.db", wal)
    before = path.read_bytes()
    server = serve("--read-only", db=path, migrations="none")
    is_read_only(server)
    # Another process may write, and is seen.
    db = sqlite3.connect(path)
    db.execute("INSERT INTO t VALUES(3, 'three')")
    db.commit()
    db.close()
    time.sleep(0.1)
    assert len(server.get("/t").json()) == 3
    assert run("backup", "--db", path, tmp_path / "b.db")[0] == 0
    server.stop()
    assert wal or len(before) == len(path.read_bytes())


def test_read_only_queries(serve, tmp_path):
    path = make(tmp_path / "x.db", True)
    queries = tmp_path / "q"
    queries.mkdir()
    (queries / "reads.sql").write_text("SELECT count(*) AS n FROM t")
    (queries / "writes.sql").write_text("-- write\nDELETE FROM t RETURNING id")
    server = serve("--read-only", "--queries", queries, db=path, migrations="none")
    assert server.get("/rpc/reads").json() == [{"n": 2}]
    assert server.post("/rpc/reads", {}).json() == [{"n": 2}]
    reply = server.post("/rpc/writes", {})
    assert reply.status == 405 and reply.json()["code"] == "25006", reply
    assert reply.headers["Allow"] == "OPTIONS"
    assert server.options("/rpc/writes").headers["Allow"] == "OPTIONS"
    assert "/rpc/writes" not in server.get("/").json()["paths"]
    assert server.get("/rpc/reads").json() == [{"n": 2}]
    # A reload reads the queries anew.
    (queries / "more.sql").write_text("SELECT 1 AS one")
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while server.get("/rpc/more").status != 200:
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)
    assert server.get("/readyz").status == 200


def test_read_only_and_migrations(serve, tmp_path):
    migrations = tmp_path / "m"
    migrations.mkdir()
    (migrations / "0001_t.sql").write_text(SQL)
    path = tmp_path / "x.db"
    flags = ("--db", path, "--migrations", migrations, "--listen", "127.0.0.1:0")
    code, _, err = run("serve", "--read-only", *flags)
    assert code == 1 and "there is no database" in err and len(err.splitlines()) == 1
    assert not path.exists()
    assert run("migrate", *flags[:4])[0] == 0
    server = serve("--read-only", db=path, migrations=migrations)
    is_read_only(server)
    server.stop()
    (migrations / "0002_u.sql").write_text("CREATE TABLE u(a)")
    code, _, err = run("serve", "--read-only", *flags)
    assert code == 1 and "1 of 2 migrations are applied" in err and "thimble migrate" in err, err
    make(tmp_path / "foreign.db", True)
    code, _, err = run("serve", "--read-only", "--db", tmp_path / "foreign.db", "--listen", "127.0.0.1:0")
    assert code == 1 and "--migrations none" in err, err


@as_nobody
@pytest.mark.parametrize("wal", [False, True])
@pytest.mark.parametrize("locked", ["file", "folder"])
def test_read_only_is_found(folder, serve, wal, locked):
    path = make(folder / "x y.db", wal)
    os.chmod(path, 0o644 if locked == "file" else 0o666)
    os.chmod(folder, 0o777 if locked == "file" else 0o755)
    server = serve(db=path, migrations="none", wrap=NOBODY, dir=folder.parent)
    is_read_only(server)
    assert "cannot be written: Permission denied" in server.log()
    done = subprocess.run([*NOBODY, str(BIN), "export", "--format", "csv", "--db", str(path), "t"], env=clean_env(),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stdout.splitlines() == ["id,a", "1,one", "2,two"], done
    out = folder.parent / "out"
    out.mkdir()
    os.chmod(out, 0o777)
    done = subprocess.run([*NOBODY, str(BIN), "backup", "--db", str(path), str(out / "b.db")], env=clean_env(),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done
    for command in (["import", "t", "/dev/null"], ["migrate"]):
        done = subprocess.run([*NOBODY, str(BIN), *command, "--format", "csv", "--db", str(path)],
                              env=clean_env(), capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and "can only be read" in done.stderr, done


@as_nobody
def test_read_only_beside_a_writer(folder, serve):
    """The log and its index are there: what the writer commits is seen."""
    path = make(folder / "x.db", True)
    os.chmod(path, 0o644)
    db = sqlite3.connect(path)
    db.execute("INSERT INTO t VALUES(9, 'nine')")
    db.execute("DELETE FROM t WHERE id=9")
    db.commit()
    server = serve(db=path, migrations="none", wrap=NOBODY, dir=folder.parent)
    is_read_only(server)
    db.execute("INSERT INTO t VALUES(3, 'three')")
    db.commit()
    time.sleep(0.1)
    assert len(server.get("/t").json()) == 3
    db.close()


@as_nobody
def test_a_file_that_changes_though_it_cannot_is_not_answered_from(folder, serve):
    path = make(folder / "x.db", True)
    os.chmod(path, 0o644)
    server = serve(db=path, migrations="none", wrap=NOBODY, dir=folder.parent)
    is_read_only(server)
    db = sqlite3.connect(path)
    db.execute("INSERT INTO t VALUES(3, 'three')")
    db.commit()
    time.sleep(0.2)
    reply = server.get("/t?id=gt.0")
    assert reply.status == 500 and reply.json()["code"] == "58P01", reply
    assert server.get("/readyz").status == 503
    db.close()


@as_nobody
def test_a_log_that_cannot_be_read_into_the_file_is_not_passed_over(folder):
    path = make(folder / "x.db", True)
    code = ("import sqlite3,os,sys; d=sqlite3.connect(sys.argv[1]); "
            "d.execute(\"INSERT INTO t VALUES(3,'three')\"); d.commit(); os._exit(0)")
    subprocess.run(["python3", "-c", code, str(path)], check=True)
    os.remove(f"{path}-shm")
    assert os.path.getsize(f"{path}-wal") > 0
    for name in (path, f"{path}-wal"):
        os.chmod(name, 0o644)
    done = subprocess.run([*NOBODY, str(BIN), "serve", "--db", str(path), "--migrations", "none",
                           "--listen", "127.0.0.1:0"], env=clean_env(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 1, done
    assert f"{path}-wal" in done.stderr, done.stderr

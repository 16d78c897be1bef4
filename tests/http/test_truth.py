"""What lasts is told as what lasts: 503 with Retry-After belongs to what passes."""
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time

import pytest

from conftest import BIN, clean_env, run

# Every kind of broken schema: what is refused, with which code, and who is to blame.
BROKEN = """
CREATE TABLE post(id INTEGER PRIMARY KEY, u INT REFERENCES users_old(id));
CREATE TABLE nokey(a INT);
CREATE TABLE mismatch(id INTEGER PRIMARY KEY, a INT REFERENCES nokey(a));
CREATE TABLE t1(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t1_ai AFTER INSERT ON t1 BEGIN INSERT INTO log_gone VALUES(new.id); END;
CREATE TABLE t2(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t2_au AFTER UPDATE ON t2 BEGIN SELECT gone_function(new.id); END;
CREATE TABLE t3(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t3_ad AFTER DELETE ON t3 BEGIN UPDATE t2 SET gone_column=1; END;
CREATE TABLE t4(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t4_ai AFTER INSERT ON t4 BEGIN INSERT INTO t2(gone_column) VALUES(1); END;
CREATE TABLE t5(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t5_ai AFTER INSERT ON t5 BEGIN INSERT INTO t2 VALUES(1); END;
CREATE VIEW v1 AS SELECT id FROM t1;
CREATE TABLE t6(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t6_ai AFTER INSERT ON t6 BEGIN INSERT INTO v1 VALUES(1); END;
CREATE VIEW v2 AS SELECT id FROM t1;
CREATE TRIGGER v2_ii INSTEAD OF INSERT ON v2 BEGIN INSERT INTO log_gone VALUES(1); END;
CREATE TABLE t7(id INTEGER PRIMARY KEY, a CHECK(gone_check(a)));
CREATE TABLE t8(id INTEGER PRIMARY KEY, a TEXT COLLATE gone_order UNIQUE);
CREATE TABLE t9(id INTEGER PRIMARY KEY, a, g AS (gone_generated(a)));
CREATE TABLE t10(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t10_ai AFTER INSERT ON t10 BEGIN SELECT abs(1,2,3); END;
CREATE TABLE t11(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t11_ai AFTER INSERT ON t11 BEGIN SELECT a FROM t2 INDEXED BY gone_index; END;
CREATE TABLE t12(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t12_ai AFTER INSERT ON t12 BEGIN INSERT INTO gone_module_table VALUES(1); END;
CREATE TABLE t13(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER t13_ai AFTER INSERT ON t13 BEGIN SELECT id FROM t1 JOIN t2; END;
"""


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.db"
    db = sqlite3.connect(path)
    for name in ("gone_check", "gone_generated"):
        db.create_function(name, 1, lambda a: 1, deterministic=True)
    db.create_collation("gone_order", lambda a, b: (a > b) - (a < b))
    db.execute("PRAGMA foreign_keys=OFF")
    db.executescript(BROKEN)
    db.execute("PRAGMA writable_schema=ON")
    db.execute("INSERT INTO sqlite_schema VALUES('table','gone_module_table','gone_module_table',0,"
               "'CREATE VIRTUAL TABLE gone_module_table USING gone_module(a)')")
    db.commit()
    db.close()
    return path


POSTS = [
    ("POST", "/post", {"u": 1}, "42P01", "users_old", 'foreign key of "u" in the table "post"'),
    ("DELETE", "/nokey?a=eq.1", None, "42P17", "foreign key mismatch", None),
    ("POST", "/mismatch", {"a": 1}, "42P17", "foreign key mismatch", None),
    ("POST", "/t1", {"a": 1}, "42P01", "log_gone", 'The trigger "t1_ai" of "t1"'),
    ("PATCH", "/t2?id=eq.1", {"a": 1}, "42883", "gone_function", 'The trigger "t2_au" of "t2"'),
    ("DELETE", "/t3?id=eq.1", None, "42703", "gone_column", 'The trigger "t3_ad" of "t3"'),
    ("POST", "/t4", {"a": 1}, "42703", "gone_column", 'The trigger "t4_ai" of "t4"'),
    ("POST", "/t5", {"a": 1}, "42P17", "2 columns but 1 values", None),
    ("POST", "/t6", {"a": 1}, "42P17", "cannot modify v1", None),
    ("POST", "/v2", {"id": 1}, "42P01", "log_gone", 'The trigger "v2_ii" of "v2"'),
    ("POST", "/t7", {"a": 1}, "42883", "gone_check", 'The table "t7"'),
    ("POST", "/t8", {"a": "x"}, "42704", "gone_order", 'The table "t8"'),
    ("GET", "/t9?select=g", None, "42883", "gone_generated", 'The table "t9"'),
    ("POST", "/t10", {"a": 1}, "42883", "abs()", 'The trigger "t10_ai" of "t10"'),
    ("POST", "/t11", {"a": 1}, "42704", "gone_index", 'The trigger "t11_ai" of "t11"'),
    ("POST", "/t12", {"a": 1}, "42704", "gone_module", None),
    ("POST", "/t13", {"a": 1}, "42P17", "ambiguous column name", None),
]


def test_what_the_schema_lacks_lasts_and_is_named(serve, broken):
    server = serve(db=broken, migrations="none")
    failures = []
    for method, path, body, code, says, blames in POSTS:
        reply = server.request(method, path, body)
        problem = reply.json() if reply.body else {}
        wrong = (reply.status != 500 or problem["code"] != code or says not in problem["message"] or
                 "Retry-After" in reply.headers or (blames and blames not in (problem["details"] or "")))
        if wrong:
            failures.append((method, path, reply))
    assert not failures, "\n".join(map(str, failures))
    # What does not meet the fault works.
    assert server.get("/post").status == 200
    assert server.post("/t2", {"a": 1}).status == 201
    assert server.patch("/t1?id=eq.1", {"a": 2}).status in (200, 204)
    assert server.get("/readyz").status == 200


def test_a_start_names_what_cannot_work(serve, broken):
    server = serve(db=broken, migrations="none")
    server.stop()
    log = server.log()
    for table, says in [("post", "users_old"), ("mismatch", "foreign key mismatch"), ("t1", "t1_ai"),
                        ("t2", "gone_function"), ("t3", "gone_column"), ("t7", "gone_check"),
                        ("t9", "gone_generated"), ("v2", "v2_ii"), ("t13", "ambiguous")]:
        assert any(f'\\"{table}\\" will fail' in line and says in line for line in log.splitlines()), (table, log)
    assert "v1" not in [line for line in log.splitlines() if '\\"v1\\" will fail' in line]


# Failures of values and of size: the client's to mend, told once.
SOUND = """
CREATE TABLE strict_t(id INTEGER PRIMARY KEY, n INT) STRICT;
CREATE TABLE keys(id INTEGER PRIMARY KEY, a);
CREATE TABLE raises(id INTEGER PRIMARY KEY, how TEXT);
CREATE TRIGGER raises_bi BEFORE INSERT ON raises BEGIN
  SELECT CASE new.how WHEN 'rollback' THEN RAISE(ROLLBACK, 'rolled back')
                      WHEN 'abort' THEN RAISE(ABORT, 'aborted')
                      WHEN 'fail' THEN RAISE(FAIL, 'failed') END;
END;
CREATE TABLE chk(id INTEGER PRIMARY KEY, a CHECK(a > 0), b NOT NULL DEFAULT 1, c UNIQUE);
CREATE TABLE deep(id INTEGER PRIMARY KEY, up INT REFERENCES deep(id) ON DELETE CASCADE);
CREATE TABLE big(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER big_ai AFTER INSERT ON big WHEN new.a = 'big' BEGIN
  UPDATE big SET a = zeroblob(1100000000) WHERE id = new.id; END;
CREATE VIEW over AS SELECT abs(-9223372036854775807 - id) AS n FROM keys;
CREATE VIEW bad_json AS SELECT json_extract('{', '$.a') AS j, id FROM keys;
CREATE VIEW loop_a AS SELECT 1 AS x;
CREATE TABLE gone(id INTEGER PRIMARY KEY, a);
"""


@pytest.fixture
def sound(tmp_path, serve):
    path = tmp_path / "sound.db"
    db = sqlite3.connect(path)
    db.executescript(SOUND)
    db.executemany("INSERT INTO deep VALUES(?,?)", [(i, i - 1 or None) for i in range(1, 1103)])
    db.execute("INSERT INTO keys VALUES(1,1)")
    db.commit()
    db.close()
    return serve("--max-url", "1MiB", db=path, migrations="none")


LASTING = [
    ("POST", "/strict_t", {"n": 1.5}, 400, "22P02"),
    ("POST", "/keys", {"id": "x"}, 400, "22P02"),
    ("POST", "/raises", {"how": "rollback"}, 400, "P0001"),
    ("POST", "/raises", {"how": "abort"}, 400, "P0001"),
    ("POST", "/raises", {"how": "fail"}, 400, "P0001"),
    ("POST", "/chk", {"a": -1}, 400, "23514"),
    ("POST", "/chk", {"b": None}, 400, "23502"),
    ("DELETE", "/deep?id=eq.1", None, 400, "54001"),
    ("POST", "/big", {"a": "big"}, 400, "54000"),
    ("GET", "/over", None, 400, "22P02"),
    ("GET", "/bad_json", None, 400, "22P02"),
    ("GET", "/keys?a=like." + "a" * 2000, None, 400, None),
    ("GET", "/keys?" + "&".join(f"a=neq.{i}" for i in range(3000)), None, 400, None),
]


def test_values_and_sizes_are_the_clients_to_mend(sound):
    failures = []
    for method, path, body, status, code in LASTING:
        reply = sound.request(method, path, body)
        if (reply.status != status or (code and reply.json()["code"] != code) or
                "Retry-After" in reply.headers):
            failures.append((method, path[:60], reply))
    assert not failures, "\n".join(map(str, failures))
    assert sound.post("/raises", {"how": "well"}).status == 201
    assert len(sound.get("/deep?limit=2000").json()) == 1000


def alter(path, sql):
    db = sqlite3.connect(path, timeout=5)
    db.executescript(sql)
    db.close()


def test_a_schema_that_another_process_changes_is_met_as_it_is(sound):
    """Within the time that a loop keeps its snapshot: planned anew, not sent back to the client."""
    for i in range(6):
        old, new = f"a{i - 1}" if i else "a", f"a{i}"
        assert sound.post("/gone", {old: 1}).status == 201
        assert sound.get(f"/gone?select={old}").status == 200
        alter(sound.db, f"ALTER TABLE gone RENAME COLUMN {old} TO {new}")
        if i % 2:
            refused = sound.post("/gone", {old: 1})
            assert refused.status == 400 and refused.json()["code"] == "PGRST204", refused
        assert sound.post("/gone", {new: 1}).status == 201
    sound.get("/gone?limit=1")
    alter(sound.db, "DROP TABLE gone")
    reply = sound.post("/gone", {"a5": 1})
    assert reply.status == 404 and reply.json()["code"] == "PGRST205", reply
    alter(sound.db, "CREATE TABLE gone(id INTEGER PRIMARY KEY, z)")
    assert sound.post("/gone", {"z": 1}).status == 201


def test_a_lock_passes_and_says_so(serve, tmp_path):
    server = serve("--busy-timeout", "50ms")
    db = sqlite3.connect(server.db)
    db.execute("BEGIN IMMEDIATE")
    reply = server.post("/tags", {"name": "x"}) if server.get("/tags").status == 200 else \
        server.post("/author", {"name": "x"})
    assert reply.status == 503 and reply.headers["Retry-After"] == "1", reply
    assert reply.json()["code"] == "55P03"
    db.rollback()
    db.close()


def test_autoincrement_at_its_end_is_no_full_disk(serve, tmp_path):
    path = tmp_path / "ended.db"
    db = sqlite3.connect(path)
    db.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a);"
                     "INSERT INTO t VALUES(9223372036854775807, 1);"
                     "CREATE TABLE log(id INTEGER PRIMARY KEY, a);"
                     "CREATE TRIGGER log_ai AFTER INSERT ON log BEGIN INSERT INTO t(a) VALUES(1); END")
    db.close()
    server = serve(db=path, migrations="none")
    for where, body in (("/t", {"a": 1}), ("/t", [{"a": 1}, {"a": 2}]), ("/log", {"a": 1})):
        reply = server.post(where, body)
        problem = reply.json()
        assert (reply.status, problem["code"]) == (400, "2200H") and '"t"' in problem["message"], reply
        assert "Retry-After" not in reply.headers
    assert server.get("/readyz").status == 200
    assert server.post("/t", {"id": 5, "a": 1}).status == 201
    assert "writes fail" not in server.log()


def test_a_thousand_broken_objects_are_some_lines(serve, tmp_path):
    path = tmp_path / "many.db"
    db = sqlite3.connect(path)
    for i in range(1000):
        db.execute(f"CREATE TABLE t{i}(id INTEGER PRIMARY KEY, a INT REFERENCES gone{i}(id))")
    for i in range(1000):
        db.execute(f"CREATE VIEW v{i} AS SELECT * FROM gone{i}")
    db.close()
    server = serve(db=path, migrations="none")
    warnings = [line["msg"] for line in map(json.loads, re.findall("^{.*", server.log(), re.M))
                if line["level"] == "warn"]
    assert len(warnings) == 42 and sum(w.startswith("980 more: ") for w in warnings) == 2, warnings
    assert server.get("/v999").json()["code"] == "42P01"


def test_a_conflict_within_a_virtual_table(serve, tmp_path):
    path = tmp_path / "virtual.db"
    db = sqlite3.connect(path)
    db.executescript("CREATE VIRTUAL TABLE f USING fts4(body); INSERT INTO f(docid, body) VALUES(1, 'x');"
                     "CREATE TABLE doc(id INTEGER PRIMARY KEY, body TEXT);"
                     "CREATE TRIGGER doc_ai AFTER INSERT ON doc BEGIN"
                     " INSERT INTO f(docid, body) VALUES(new.id, new.body); END")
    db.close()
    problem = serve(db=path, migrations="none").post("/doc", {"body": "y"}).json()
    assert (problem["code"], problem["details"]) == ("23505", None), problem
    assert problem["message"] == "duplicate key value violates unique constraint"


def test_a_file_size_limit_is_a_full_disk(serve, tmp_path):
    path = tmp_path / "limit.db"
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)")
    db.close()
    server = serve(db=path, migrations="none", wrap=("prlimit", "--fsize=400000"))
    statuses = {server.post("/t", {"a": "x" * 50000}).status for _ in range(30)}
    assert 507 in statuses and statuses <= {201, 507}, statuses
    reply = server.post("/t", {"a": "x" * 100000})
    assert reply.status == 507 and reply.json()["code"] == "53100", reply
    assert "Retry-After" not in reply.headers
    server.kill()


def test_a_damaged_file_is_told(serve, tmp_path):
    path = tmp_path / "damaged.db"
    db = sqlite3.connect(path)
    db.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);"
                     "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000)"
                     "INSERT INTO t SELECT i, hex(randomblob(100)) FROM n")
    db.close()
    bytes_ = bytearray(path.read_bytes())
    for page in range(3, len(bytes_) // 4096):
        bytes_[page * 4096:page * 4096 + 100] = b"\xff" * 100
    path.write_bytes(bytes_)
    server = serve(db=path, migrations="none")
    reply = server.get("/t?a=eq.x")
    assert reply.status == 500 and reply.json()["code"] == "XX001", reply
    assert "Retry-After" not in reply.headers


def test_what_is_no_database_is_refused_at_the_start(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("this is no database, and long enough to be looked at by its header\n" * 40)
    code, _, err = run("serve", "--db", path, "--listen", "127.0.0.1:0", "--migrations", "none")
    assert code == 1 and "not a database" in err, err


# Files that go away while they are served.

def lost(server, what):
    reply = server.post("/t", {"a": "lost"})
    assert reply.status == 500 and reply.json()["code"] == "58P01", reply
    assert "Retry-After" not in reply.headers and what in reply.json()["message"]
    ready = server.get("/readyz")
    assert ready.status == 503 and "[-]writer failed" in ready.body.decode() and what in ready.body.decode()
    assert server.get("/healthz").status == 200
    code, _, err = run("healthcheck", "--listen", f"127.0.0.1:{server.port}")
    assert code == 1 and what in err, err


@pytest.fixture
def plain(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "plain.db"
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);"
                     "INSERT INTO t VALUES(1, 'one')")
    db.close()
    return path


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_write_to_a_file_that_was_removed_is_refused(serve, plain, suffix):
    server = serve(db=plain, migrations="none")
    assert server.post("/t", {"a": "kept"}).status == 201
    os.rename(f"{plain}{suffix}", f"{plain}.away")
    lost(server, "moved or removed")
    os.rename(f"{plain}.away", f"{plain}{suffix}")
    assert server.post("/t", {"a": "back"}).status == 201
    assert server.get("/readyz").status == 200
    os.remove(f"{plain}{suffix}")
    lost(server, "moved or removed")
    server.kill()


def test_a_write_to_a_file_that_was_replaced_is_refused(serve, plain):
    server = serve(db=plain, migrations="none")
    other = plain.with_name("other.db")
    db = sqlite3.connect(other)
    db.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)")
    db.close()
    os.replace(other, plain)
    lost(server, "replaced")
    os.rename(plain.parent, plain.parent.with_name("elsewhere"))
    lost(server, "moved or removed")
    server.kill()


def test_a_link_that_leads_elsewhere_is_a_lost_file(serve, plain):
    link = plain.with_name("link.db")
    link.symlink_to("plain.db")
    server = serve(db=link, migrations="none")
    assert server.post("/t", {"a": "kept"}).status == 201
    db = sqlite3.connect(plain.with_name("b.db"))
    db.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)")
    db.close()
    link.unlink()
    link.symlink_to("b.db")
    lost(server, "replaced")
    server.kill()


def test_readiness_tells_of_writes_that_fail_until_one_succeeds(serve, plain, tmp_path):
    server = serve(db=plain, migrations="none", wrap=("prlimit", "--fsize=200000:unlimited"))
    while server.post("/t", {"a": "x" * 20000}).status == 201:
        pass
    ready = server.get("/readyz")
    assert ready.status == 503 and "writes fail" in ready.body.decode(), ready
    subprocess.run(["prlimit", f"--pid={server.process.pid}", "--fsize=unlimited"], check=True)
    deadline = time.monotonic() + 10
    while server.get("/readyz").status != 200:  # nobody writes: it tries by itself
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.2)
    assert server.post("/t", {"a": "x" * 20000}).status == 201


# Names that are no database, each with its line.

def refused(*args, code=1):
    got, out, err = run("serve", "--listen", "127.0.0.1:0", "--migrations", "none", *args)
    assert got == code and len(err.splitlines()) == 1 and not out, (got, out, err)
    return err


def test_names_that_are_no_file(tmp_path):
    for command in (["serve", "--listen", "127.0.0.1:0"], ["migrate"], ["export", "t"], ["backup", tmp_path / "b"]):
        for name in (":memory:", "", "file:x.db", "file::memory:?cache=shared"):
            code, _, err = run(*command, "--db", name, cwd=tmp_path)
            assert code == 2 and len(err.splitlines()) == 1 and name in err, (command, name, err)
    assert os.listdir(tmp_path) == []


def test_what_is_in_the_way_of_a_database_is_named(plain, tmp_path):
    assert "is a folder; name a file" in refused("--db", tmp_path)
    assert "there is no folder" in refused("--db", tmp_path / "no" / "x.db", "--migrations", "builtin")
    assert "is no folder" in refused("--db", plain / "x.db")
    assert "there is no database" in refused("--db", tmp_path / "x.db")
    os.mkfifo(tmp_path / "pipe")
    assert "not an ordinary file" in refused("--db", tmp_path / "pipe")
    for suffix in ("-wal", "-shm", "-journal"):
        os.mkdir(f"{plain}{suffix}")
        err = refused("--db", plain)
        assert f"{plain}{suffix}" in err and "move it away" in err
        os.rmdir(f"{plain}{suffix}")


NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
as_nobody = pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to become")


def serve_as_nobody(path, *args):
    done = subprocess.run([*NOBODY, str(BIN), "serve", "--db", str(path), "--listen", "127.0.0.1:0", *args],
                          env=clean_env(), cwd="/", capture_output=True, text=True, timeout=30)
    assert len(done.stderr.splitlines()) == 1, done
    return done.returncode, done.stderr


@pytest.fixture
def open_folder():
    """One that other users can come to: pytest's own are closed to them."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="thimble-test-"))
    os.chmod(folder, 0o755)
    yield folder
    shutil.rmtree(folder)


@as_nobody
def test_what_is_not_permitted_is_named(open_folder):
    plain = open_folder / "plain.db"
    sqlite3.connect(plain).executescript("CREATE TABLE t(a)").connection.close()
    os.chmod(plain, 0o600)
    code, err = serve_as_nobody(plain, "--migrations", "none")
    assert code == 1 and "cannot read database" in err and "this process is uid 65534" in err
    code, err = serve_as_nobody(plain.with_name("new.db"))
    assert code == 1 and "no permission to write into the folder" in err
    os.chmod(plain.parent, 0o700)
    code, err = serve_as_nobody(plain, "--migrations", "none")
    assert code == 1 and "no permission to enter the folder" in err
    os.chmod(plain.parent, 0o777)
    os.chmod(plain, 0o666)
    wal = plain.with_name(plain.name + "-wal")
    wal.write_bytes(b"")
    os.chmod(wal, 0o644)
    code, err = serve_as_nobody(plain, "--migrations", "none")
    assert code == 1 and "-wal, the log of database" in err and "owner of the database" in err

"""Backups: the commands, the folder that a server fills, what is promised while it is written to."""
import http.client
import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import BIN, clean_env, run


def rows(path, sql="SELECT count(*) FROM big"):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def integrity(path):
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def fails(done, *words):
    """Exit code 1, one line that has these words in it."""
    code, out, err = done
    assert code == 1 and out == "", done
    assert err.count("\n") == 1 and err.startswith("thimble: "), err
    for word in words:
        assert word in err, err


def big_database(path, mib):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, bytes BLOB)")
    db.execute("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
               "INSERT INTO big SELECT i, randomblob(3900) FROM n", (mib * 256,))
    db.close()
    return path


def until(condition, seconds=20, what="it"):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not happen in {seconds} s"
        time.sleep(0.01)
    return found


def test_backup_and_restore(serve, tmp_path):
    server = serve()
    server.post("/author", {"name": "Before"})
    code, out, err = run("backup", tmp_path / "b.db", "--db", server.db)
    assert (code, err) == (0, "") and re.search(r"to \S+b\.db: \d+ bytes in .* s, checked", out), out
    server.post("/author", {"name": "After"})
    integrity(tmp_path / "b.db")
    assert sorted(p.name for p in tmp_path.glob("b.db*")) == ["b.db"]
    code, out, err = run("restore", tmp_path / "b.db", "--db", tmp_path / "again.db")
    assert (code, err) == (0, ""), err
    again = serve(db="again.db")
    names = [row["name"] for row in again.get("/author").json()]
    assert "Before" in names and "After" not in names
    assert again.post("/author", {"name": "Later"}).status == 201


def test_refusals(tmp_path):
    db = big_database(tmp_path / "a.db", 1)
    assert run("backup")[0] == 2 and run("restore")[0] == 2
    assert run("backup", "a", "b")[0] == 2
    fails(run("backup", tmp_path / "b.db", "--db", tmp_path / "none.db"), "none.db", "No such file")
    fails(run("backup", tmp_path / "no" / "b.db", "--db", db), "no/b.db.part", "No such file")
    fails(run("backup", tmp_path, "--db", db), "is not a file")
    fails(run("backup", db, "--db", db, "--force"), "the database itself")
    (tmp_path / "b.db").write_text("mine")
    fails(run("backup", tmp_path / "b.db", "--db", db), "there already", "--force")
    assert (tmp_path / "b.db").read_text() == "mine"
    fails(run("restore", tmp_path / "b.db", "--db", tmp_path / "new.db"), "b.db", "not a database")
    assert run("backup", tmp_path / "b.db", "--db", db, "--force")[0] == 0
    integrity(tmp_path / "b.db")
    fails(run("restore", tmp_path / "b.db", "--db", db), "there already", "--force")
    fails(run("restore", tmp_path / "none.db", "--db", db, "--force"), "No such file")
    fails(run("backup", tmp_path / "c.db", "--db", db, "--backup-timeout", "1ms"), "--backup-timeout")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.db", "b.db"]


def test_restore_refuses_a_damaged_backup(tmp_path):
    db = big_database(tmp_path / "a.db", 1)
    assert run("backup", tmp_path / "b.db", "--db", db)[0] == 0
    with open(tmp_path / "b.db", "r+b") as file:
        file.seek(50 * 4096)
        file.write(b"\xff" * 64)
    before = db.read_bytes()
    fails(run("restore", tmp_path / "b.db", "--db", db, "--force"), "b.db", "damaged")
    assert db.read_bytes() == before and not (tmp_path / "a.db.part").exists()
    with open(tmp_path / "b.db", "r+b") as file:
        file.truncate(100 * 4096)
    fails(run("restore", tmp_path / "b.db", "--db", db, "--force"), "b.db")
    assert db.read_bytes() == before


def test_restore_refuses_while_it_is_served(serve, tmp_path):
    server = serve()
    assert run("backup", tmp_path / "b.db", "--db", server.db)[0] == 0
    reply = server.post("/author", {"name": "Kept"})
    fails(run("restore", tmp_path / "b.db", "--db", server.db, "--force"), "another process", "stop it")
    assert server.get(f"/author/{reply.json()['id']}").json()["name"] == "Kept"
    server.stop()
    assert run("restore", tmp_path / "b.db", "--db", server.db, "--force")[0] == 0
    assert "Kept" not in str(rows(server.db, "SELECT name FROM author"))


def test_restore_leaves_no_old_log(serve, tmp_path):
    """kill -9 leaves a log beside the database: it is not the new one's."""
    server = serve("--checkpoint-pages", "100000")
    assert run("backup", tmp_path / "b.db", "--db", server.db)[0] == 0
    expected = rows(tmp_path / "b.db", "SELECT id, name FROM author ORDER BY id")
    for i in range(50):
        server.post("/author", {"name": f"Lost {i}"})
    server.kill()
    assert os.path.getsize(f"{server.db}-wal") > 0
    os.chmod(server.db, 0o640)
    assert run("restore", tmp_path / "b.db", "--db", server.db, "--force")[0] == 0
    assert not os.path.exists(f"{server.db}-wal") and not os.path.exists(f"{server.db}-shm")
    assert os.stat(server.db).st_mode & 0o777 == 0o640
    assert rows(server.db, "SELECT id, name FROM author ORDER BY id") == expected
    serve().stop()


@pytest.mark.parametrize("number,code", [(signal.SIGKILL, -9), (signal.SIGTERM, 1)])
def test_a_backup_that_is_ended_leaves_no_file(tmp_path, number, code):
    db, file, part = big_database(tmp_path / "a.db", 64), tmp_path / "b.db", tmp_path / "b.db.part"
    process = subprocess.Popen([BIN, "backup", file, "--db", db], env=clean_env(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: process.poll() is not None or part.exists() and part.stat().st_size > 1 << 20)
    process.send_signal(number)
    err = process.communicate(timeout=30)[1].decode()
    assert process.returncode == code, err
    assert not file.exists()
    assert part.exists() == (number == signal.SIGKILL)
    assert number == signal.SIGKILL or "stopped" in err, err
    assert run("backup", file, "--db", db)[0] == 0  # takes over what was left
    integrity(file)
    assert not part.exists()


def test_disk_full(tmp_path):
    db = big_database(tmp_path / "a.db", 4)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    for command in (["backup", tmp_path / "b.db", "--db", db],
                    ["restore", db, "--db", tmp_path / "b.db"]):
        done = subprocess.run([BIN, *command], env=clean_env(), preexec_fn=limit, text=True,
                              capture_output=True, timeout=60)
        fails((done.returncode, done.stdout, done.stderr), "cannot copy", "b.db")
        assert [p.name for p in tmp_path.iterdir()] == ["a.db"]


def test_disk_really_full(tmp_path):
    db, small = big_database(tmp_path / "a.db", 4), tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small],
                             capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("takes the right to mount a tmpfs")
    try:
        fails(run("backup", small / "b.db", "--db", db), "full")
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_progress_on_a_terminal_only(tmp_path):
    db = big_database(tmp_path / "a.db", 16)
    master, slave = pty.openpty()
    process = subprocess.Popen([BIN, "backup", tmp_path / "b.db", "--db", db], env=clean_env(),
                               stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 30)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
    os.close(master)
    assert process.wait(30) == 0
    process.stdout.close()
    lines = [line.split(b"\r")[-1] for line in shown.replace(b"\r\n", b"\n").split(b"\n") if line]
    assert len(lines) == 2, shown
    assert lines[0].startswith(b"copying   [####") and b"100 %  16." in lines[0] and b"MiB/s" in lines[0]
    assert lines[1].startswith(b"checking  [####") and b"100 %" in lines[1], shown


def named(folder):
    return sorted(p.name for p in folder.iterdir())


def test_interval_and_retention(serve, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "test-20200101T000000Z.db").write_text("an old one")
    (folder / "test-20200101T000000Z.db.part").write_text("what a killed process left")
    (folder / "other-20200101T000000Z.db").write_text("somebody else's")
    (folder / "test-notes.db").write_text("somebody else's")
    server = serve("--backup-dir", folder, "--backup-interval", "300ms", "--backup-keep", "2")
    server.post("/author", {"name": "In a backup"})
    until(lambda: server.log().count('"backup made"') >= 4)
    names = until(lambda: len(named(folder)) == 4 and named(folder))
    assert names[0] == "other-20200101T000000Z.db" and names[3] == "test-notes.db"
    for name in names[1:3]:
        assert re.fullmatch(r"test-20\d{6}T\d{6}Z\.db", name) and name > "test-2021"
    line = [l for l in server.log_lines() if l["msg"] == "backup made"][-1]
    assert line["bytes"] > 4096 and line["duration_ms"] > 0 and "wal_pinned_ms" in line
    server.stop()
    last = folder / named(folder)[2]
    integrity(last)
    assert ("In a backup",) in rows(last, "SELECT name FROM author")


def test_a_failed_backup_is_tried_again(serve, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    server = serve("--backup-dir", folder, "--backup-interval", "200ms")
    until(lambda: '"backup made"' in server.log())
    shutil.rmtree(folder)
    until(lambda: '"backup failed"' in server.log())
    line = [l for l in server.log_lines() if l["msg"] == "backup failed"][0]
    assert line["level"] == "error" and "backups/test-" in line["error"]
    assert server.post("/author", {"name": "Served all the same"}).status == 201
    folder.mkdir()
    until(lambda: any(name.endswith(".db") for name in named(folder)))


def test_the_next_is_due_after_the_newest(serve, tmp_path):
    """A server that starts again does not begin the interval anew, nor make one at every start."""
    serve("--backup-dir", tmp_path, "--backup-interval", "1h").stop()
    count = lambda: len(list(tmp_path.glob("test-*Z.db")))
    assert count() <= 1
    server = serve("--backup-dir", tmp_path, "--backup-interval", "1h")
    until(lambda: count() == 1)
    server.stop()
    server = serve("--backup-dir", tmp_path, "--backup-interval", "1h")
    time.sleep(1)
    server.stop()
    assert count() == 1


def test_a_folder_that_will_not_do(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "none", tmp_path / "file"):
        fails(run("serve", "--db", tmp_path / "a.db", "--listen", "127.0.0.1:0", "--backup-dir",
                  folder, "--log-level", "off"), "--backup-dir", str(folder))
    code, _, err = run("serve", "--db", tmp_path / "b.db", "--backup-interval", "1h")
    assert code == 2 and "--backup-dir" in err and not (tmp_path / "b.db").exists()


def test_a_running_backup_does_not_hold_up_the_end(serve, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    big_database(tmp_path / "test.db", 256)
    server = serve("--backup-dir", folder, "--backup-interval", "1h", migrations="none")
    until(lambda: named(folder))
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 10
    assert named(folder) == [] or '"backup made"' in server.log()


def test_post_backup_is_not_for_clients(serve, tmp_path):
    server = serve("--backup-dir", tmp_path)
    for method in ("POST", "GET", "OPTIONS"):
        assert server.request(method, "/_backup").status == 404
    assert list(tmp_path.glob("test-*")) == []


def test_operators_ask_for_a_backup(serve, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    server = serve("--backup-dir", folder, "--metrics-listen", "127.0.0.1:0")
    server.post("/author", {"name": "Asked for"})
    operators = re.search(r"operators, at http://([^\s]+)", server.ready_line).group(1)
    assert server.post("/_backup", {}).status == 404
    connection = http.client.HTTPConnection(operators, timeout=20)
    reply = server.request("POST", "/_backup", connection=connection)
    assert reply.status == 201, reply
    made = reply.json()
    assert [p.name for p in folder.iterdir()] == [pathlib.Path(made["file"]).name]
    integrity(folder / pathlib.Path(made["file"]).name)
    assert made["bytes"] == next(folder.iterdir()).stat().st_size
    assert ("Asked for",) in rows(next(folder.iterdir()), "SELECT name FROM author")
    assert server.request("GET", "/_backup", connection=connection).status == 405


def test_checkpoint_off(serve, tmp_path):
    """The log stays for another process: while serving, at the end, and after a command."""
    server = serve("--checkpoint", "off", "--checkpoint-pages", "1")
    wal, before = f"{server.db}-wal", rows(server.db, "SELECT count(*) FROM author")
    main = server.db.read_bytes()
    for i in range(200):
        server.post("/author", {"name": f"x{i}"})
    server.stop()
    assert server.db.read_bytes() == main and os.path.getsize(wal) > 200 * 4096
    code, _, err = run("migrate", "status", "--db", server.db, "--checkpoint", "off")
    assert code == 0 and os.path.getsize(wal) > 200 * 4096, err
    server = serve()
    assert server.get("/author?limit=1", Prefer="count=exact").headers["Content-Range"] == \
        f"0-0/{before[0][0] + 200}"
    server.stop()
    assert not os.path.exists(wal)


def test_a_reader_that_stays_does_not_hold_up_the_end(serve):
    """Another process's open read: what it keeps in the log is there at the next start."""
    server = serve("--busy-timeout", "10m")  # far longer than a stop may take here
    reader = sqlite3.connect(server.db, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM author").fetchone()
    assert server.post("/author", {"name": "In the log"}).status == 201
    server.stop()
    reader.close()
    assert serve().get("/author?name=eq.In%20the%20log").json()


@pytest.mark.threads
def test_a_backup_under_writes_is_a_prefix_of_the_ledger(serve, tmp_path):
    """Each client inserts 0, 1, 2…; what was acknowledged before is there, and no gap."""
    server = serve("--threads", "2")
    acknowledged, stop = [0] * 8, threading.Event()

    def client(i):
        connection = server.connect()
        while not stop.is_set():
            body = {"name": f"{i}-{acknowledged[i]}"}
            assert server.request("POST", "/author", body, connection=connection).status == 201
            acknowledged[i] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    taken = []
    for n in range(4):
        time.sleep(0.3)
        before = list(acknowledged)
        code, _, err = run("backup", tmp_path / f"b{n}.db", "--db", server.db)
        taken.append((before, list(acknowledged)))
        assert code == 0, err
    stop.set()
    for thread in threads:
        thread.join()
    assert sum(taken[-1][0]) > sum(taken[0][0]) > 0
    for n, (before, after) in enumerate(taken):
        restored = tmp_path / f"r{n}.db"
        assert run("restore", tmp_path / f"b{n}.db", "--db", restored)[0] == 0
        integrity(restored)
        names = [name for name, in rows(restored, "SELECT name FROM author WHERE name GLOB '*-*' "
                                                  "AND name NOT GLOB '*[^0-9-]*' ORDER BY id")]
        for i in range(8):
            own = [int(name.split("-")[1]) for name in names if name.startswith(f"{i}-")]
            assert own == list(range(len(own))), (n, i)
            assert before[i] <= len(own) <= after[i] + 1, (n, i)

"""One writer that nobody holds: shares of time, whose turn it is, and what those are told who wait."""
import sqlite3
import threading
import time

import pytest

from exposition import parse

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY, state TEXT, n INTEGER);
CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO item (id, state) VALUES (1, 'new'), (2, 'new'), (3, 'new'), (4, 'new');
CREATE VIEW endless AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
  SELECT n FROM c WHERE n < 0;
CREATE VIEW long AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000000)
  SELECT count(*) AS n FROM c;
CREATE TRIGGER endless_item AFTER UPDATE ON item WHEN new.state = 'endless' BEGIN
  UPDATE item SET n = (SELECT n FROM endless) WHERE id = new.id;
END;
CREATE TRIGGER long_item AFTER UPDATE ON item WHEN new.state = 'long' BEGIN
  UPDATE item SET n = (SELECT n FROM long) WHERE id = new.id;
END;
"""
ENDLESS, LONG = {"state": "endless"}, {"state": "long"}


@pytest.fixture
def write(serve, tmp_path):
    """A factory: a server whose items take for ever, or long, when their state says so."""
    folder = tmp_path / "slow"
    folder.mkdir()
    (folder / "0001_slow.sql").write_text(SCHEMA)
    return lambda *flags: serve(*flags, migrations=folder)


def in_background(work, *arguments):
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    return thread


def figures(server):
    return {name: family.value() for name, family in parse(server.get("/metrics").body.decode()).items()
            if name.startswith("thimble_writer") and family.kind != "histogram"}


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def holds(server):
    return b"[+]writer slow: one write has run for" in server.get("/readyz").body


def rows(server):
    return sqlite3.connect(server.db).execute("SELECT state, n FROM item ORDER BY id").fetchall()


def test_a_write_has_its_share_of_time(write):
    server = write("--write-timeout", "1s")
    reply = server.patch("/item?id=eq.1", ENDLESS)
    problem = reply.json()
    assert reply.status == 504 and problem["code"] == "57014" and "Retry-After" not in reply.headers
    assert "--write-timeout" in problem["message"] and "1000 ms" in problem["message"]
    assert problem["details"] == "Nothing of it was done." and "--write-timeout" in problem["hint"]
    assert rows(server) == [("new", None)] * 4
    assert server.patch("/item?id=eq.1", {"state": "done"}).status == 204
    found = figures(server)
    assert found["thimble_writer_jobs_overdue_total"] == 1
    assert found["thimble_writer_jobs_undone_total"] == 1


def test_a_long_write_within_its_share_is_kept(write):
    server = write("--write-timeout", "60s", "--request-timeout", "120s")
    reply = server.request("PATCH", "/item?id=eq.1", LONG, connection=server.connect(100))
    assert reply.status == 204, reply
    assert rows(server)[0] == ("long", 2000000)


def test_only_the_requests_time_counts_without_a_share(write):
    server = write("--write-timeout", "0", "--request-timeout", "2s")
    reply = server.patch("/item?id=eq.1", ENDLESS)
    assert reply.status == 504 and "statement timeout" in reply.json()["message"]
    assert reply.json()["details"] == "Nothing of it was done."
    assert rows(server) == [("new", None)] * 4


@pytest.mark.threads
def test_slow_writes_hold_up_nobody_for_long(write):
    """Four connections that send slow writes without end: what others write is there, all of it."""
    server = write("--write-timeout", "500ms")
    end, slow, made = threading.Event(), [], []

    def attack(i):
        connection = server.connect()
        while not end.is_set():
            slow.append(server.request("PATCH", f"/item?id=eq.{i + 1}", ENDLESS,
                                       connection=connection).status)

    attackers = [in_background(attack, i) for i in range(4)]
    connection = server.connect()
    try:
        for i in range(40):
            reply = server.request("POST", "/tag", {"name": f"t{i}"}, connection=connection)
            assert reply.status == 201, reply
            made.append((reply.json()["id"], f"t{i}"))
            same = server.request("PATCH", "/item?id=eq.4", {"state": f"s{i}"}, connection=connection)
            assert same.status == 204, same  # of the same shape as the slow ones
    finally:
        end.set()
        for thread in attackers:
            thread.join()
    assert slow and set(slow) <= {504, 503}
    db = sqlite3.connect(server.db)
    assert db.execute("SELECT id, name FROM tag").fetchall() == made
    assert rows(server)[3] == ("s39", None)


@pytest.mark.threads
def test_readiness_says_that_the_writer_is_slow(write):
    server = write("--write-timeout", "6s")
    assert server.get("/readyz").body == b"ok\n"
    thread = in_background(lambda: server.patch("/item?id=eq.1", ENDLESS))
    until(lambda: holds(server))
    reply = server.get("/readyz")
    assert reply.status == 200 and reply.body.endswith(b" s\nok\n")
    assert b"[+]writer slow" in server.get("/readyz?verbose").body
    assert server.get("/item/2").json()["state"] == "new"
    assert figures(server)["thimble_writer_busy_seconds"] > 1
    server.process.terminate()
    thread.join()
    assert server.wait() == 0


def test_readiness_says_that_a_lock_is_waited_for(write):
    server = write("--busy-timeout", "20s")
    other = sqlite3.connect(server.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    replies = []
    threads = [in_background(lambda: replies.append(server.post("/tag", {"name": "x"}))) for _ in range(3)]
    until(lambda: b"[+]writer slow: it has waited for another process's lock" in server.get("/readyz").body)
    assert server.get("/item/2").json()["state"] == "new"
    assert figures(server)["thimble_writer_queue_length"] == 3  # none is begun
    other.execute("COMMIT")
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [201] * 3
    until(lambda: server.get("/readyz").body == b"ok\n")


def test_too_many_slow_writes_are_refused(write):
    server = write("--slow-queue-length", "1", "--write-timeout", "4s")
    replies = []
    threads = [in_background(lambda i=i: replies.append(server.patch(f"/item?id=eq.{i}", ENDLESS)))
               for i in range(1, 5)]
    for thread in threads:
        thread.join()
    refused = [reply for reply in replies if reply.status == 503]
    assert refused and {reply.status for reply in replies} == {503, 504}
    problem = refused[0].json()
    assert problem["code"] == "53300" and "slow writes" in problem["message"]
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert rows(server) == [("new", None)] * 4


def test_a_batch_loses_none_but_the_slow(write):
    """What shares its transaction with a write that is undone is run again, once each."""
    server = write("--write-timeout", "300ms", "--threads", "2")
    other = sqlite3.connect(server.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # so that all wait and go together
    replies = {}

    def send(i):
        if i == 5:
            replies[i] = server.patch("/item?id=eq.1", ENDLESS)
        else:
            replies[i] = server.post("/tag", {"name": f"b{i}"})

    threads = [in_background(send, i) for i in range(12)]
    until(lambda: figures(server)["thimble_writer_queue_length"] == 12)
    other.execute("COMMIT")
    for thread in threads:
        thread.join()
    assert replies.pop(5).status == 504
    assert {reply.status for reply in replies.values()} == {201}
    names = [n for n, in sqlite3.connect(server.db).execute("SELECT name FROM tag ORDER BY name")]
    assert names == sorted(f"b{i}" for i in range(12) if i != 5)


def test_who_waits_too_long_is_told_to_come_again(write):
    """Slow writes behind slow ones, before their own time is up: nothing was done, and when to try again."""
    server = write("--request-timeout", "4s", "--write-timeout", "0")
    replies = []
    threads = [in_background(lambda i=i: replies.append(server.patch(f"/item?id=eq.{i}", ENDLESS)))
               for i in range(1, 5)]
    for thread in threads:
        thread.join()
    told = [reply for reply in replies if reply.status == 503]
    assert told and {reply.status for reply in replies} == {503, 504}
    for reply in told:
        assert reply.json()["code"] == "53300" and int(reply.headers["Retry-After"]) >= 1
        assert "Nothing of it was done" in reply.json()["hint"]
    assert rows(server) == [("new", None)] * 4
    assert figures(server)["thimble_writer_jobs_withdrawn_total"] == len(told)


def test_who_waits_for_a_lock_is_told_in_time(write):
    server = write("--request-timeout", "3s", "--busy-timeout", "60s")
    other = sqlite3.connect(server.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    reply = server.post("/tag", {"name": "never"})
    assert reply.status == 503 and int(reply.headers["Retry-After"]) >= 1
    assert server.get("/item/2").json()["state"] == "new"
    other.execute("COMMIT")
    assert server.post("/tag", {"name": "then"}).status == 201
    assert other.execute("SELECT name FROM tag").fetchall() == [("then",)]

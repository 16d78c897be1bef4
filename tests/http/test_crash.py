"""kill -9 in the middle of writes: what a client was told is there after the restart."""
import sqlite3
import threading
import time

import pytest


@pytest.mark.parametrize("round_", range(3))
def test_kill_during_writes(serve, round_):
    server = serve("--threads", "2")
    ledger, lock = [], threading.Lock()

    def client(i):
        try:
            connection = server.connect(timeout=10)
            for k in range(100000):
                name = f"r{round_}-{i}-{k}"
                reply = server.request("POST", "/author", {"name": name}, connection=connection)
                if reply.status == 201:
                    with lock:
                        ledger.append((reply.json()["id"], name))
        except Exception:
            return

    threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1.0 + 0.3 * round_)
    server.kill()
    for thread in threads:
        thread.join()
    assert len(ledger) > 50
    again = serve()
    db = sqlite3.connect(again.db)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = set(db.execute("SELECT id, name FROM author"))
    assert not [row for row in ledger if row not in rows]
    assert again.post("/author", {"name": "after"}).status == 201


ITEMS = """
CREATE TABLE item (id INTEGER PRIMARY KEY, state TEXT, n INTEGER);
CREATE TABLE tag (name TEXT PRIMARY KEY);
INSERT INTO item (id) VALUES (1), (2), (3);
CREATE VIEW endless AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
  SELECT n FROM c WHERE n < 0;
CREATE TRIGGER endless_item AFTER UPDATE ON item WHEN new.state = 'endless' BEGIN
  UPDATE item SET n = (SELECT n FROM endless) WHERE id = new.id;
END;
"""


@pytest.mark.parametrize("round_", range(2))
def test_kill_among_slow_writes(serve, tmp_path, round_):
    """Slow writes that are undone, others that wait and are withdrawn: what is 201 is there, what is 503 or 504 is not."""
    migrations = tmp_path / "items"
    migrations.mkdir()
    (migrations / "0001_items.sql").write_text(ITEMS)
    flags = ["--threads", "2", "--write-timeout", "400ms", "--request-timeout", "1s"]
    server = serve(*flags, migrations=migrations)
    made, refused, slow_ones, lock = set(), set(), set(), threading.Lock()

    def slow(i):
        try:
            connection = server.connect(timeout=10)
            while True:
                reply = server.request("PATCH", f"/item?id=eq.{i + 1}", {"state": "endless"}, connection=connection)
                slow_ones.add(reply.status)
        except Exception:
            return

    def small(i):
        try:
            connection = server.connect(timeout=10)
            for k in range(100000):
                name = f"r{round_}-{i}-{k}"
                status = server.request("POST", "/tag", {"name": name}, connection=connection).status
                with lock:
                    (made if status == 201 else refused).add(name)
        except Exception:
            return

    threads = [threading.Thread(target=slow, args=(i,)) for i in range(3)]
    threads += [threading.Thread(target=small, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(2.5 + 0.7 * round_)
    server.kill()
    for thread in threads:
        thread.join()
    assert len(made) > 20 and slow_ones and slow_ones <= {503, 504}
    again = serve(*flags, migrations=migrations)
    db = sqlite3.connect(again.db)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    there = {name for name, in db.execute("SELECT name FROM tag")}
    assert made <= there and not refused & there
    assert db.execute("SELECT DISTINCT state FROM item").fetchall() == [(None,)]
    assert again.post("/tag", {"name": "after"}).status == 201

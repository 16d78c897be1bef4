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

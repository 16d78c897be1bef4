"""Many clients at once. Marked, so that `make tsan` runs these."""
import http.client
import random
import sqlite3
import threading

import pytest

pytestmark = pytest.mark.threads


def in_threads(count, work):
    failures = []

    def guarded(i):
        try:
            work(i)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_every_acknowledged_row_is_there(serve):
    server = serve("--threads", "4")
    made = [[] for _ in range(16)]

    def work(i):
        connection = server.connect()
        for k in range(40):
            reply = server.request("POST", "/author", {"name": f"{i}-{k}"}, connection=connection)
            assert reply.status == 201, reply
            made[i].append((reply.json()["id"], f"{i}-{k}"))
        connection.close()

    in_threads(16, work)
    rows = set(sqlite3.connect(server.db).execute("SELECT id, name FROM author"))
    assert all(row in rows for rows_of_one in made for row in rows_of_one)
    assert len(rows) == 4 + 16 * 40


def test_a_reader_sees_what_was_acknowledged(serve):
    """Any connection, any loop: a read that begins after a 201 sees that row."""
    server = serve("--threads", "4")

    def work(i):
        readers = [server.connect() for _ in range(6)]
        writer = server.connect()
        for k in range(25):
            made = server.request("POST", "/note", {"body": f"{i}-{k}"}, connection=writer).json()
            for connection in readers:
                reply = server.request("GET", f"/note/{made['id']}", connection=connection)
                assert reply.status == 200 and reply.json()["body"] == f"{i}-{k}"
        for connection in readers + [writer]:
            connection.close()

    in_threads(8, work)


def test_nothing_half_done_is_visible(serve):
    """Two rows are always written together: no reader ever sees one without the other."""
    server = serve("--threads", "4")
    stop = threading.Event()
    seen = []

    def reader(_):
        connection = server.connect()
        while not stop.is_set():
            rows = server.request("GET", "/pair?select=a,b,v&a=like.p*&limit=1000",
                                  connection=connection).json()
            by_name = {}
            for row in rows:
                by_name.setdefault(row["a"], []).append(row["v"])
            seen.append(len(rows))
            assert all(len(v) == 2 and v[0] == v[1] for v in by_name.values()), by_name
        connection.close()

    def writer(i):
        connection = server.connect()
        for k in range(30):
            name = f"p{i}-{k}"
            body = [{"a": name, "b": "left", "v": str(k)}, {"a": name, "b": "right", "v": str(k)}]
            assert server.request("POST", "/pair", body, connection=connection).status == 201
            if k % 3 == 0:
                assert server.request("DELETE", f"/pair?a=eq.{name}", connection=connection).status == 204
        connection.close()

    readers = threading.Thread(target=lambda: in_threads(3, reader))
    readers.start()
    try:
        in_threads(4, writer)
    finally:
        stop.set()
        readers.join()
    assert max(seen) > 0


def test_one_requests_failure_is_its_own(serve):
    server = serve("--threads", "4")
    outcomes = {}

    def work(i):
        connection = server.connect()
        choice = random.Random(i)
        for k in range(30):
            kind = choice.choice(["good", "unique", "check", "deferred", "rollback", "raise"])
            path, body, expected = {
                "good": ("/author", {"name": f"g{i}-{k}"}, 201),
                "unique": ("/author", {"name": "Ada Lovelace"}, 409),
                "check": ("/review", {"stars": 9}, 400),
                "deferred": ("/late", {"parent": 12345}, 409),
                "rollback": ("/note", {"body": "roll it all back"}, 400),
                "raise": ("/note", {"body": "refuse me"}, 400),
            }[kind]
            reply = server.request("POST", path, body, connection=connection)
            assert reply.status == expected, (kind, reply)
            outcomes[(i, k)] = kind
        connection.close()

    in_threads(8, work)
    good = sum(kind == "good" for kind in outcomes.values())
    db = sqlite3.connect(server.db)
    assert db.execute("SELECT count(*) FROM author").fetchone()[0] == 4 + good
    assert db.execute("SELECT count(*) FROM late").fetchone()[0] == 0
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_connections_come_and_go(serve):
    server = serve("--threads", "4")

    def work(i):
        for k in range(40):
            reply = server.get("/author/1") if k % 2 else server.post("/code", {"code": f"{i}-{k}"})
            assert reply.status in (200, 201)

    in_threads(12, work)


def test_stop_under_load_loses_nothing(serve):
    server = serve("--threads", "4")
    acknowledged = []
    lock = threading.Lock()

    def work(i):
        connection = server.connect()
        for k in range(10000):
            try:
                reply = server.request("POST", "/author", {"name": f"s{i}-{k}"}, connection=connection)
            except (OSError, http.client.HTTPException):
                return  # the connection ended between two requests
            if reply.status == 201:
                with lock:
                    acknowledged.append(reply.json()["id"])
            if reply.headers["Connection"] == "close":
                return

    stopper = threading.Timer(1.0, lambda: server.process.terminate())
    stopper.start()
    in_threads(12, work)
    assert server.wait() == 0
    ids = {r[0] for r in sqlite3.connect(server.db).execute("SELECT id FROM author")}
    assert acknowledged and len(ids) == 4 + len(acknowledged), "what was done was also answered"
    assert set(acknowledged) <= ids

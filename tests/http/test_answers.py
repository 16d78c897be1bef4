"""Answers that are given again: never one that is old, never one for another request."""
import re
import socket
import sqlite3
import threading
import time

import pytest

from conftest import run
from test_threads import in_threads

pytestmark = pytest.mark.threads

STILL = 0.1  # more than a database must be still for its answers to be kept, and snapshots to be new


class Wire:
    """A connection that asks without parsing more than it must."""

    def __init__(self, server):
        host, port = re.match(r"http://([^:]+):(\d+)", server.url).groups()
        self.socket = socket.create_connection((host, int(port)), 20)
        self.rest = b""

    def send(self, method, path, body=b"", headers=""):
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}"
                            f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def receive(self):
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(head.split()[1]), head.decode(), body.decode()

    def ask(self, *request, **options):
        self.send(*request, **options)
        return self.receive()

    def _more(self):
        data = self.socket.recv(65536)
        assert data, "the connection was closed"
        self.rest += data


def test_a_kept_answer_ends_with_the_next_commit(serve):
    """The answers of every loop are kept; after a 201 no connection gets one of them again."""
    server = serve("--threads", "4")
    wires = [Wire(server) for _ in range(24)]
    writer = Wire(server)
    for k in range(15):
        time.sleep(STILL)
        for path in ("/author/1", "/author?order=id", "/book?select=title,author(name)&author_id=eq.1"):
            for _ in range(3):
                assert len({wire.ask("GET", path)[2] for wire in wires}) == 1
        assert writer.ask("PATCH", "/author/1", b'{"name":"name %d"}' % k,
                          headers="Content-Type: application/json\r\n")[0] == 200
        for path in ("/author/1", "/author?order=id", "/book?select=title,author(name)&author_id=eq.1"):
            for wire in wires:
                wire.send("GET", path)
            for wire in wires:
                assert f'"name":"name {k}"' in wire.receive()[2]


def test_read_your_writes_hard(serve):
    """Eight loops, eight writers; after each answer the row is read on sixteen connections at once."""
    server = serve("--threads", "8")
    for i in range(8):
        assert server.post("/note", {"id": 100 + i, "body": "0"}).status == 201

    def work(i):
        wires, writer = [Wire(server) for _ in range(16)], Wire(server)
        for k in range(60):
            status, _, body = writer.ask("PATCH", f"/note/{100 + i}", b'{"body":"%d"}' % k,
                                         headers="Content-Type: application/json\r\n")
            assert status == 200 and f'"body":"{k}"' in body
            for wire in wires:
                wire.send("GET", f"/note/{100 + i}")
            for wire in wires:
                status, _, body = wire.receive()
                assert status == 200 and f'"body":"{k}"' in body, (i, k, body)

    in_threads(8, work)


def test_another_process_is_seen_within_100_ms(serve):
    """A snapshot that is kept by constant reading, and answers that are kept, are given up in time."""
    server = serve("--threads", "4")
    stop = threading.Event()

    def read(_):
        wire = Wire(server)
        while not stop.is_set():
            assert wire.ask("GET", "/author/1")[0] == 200

    readers = threading.Thread(target=lambda: in_threads(3, read))
    readers.start()
    try:
        wires = [Wire(server) for _ in range(12)]
        db = sqlite3.connect(server.db, timeout=20)
        for k in range(12):
            db.execute("UPDATE author SET name = ? WHERE id = 1", (f"other {k}",))
            db.commit()
            time.sleep(0.1)
            for wire in wires:
                assert f'"name":"other {k}"' in wire.ask("GET", "/author/1")[2]
    finally:
        stop.set()
        readers.join()


def test_equal_targets_that_are_different_requests(serve):
    server = serve("--threads", "1")
    time.sleep(STILL)
    plain = server.get("/author?order=id")
    assert server.get("/author?order=id").body == plain.body
    assert server.get("/author?order=id", Accept="text/csv").headers["Content-Type"].startswith("text/csv")
    assert server.get("/author?order=id").body == plain.body
    assert server.get("/author?order=id", Prefer="count=exact").headers["Content-Range"] == "0-3/4"
    assert server.get("/author?order=id", Range="0-0").json() == plain.json()[:1]
    assert server.get("/author?order=id", X_Request_Id="mine").headers["X-Request-Id"] == "mine"
    assert "X-Request-Id" not in server.get("/author?order=id").headers
    assert server.get("/author?order=id", Accept_Profile="nowhere").status == 406
    head = server.head("/author?order=id")
    assert head.body == b"" and int(head.headers["Content-Length"]) == len(plain.body)


def test_what_looks_at_a_clock_or_a_die_is_not_kept(serve, tmp_path):
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_views.sql").write_text(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a');\n"
        "CREATE VIEW dice AS SELECT id, random() AS n FROM t;\n")
    server = serve("--threads", "1", migrations=folder)
    time.sleep(STILL)
    assert len({server.get("/dice").body for _ in range(5)}) == 5
    assert len({server.get("/t").body for _ in range(5)}) == 1


def test_the_bound_holds(serve):
    """Far more different answers than there is room for; what is asked again is right."""
    server = serve("--threads", "1", "--answer-cache", "64KiB")
    time.sleep(STILL)
    wire = Wire(server)
    first = wire.ask("GET", "/author/1")[2]
    before = resident(server)
    for k in range(20000):
        wire.send("GET", f"/author?id=eq.1&born=lt.{100000 + k}")
        wire.receive()
    if "musl" in run("version")[1]:  # the sanitizers keep freed memory for a while
        assert resident(server) - before < 3 << 20
    assert wire.ask("GET", "/author/1")[2] == first


def resident(server):
    with open(f"/proc/{server.process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def test_it_can_be_turned_off(serve):
    server = serve("--threads", "1", "--answer-cache", "0")
    time.sleep(STILL)
    assert len({server.get("/author/1").body for _ in range(4)}) == 1

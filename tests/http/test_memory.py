"""Memory has a ceiling: --memory. Who does not fit is told so, small requests are served meanwhile, and what was held
comes back."""
import json
import re
import socket
import time

import pytest

from conftest import Server, run, write_files

MIB = 1 << 20
SCHEMA = """
CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE point (a INTEGER, b INTEGER, c INTEGER);
INSERT INTO note VALUES (1, 'small');
"""
QUERIES = {"huge.sql": "SELECT length(hex(zeroblob(9000000))) AS n",
           # Twenty values at once, none of which is much.
           "pieces.sql": "SELECT max(" + ", ".join(f"hex(zeroblob({300000 + i}))" for i in range(20)) + ") IS NULL AS n",
           "fine.sql": "SELECT length(hex(zeroblob(100000))) AS n"}


def start(folder, *flags):
    return Server(folder, "--queries", write_files(folder / "queries", QUERIES), *flags,
                  migrations=write_files(folder / "schema", {"0001_a.sql": SCHEMA}))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """16 MiB: 5 for bodies, 8 for what requests are taken apart into, 11 for answers, 8 for SQLite."""
    server = start(tmp_path_factory.mktemp("small"), "--memory", "16MiB", "--max-body", "64MiB", "--max-answer", "1GiB",
                   "--max-elements", "1000000", "--answer-cache", "0")
    yield server
    server.stop()


def memory(server, metric="bytes"):
    """By use, as /metrics has it."""
    found = re.findall(rf'^thimble_memory_{metric}{{use="(\w+)"}} (\d+)$', server.get("/metrics").body.decode(), re.M)
    return {use: int(n) for use, n in found}


def until(done, seconds=20):
    """A good while for what happens soon."""
    end = time.monotonic() + seconds
    while not (found := done()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def refused(server, *uses):
    """How often memory was refused to any of these: an answer is refused, or a row that it needs."""
    counts = memory(server, "refused_total")
    return sum(counts[use] for use in uses)


def body(size):
    return json.dumps({"body": "x" * size})


def hold_body(server, size):
    """A body of which the end never comes."""
    text = body(size).encode()
    return server.raw(b"POST /note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                      % len(text) + text[:-10])


def leave_unread(server, path):
    """An answer that nobody reads, and that the system has little room for."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((server.host, server.port))
    sock.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
    return sock


def is_served(server):
    assert server.get("/healthz").status == 200
    assert server.get("/note/1").json() == {"id": 1, "body": "small"}
    assert server.request("POST", "/note", body(10)).status == 201


def test_bodies_that_never_end(small):
    held = [hold_body(small, MIB) for _ in range(12)]
    assert until(lambda: memory(small, "refused_total")["bodies"] > 0)
    assert memory(small)["bodies"] <= 6 * MIB
    for _ in range(10):
        is_served(small)
    refused = small.request("POST", "/note", body(MIB))
    assert refused.status == 503 and refused.headers["Retry-After"] and refused.json()["code"] == "53200"
    assert "--memory" in refused.json()["hint"]
    for sock in held:
        sock.close()
    assert until(lambda: small.request("POST", "/note", body(MIB)).status == 201), "what is given back can be had"
    assert until(lambda: memory(small)["bodies"] < MIB)


def test_answers_that_nobody_reads(small):
    small.delete("/note?id=gt.1")
    for _ in range(5):
        assert small.request("POST", "/note", body(MIB)).status == 201
    before = refused(small, "answers", "sqlite")
    held = [leave_unread(small, b"/note?id=gt.1&select=body") for _ in range(8)]
    assert until(lambda: refused(small, "answers", "sqlite") > before)
    assert memory(small)["answers"] <= 12 * MIB
    for _ in range(10):
        is_served(small)
    for sock in held:
        sock.close()
    assert until(lambda: small.get("/note?id=gt.1&body=neq.x&select=body").status == 200)
    assert until(lambda: memory(small)["answers"] < MIB)


def test_what_alone_is_too_much(small):
    sock = small.raw(b"PATCH /note?id=eq.1 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (6 * MIB))
    answer = sock.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413") and b"Retry-After" not in answer
    sock.close()
    rows = "[" + ",".join(['{"a":1,"b":2,"c":3}'] * 160000) + "]"  # 3 MB, and 11 when it is taken apart
    apart = small.request("POST", "/point", rows)
    assert apart.status == 413 and "--memory" in apart.json()["hint"]
    assert small.get("/point").json() == []
    is_served(small)


def test_a_statement_that_needs_too_much(small):
    for query in ("huge", "pieces"):
        reply = small.get(f"/rpc/{query}")
        assert reply.status == 400 and reply.json()["code"] == "54001" and "--memory" in reply.json()["hint"], reply
    assert small.get("/rpc/fine").json() in (200000, [{"n": 200000}])
    is_served(small)


def test_an_answer_that_is_too_much(small):
    small.delete("/note?id=gt.1")
    rows = json.dumps([{"body": "x" * 100000}] * 10)
    for _ in range(12):
        assert until(lambda: small.request("POST", "/note", rows).status == 201)
    reply = small.get("/note")  # in pieces
    assert reply.status == 200 and reply.headers["Transfer-Encoding"] == "chunked"
    assert len(reply.json()) == len(small.get("/note?select=id").json()) >= 120
    assert until(lambda: small.get("/note?limit=30").status == 200)
    is_served(small)
    small.delete("/note?id=gt.1")


def test_one_that_alone_needs_too_much_is_not_told_to_wait(small):
    """What a PATCH changes and what it answers do not fit together, whoever else is there."""
    small.delete("/note?id=gt.1")
    for _ in range(9):
        assert until(lambda: small.request("POST", "/note", body(MIB)).status == 201)
    for _ in range(3):
        reply = small.request("PATCH", "/note?id=gt.1", body(MIB), {"Prefer": "return=representation"})
        assert reply.status == 400 and "--memory" in reply.json()["hint"], reply
    assert small.request("PATCH", "/note?id=gt.1", body(MIB)).status == 204
    small.delete("/note?id=gt.1")
    is_served(small)


def test_settings_that_do_not_go_together_are_said(small):
    said = [line["msg"] for line in small.log_lines() if line["level"] == "warn"]
    for flag, most in (("max-body", 5 * MIB), ("max-answer", 11 * MIB)):
        assert any(f"--{flag}" in text and "--memory" in text and str(most) in text for text in said), said


@pytest.mark.parametrize("size", ["1MiB", "15MiB", "much", "-1", "-1MiB"])
def test_memory_that_will_not_do(size, tmp_path):
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--memory", size)
    assert code == 2 and "--memory" in err and err.count("\n") == 1


@pytest.mark.parametrize("size,limit", [("0", 0), ("auto", None), ("100MiB", 100 * MIB)])
def test_memory_that_will(size, limit, serve):
    server = serve("--memory", size)
    found = int(re.search(r"^thimble_memory_limit_bytes (\d+)$", server.get("/metrics").body.decode(), re.M)[1])
    assert limit is None or found == limit
    assert server.get("/author/1").status == 200


def test_caches_that_are_set_come_on_top(serve):
    server = serve("--threads", "1", "--readers", "1", "--cache-size", "64MiB", "--answer-cache", "10MiB")
    found = int(re.search(r"^thimble_memory_limit_bytes (\d+)$", server.get("/metrics").body.decode(), re.M)[1])
    assert found > (48 + 10 + 3 * 64) * MIB
    assert server.get("/author/1").status == 200


def test_a_large_body_is_taken_apart_if_there_is_room(tmp_path):
    """More than 16 MiB of it: 24 bytes for each of 900,000 values."""
    server = start(tmp_path, "--memory", "256MiB", "--max-body", "64MiB", "--max-elements", "1000000")
    rows = "[" + ",".join(['{"a":1,"b":2,"c":3}'] * 300000) + "]"
    assert server.request("POST", "/point", rows).status == 201
    server.stop()

"""Lists that are sent in pieces: what the client gets, how they end, and what they hold meanwhile."""
import concurrent.futures
import csv
import io
import json
import signal
import socket
import sqlite3
import time

import pytest

from conftest import Server, make_database

ROWS = 20000
NOTE = "x" * 100
NDJSON = "application/x-ndjson"

SQL = f"""
CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, note TEXT);
WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {ROWS})
INSERT INTO t SELECT i, 'name ' || i, '{NOTE}' FROM s;
CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id), word TEXT);
INSERT INTO child SELECT id, id / 2 + 1, 'word ' || id FROM t WHERE id <= 1000;
CREATE INDEX child_t ON child (t);
CREATE VIEW breaks AS SELECT id, CASE WHEN id < 15000 THEN note ELSE json_extract(note, '$') END AS note FROM t;
"""


def row(i):
    return {"id": i, "name": f"name {i}", "note": NOTE}


def lines(reply):
    return [json.loads(line) for line in reply.body.splitlines()]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    make_database(folder / "test.db", SQL)
    queries = folder / "queries"
    queries.mkdir()
    (queries / "many.sql").write_text("-- returns many\n-- param: n integer\nSELECT id, note FROM t WHERE id <= :n;\n")
    server = Server(folder, "--queries", queries, "--max-answer", "256KiB", "--access-log",
                    "--request-timeout", "60s", migrations="none")
    yield server
    server.stop()


def start(tmp_path, *options):
    make_database(tmp_path / "test.db", SQL)
    return Server(tmp_path, "--access-log", "--request-timeout", "60s", *options, migrations="none")


class Slow:
    """A stream of which only so much is read as is asked for."""

    def __init__(self, server, target="/t", accept=NDJSON, version="1.1"):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(60)
        self.socket.connect((server.host, server.port))
        self.socket.sendall(f"GET {target} HTTP/{version}\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode())
        self.file = self.socket.makefile("rb", buffering=0)
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            byte = self.file.read(1)
            assert byte, self.head
            self.head += byte
        self.status = int(self.head.split()[1])

    def chunk(self):
        """The next one: b"" is the end, None that the connection ended without it."""
        try:
            size = self.file.readline()
            if not size.endswith(b"\n"):
                return None
            data = b""
            while len(data) < int(size, 16) + 2:
                more = self.file.read(int(size, 16) + 2 - len(data))
                if not more:
                    return None
                data += more
            return data[:-2]
        except ConnectionError:
            return None

    def rest(self):
        """All that comes, and whether it came to its end."""
        body = b""
        while True:
            chunk = self.chunk()
            if not chunk:
                return body, chunk is not None
            body += chunk

    def close(self):
        self.file.close()
        self.socket.close()


def figure(server, name, **labels):
    text = server.get("/metrics").body.decode()
    inner = ",".join(f'{k}="{v}"' for k, v in labels.items())
    series = f"{name}{{{inner}}}" if labels else name
    return [float(line.split()[-1]) for line in text.splitlines() if line.split(" ")[0] == series][0]


def wait_for(what, seconds=30):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def ends(server, end):
    return figure(server, "thimble_streams_total", end=end)


def test_ndjson_is_every_row(server):
    reply = server.get("/t", Accept=NDJSON)
    assert reply.status == 200
    assert lines(reply) == [row(i) for i in range(1, ROWS + 1)]
    assert reply.headers["Transfer-Encoding"] == "chunked"
    for name in ("ETag", "Link", "Content-Length", "Content-Range"):
        assert reply.headers[name] is None, name


def test_csv_is_every_row(server):
    reply = server.get("/t?select=id,note", Accept="text/csv")
    rows = list(csv.reader(io.StringIO(reply.body.decode())))
    assert rows[0] == ["id", "note"]
    assert rows[1:] == [[str(i), NOTE] for i in range(1, ROWS + 1)]


def test_a_short_answer_is_whole(server):
    reply = server.get("/t?limit=2", Accept=NDJSON)
    assert lines(reply) == [row(1), row(2)]
    assert reply.headers["ETag"] and reply.headers["Content-Length"] and reply.headers["Content-Range"] == "0-1/*"


def test_an_array_past_max_answer(server):
    full = server.get("/t?limit=1000&select=id").json()
    assert len(full) == 1000
    with start_no_rows(server) as other:
        reply = other.get("/t")
        assert reply.json() == [row(i) for i in range(1, ROWS + 1)]
        assert reply.headers["Transfer-Encoding"] == "chunked"


class start_no_rows:
    """The same database without --max-rows."""

    def __init__(self, server):
        self.folder = server.dir

    def __enter__(self):
        self.server = Server(self.folder, "--max-rows", "0", "--max-answer", "256KiB", migrations="none")
        return self.server

    def __exit__(self, *_):
        self.server.stop()


def test_limit_and_offset_bound_it(server):
    reply = server.get("/t?order=id.desc&limit=5000&offset=10", Accept=NDJSON)
    assert [r["id"] for r in lines(reply)] == list(range(ROWS - 10, ROWS - 5010, -1))
    assert reply.headers["Link"] is None


@pytest.mark.parametrize("query, status, content_range", [
    ("/t", 200, f"0-{ROWS - 1}/{ROWS}"),
    ("/t?limit=5000&offset=100", 206, f"100-5099/{ROWS}"),
    ("/t?offset=15000", 206, f"15000-{ROWS - 1}/{ROWS}"),
    ("/t?id=gt.5000", 200, f"0-{ROWS - 5001}/{ROWS - 5000}"),
])
def test_a_count_is_told_before_the_rows(server, query, status, content_range):
    reply = server.get(query, Accept=NDJSON, Prefer="count=exact")
    assert (reply.status, reply.headers["Content-Range"]) == (status, content_range)
    first, last = content_range.split("/")[0].split("-")
    assert len(lines(reply)) == int(last) - int(first) + 1


def test_rows_within_rows(server):
    reply = server.get("/t?select=id,note,child(word)&order=id", Accept=NDJSON)
    rows = lines(reply)
    assert rows[1]["child"] == [{"word": "word 2"}, {"word": "word 3"}]
    assert len(rows) == ROWS and rows[-1]["child"] == []


def test_a_named_query(server):
    reply = server.get("/rpc/many?n=15000", Accept=NDJSON)
    assert lines(reply) == [{"id": i, "note": NOTE} for i in range(1, 15001)]
    reply = server.post("/rpc/many", {"n": 15000}, Accept="text/csv")
    assert reply.body.count(b"\n") == 15000


def test_head_reads_no_further(server):
    before = figure(server, "thimble_stream_bytes_total")
    reply = server.head("/t", Accept=NDJSON)
    assert reply.status == 200 and reply.body == b"" and reply.headers["ETag"] is None
    assert reply.headers["Content-Type"].startswith(NDJSON)
    assert figure(server, "thimble_stream_bytes_total") == before


def test_http_1_0_ends_with_the_connection(server):
    slow = Slow(server, version="1.0")
    body = b"".join(iter(lambda: slow.file.read(65536), b""))
    slow.close()
    assert b"chunked" not in slow.head
    assert [json.loads(line)["id"] for line in body.splitlines()] == list(range(1, ROWS + 1))


def test_if_match_cannot_hold(server):
    assert server.get("/t", Accept=NDJSON, If_Match='"0123456789abcdef"').status == 412
    assert server.get("/t?limit=1", Accept=NDJSON, If_Match="*").status == 200


def test_the_connection_is_used_again(server):
    connection = server.connect()
    for _ in range(3):
        assert len(lines(server.request("GET", "/t", headers={"Accept": NDJSON}, connection=connection))) == ROWS
        assert server.request("GET", "/t?id=eq.7", connection=connection).json() == [row(7)]
    connection.close()


def test_a_failure_in_the_middle_is_told(server):
    failed = ends(server, "failed")
    slow = Slow(server, "/breaks")
    body, whole = slow.rest()
    slow.close()
    assert not whole
    rows = [json.loads(line) for line in body.splitlines()]
    assert [r["id"] for r in rows[:-1]] == list(range(1, 15000))
    assert rows[-1]["status"] >= 400 and rows[-1]["code"]
    slow = Slow(server, "/breaks", "text/csv")
    body, whole = slow.rest()
    slow.close()
    assert not whole and body.count(b"\n") == 14999
    wait_for(lambda: ends(server, "failed") == failed + 2)
    line = [entry for entry in server.log_lines() if entry.get("stream") == "failed"][-1]
    assert line["level"] == "warn" and line["bytes"] == len(body) and line["error"]


def test_it_shows_the_database_as_it_was(server):
    slow = Slow(server)
    first = slow.chunk()
    with sqlite3.connect(server.db, timeout=30) as db:
        db.execute(f"INSERT INTO t VALUES ({ROWS + 1}, 'later', '')")
        db.execute("ALTER TABLE t ADD COLUMN more TEXT")
    db.close()
    assert figure(server, "thimble_streams") == 1
    assert figure(server, "thimble_stream_oldest_seconds") > 0
    body, whole = slow.rest()
    slow.close()
    assert whole and len((first + body).splitlines()) == ROWS
    assert json.loads(body.splitlines()[-1]) == row(ROWS)
    wait_for(lambda: server.get(f"/t?id=gt.{ROWS}").json())  # a snapshot is kept for 50 ms
    assert server.get(f"/t?id=gt.{ROWS}").json()[0]["more"] is None
    with sqlite3.connect(server.db, timeout=30) as db:
        db.execute("ALTER TABLE t DROP COLUMN more")
        db.execute(f"DELETE FROM t WHERE id > {ROWS}")
    db.close()
    wait_for(lambda: server.get("/t?id=eq.1").json() == [row(1)])


@pytest.mark.threads
def test_a_client_that_goes_frees_its_reader(server):
    gone = ends(server, "gone")
    streams = [Slow(server, accept=accept) for accept in (NDJSON, "text/csv") for _ in range(3)]
    for slow in streams:
        assert slow.chunk()
    wait_for(lambda: figure(server, "thimble_streams") == 6)
    for slow in streams:
        slow.close()
    wait_for(lambda: figure(server, "thimble_streams") == 0)
    wait_for(lambda: ends(server, "gone") == gone + 6)
    assert server.get("/t?id=eq.1").json() == [row(1)]


@pytest.mark.threads
def test_many_at_once_each_get_theirs(server):
    def fetch(n):
        query = f"/t?id=gt.{n}&order=id.{'desc' if n % 2 else 'asc'}"
        got = [r["id"] for r in lines(server.get(query, Accept=NDJSON))]
        return got == sorted(range(n + 1, ROWS + 1), reverse=bool(n % 2))

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert all(pool.map(fetch, range(36)))
    assert figure(server, "thimble_streams") == 0


def test_no_more_than_max_streams(tmp_path):
    server = start(tmp_path, "--max-streams", "4")
    streams = [Slow(server) for _ in range(2)]
    assert [slow.status for slow in streams] == [200, 200]
    refused = server.get("/t", Accept=NDJSON)  # half of them are for one address
    assert refused.status == 503 and int(refused.headers["Retry-After"]) > 0
    assert "--max-streams" in refused.json()["hint"]
    assert server.get("/t?limit=10", Accept=NDJSON).status == 200
    assert figure(server, "thimble_streams_max") == 4
    streams[0].close()
    wait_for(lambda: figure(server, "thimble_streams") == 1)
    assert len(lines(server.get("/t", Accept=NDJSON))) == ROWS
    assert len(streams[1].rest()[0].splitlines()) == ROWS
    server.stop()


def test_without_streams_all_is_bounded(tmp_path):
    server = start(tmp_path, "--max-streams", "0")
    assert len(lines(server.get("/t", Accept=NDJSON))) == 1000
    assert server.get("/t", Accept="text/csv").body.count(b"\n") == 1000
    server.stop()


def test_without_a_budget_there_are_streams(tmp_path):
    server = start(tmp_path, "--loop-budget", "0")
    assert len(lines(server.get("/t", Accept=NDJSON))) == ROWS
    server.stop()


@pytest.mark.threads
def test_one_that_is_not_taken_in_time_ends(tmp_path):
    server = start(tmp_path, "--stream-timeout", "1s")
    slow, csv_slow = Slow(server), Slow(server, accept="text/csv")
    wait_for(lambda: figure(server, "thimble_streams") == 0)
    body, whole = slow.rest()
    assert not whole
    rows = [json.loads(line) for line in body.splitlines()]
    assert 0 < len(rows) < ROWS
    assert rows[-1]["code"] == "57014" and rows[-2] == row(len(rows) - 1)
    body, whole = csv_slow.rest()
    assert not whole and body
    wait_for(lambda: ends(server, "timeout") == 2)
    server.stop()


def test_one_that_takes_nothing_is_cut(tmp_path):
    server = start(tmp_path, "--idle-timeout", "2s", "--stream-timeout", "10m")
    slow, other = Slow(server), Slow(server)
    for _ in range(16):  # slower than --idle-timeout in all, but never that still
        assert other.chunk()
        time.sleep(0.25)
    assert other.rest()[1]
    wait_for(lambda: ends(server, "timeout") == 1)
    assert not slow.rest()[1]
    server.stop()


def test_a_long_array_is_taken_or_cut(tmp_path):
    """Its first piece is as long as an answer may be: it is held no longer than such an answer."""
    make_database(tmp_path / "test.db", SQL)
    server = Server(tmp_path, "--max-rows", "0", "--max-answer", "1MiB", "--request-timeout", "2s",
                    migrations="none")
    slow, other = Slow(server, accept="application/json"), Slow(server, accept="application/json")
    body, whole = other.rest()
    assert whole and len(json.loads(body)) == ROWS
    wait_for(lambda: ends(server, "timeout") == 1)
    assert not slow.rest()[1]
    server.stop()


@pytest.mark.threads
def test_the_end_of_the_server(tmp_path):
    server = start(tmp_path, "--drain-timeout", "3s")
    taken, stalled = Slow(server), Slow(server)
    assert taken.chunk()
    server.signal(signal.SIGTERM)
    assert taken.rest()[1]
    body, whole = stalled.rest() if server.wait() == 0 else (None, None)
    assert not whole and body
    assert "Sanitizer" not in server.log()
    ended = [entry["stream"] for entry in server.log_lines() if "stream" in entry]
    assert sorted(ended) == ["complete", "shutdown"]

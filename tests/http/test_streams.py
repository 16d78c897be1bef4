"""Lists that are sent in pieces are, byte for byte, what they would be as a whole; whose rows they are; what cuts them."""
import base64
import concurrent.futures
import hashlib
import hmac
import json
import signal
import sqlite3
import time

import pytest

from conftest import Server, make_database, write_files
from test_stream_engine import Slow, ends, figure, wait_for

ROWS = 3000
SECRET = "a secret of at least thirty-two bytes"
FORMS = ("application/x-ndjson", "text/csv", "application/json", "application/jsonl;nulls=stripped")
SCHEMA = f"""
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT, meta JSON);
CREATE TABLE item (id INTEGER PRIMARY KEY, kind INTEGER REFERENCES kind, owner TEXT, name TEXT, price REAL, qty INTEGER,
                   flag BOOLEAN, doc JSON, bin JSONB, bytes BLOB, any, hidden TEXT);
CREATE INDEX item_kind ON item (kind);
INSERT INTO kind VALUES (1, 'one', '{{"a":1}}'), (2, 'two' || char(10) || 'lines', char(10) || '[1,' || char(13, 10) || '2]'),
                        (3, NULL, NULL);
WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < {ROWS})
INSERT INTO item SELECT v, 1 + v % 3, CASE v % 2 WHEN 0 THEN 'alice' ELSE 'bob' END,
    CASE v % 5 WHEN 0 THEN NULL WHEN 1 THEN 'plain ' || v WHEN 2 THEN 'a "b", c' || char(10) WHEN 3 THEN 'zw' || char(246) || 'lf '
        || char(128512) ELSE 'NULL' END,
    CASE v % 4 WHEN 0 THEN v / 7.0 WHEN 1 THEN v / 4.0 WHEN 2 THEN 1e300 * v ELSE NULL END, v * 1000003 - 7, v % 2,
    CASE v % 3 WHEN 0 THEN json_object('v', v, 'l', json_array(1, 'x' || char(10))) WHEN 1 THEN '{{"a":' || char(10) || ' [' || v || ']}}'
        ELSE NULL END, NULL, CASE v % 7 WHEN 0 THEN x'00ff0a' END, CASE v % 4 WHEN 0 THEN v WHEN 1 THEN '007' WHEN 2 THEN v || '' END,
    'hidden ' || v FROM n;
UPDATE item SET name = CAST(x'61ff22fe' AS TEXT) WHERE id % 100 = 50;
CREATE VIEW shown AS SELECT item.id, item.name, kind.name AS kind_name FROM item JOIN kind ON kind.id = item.kind;
"""
QUERIES = {
    "all_items.sql": "-- returns many\n-- :least integer\nSELECT * FROM item WHERE id >= :least",
    "ids.sql": "-- returns many scalar\nSELECT printf('%032d', id) FROM item",
}
ACCESS = """
CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE clerk;
GRANT SELECT ON item TO alice, bob;
GRANT SELECT (id, owner, name, doc) ON item TO clerk;
GRANT SELECT ON kind TO alice, bob, clerk;
CREATE POLICY own ON item TO alice, bob USING (owner = role());
CREATE POLICY every ON item TO clerk USING (TRUE);
CREATE POLICY kinds ON kind USING (TRUE);
"""


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(role):
    text = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(json.dumps({"role": role, "exp": int(time.time()) + 3600}).encode())
    return text + "." + part(hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256))


# ---- the same bytes

@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two servers of the same rows: one that sends in pieces, one that never does."""
    folder = tmp_path_factory.mktemp("streams")
    make_database(folder / "test.db", SCHEMA)
    queries = write_files(folder / "queries", QUERIES)
    flags = ("--queries", queries, "--max-rows", "0", "--aggregates", "--request-timeout", "60s")
    pieces = Server(folder, *flags, "--max-answer", "64KiB", "--answer-cache", "0", migrations="none")
    whole = Server(folder, *flags, "--max-answer", "64MiB", "--max-streams", "0", migrations="none")
    yield pieces, whole
    pieces.stop()
    whole.stop()


PATHS = [
    "/item", "/item?order=id.desc", "/item?id=gt.100&order=name.nullsfirst,id&limit=2500&offset=33",
    "/item?select=id,name,doc,kind(name,meta)", "/item?select=id,name,...kind(kind_name:name,meta)&order=id",
    "/kind?select=id,name,meta,item(id,name,doc)&order=id", "/kind?select=id,...item(id,name,doc)",
    "/item?select=id,doc->a,text:doc->>a,bytes,any,price::text,owner&order=id", "/item?select=id,qty.sum(),name&order=id",
    "/item?select=id,name,kind!inner(name)&kind.name=eq.one", "/shown?order=id", "/shown?select=kind_name,name&id=lt.2900",
    "/rpc/all_items?least=5&order=id", "/rpc/all_items?least=5&select=id,name,doc,kind(name)", "/rpc/ids",
    "/item?select=id,name,kind&or=(kind.eq.1,name.like.*plain*)&order=id&limit=2999",
]


@pytest.mark.parametrize("accept", FORMS)
def test_the_bytes_are_those_of_a_whole_answer(pair, accept):
    pieces, whole = pair
    streamed = 0
    connection = pieces.connect(60)
    for path in PATHS + PATHS:  # the second time plans are known
        expected = whole.get(path, Accept=accept)
        reply = pieces.request("GET", path, headers={"Accept": accept}, connection=connection)
        assert reply.status == expected.status == 200, (path, expected)
        assert reply.body == expected.body, path
        assert reply.headers["Content-Type"] == expected.headers["Content-Type"], path
        streamed += reply.headers["Transfer-Encoding"] == "chunked"
    connection.close()
    assert streamed >= len(PATHS)
    assert figure(pieces, "thimble_streams") == 0


def test_the_lines_are_the_arrays_elements(pair):
    pieces, _ = pair
    for path in PATHS:
        lines = pieces.get(path, Accept="application/x-ndjson").body.split(b"\n")
        assert lines.pop() == b""
        assert [json.loads(line) for line in lines] == pieces.get(path).json(), path


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("path", ["/item?order=id", "/item?order=id&limit=2000&offset=100", "/item?order=id&offset=2999",
                                  "/item?order=id&offset=3001", "/item?id=eq.0", "/rpc/all_items?least=500&limit=2400",
                                  "/kind?select=id,item(id,name)&limit=2"])
def test_counts_are_those_of_a_whole_answer(pair, path, accept):
    pieces, whole = pair
    for count in ("exact", "planned", "estimated"):
        for method in ("GET", "HEAD"):
            headers = {"Accept": accept, "Prefer": f"count={count}"}
            expected, reply = (server.request(method, path, headers=headers) for server in (whole, pieces))
            if count == "exact":
                assert (reply.status, reply.headers["Content-Range"]) == (expected.status, expected.headers["Content-Range"])
            assert reply.headers["Preference-Applied"] == expected.headers["Preference-Applied"]
            assert reply.body == expected.body or reply.status == 416


def test_a_range_and_its_count(pair):
    pieces, whole = pair
    for header in ("0-1999", "500-", "2990-5000"):
        told = [server.request("GET", "/item?order=id", headers={"Accept": "text/csv", "Range": header, "Prefer": "count=exact"})
                for server in pair]
        assert told[0].status == told[1].status == 206
        assert told[0].headers["Content-Range"] == told[1].headers["Content-Range"] and told[0].body == told[1].body


def test_max_affected_is_of_what_is_whole(pair):
    """A stream's rows are not known when it begins: more than the preference says is refused, or not promised."""
    pieces, _ = pair
    reply = pieces.get("/rpc/all_items?least=1", Accept="application/x-ndjson", Prefer="handling=strict, max-affected=5")
    assert reply.status == 400 and reply.json()["code"] == "PGRST124"


# ---- whose rows

@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    make_database(folder / "test.db", SCHEMA)
    access = write_files(folder / "access", {"a.sql": ACCESS})
    (folder / "secret").write_text(SECRET)
    server = Server(folder, "--access", access, "--jwt-secret", f"@{folder / 'secret'}", "--max-rows", "0", "--max-answer",
                    "64KiB", "--request-timeout", "60s", migrations="none")
    yield server
    server.stop()


class RoleStream(Slow):
    """One that a role asks for."""

    def __init__(self, server, role, target, accept="application/x-ndjson"):
        super().__init__(server, target, f"{accept}\r\nAuthorization: Bearer {token(role)}")
        self.role = role


@pytest.mark.threads
def test_each_role_gets_its_own_rows(guarded):
    targets = ["/item?order=id", "/kind?select=id,item(owner,id,name,doc)&order=id", "/item?select=owner,id,kind(name)"]
    for target in targets:
        streams = [RoleStream(guarded, role, target) for role in ("alice", "bob") * 3]
        assert all(stream.status == 200 and b"chunked" in stream.head for stream in streams)
        bodies = [b""] * len(streams)
        left = set(range(len(streams)))
        while left:  # a piece of each in turn
            for i in list(left):
                chunk = streams[i].chunk()
                assert chunk is not None
                bodies[i] += chunk
                if not chunk:
                    left.discard(i)
        for stream, body in zip(streams, bodies):
            stream.close()
            rows = [json.loads(line) for line in body.splitlines()]
            if target.startswith("/kind"):
                rows = [item for row in rows for item in row["item"]]
            assert {row["owner"] for row in rows} == {stream.role} and len(rows) == ROWS // 2


def test_columns_that_are_not_granted_are_not_there(guarded):
    streams = [RoleStream(guarded, role, "/item?order=id", accept) for accept in ("application/x-ndjson", "text/csv", "application/json")
               for role in ("clerk", "alice")]
    bodies = [stream.rest() for stream in streams]
    for stream, (body, whole) in zip(streams, bodies):
        stream.close()
        assert whole and (b"hidden 2" in body) == (stream.role == "alice"), stream.head
    rows = [json.loads(line) for line in bodies[0][0].splitlines()]
    assert len(rows) == ROWS and set(rows[0]) == {"id", "owner", "name", "doc"}
    refused = guarded.get("/item?select=id,hidden", Accept="application/x-ndjson", Authorization=f"Bearer {token('clerk')}")
    assert refused.status == 403
    assert guarded.get("/item?hidden=eq.x", Accept="text/csv", Authorization=f"Bearer {token('clerk')}").status == 403


@pytest.mark.threads
def test_roles_at_once_and_one_reader_after_another(guarded):
    """Readers that streams leave go back to the lane: no role's views or identity stay with them."""
    def fetch(n):
        role = ("alice", "bob", "clerk")[n % 3]
        reply = guarded.get("/item?order=id&select=id,owner", Accept="text/csv" if n % 2 else "application/json",
                            Authorization=f"Bearer {token(role)}")
        assert reply.status == 200, reply
        other = guarded.get("/item?select=owner&limit=50", Authorization=f"Bearer {token(role)}").json()
        seen = {row["owner"] for row in other}
        return (b"alice" in reply.body, b"bob" in reply.body), role, seen

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for has, role, seen in pool.map(fetch, range(48)):
            assert has == (role != "bob", role != "alice") and seen <= ({"alice", "bob"} if role == "clerk" else {role})
    assert guarded.get("/item", Accept="text/csv").status == 401


# ---- what comes in between

def start(folder, *flags):
    make_database(folder / "test.db", SCHEMA)
    with sqlite3.connect(folder / "test.db") as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("CREATE TABLE long AS SELECT a.id * 10000 + b.id AS id, a.name, hex(randomblob(40)) AS text FROM item a, kind b, "
                   "(SELECT 1 UNION ALL SELECT 2) LIMIT 18000")
        db.execute("CREATE VIEW late AS SELECT id, CASE WHEN rowid < 12000 THEN text ELSE json('{') END AS text FROM long")
        db.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        db.execute("INSERT INTO parent VALUES (1)")
    db.close()
    return Server(folder, "--request-timeout", "60s", *flags, migrations="none")


@pytest.mark.threads
def test_a_server_that_is_killed_ends_no_stream_well(tmp_path):
    server = start(tmp_path)
    streams = [Slow(server, "/long", accept) for accept in ("application/x-ndjson", "text/csv")]
    assert all(stream.chunk() for stream in streams)
    server.kill()
    for stream in streams:
        _, whole = stream.rest()
        stream.close()
        assert not whole
    again = Server(tmp_path, migrations="none")
    assert len(again.get("/long", Accept="application/x-ndjson").body.splitlines()) == 18000
    again.stop()


@pytest.mark.threads
def test_the_table_goes_while_it_is_sent(tmp_path):
    """Another process drops it, and fills the log: the stream shows what was there; a new one is 404."""
    server = start(tmp_path)
    stream = Slow(server, "/long?order=id")
    first = stream.chunk()
    with sqlite3.connect(server.db, timeout=30) as db:
        db.execute("DROP TABLE long")
        db.execute("CREATE TABLE long (other TEXT)")
        db.executemany("INSERT INTO long VALUES (?)", [("x" * 1000,)] * 2000)
    db.close()
    wait_for(lambda: server.get("/long?limit=1").json() == [{"other": "x" * 1000}])
    body, whole = stream.rest()
    stream.close()
    rows = [json.loads(line) for line in (first + body).splitlines()]
    assert whole and len(rows) == 18000 and set(rows[-1]) == {"id", "name", "text"}
    assert len(server.get("/long", Accept="text/csv").body.splitlines()) == 2001
    server.stop()


def test_a_failure_in_the_middle_of_each_form(tmp_path):
    server = start(tmp_path, "--max-rows", "0", "--max-answer", "64KiB")
    for accept in FORMS:
        failed = ends(server, "failed")
        stream = Slow(server, "/late", accept)
        body, whole = stream.rest()
        stream.close()
        assert stream.status == 200 and not whole and len(body) > 65536, accept
        wait_for(lambda: ends(server, "failed") == failed + 1)
        if "json" in accept and "l" in accept.split(";")[0].split("/")[1].replace("json", "", 1):
            lines = body.splitlines()
            assert len(lines) == 12000 and json.loads(lines[-1])["status"] == 400 and json.loads(lines[-2])["id"], lines[-1]
        elif accept == "text/csv":
            assert body.count(b"\n") == 11999 and b'"status"' not in body
        elif accept == "application/json":
            assert not body.endswith(b"]") and b'"status"' not in body
            assert len(json.loads(body + b"]")) == 11999
    assert figure(server, "thimble_streams") == 0
    # what fails before its first piece has a status
    early = server.get("/late?id=gt.0&order=text", Accept="application/x-ndjson")
    assert early.status == 400, early
    server.stop()


@pytest.mark.threads
def test_writes_go_on_beside_slow_streams(tmp_path):
    server = start(tmp_path)
    streams = [Slow(server, "/long") for _ in range(8)]
    assert all(stream.chunk() for stream in streams)
    for i in range(50):
        assert server.post("/parent", {"id": 100 + i}).status == 201
    assert len(server.get("/parent").json()) == 51
    assert figure(server, "thimble_streams") == 8 and figure(server, "thimble_stream_oldest_seconds") > 0
    for stream in streams[:4]:
        stream.close()
    for stream in streams[4:]:
        body, whole = stream.rest()
        stream.close()
        assert whole
    wait_for(lambda: figure(server, "thimble_streams") == 0)
    assert ends(server, "gone") == 4 and ends(server, "complete") == 4
    assert figure(server, "thimble_stream_oldest_seconds") == 0
    server.stop()


def test_streams_that_wait_end_with_the_server(tmp_path):
    server = start(tmp_path, "--drain-timeout", "1s")
    streams = [Slow(server, "/long", accept) for accept in FORMS[:2]]
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert "Sanitizer" not in server.log()
    for stream in streams:
        _, whole = stream.rest()
        stream.close()
        assert not whole

"""What takes long, or much: temporary files, deep offsets, statements that are stopped, a log that nobody reads."""
import concurrent.futures
import json
import os
import re
import resource
import select
import signal
import socket
import sqlite3
import subprocess

import pytest

from conftest import Server

MIB = 1 << 20

# 20,000 rows with 200 bytes each that are in no file: what is sorted of them is 4 MB.
SPREAD = """
    CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);
    CREATE VIEW spread AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        SELECT i AS id, printf('%0200d', i * 7919 % 20011) AS b FROM n;
"""


def make(path, sql=SPREAD):
    with sqlite3.connect(path) as db:
        db.executescript(sql)
    db.close()
    return path


def limit_files(server, size):
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


DEEP = "/spread?select=id&order=b.desc&limit=1&offset=19998"


ORDINARY = "/spread?select=id,b&order=b.desc&id=lte.1000&limit=1000"


def test_what_is_sorted_goes_to_a_file(serve, tmp_path):
    """RLIMIT_FSIZE stands in for a full disk: only a file meets it."""
    server = serve(db=make(tmp_path / "a.db"), migrations=None)
    whole = server.get(DEEP)
    assert whole.status == 200 and len(whole.json()) == 1
    limit_files(server, MIB)
    reply = server.get(DEEP)
    assert reply.status == 507 and reply.json()["code"] == "53100", reply
    assert server.get(ORDINARY).status == 200
    # …which is the affair of that request alone.
    assert server.post("/note", {"text": "x"}).status == 201
    assert server.get("/readyz").status == 200
    limit_files(server, resource.RLIM_INFINITY)
    assert server.get(DEEP).json() == whole.json()
    assert not [name for name in os.listdir(tmp_path) if "etilqs" in name]


def test_an_ordinary_list_is_sorted_in_memory(serve, tmp_path):
    """Nothing can be written at all, and 1,000 rows are put in order."""
    server = serve(db=make(tmp_path / "a.db"), migrations=None)
    limit_files(server, 0)
    assert len(server.get(ORDINARY).json()) == 1000


def open_temporary_files(server):
    folder, found = f"/proc/{server.process.pid}/fd", set()
    for name in os.listdir(folder):
        try:
            found.add(os.readlink(f"{folder}/{name}"))
        except FileNotFoundError:
            continue
    return {name for name in found if "etilqs" in name}


def test_temporary_files_are_beside_the_database(serve, tmp_path):
    """Not in /tmp, nor where the process was started; and they have no name."""
    data = tmp_path / "data"
    data.mkdir()
    server = serve(db=make(data / "a.db"), migrations=None)
    seen = set()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for _ in range(50):
            asked = pool.submit(server.get, DEEP)
            while not asked.done():
                seen |= open_temporary_files(server)
            assert asked.result().status == 200
            if seen:
                break
    assert seen and all(name.startswith(f"{data}/etilqs") and name.endswith("(deleted)") for name in seen), seen


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"), reason="root writes everywhere")
def test_memory_where_no_file_can_be(serve, tmp_path):
    """A folder that cannot be written: sorts stay in memory, so no limit of files is met."""
    data = tmp_path / "data"
    data.mkdir()
    make(data / "a.db")
    wrap = ("prlimit", f"--fsize={MIB}")
    if os.geteuid() == 0:
        wrap += ("setpriv", "--reuid=65532", "--clear-groups")
        for folder in [tmp_path, *tmp_path.parents]:
            if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o055)
    data.chmod(0o555)
    try:
        server = serve(db=data / "a.db", migrations="none", wrap=wrap)
        assert len(server.get(DEEP).json()) == 1
        server.stop()
    finally:
        data.chmod(0o755)


def test_deep_offsets_are_refused(serve, tmp_path):
    """In the query, for related rows, in Range, in a named query's result: with a hint at what costs nothing."""
    queries = tmp_path / "queries"
    queries.mkdir()
    (queries / "books_of.sql").write_text("-- :author integer\nSELECT id FROM book WHERE author_id = :author")
    server = serve("--max-offset", "100", "--queries", queries)
    for path, headers in [
            ("/author?offset=101", {}), ("/author?offset=99999999999", {}),
            ("/author?select=id,book(id)&book.offset=101", {}),
            ("/author", {"Range": "101-102"}), ("/author?offset=90&limit=20", {"Range": "items=101-"}),
            ("/rpc/books_of?author=3&offset=101", {})]:
        reply = server.request("GET", path, headers=headers)
        assert reply.status == 400 and reply.json()["code"] == "PGRST100", (path, reply)
        assert "cursor=" in reply.json()["hint"] and "--max-offset" in reply.json()["hint"]
    for path in ("/author?offset=100", "/author?select=id,book(id)&book.offset=100", "/author?cursor=&limit=1"):
        assert server.get(path).status in (200, 206), path
    assert server.get("/author", Range="100-101").status in (200, 206)


def test_deep_offsets_by_default(serve, tmp_path):
    server = serve()
    assert server.get("/author?offset=1000000").json() == []
    assert server.get("/author?offset=1000001").status == 400
    unbounded = serve("--max-offset", "0", dir=tmp_path, db="other.db")
    assert unbounded.get("/author?offset=9000000000000000000").json() == []


# ---- a log that nobody reads

class PipedServer(Server):
    """stderr is a pipe that the test alone reads, or a socket."""

    def __init__(self, tmp_path, make_ends, *args):
        self.reading, writing = make_ends()
        self.lines = b""
        original = subprocess.Popen

        def popen(command, **options):
            return original(command, **{**options, "stderr": writing})

        subprocess.Popen = popen
        try:
            super().__init__(tmp_path, *args)
        finally:
            subprocess.Popen = original
            os.close(writing) if isinstance(writing, int) else writing.close()

    def read_all(self):
        """What is there, to the end of it: the process is gone, or says nothing more for a second."""
        os.set_blocking(self.reading.fileno(), False)
        while select.select([self.reading], [], [], 1)[0]:
            piece = os.read(self.reading.fileno(), 1 << 16)
            if not piece:
                break
            self.lines += piece
        return [json.loads(line) for line in self.lines.splitlines()]


def pipe_ends():
    reading, writing = os.pipe()
    return open(reading, "rb", buffering=0), writing


def dropped(server):
    text = server.get("/metrics").body.decode()
    return int(re.search(r"^thimble_log_dropped_total (\d+)$", text, re.M).group(1))


@pytest.mark.parametrize("make_ends", [pipe_ends, socket.socketpair])
def test_a_log_that_nobody_reads(tmp_path, make_ends):
    """Every request is answered; lines are dropped, counted, and told of once somebody reads."""
    server = PipedServer(tmp_path, make_ends, "--access-log")
    connection = server.connect(timeout=60)
    for n in range(2000):
        assert server.request("GET", f"/author{'x' * 200}", connection=connection).status == 404
    connection.close()
    lost = dropped(server)
    assert lost > 0
    lines = server.read_all()
    told = [int(line["msg"].split()[0]) for line in lines if "lines were dropped" in line["msg"]]
    assert sum(told) >= lost
    answered = [line for line in lines if line["msg"] == "request" and line["path"].startswith("/author")]
    assert len(answered) + lost >= 2000
    # From now on they are read again.
    assert server.get("/author/2").status == 200
    assert server.read_all()[-1]["path"] == "/author/2"
    server.signal(signal.SIGTERM)
    assert server.process.wait(30) == 0
    assert "stopping" in server.read_all()[-1]["msg"]
    server.process.stdout.close()
    server.log_file.close()
    server.reading.close()


def test_an_unread_log_does_not_keep_the_process(tmp_path):
    server = PipedServer(tmp_path, pipe_ends, "--access-log", "--drain-timeout", "1s")
    connection = server.connect()
    for _ in range(1500):
        assert server.request("GET", "/author/1", connection=connection).status == 200
    connection.close()
    server.signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    server.process.stdout.close()
    server.log_file.close()
    server.reading.close()


# ---- statements whose time is up

SLOW = """
    CREATE TABLE huge (id INTEGER PRIMARY KEY, t TEXT);
    INSERT INTO huge VALUES (1, printf('%.*c', 2000000, 'a'));
    CREATE TABLE object (id INTEGER PRIMARY KEY, j JSON);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
        INSERT INTO object SELECT 1, json_group_object('k' || i, i) FROM n;
"""
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
SLOW_QUERIES = {  # each took minutes in one step of SQLite's machine, or for ever in many
    "like": "SELECT count(*) FROM huge WHERE t LIKE '%' || printf('%.*c', 900, 'a') || '_b%'",
    "like_utf8": "SELECT count(*) FROM huge WHERE replace(t, 'a', 'ä') LIKE '%' || replace(printf('%.*c', 450, 'a'), 'a', 'ä') || 'b'",
    "glob": "SELECT count(*) FROM huge WHERE t GLOB '*' || printf('%.*c', 900, 'a') || '?b*'",
    "glob_set": "SELECT count(*) FROM huge WHERE t GLOB '*[a-c]' || printf('%.*c', 900, 'a') || '?b*'",
    "instr": "SELECT instr(t, printf('%.*c', 1000000, 'a') || 'b') AS n FROM huge",
    "replace": "SELECT length(replace(t, printf('%.*c', 1000000, 'a') || 'b', '')) AS n FROM huge",
    "trim": "SELECT length(trim(t, printf('%.*c', 5000, 'b') || 'a')) AS n FROM huge",
    "random": ENDLESS + "count(length(randomblob(4000000 + i))) AS n FROM n",
    "patch": "SELECT length(json_patch(j, replace(j, 'k', 'm'))) AS n FROM object, (" + ENDLESS + "i FROM n) WHERE i < 100",
    "endless": ENDLESS + "count(*) AS n FROM n",
}


@pytest.fixture
def slow(serve, tmp_path):
    queries = tmp_path / "queries"
    queries.mkdir()
    for name, sql in SLOW_QUERIES.items():
        (queries / f"{name}.sql").write_text(sql)
    return lambda *flags: serve("--queries", queries, *flags, db=make(tmp_path / "slow.db", SLOW), migrations="none")


def test_one_step_is_interrupted(slow):
    server = slow("--request-timeout", "500ms")
    for name in SLOW_QUERIES:
        reply = server.request("GET", f"/rpc/{name}", connection=server.connect(timeout=60))
        assert reply.status == 504 and reply.json()["code"] == "57014", (name, reply)
        assert server.get("/object?select=id").json() == [{"id": 1}]


def test_what_had_its_time_on_a_loop_is_not_told_to_come_back(slow):
    """It is late when it comes to the reader lane, and waits there for nobody: as late it would be again."""
    server = slow("--request-timeout", "1s", "--loop-budget", "950ms", "--threads", "1")
    for _ in range(4):
        reply = server.request("GET", "/rpc/endless", connection=server.connect(timeout=60))
        assert reply.status == 504 and reply.json()["code"] == "57014", reply
        assert "Retry-After" not in reply.headers


def test_a_merge_is_interrupted(slow):
    """json_patch looks for each key among all keys."""
    server = slow("--request-timeout", "500ms", "--max-body", "16MiB")
    body = json.dumps({"j": {f"m{i}": i for i in range(60000)}})
    reply = server.request("PATCH", "/object?id=eq.1", body, {"Content-Type": "application/merge-patch+json"},
                           connection=server.connect(timeout=60))
    assert reply.status in (503, 504), reply
    assert server.post("/object", {"j": {"a": 1}}).status == 201
    small = server.request("PATCH", "/object?id=eq.2", '{"j":{"b":2}}', {"Content-Type": "application/merge-patch+json"})
    assert small.status in (200, 204)
    assert server.get("/object?id=eq.2").json()[0]["j"] == {"a": 1, "b": 2}


def test_what_is_not_stopped_is_as_it_was(slow, tmp_path):
    """The functions that look at the time answer what they answered."""
    (tmp_path / "queries" / "same.sql").write_text(r"""-- returns one
        SELECT 'aXbXc' LIKE '%x_x%' AS a, 'abc' GLOB '*[b-d]' AS b, 'a%c' LIKE 'a\%c' ESCAPE '\' AS c, 'äöü' LIKE '_ö%' AS d,
               instr('hällo', 'l') AS e, instr(x'010203', x'03') AS f, replace('banana', 'an', '') AS g, trim('xxaxx', 'x') AS h,
               length(randomblob(3000000)) AS i, json_patch('{"a":1,"b":{"c":2}}', '{"a":null,"b":{"d":3}}') AS j,
               length(replace(printf('%.*c', 5000, 'a'), 'a', 'bb')) AS k, instr(printf('%.*c', 5000, 'a') || 'b', 'b') AS l,
               printf('%.*c', 3000, 'a') LIKE '%' || printf('%.*c', 500, 'a') || 'b%' AS m, 'a' LIKE 'a%_' AS n""")
    assert slow().get("/rpc/same").json() == {
        "a": 1, "b": 1, "c": 1, "d": 1, "e": 3, "f": 3, "g": "ba", "h": "a", "i": 3000000, "j": {"b": {"c": 2, "d": 3}},
        "k": 10000, "l": 5001, "m": 0, "n": 0}


def test_no_value_is_a_gigabyte(serve, tmp_path):
    queries = tmp_path / "queries"
    queries.mkdir()
    for name, sql in [("wide", "SELECT length(printf('%900000000d', 1)) AS n"), ("zeroes", "SELECT length(hex(zeroblob(40000000))) AS n"),
                      ("grown", "SELECT length(replace(printf('%.*c', 100000, 'a'), 'a', printf('%.*c', 1000, 'b'))) AS n")]:
        (queries / f"{name}.sql").write_text(sql)
    server = serve("--queries", queries)
    for name in ("wide", "zeroes", "grown"):
        reply = server.get(f"/rpc/{name}")
        assert reply.status in (400, 413) and reply.json()["code"] != "TH504", reply


# ---- much in one request

def test_regular_expressions_of_one_request(server):
    """Each may have 4,000 instructions, all together four times as many."""
    def ask(n):
        return server.get("/author?or=(" + ",".join(f'name.match."(a{{199}}){{{19 - i % 2}}}"' for i in range(n)) + ")")

    assert ask(3).status == 200
    reply = ask(6)
    assert reply.status == 400 and "instructions" in reply.json()["message"] and reply.json()["hint"], reply
    assert server.get("/author?or=(" + ",".join(f'name.match."^a{i}[x-z]"' for i in range(200)) + ")").status == 200


def test_many_names_in_columns_and_csv(serve, tmp_path):
    """Fields and names find each other by hash: 100,000 times 3,000 comparisons would take minutes here."""
    queries = tmp_path / "queries"
    queries.mkdir()
    (queries / "one.sql").write_text("-- :a integer\nSELECT :a AS a")
    path = make(tmp_path / "wide.db", "CREATE TABLE wide (id INTEGER PRIMARY KEY, " +
                ",".join(f"c{i}" for i in range(1999)) + ")")
    server = serve("--queries", queries, "--max-url", "64KiB", db=path, migrations="none")
    names = ",".join(f"x{i:05}" for i in range(3000))
    fields = [f"y{i:06}" for i in range(100000)]
    body = "a," + ",".join(fields) + "\n" + "5" + "," * len(fields) + "\n"
    headers = {"Content-Type": "text/csv"}
    reply = server.request("POST", f"/rpc/one?columns=a,{names}", body, headers, connection=server.connect(timeout=60))
    assert reply.status in (200, 404), reply  # 404: columns= names what is no parameter
    body = "id,c1998,c0," + ",".join(fields) + "\n" + "7,8,9" + "," * len(fields) + "\n"
    reply = server.request("POST", "/wide?columns=id,c0,c1998&select=id,c0,c1998", body, {**headers, "Prefer": "return=representation"},
                           connection=server.connect(timeout=60))
    assert reply.status == 201 and reply.json() == [{"id": 7, "c0": 9, "c1998": 8}], reply
    row = {f"c{i}": i for i in reversed(range(1999))}
    assert server.post("/wide", [{"id": 10, **row}, {"id": 11, **row}]).status == 201
    assert server.get("/wide/11?select=c0,c1998").json() == {"c0": 0, "c1998": 1998}
    assert server.post("/wide", {"nothing": 1}).status == 400

"""Slow reads go to threads of their own: nobody waits for them, and they end when nobody waits for
their answer."""
import http.client
import signal
import socket
import sqlite3
import threading
import time

import pytest
from conftest import Server
from exposition import parse

QUERIES = {
    # A statement that takes as long as it is told to, whatever is in the database.
    "count_to.sql": "-- returns scalar integer\n-- :n integer\n"
                    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < :n) "
                    "SELECT count(*) FROM c",
    "titles.sql": "-- :about text = ''\nSELECT id, title FROM book WHERE title LIKE '%' || :about || '%' ORDER BY id",
    "sign.sql": "-- write\n-- :name text\nINSERT INTO author (name) VALUES (:name) RETURNING id, name",
}
FOR_EVER = "/rpc/count_to?n=1000000000000"
LONG = "/rpc/count_to?n=120000"


@pytest.fixture
def queries(tmp_path):
    folder = tmp_path / "queries"
    folder.mkdir()
    for name, text in QUERIES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def lanes(serve, queries):
    """A factory of servers with the queries above."""
    def start(*flags, **options):
        return serve("--queries", queries, *flags, **options)

    return start


def figures(server):
    return parse(server.get("/metrics").body.decode())


def lane(server, name, **labels):
    return figures(server)[f"thimble_lane_{name}"].value(**labels)


def until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def connect(server, source="127.0.0.1", timeout=60):
    return http.client.HTTPConnection(server.host, server.port, timeout=timeout,
                                      source_address=(source, 0))


def send(server, path, source="127.0.0.1"):
    """Sends a request whose answer nobody reads yet."""
    connection = connect(server, source)
    connection.request("GET", path)
    return connection


def answer(connection):
    reply = connection.getresponse()
    return reply.status, dict(reply.headers), reply.read()


def occupy(server, count, running, source="127.0.0.1"):
    """So many reads that never end, as many of them at work as `running` says."""
    taken = [send(server, FOR_EVER, source) for _ in range(running)]
    until(lambda: lane(server, "running") == running, f"{running} reads run")
    taken += [send(server, FOR_EVER, source) for _ in range(count - running)]
    until(lambda: lane(server, "queue_length") == count - running, "the others wait")
    return taken


@pytest.mark.threads
def test_slow_reads_stop_nobody_and_end_with_their_clients(lanes):
    server = lanes("--threads", "2", "--readers", "3", "--request-timeout", "50s")
    slow = occupy(server, 6, running=2)
    began = time.monotonic()
    for i in range(40):
        assert server.get("/healthz").status == 200
        assert server.get("/author/1").json()["name"] == "Ada Lovelace"
        assert server.post("/author", {"name": f"new {i}"}).status == 201
        assert server.get(f"/author?name=eq.new {i}&select=name").json() == [{"name": f"new {i}"}]
        assert server.get("/readyz").status == 200
    assert time.monotonic() - began < 40, "they did not wait for a slow read"
    assert lane(server, "running") == 2 and lane(server, "queue_length") == 4
    for connection in slow:
        connection.close()
    until(lambda: lane(server, "running") == 0 and lane(server, "queue_length") == 0, "all are gone")
    assert lane(server, "jobs_cancelled_total") == 6
    assert server.get("/author/1").status == 200


def test_a_client_that_goes_away_ends_its_query_soon(lanes):
    server = lanes("--readers", "2", "--request-timeout", "50s")
    for _ in range(3):
        connection, = occupy(server, 1, running=1)
        connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()
        began = time.monotonic()
        until(lambda: lane(server, "running") == 0, "it ended")
        assert time.monotonic() - began < 5
    assert lane(server, "jobs_cancelled_total") == 3


@pytest.mark.threads
def test_a_slow_shape_is_remembered_and_forgiven(lanes):
    server = lanes()
    assert server.get("/rpc/count_to?n=300000").json() == 300000
    assert lane(server, "jobs_total", reason="overrun") == 1
    assert lane(server, "slow_shapes") == 1
    for n in (1, 2, 3):
        assert lane(server, "slow_shapes") == 1
        assert server.get(f"/rpc/count_to?n={n}").json() == n
        assert lane(server, "jobs_total", reason="shape") == n
    assert lane(server, "slow_shapes") == 0, "three fast ones in a row"
    assert server.get("/rpc/count_to?n=4").json() == 4
    assert lane(server, "jobs_total", reason="shape") == 3, "it is a loop's again"


def test_fast_reads_stay(lanes):
    server = lanes("--loop-budget", "2s", "--answer-cache", "0")
    for _ in range(20):
        assert server.get("/author?order=id&limit=3").status == 200
        assert server.get("/book?select=title,author(name)").status == 200
    assert lane(server, "jobs_total") == 0


def test_no_budget_no_lane(lanes):
    server = lanes("--loop-budget", "0", "--max-streams", "0")
    assert server.get(LONG).json() == 120000
    assert not [name for name in figures(server) if name.startswith("thimble_lane")]


@pytest.mark.threads
def test_one_address_has_not_all_threads(lanes):
    """A newcomer waits for nobody who holds a share; who is alone has all but one thread."""
    server = lanes("--readers", "3", "--request-timeout", "50s")
    mine = occupy(server, 4, running=2, source="127.0.0.1")
    for _ in range(3):
        other = send(server, LONG, source="127.0.0.2")
        assert answer(other)[::2] == (200, b"120000")
    assert lane(server, "running") == 2 and lane(server, "queue_length") == 2
    for connection in mine:
        connection.close()


def test_addresses_take_turns(lanes):
    """With one thread: who has many waiting does not go before who has one."""
    server = lanes("--readers", "1", "--request-timeout", "50s")
    first, = occupy(server, 1, running=1)
    many = [send(server, LONG, source="127.0.0.2") for _ in range(8)]
    until(lambda: lane(server, "queue_length") == 8, "they wait")
    one = send(server, LONG, source="127.0.0.3")
    until(lambda: lane(server, "queue_length") == 9, "it waits behind them")
    first.close()
    assert answer(one)[0] == 200
    assert lane(server, "queue_length") > 0, "it was not the last"
    assert [answer(connection)[0] for connection in many] == [200] * 8


def test_a_full_queue(lanes):
    server = lanes("--readers", "1", "--reader-queue", "4", "--request-timeout", "50s")
    taken = occupy(server, 3, running=1)
    status, headers, body = answer(send(server, FOR_EVER))
    assert status == 503 and b'"code":"53300"' in body
    assert 1 <= int(headers["Retry-After"]) <= 60
    others = [send(server, FOR_EVER, source="127.0.0.2") for _ in range(2)]
    until(lambda: lane(server, "queue_length") == 4, "half of the queue is for others")
    assert answer(send(server, FOR_EVER, source="127.0.0.3"))[0] == 503
    assert lane(server, "jobs_refused_total") == 2
    assert server.get("/author/1").status == 200
    for connection in taken + others:
        connection.close()


def test_time_runs_out(lanes):
    """One that runs ends at its deadline; one that has not begun is told to come again before."""
    server = lanes("--readers", "1", "--request-timeout", "3s")
    runs = send(server, FOR_EVER)
    until(lambda: lane(server, "running") == 1, "it runs")
    waits = send(server, FOR_EVER)
    status, headers, body = answer(waits)
    if status == 503:  # else the machine stood still for as long as the other had left
        assert b'"code":"53300"' in body and int(headers["Retry-After"]) >= 1
        assert lane(server, "jobs_withdrawn_total") == 1
    assert status in (503, 504)
    status, headers, body = answer(runs)
    assert status == 504 and b'"code":"57014"' in body and "Retry-After" not in headers
    assert server.get(LONG).status in (200, 504)


@pytest.mark.threads
def test_stopping(lanes):
    """What still runs when the time for it is over does not keep the process."""
    server = lanes("--readers", "2", "--request-timeout", "8s", "--drain-timeout", "1s")
    slow = occupy(server, 3, running=1)
    server.signal(signal.SIGTERM)
    for connection in slow:
        try:
            assert answer(connection)[0] in (503, 504)
        except (http.client.RemoteDisconnected, ConnectionResetError):
            pass  # its time was over
    assert server.wait() == 0


@pytest.mark.threads
def test_many_go_away_while_others_are_answered(lanes):
    server = lanes("--threads", "2", "--readers", "3")

    def come_and_go():
        for i in range(15):
            connection = send(server, FOR_EVER if i % 2 else "/rpc/count_to?n=100000")
            if i % 3 == 0:
                time.sleep(0.01)
            connection.close()

    def stay():
        for _ in range(8):
            assert answer(send(server, "/rpc/count_to?n=120000"))[::2] == (200, b"120000")

    threads = [threading.Thread(target=work) for work in (come_and_go, come_and_go, stay)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: lane(server, "running") == 0 and lane(server, "queue_length") == 0, "all ended")


def test_an_answer_is_kept(lanes):
    """One from the lane's snapshot is the loop's, too, while the database stands still."""
    server = lanes("--threads", "1", "--reader-lane", "all")
    path = "/author?select=name,book(title)&order=id"
    first = server.get(path)
    time.sleep(0.2)  # a database that stands still
    assert [server.get(path).body for _ in range(5)] == [first.body] * 5
    assert lane(server, "jobs_total") == 2, "the first came when nothing was known of the database"
    assert server.post("/author", {"name": "Someone"}).status == 201
    again = server.get(path)
    assert again.json() == first.json() + [{"name": "Someone", "book": []}]


READS = [
    ("GET", "/author", {}),
    ("HEAD", "/author", {}),
    ("GET", "/author?order=name.desc&limit=2", {"Prefer": "count=exact"}),
    ("GET", "/author?order=name.desc&limit=2&offset=1", {"Prefer": "count=estimated"}),
    ("GET", "/author?offset=99", {"Prefer": "count=exact"}),
    ("GET", "/author", {"Range": "1-2", "Range-Unit": "items"}),
    ("GET", "/author", {"Accept": "text/csv"}),
    ("GET", "/author?id=eq.1", {"Accept": "application/vnd.pgrst.object+json"}),
    ("GET", "/author?id=gt.1", {"Accept": "application/vnd.pgrst.object+json"}),
    ("GET", "/author?id=gt.1", {"Accept": "application/vnd.pgrst.plan+json"}),
    ("GET", "/author?id=gt.1", {"Accept": "application/vnd.pgrst.plan+text"}),
    ("GET", "/author?order=id&limit=2&cursor=", {}),
    ("GET", "/author?select=name,book(title,review(stars))&book.order=id", {}),
    ("GET", "/author?select=name,book!inner(title)&book.title=like.*a*", {}),
    ("GET", "/kinds?select=*", {}),
    ("GET", "/author/1", {}),
    ("HEAD", "/author/1", {}),
    ("GET", "/author/77", {}),
    ("GET", "/author/x", {}),
    ("GET", "/pair/x,y", {}),
    ("GET", "/author/1", {"If-None-Match": "*"}),
    ("GET", "/author", {"If-Match": '"0"'}),
    ("GET", "/nothing", {}),
    ("GET", "/autor", {}),
    ("GET", "/author?nothing=eq.1", {}),
    ("GET", "/author?select=name,nothing(id)", {}),
    ("GET", "/author?name=match.(", {}),
    ("GET", "/author", {"Prefer": "handling=strict, nothing=1"}),
    ("GET", "/author", {"Accept": "image/png"}),
    ("GET", "/author", {"Accept-Profile": "other"}),
    ("GET", "/rpc/titles?about=o&select=title", {"Prefer": "count=exact"}),
    ("HEAD", "/rpc/titles", {}),
    ("GET", "/rpc/titles?about=o", {"Accept": "text/csv"}),
    ("GET", "/rpc/titles?about=o", {"Accept": "application/vnd.pgrst.plan+json"}),
    ("GET", "/rpc/nothing", {}),
    ("GET", "/rpc/sign?name=x", {}),
    ("GET", "/rpc/count_to", {}),
    ("GET", "/rpc/count_to?n=3", {}),
    ("GET", "/rpc/count_to?n=3", {"Accept": "text/csv"}),
    ("POST", "/rpc/titles", {}, {"about": "o"}),
    ("POST", "/rpc/titles?select=id&order=id.desc&limit=1", {"Prefer": "count=exact"}, {"about": "a"}),
    ("POST", "/rpc/titles", {}, {"abot": "o"}),
    ("POST", "/rpc/titles", {}, "[1,"),
    ("POST", "/rpc/titles", {}, {"about": "o" * 500000}),
    ("POST", "/rpc/sign", {}, {"name": "Signed"}),
    ("POST", "/rpc/sign", {"Accept": "application/vnd.pgrst.plan+json"}, {"name": "Planned"}),
    ("OPTIONS", "/author", {}),
    ("OPTIONS", "/rpc/titles", {}),
    ("GET", "/", {}),
    ("HEAD", "/", {}),
    ("GET", "/openapi.json", {"If-None-Match": "*"}),
    ("POST", "/author", {}, {"name": "Late"}),
    ("PATCH", "/author/1", {}, {"born": 1816}),
    ("PATCH", "/author/1", {}, {}),
    ("GET", "/author/1", {}),
    ("DELETE", "/author/4", {}),
    ("GET", "/author", {"Prefer": "count=exact"}),
]


def ask(server, method, path, headers, body=None):
    headers = dict(headers)
    if body is not None:
        headers["Content-Type"] = "application/json"
    reply = server.request(method, path, body, headers)
    unequal = {"date", "x-request-id"}
    return (reply.status, reply.body,
            [(k, v) for k, v in reply.headers.items() if k.lower() not in unequal])


def test_the_lane_answers_as_the_loop_does(queries, tmp_path):
    answers = []
    for flags in (["--loop-budget", "0"], ["--reader-lane", "all"]):
        folder = tmp_path / flags[0]
        folder.mkdir()
        server = Server(folder, "--queries", queries, "--allow-plan", *flags)
        answers.append([ask(server, *request) for request in READS])
        if flags[0] == "--reader-lane":
            assert lane(server, "jobs_total", reason="all") > 30
        server.stop()
    for request, on_loop, in_lane in zip(READS, *answers):
        assert on_loop == in_lane, request


@pytest.mark.threads
def test_the_description_is_made_once(lanes):
    """For each catalogue, by the lane; the loops only send it."""
    server = lanes("--threads", "2", "--answer-cache", "0")
    replies = [None] * 12

    def ask_for_it(i):
        replies[i] = server.get("/" if i % 2 else "/openapi.json")

    threads = [threading.Thread(target=ask_for_it, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = replies[0]
    assert all((r.status, r.body, r.headers["ETag"]) == (200, first.body, first.headers["ETag"])
               for r in replies)
    asked = lane(server, "jobs_total", reason="description")
    assert 1 <= asked <= 12
    assert server.get("/").body == first.body
    assert server.get("/", If_None_Match=first.headers["ETag"]).status == 304
    head = server.head("/")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(first.body))
    assert lane(server, "jobs_total", reason="description") == asked, "the others cost nothing"
    with sqlite3.connect(server.db) as db:
        db.execute("CREATE TABLE fresh (id INTEGER PRIMARY KEY)")
    time.sleep(0.1)
    assert "/fresh" in server.get("/").json()["paths"]
    assert lane(server, "jobs_total", reason="description") == asked + 1


@pytest.mark.threads
def test_a_large_schema_that_changes_is_read_by_the_lane(lanes):
    """Reads wait for it there, and see it; the loops go on."""
    server = lanes("--threads", "2", "--answer-cache", "0")
    with sqlite3.connect(server.db) as db:
        for i in range(80):
            db.execute(f"CREATE TABLE t{i} (id INTEGER PRIMARY KEY, a TEXT)")
    time.sleep(0.1)
    assert server.get("/t7").json() == []
    for n in range(6):
        with sqlite3.connect(server.db) as db:
            db.execute(f"ALTER TABLE t7 ADD COLUMN b{n} TEXT")
            db.execute(f"INSERT INTO t7 (b{n}) VALUES ('x')")
        time.sleep(0.1)
        assert server.get("/readyz").status == 200
        rows = server.get("/t7?order=id.desc").json()
        assert rows[0][f"b{n}"] == "x" and len(rows) == n + 1
        assert server.post("/t7", {f"b{n}": "y"}).json()[f"b{n}"] == "y"
        assert server.delete(f"/t7?b{n}=eq.y").status == 204
    assert lane(server, "jobs_total", reason="schema") >= 1


def test_a_description_that_is_too_large(lanes):
    server = lanes("--max-answer", "2KiB")
    for _ in range(2):
        reply = server.get("/")
        assert reply.status == 400 and reply.json()["code"] == "54000"


def test_pipelined_requests_keep_their_order(lanes):
    server = lanes("--request-timeout", "50s")
    sock = server.raw(f"GET {LONG} HTTP/1.1\r\nHost: x\r\n\r\n"
                      "GET /author/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    received = b""
    while chunk := sock.recv(65536):
        received += chunk
    assert received.count(b"HTTP/1.1 200") == 2
    assert received.index(b"120000") < received.index(b"Ada Lovelace")


def slow_reads_without_a_gap(server, stop, phase):
    """One read after another that ends at its deadline."""
    time.sleep(phase)
    while not stop.is_set():
        server.get(FOR_EVER)


def test_reads_without_a_gap_do_not_keep_the_log_for_ever(lanes, tmp_path):
    server = lanes("--readers", "3", "--request-timeout", "2s", "--checkpoint-pages", "4")
    log, stop = tmp_path / "test.db-wal", threading.Event()
    readers = [threading.Thread(target=slow_reads_without_a_gap, args=(server, stop, phase))
               for phase in (0, 0.5, 1, 1.5)]
    for reader in readers:
        reader.start()
    try:
        until(lambda: lane(server, "running") >= 2, "they overlap")
        deadline, before, n = time.monotonic() + 90, 0, 0
        while log.stat().st_size != before or before < 200 * 4096:
            before = log.stat().st_size
            for _ in range(20):
                n += 1
                assert server.post("/author", {"name": f"{n:03000}"}).status == 201
            time.sleep(0.2)
            assert time.monotonic() < deadline, f"it grows for ever: {before} bytes"
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_a_unix_socket(lanes):
    server = lanes("--readers", "2", "--request-timeout", "50s", listen="unix:lane.sock")
    assert server.get(LONG).json() == 120000
    connection = server.connect()
    connection.request("GET", FOR_EVER)
    until(lambda: lane(server, "running") == 1, "it runs")
    connection.close()
    until(lambda: lane(server, "running") == 0, "it ended")


@pytest.mark.parametrize("flags", [("--readers", "257"), ("--reader-queue", "0"), ("--loop-budget", "11s"),
                                   ("--reader-lane", "some")])
def test_flags_out_of_range(flags):
    from conftest import run
    code, _, err = run("serve", *flags)
    assert code == 2 and flags[0] in err

"""GET /metrics, the operators' listener, and what is built on them."""
import json
import pathlib
import re
import socket
import sqlite3
import threading
import time

import pytest

from conftest import ROOT, run
from exposition import parse

MONITORING = ROOT / "deploy" / "monitoring"
KEPT = 0.15  # seconds until an idle loop has released its snapshot and told of its page cache

SLOW = ("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"
        "CREATE VIEW slow AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c) "
        "SELECT n FROM c WHERE n < 0;")


def scrape(server, connection=None):
    reply = server.request("GET", "/metrics", connection=connection)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parse(reply.body.decode())


def operators(server):
    """Another Server, at the operators' listener of the same process."""
    urls = re.findall(r"(http://\S+|unix:\S+)", server.ready_line)
    assert len(urls) == 2, server.ready_line
    other = object.__new__(type(server))
    other.dir, other.url = server.dir, urls[1]
    if not other.url.startswith("unix:"):
        host, port = other.url[7:].rsplit(":", 1)
        other.host, other.port = host, int(port)
    return other


def settled(server, condition):
    """The first scrape that meets the condition: a request is counted after its answer was read."""
    for _ in range(2000):
        found = scrape(server)
        if condition(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {condition}")


def requests(found, **labels):
    return found["thimble_http_requests_total"].value(**labels)


def rejected(found, reason):
    return found["thimble_http_requests_rejected_total"].value(reason=reason)


def test_the_whole_page_is_well_formed(server):
    found = scrape(server)
    assert len(found) > 30
    assert all(re.match(r"(thimble|process)_", name) for name in found)
    assert server.head("/metrics").status == 200
    assert server.request("POST", "/metrics", "x").status == 405


def test_build_info(server):
    (name, labels), value = list(scrape(server)["thimble_build_info"].samples.items())[0]
    labels = dict(labels)
    versions = run("version")[1]
    assert value == 1
    assert f"thimble {labels['version']}\n" in versions and f"SQLite {labels['sqlite']}\n" in versions
    assert f"libmicrohttpd {labels['libmicrohttpd']}\n" in versions and labels["libc"] in versions


def test_requests_move(server):
    for _ in range(3):
        assert server.get("/author/1").status == 200
    assert server.get("/author/999").status == 404
    assert server.get("/author?limit=1").status == 200
    assert server.head("/author/1").status == 200
    assert server.post("/author", {"name": "New"}).status == 201
    assert server.patch("/author/1", {"name": "Other"}).status == 200
    assert server.get("/nothing/at/all").status == 404
    assert server.request("BREW", "/author").status == 405
    found = settled(server, lambda f: requests(f, method="other") == 1)
    assert requests(found, route="row", method="GET", status="2xx") == 3
    assert requests(found, route="row", method="GET", status="4xx") == 1
    assert requests(found, route="row", method="HEAD") == 1
    assert requests(found, route="row", method="PATCH") == 1
    assert requests(found, route="list", method="GET", status="2xx") == 1
    assert requests(found, route="list", method="POST", status="2xx") == 1
    assert requests(found, route="list", method="other", status="4xx") == 1
    assert requests(found, route="none", status="4xx") == 1
    durations = found["thimble_http_request_duration_seconds"]
    assert durations.value("_count", route="row") == 6
    assert 0 < durations.value("_sum", route="row") < 60


def test_what_a_route_can_do_is_there_at_zero(server):
    found = scrape(server)
    assert requests(found, route="list", method="POST", status="5xx") == 0
    assert requests(found, route="rpc", method="GET", status="4xx") == 0
    assert rejected(found, "queue") == 0


def test_the_label_set_does_not_grow(server):
    def series(found):
        return {key for family in found.values() for key in family.samples}

    for method in ("GET", "OPTIONS", "BREW"):
        server.request(method, "/nothing-0/1")
        server.request(method, "/no/such/path")
    settled(server, lambda f: requests(f, route="none") == 3)
    before = series(scrape(server))
    for i in range(50):
        for method in ("GET", "OPTIONS", "BREW", f"BREW{i}"):
            server.request(method, f"/nothing-{i}/1?x{i}=eq.{i}")
            server.request(method, f"/no/such/path-{i}", headers={"X-Request-Id": f"id-{i}"})
    found = settled(server, lambda f: requests(f, route="none") == 203)
    assert series(found) == before
    assert len(before) < 600


@pytest.mark.threads
def test_sums_over_the_loops(serve):
    server = serve("--threads", "4")
    done = []

    def work(i):
        connection = server.connect()
        for j in range(50):
            if j % 5 == 0:
                reply = server.request("POST", "/author", {"name": f"{i}-{j}"}, connection=connection)
            else:
                reply = server.request("GET", "/author/1", connection=connection)
            done.append((j % 5 == 0, reply.status))
        connection.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        scrape(server)  # while the counters move: the page is well-formed at any time
    for thread in threads:
        thread.join()
    assert len(done) == 800 and {status for _, status in done} == {200, 201}
    found = settled(server, lambda f: requests(f, route="row") == 640)
    assert requests(found, route="row", method="GET", status="2xx") == 640
    assert requests(found, route="list", method="POST", status="2xx") == 160
    assert found["thimble_http_request_duration_seconds"].value("_count", route="row") == 640
    assert found["thimble_writer_jobs_total"].value() == 160
    assert found["thimble_writer_batch_jobs"].value("_sum") == 160
    batches = found["thimble_writer_batch_jobs"].value("_count")
    assert 0 < batches <= 160
    assert found["thimble_commit_duration_seconds"].value("_count") == batches
    assert found["thimble_commit_duration_seconds"].value("_sum") > 0
    assert found["thimble_http_requests_in_flight"].value() == 1, "the scrape itself"
    assert found["thimble_http_connections_accepted_total"].value(listener="main") >= 17


def test_bytes(server):
    before = scrape(server)
    sock = server.raw()
    body = b'{"name":"' + b"x" * 5000 + b'"}'
    request = b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    sock.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(65536)
    length = int(re.search(rb"Content-Length: (\d+)", answer)[1])
    while len(answer) < answer.index(b"\r\n\r\n") + 4 + length:
        answer += sock.recv(65536)
    sock.close()
    after = settled(server, lambda f: requests(f, method="POST") == 1)
    received = after["thimble_http_received_bytes_total"].value() - \
        before["thimble_http_received_bytes_total"].value()
    sent = after["thimble_http_sent_bytes_total"].value() - before["thimble_http_sent_bytes_total"].value()
    assert len(request) - 10 <= received < len(request) + 2000, "the scrapes are small"
    assert sent >= length


def test_in_flight_and_connections(server):
    held = [server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            for _ in range(5)]
    found = settled(server, lambda f: f["thimble_http_requests_in_flight"].value() == 6)
    assert found["thimble_http_connections"].value(listener="main") >= 6
    assert found["thimble_http_connections_limit"].value(listener="main") == 1280  # what --memory lets in
    for sock in held:
        sock.close()
    settled(server, lambda f: f["thimble_http_requests_aborted_total"].value() == 5 and
            f["thimble_http_requests_in_flight"].value() == 1)


def test_kept_answers(serve):
    server = serve("--threads", "1")
    connection = server.connect()
    server.request("GET", "/author/1", connection=connection)
    before = scrape(server)
    time.sleep(KEPT)
    for _ in range(20):
        server.request("GET", "/author/1", connection=connection)
    found = settled(server, lambda f: f["thimble_http_answer_cache_hits_total"].value() >= 19)
    assert found["thimble_http_answer_cache_hits_total"].value() == 19
    assert before["thimble_http_answer_cache_hits_total"].value() == 0
    assert requests(found, route="row", method="GET", status="2xx") == 21


def test_caches(serve):
    """The second time, a statement is found prepared and a page in memory."""
    server = serve("--answer-cache", "0")
    connection = server.connect()
    server.request("GET", "/author/1", connection=connection)
    time.sleep(KEPT)
    before = scrape(server, connection)
    for _ in range(20):
        server.request("GET", "/author/1", connection=connection)
    time.sleep(KEPT)
    after = scrape(server, connection)
    connection.close()

    def gained(name, **labels):
        return after[name].value(**labels) - before[name].value(**labels)

    assert gained("thimble_statement_cache_hits_total", connection="reader") >= 20
    assert gained("thimble_page_cache_hits_total", connection="reader") >= 20
    server.get("/author?select=id,name&id=eq.1&name=neq.never-asked-before")
    later = scrape(server)
    name = "thimble_statement_cache_misses_total"
    assert later[name].value(connection="reader") > after[name].value(connection="reader")
    server.post("/author", {"name": "One"})
    server.post("/author", {"name": "Two"})
    found = scrape(server)
    assert found["thimble_statement_cache_hits_total"].value(connection="writer") > 0
    assert found["thimble_page_cache_hits_total"].value(connection="writer") > 0


def test_sizes_and_checkpoints(serve):
    server = serve("--checkpoint-pages", "20")
    for _ in range(40):
        server.post("/note", {"body": "x" * 20000})
    wal = server.dir / "test.db-wal"
    # A checkpoint may still be at work when the last answer is there.
    found = settled(server, lambda f:
                    f["thimble_checkpoint_duration_seconds"].value("_count", mode="passive") > 0 and
                    f["thimble_database_size_bytes"].value() == server.db.stat().st_size and
                    f["thimble_wal_size_bytes"].value() == wal.stat().st_size)
    assert found["thimble_checkpoint_duration_seconds"].value("_sum", mode="passive") > 0


def test_what_is_not_checkpointed_is_pending(serve):
    server = serve("--checkpoint-pages", "100000")
    assert scrape(server)["thimble_wal_pending_bytes"].value() == 0
    server.post("/note", {"body": "x" * 100000})
    pending = scrape(server)["thimble_wal_pending_bytes"].value()
    assert 100000 < pending <= (server.dir / "test.db-wal").stat().st_size


def test_failed_writes(server):
    assert server.post("/author", {"id": 1, "name": "Twice"}).status == 409
    found = scrape(server)
    assert found["thimble_writer_jobs_failed_total"].value() == 1
    assert found["thimble_commit_duration_seconds"].value("_count") == 0, "nothing was committed"


def test_rejected_by_limits(serve):
    server = serve("--max-url", "200", "--max-headers", "1KiB", "--max-body", "1KiB",
                   "--max-answer", "4KiB", "--max-streams", "0")
    assert server.get("/author?name=eq." + "x" * 300).status == 414
    assert server.get("/author/1", X_Long="x" * 2000).status == 431
    assert server.request("POST", "/author", "x" * 2000).status == 413
    for _ in range(8):
        server.post("/note", {"body": "x" * 900})
    assert server.get("/note").status == 400
    found = settled(server, lambda f: rejected(f, "answer") == 1)
    assert [rejected(found, reason) for reason in ("url", "headers", "body")] == [1, 1, 1]
    assert rejected(found, "queue") == 0


def test_rejected_connections(serve):
    server = serve("--max-connections", "4", "--max-connections-per-address", "0", "--metrics-listen", "127.0.0.1:0")
    kept = [server.connect() for _ in range(4)]
    for connection in kept:
        assert server.request("GET", "/author/1", connection=connection).status == 200
    assert server.get("/author/1").status == 503
    found = settled(operators(server), lambda f: rejected(f, "connections") == 1)
    assert found["thimble_http_connections"].value(listener="main") >= 4
    assert found["thimble_http_connections_limit"].value(listener="main") == 4
    refused = found["thimble_http_connections_refused_total"]
    assert refused.value(listener="main", reason="connections") == 1
    assert refused.value(listener="operators") == 0
    for connection in kept:
        connection.close()


def test_rejected_by_address(serve):
    server = serve("--max-connections-per-address", "2", "--metrics-listen", "127.0.0.1:0")
    kept = [server.connect() for _ in range(2)]
    for connection in kept:
        assert server.request("GET", "/author/1", connection=connection).status == 200
    assert server.get("/author/1").status == 429
    found = settled(operators(server), lambda f: rejected(f, "address") == 1)
    refused = found["thimble_http_connections_refused_total"]
    assert refused.value(listener="main", reason="address") == 1
    for connection in kept:
        connection.close()


def test_a_full_queue(serve):
    """The writer is held up by another process's lock, one place in the queue."""
    server = serve("--queue-length", "1", "--batch-max", "1", "--busy-timeout", "25s")
    other = sqlite3.connect(server.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    replies = []
    threads = [threading.Thread(target=lambda i=i: replies.append(
        server.post("/author", {"name": f"q{i}"}))) for i in range(6)]
    for thread in threads:
        thread.start()
    found = settled(server, lambda f: rejected(f, "queue") == 5)
    assert found["thimble_writer_queue_length"].value() == 1
    assert found["thimble_writer_queue_limit"].value() == 1
    assert found["thimble_writer_jobs_refused_total"].value() == 5
    other.execute("COMMIT")
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201, 503, 503, 503, 503, 503]
    settled(server, lambda f: f["thimble_writer_queue_length"].value() == 0)


def test_process(server):
    found = scrape(server)
    pid = server.process.pid
    start = found["process_start_time_seconds"].value()
    assert abs(time.time() - start) < 60
    assert scrape(server)["process_start_time_seconds"].value() == start, "it stands still"
    fds = len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
    assert abs(found["process_open_fds"].value() - fds) <= 2
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    assert str(int(found["process_max_fds"].value())) in re.search("Max open files.*", limits)[0]
    assert found["process_resident_memory_bytes"].value() > 500_000
    assert found["process_virtual_memory_bytes"].value() >= found["process_resident_memory_bytes"].value()
    for _ in range(300):
        server.get("/author")
    assert scrape(server)["process_cpu_seconds_total"].value() > \
        found["process_cpu_seconds_total"].value() > 0


def test_ready_follows_readiness(server):
    assert scrape(server)["thimble_ready"].value() == 1
    db = sqlite3.connect(server.db)
    db.execute("DELETE FROM thimble_migrations WHERE version = 2")
    db.commit()
    time.sleep(0.1)  # no loop keeps a snapshot for longer
    assert scrape(server)["thimble_ready"].value() == 0
    assert server.get("/readyz").status == 503


# ---- the operators' listener

def test_operators_listener(serve):
    server = serve("--metrics-listen", "127.0.0.1:0")
    apart = operators(server)
    assert apart.port != server.port and server.ready_line.count("\n") == 1
    for path in ("/metrics", "/healthz", "/livez", "/readyz"):
        assert apart.get(path).status == 200, path
        reply = server.get(path)
        assert reply.status == 404 and b"--metrics-listen" in reply.body, path
        assert server.head(path).status == 404, path
    for path in ("/author", "/author/1", "/", "/openapi.json", "/rpc/x"):
        reply = apart.get(path)
        assert reply.status == 404, path
    assert "--listen" in apart.get("/author").json()["hint"]
    assert apart.post("/author", {"name": "No"}).status == 404
    assert server.get("/author/1").status == 200
    found = settled(apart, lambda f: requests(f, route="row", status="2xx") == 1)  # the other's
    assert found["thimble_http_connections"].value(listener="operators") >= 1


def test_healthcheck_asks_where_the_probes_are(serve):
    server = serve("--metrics-listen", "127.0.0.1:0")
    main, apart = f"127.0.0.1:{server.port}", f"127.0.0.1:{operators(server).port}"
    assert run("healthcheck", "--listen", main, "--metrics-listen", apart)[0] == 0
    assert run("healthcheck", env={"THIMBLE_METRICS_LISTEN": apart})[0] == 0
    code, _, err = run("healthcheck", "--listen", main)
    assert code == 1 and "404" in err
    server.stop()
    code, _, err = run("healthcheck", "--listen", main, "--metrics-listen", apart)
    assert code == 1 and apart in err and err.count("\n") == 1


def test_operators_on_a_unix_socket(serve):
    server = serve("--metrics-listen", "unix:ops.sock")
    assert scrape(operators(server))["thimble_ready"].value() == 1
    assert run("healthcheck", "--metrics-listen", f"unix:{server.dir}/ops.sock")[0] == 0
    server.stop()
    assert not (server.dir / "ops.sock").exists()


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999"])
def test_bad_operators_address(tmp_path, address):
    code, out, err = run("serve", "--db", tmp_path / "x.db", "--listen", "127.0.0.1:0",
                         "--metrics-listen", address)
    assert code == 2 and out == "" and err.count("\n") == 1 and address in err
    assert not (tmp_path / "x.db").exists()


def test_operators_address_in_use(server, tmp_path):
    taken = f"127.0.0.1:{server.port}"
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--listen", "127.0.0.1:0",
                       "--metrics-listen", taken)
    assert code == 1 and "in use" in err and "--metrics-listen" in err and err.count("\n") == 1
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--listen", address,
                       "--metrics-listen", address)
    assert code == 2 and "--listen as well" in err and err.count("\n") == 1
    assert not (tmp_path / "x.db").exists()


def test_operators_connection_limit(serve):
    server = serve("--metrics-listen", "127.0.0.1:0", "--max-metrics-connections", "2")
    apart = operators(server)
    kept = [apart.connect() for _ in range(2)]
    for connection in kept:
        assert apart.request("GET", "/healthz", connection=connection).status == 200
    assert apart.get("/healthz").status == 503
    found = scrape(apart, kept[0])
    assert found["thimble_http_connections_limit"].value(listener="operators") == 2
    assert found["thimble_http_connections_refused_total"].value(
        listener="operators", reason="connections") == 1
    assert server.get("/author/1").status == 200, "the main listener has its own limit"
    for connection in kept:
        connection.close()


def test_operators_are_answered_while_the_loops_are_stuck(serve, tmp_path):
    """Every main loop is in a query without end, and no more connections are taken."""
    migrations = tmp_path / "slow"
    migrations.mkdir()
    (migrations / "0001_slow.sql").write_text(SLOW)
    server = serve("--metrics-listen", "127.0.0.1:0", "--threads", "1", "--request-timeout", "6s",
                   "--loop-budget", "0",
                   "--max-connections", "3", "--max-connections-per-address", "0", migrations=migrations)
    apart = operators(server)
    stuck = [server.raw(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(8)]
    settled(apart, lambda f: f["thimble_http_requests_in_flight"].value() >= 2)
    with pytest.raises(OSError):
        server.request("GET", "/t", connection=server.connect(timeout=0.5))
    start = time.monotonic()
    for _ in range(10):
        assert apart.get("/healthz").status == 200
        assert apart.get("/readyz").status == 200
        scrape(apart)
    assert time.monotonic() - start < 5, "they do not wait for the queries"
    found = settled(apart, lambda f: rejected(f, "timeout") >= 1)
    assert requests(found, route="list", status="5xx") >= 1
    for sock in stuck:
        sock.close()


def test_operators_are_answered_while_it_drains(serve):
    import signal
    server = serve("--metrics-listen", "127.0.0.1:0", "--drain-timeout", "3s")
    apart = operators(server)
    held = server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    settled(apart, lambda f: f["thimble_http_requests_in_flight"].value() == 2)
    server.signal(signal.SIGTERM)
    for _ in range(50):
        reply = apart.get("/readyz")
        if reply.status == 503:
            break
        time.sleep(0.02)
    assert reply.status == 503 and b"[-]shutdown" in reply.body
    assert apart.get("/livez").status == 200
    assert scrape(apart)["thimble_ready"].value() == 0
    held.close()
    assert server.wait() == 0


# ---- what stands on the names

def names_in(text):
    """Metric names in an expression; a histogram's are its family's."""
    found = set(re.findall(r"\b(?:thimble|process)_[a-z0-9_]+", text))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


def expressions(value):
    """Every "expr" and "query" in a dashboard."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("expr", "query", "definition") and isinstance(item, str):
                yield item
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def test_the_dashboard_and_the_rules_know_the_metrics(serve):
    server = serve("--metrics-listen", "127.0.0.1:0")
    there = set(scrape(operators(server)))
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    shown = names_in("\n".join(expressions(dashboard)))
    watched = names_in(re.sub(r"(?m)^\s*#.*$", "", (MONITORING / "alerts.yaml").read_text()))
    assert len(shown) > 20 and len(watched) > 5
    assert shown <= there, shown - there
    assert watched <= there, watched - there
    assert there - shown <= {"process_virtual_memory_bytes"}, "every metric has a panel"


def test_the_documentation_lists_every_metric(serve):
    server = serve("--metrics-listen", "127.0.0.1:0")
    found = scrape(operators(server))
    page = (ROOT / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `((?:thimble|process)_\w+)` \| (\w+) \|([^|]*)\|", page, re.M)
    documented = {name: (kind, sorted(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert len(documented) == len(rows)
    assert documented == {name: (family.kind, family.labels()) for name, family in found.items()}

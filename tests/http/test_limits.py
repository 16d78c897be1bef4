"""Every limit: what is within it passes, what is over it is told so and what to change."""
import socket
import time

import pytest


def test_body_limit(serve):
    server = serve("--max-body", "1KiB")
    fits = '{"name":"%s"}' % ("x" * (1024 - 11))
    assert len(fits) == 1024
    assert server.request("POST", "/author", fits).status == 201
    reply = server.request("POST", "/author", fits.replace("x", "xy", 1))
    assert reply.status == 413 and "--max-body" in reply.json()["hint"]


def test_body_limit_without_a_length(serve):
    server = serve("--max-body", "1KiB")
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    with server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 2 + b"0\r\n\r\n") as sock:
        assert sock.recv(4096).split(b" ")[1] == b"413"
    with server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n") as sock:
        with pytest.raises(OSError):
            for _ in range(2000):
                sock.sendall(chunk)
                time.sleep(0.001)
    assert server.get("/author/1").status == 200


def test_url_limit(serve):
    server = serve("--max-url", "200")
    path = "/author?name=eq."
    assert server.get(path + "x" * (200 - len(path))).status == 200
    reply = server.get(path + "x" * (201 - len(path)))
    assert reply.status == 414 and reply.json()["code"] == "TH414"


def test_url_far_over_the_limit(server):
    with server.raw(b"GET /" + b"x" * 200000 + b" HTTP/1.1\r\nHost: x\r\n\r\n") as sock:
        assert sock.recv(4096).split(b" ")[1] in (b"414", b"431")


def test_header_limit(serve):
    server = serve("--max-headers", "1KiB")
    assert server.get("/author/1", X_Big="x" * 800).status == 200
    reply = server.get("/author/1", X_Big="x" * 1100)
    assert reply.status == 431 and reply.json()["code"] == "TH431"


def test_array_limit(serve):
    server = serve("--max-elements", "3")
    assert server.post("/author", [{"name": f"n{i}"} for i in range(3)]).status == 201
    assert server.post("/author", [{"name": f"m{i}"} for i in range(4)]).status == 413


def test_depth_limit(serve):
    server = serve("--max-depth", "5")
    assert server.request("POST", "/kinds", '{"j":[[[1]]]}').status == 201
    reply = server.request("POST", "/kinds", '{"j":[[[[[1]]]]]}')
    assert reply.status == 400 and reply.json()["code"] == "PGRST102"


def test_answer_limit(serve):
    server = serve("--max-answer", "4KiB", "--max-streams", "0")
    server.post("/note", [{"body": "x" * 1000} for _ in range(8)])
    reply = server.get("/note")
    assert reply.status == 400 and "limit=" in reply.json()["hint"]
    assert server.get("/note?limit=2").status == 200


def test_connection_limit_says_503(serve):
    server = serve("--max-connections", "4", "--max-connections-per-address", "0", "--threads", "2")
    kept = [server.connect() for _ in range(4)]
    for connection in kept:
        assert server.request("GET", "/author/1", connection=connection).status == 200
    reply = server.get("/author/1")
    assert reply.status == 503 and reply.headers["Retry-After"]
    assert reply.headers["Connection"] == "close"
    kept.pop().close()
    for _ in range(50):
        if (status := server.get("/author/1").status) == 200:
            break
        time.sleep(0.05)
    assert status == 200, "a place that is given back can be had"
    for connection in kept:
        connection.close()


def test_connection_limit_per_address_says_429(serve):
    server = serve("--max-connections-per-address", "3")
    kept = [server.connect() for _ in range(3)]
    for connection in kept:
        assert server.request("GET", "/author/1", connection=connection).status == 200
    reply = server.get("/author/1")
    assert reply.status == 429 and reply.headers["Retry-After"]
    for connection in kept:
        connection.close()


def idle_from(server, address, n):
    """n connections from there on which nothing is sent."""
    held = []
    for _ in range(n):
        sock = socket.socket()
        sock.bind((address, 0))
        sock.connect((server.host, server.port))
        held.append(sock)
    return held


@pytest.mark.parametrize("flags,most", [(("--max-connections", "20"), 10),
                                        (("--max-connections", "1000", "--memory", "16MiB"), 106),
                                        (("--max-connections", "600"), 150),
                                        (("--max-connections", "20", "--max-connections-per-address", "15"), 15)])
def test_one_address_does_not_keep_others_out(serve, flags, most):
    """It has as many as it may, and is told so, or its connections are closed; whoever else comes is served."""
    server = serve(*flags, "--threads", "1")  # they are accepted in their order
    held = idle_from(server, "127.0.0.2", most)
    over = idle_from(server, "127.0.0.2", 1)[0]
    over.sendall(b"GET /author/1 HTTP/1.1\r\nHost: x\r\n\r\n")
    over.settimeout(20)
    answer = over.recv(4096)
    assert answer.startswith(b"HTTP/1.1 429") and b"%d connections" % most in answer
    held[0].sendall(b"GET /author/1 HTTP/1.1\r\nHost: x\r\n\r\n")
    held[0].settimeout(20)
    assert held[0].recv(4096).startswith(b"HTTP/1.1 200"), "the last of what it may have"
    held += idle_from(server, "127.0.0.2", 300)
    others = [server.connect() for _ in range(3)]
    for connection in others * 3:
        assert server.request("GET", "/author/1", connection=connection).status == 200
    for sock in held + others + [over]:
        sock.close()


def test_full_queue_says_503(serve):
    """The writer is held up by another process's lock; one place in the queue."""
    import sqlite3
    import threading
    server = serve("--queue-length", "1", "--batch-max", "1", "--busy-timeout", "3s")
    other = sqlite3.connect(server.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    replies = []
    threads = [threading.Thread(target=lambda i=i: replies.append(
        server.post("/author", {"name": f"q{i}"}))) for i in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    other.execute("COMMIT")
    for thread in threads:
        thread.join()
    refused = [r for r in replies if r.status == 503]
    made = [r for r in replies if r.status == 201]
    assert refused and made and len(refused) + len(made) == 8
    assert all(r.headers["Retry-After"] for r in refused)
    count = sqlite3.connect(server.db).execute(
        "SELECT count(*) FROM author WHERE name LIKE 'q%'").fetchone()[0]
    assert count == len(made), "what was refused was not done"


def test_locked_database_says_503(serve):
    import sqlite3
    server = serve("--busy-timeout", "200ms")
    other = sqlite3.connect(server.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    reply = server.post("/author", {"name": "Locked"})
    assert reply.status == 503 and reply.json()["code"] == "55P03" and reply.headers["Retry-After"]
    assert server.get("/author/1").status == 200, "reading goes on"
    other.execute("ROLLBACK")
    assert server.post("/author", {"name": "Locked"}).status == 201


def test_long_query_is_stopped(serve, tmp_path):
    migrations = tmp_path / "slow"
    migrations.mkdir()
    (migrations / "0001_slow.sql").write_text(
        "CREATE TABLE t (id INTEGER PRIMARY KEY);"
        "CREATE VIEW slow AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c) "
        "SELECT n FROM c WHERE n < 0;")
    server = serve("--request-timeout", "1s", migrations=migrations)
    reply = server.get("/slow")
    assert reply.status == 504 and reply.json()["code"] == "57014"
    assert server.get("/t").status == 200


def test_unused_connections_do_not_pile_up(serve):
    server = serve("--idle-timeout", "1s")
    idle = [server.raw() for _ in range(50)]
    time.sleep(0.2)
    assert server.get("/author/1").status == 200
    for sock in idle:
        sock.settimeout(10)
        assert sock.recv(1) == b""
        sock.close()
    assert isinstance(idle[0], socket.socket)

"""--rate-limit: so many requests of one client in a time, and what answers say of it. Rates are by the hour here, so
that no token comes while a test runs, however slow the machine is."""
import concurrent.futures
import re
import socket

import pytest

from conftest import run


def quota(reply):
    """(policy, q, w, r, t) of an answer; None if it says nothing."""
    if "RateLimit" not in reply.headers:
        assert "RateLimit-Policy" not in reply.headers
        return None
    policy = re.fullmatch(r'"(\w+)";q=(\d+);w=(\d+)', reply.headers["RateLimit-Policy"])
    limit = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', reply.headers["RateLimit"])
    assert policy[1] == limit[1]
    return policy[1], int(policy[2]), int(policy[3]), int(limit[2]), int(limit[3])


def ask_from(server, source, path="/author/1"):
    with socket.create_connection((server.host, server.port), 30, (source, 0)) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    return int(answer[9:12])


def test_it_is_off_by_default(server):
    assert quota(server.get("/author/1")) is None


def test_a_client_has_so_many_requests(serve):
    server = serve("--rate-limit", "4/h", "--threads", "2")
    for left in (3, 2, 1, 0):
        reply = server.get("/author/1")
        policy, q, w, r, t = quota(reply)
        assert (reply.status, policy, q, w, r) == (200, "anonymous", 4, 3600, left)
        assert 1 <= t <= 900
    for method, path, body in (("GET", "/author/1", None), ("GET", "/author", None), ("POST", "/author", {"name": "x"}),
                               ("GET", "/openapi.json", None), ("GET", "/nothing", None), ("OPTIONS", "/author", None)):
        reply = server.request(method, path, body)
        problem = reply.json()
        assert (reply.status, problem["code"]) == (429, "TH429"), path
        assert "4/h" in problem["message"] and problem["hint"]
        assert quota(reply)[3] == 0
        assert 1 <= quota(reply)[4] <= int(reply.headers["Retry-After"]) <= 900
    assert ask_from(server, "127.0.0.5") == 200, "another address"
    assert ask_from(server, "127.0.0.5", "/author?name=eq.x") == 200


def test_probes_are_not_counted(serve):
    server = serve("--rate-limit", "1/h")
    assert server.get("/author/1").status == 200
    assert server.get("/author/1").status == 429
    for path in ("/healthz", "/livez", "/readyz", "/metrics"):
        for _ in range(3):
            reply = server.get(path)
            assert reply.status == 200 and quota(reply) is None
    metrics = server.get("/metrics").body.decode()
    assert 'thimble_http_requests_rejected_total{reason="rate"} 1' in metrics
    assert "thimble_rate_limit_forgotten_total 0" in metrics


def test_the_operators_listener_is_not_counted(serve):
    server = serve("--rate-limit", "1/h", "--metrics-listen", "127.0.0.1:0")
    port = int(re.search(r"metrics at http://127\.0\.0\.1:(\d+)|127\.0\.0\.1:(\d+)\S*$", server.ready_line.strip())[0].rsplit(":", 1)[1].strip("/"))
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port), 30) as sock:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_limit_is_one_of_all_loops(serve):
    """Whichever loops the connections fall on, and at whatever moment: so many are answered, and no more."""
    server = serve("--rate-limit", "25/h", "--threads", "4")

    def one(_):
        connection = server.connect()
        statuses = [server.request("GET", "/author/1", connection=connection).status for _ in range(10)]
        connection.close()
        return statuses

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = [status for some in pool.map(one, range(16)) for status in some]
    assert (statuses.count(200), statuses.count(429)) == (25, 135)


def test_a_burst_may_be_another_number(serve):
    server = serve("--rate-limit", "100/h:2")
    assert quota(server.get("/author/1"))[:4] == ("anonymous", 2, 72, 1)
    assert server.get("/author/1").status == 200
    assert server.get("/author/1").status == 429


def test_callers_who_say_nothing_have_a_rate_of_their_own(serve):
    server = serve("--rate-limit", "100/h", "--rate-limit-anonymous", "2/h")
    assert [server.get("/author/1").status for _ in range(3)] == [200, 200, 429]
    server = serve("--rate-limit", "1/h", "--rate-limit-anonymous", "off")
    assert quota(server.get("/author/1")) is None
    assert server.get("/author/1").status == 200


def test_a_kept_answer_is_counted_too(serve):
    server = serve("--rate-limit", "3/h")
    assert [quota(server.get("/"))[3] for _ in range(3)] == [2, 1, 0]
    assert server.get("/").status == 429
    tagged = serve("--rate-limit", "3/h")
    tag = tagged.get("/author/1").headers["ETag"]
    reply = tagged.get("/author/1", **{"If-None-Match": tag})
    assert reply.status == 304 and quota(reply)[3] == 1


def test_a_body_of_a_refused_request_is_passed_over(serve):
    server = serve("--rate-limit", "1/h", "--max-body", "1MiB")
    connection = server.connect()
    assert server.request("GET", "/author/1", connection=connection).status == 200
    for _ in range(3):
        reply = server.request("POST", "/note", {"body": "x" * 100000}, connection=connection)
        assert reply.status == 429, "and the connection goes on"
    connection.close()


def test_behind_a_proxy_each_client_is_one(serve):
    server = serve("--rate-limit", "2/h", "--trusted-proxies", "127.0.0.1", "--open-to", "any")

    def status(client):
        return server.get("/author/1", **{"X-Forwarded-For": client}).status

    assert [status("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert [status(f"10.0.0.{i}, 192.0.2.1") for i in range(3)] == [429] * 3, "what a client writes is no new client"
    assert status("192.0.2.2") == 200
    assert [status(f"2001:db8:0:1::{i}") for i in range(1, 4)] == [200, 200, 429], "a /64 is one client"
    assert status("2001:db8:0:2::1") == 200
    assert [status(f"nonsense{i}") for i in range(3)] == [200, 200, 429], "all that is nonsense is one client"


def test_peers_of_a_unix_socket_are_not_counted(serve, tmp_path):
    server = serve("--rate-limit", "1/h", listen=f"unix:{tmp_path}/t.sock")
    assert [server.get("/author/1").status for _ in range(3)] == [200] * 3


def test_clients_without_number_are_forgotten(serve):
    server = serve("--rate-limit", "10/h", "--rate-limit-clients", "64", "--trusted-proxies", "127.0.0.1",
                   "--open-to", "any")
    for i in range(300):
        assert server.get("/author/1", **{"X-Forwarded-For": f"192.0.{i // 200}.{i % 200}"}).status == 200
    forgotten = re.search(r"^thimble_rate_limit_forgotten_total (\d+)", server.get("/metrics").body.decode(), re.M)
    assert 300 - 64 <= int(forgotten[1]) < 300


def test_a_page_elsewhere_may_read_them(serve):
    server = serve("--rate-limit", "1/h", "--cors-origins", "https://a.example")
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    for _ in range(3):
        assert server.request("OPTIONS", "/author", None, preflight).status in (200, 204)
    assert server.get("/author/1", Origin="https://a.example").status == 200
    reply = server.get("/author/1", Origin="https://a.example")
    assert reply.status == 429 and reply.headers["Access-Control-Allow-Origin"] == "https://a.example"
    exposed = reply.headers["Access-Control-Expose-Headers"]
    assert "RateLimit," in exposed and "RateLimit-Policy" in exposed and "Retry-After" in exposed


@pytest.mark.parametrize("flag", ["--rate-limit", "--rate-limit-anonymous"])
def test_what_is_no_rate_is_refused(tmp_path, flag):
    for text in ("10", "0/s", "10/day", "ten/s", "10/s:", "-1/s"):
        code, _, stderr = run("serve", "--db", str(tmp_path / "x.db"), flag, text)
        assert code == 2 and f"{flag}: " in stderr and "10/s:50" in stderr
    assert not (tmp_path / "x.db").exists()

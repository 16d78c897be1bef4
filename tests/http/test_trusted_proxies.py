"""--trusted-proxies: who is asking is what a proxy says, if it is one of ours, and nothing that a client says."""
import re
import socket
import time

import pytest

from conftest import run, write_files

PROXY = "127.0.0.9"  # a peer's own address; loopback is 127.0.0.0/8


class Asker:
    """Requests from one address, each with its own path, whose log lines tell the client."""

    def __init__(self, server):
        self.server = server
        self.n = 0

    def ask(self, *fields, source=PROXY):
        """The client of the log line of a request with these header fields."""
        self.n += 1
        path = f"/author?limit={self.n}"
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + "".join(
            f"{field}\r\n" for field in fields) + f"X-Request-Id: n{self.n}\r\n\r\n"
        with self.connect(source) as sock:
            sock.sendall(request.encode("latin-1"))
            answer = b""
            while chunk := sock.recv(65536):
                answer += chunk
        assert answer.startswith(b"HTTP/1.1 200"), answer
        return self.logged(f"n{self.n}")

    def connect(self, source):
        if self.server.url.startswith("unix:"):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(30)
            sock.connect(self.server.url[5:])
            return sock
        return socket.create_connection((self.server.host, self.server.port), 30, (source, 0))

    def logged(self, request_id):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for line in self.server.log_lines():
                if line.get("id") == request_id:
                    return line["client"]
            time.sleep(0.02)
        raise AssertionError("no log line")


@pytest.fixture
def asker(serve):
    def start(*flags, **options):
        return Asker(serve("--access-log", "--open-to", "any", *flags, **options))
    return start


def test_nobody_is_trusted_by_default(asker):
    ask = asker().ask
    assert ask() == PROXY
    assert ask("X-Forwarded-For: 192.0.2.1") == PROXY
    assert ask("Forwarded: for=192.0.2.1") == PROXY


def test_a_trusted_proxy_names_its_client(asker):
    ask = asker("--trusted-proxies", "127.0.0.8/31, 10.0.0.0/8").ask
    assert ask() == PROXY, "it asks for itself"
    assert ask("X-Forwarded-For: 192.0.2.1") == "192.0.2.1"
    assert ask("x-forwarded-for: 2001:db8::1") == "2001:db8::1"
    assert ask('Forwarded: for="[2001:db8::1]:4711";proto=https') == "2001:db8::1"
    assert ask("X-Forwarded-For: 192.0.2.1, 10.1.1.1") == "192.0.2.1", "through two proxies"
    assert ask("X-Forwarded-For: 192.0.2.1", source="127.0.0.1") == "127.0.0.1", "no proxy of ours"


def test_a_client_cannot_choose_its_address(asker):
    """What stands left of the proxy's own entry is the client's invention."""
    ask = asker("--trusted-proxies", PROXY).ask
    assert ask("X-Forwarded-For: 10.0.0.1, 127.0.0.1, 192.0.2.1") == "192.0.2.1"
    assert ask("X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 192.0.2.1") == "192.0.2.1"
    assert ask("Forwarded: for=10.0.0.1", "Forwarded: for=192.0.2.1") == "192.0.2.1"
    assert ask("X-Forwarded-For: \x01\"';,192.0.2.1") == "192.0.2.1"
    assert ask("Forwarded: for=127.0.0.1", "X-Forwarded-For: 192.0.2.1") == "unknown", "which one is the proxy's?"
    assert ask("Forwarded: for=192.0.2.1", "X-Forwarded-For: 192.0.2.1") == "192.0.2.1"


NONSENSE = [
    "X-Forwarded-For: nonsense", "X-Forwarded-For: 192.0.2.1, nonsense", "X-Forwarded-For: 192.0.2.999",
    "X-Forwarded-For: 192.0.2.1 192.0.2.2", "X-Forwarded-For: " + "1" * 5000, "X-Forwarded-For: [",
    "Forwarded: for=_hidden", "Forwarded: proto=https", 'Forwarded: for="192.0.2.1', "Forwarded: ;;for",
    'Forwarded: for="\\',
]


def test_nonsense_is_nobody(asker):
    ask = asker("--trusted-proxies", PROXY).ask
    for field in NONSENSE:
        assert ask(field) == "unknown", field


def test_who_is_far_is_the_client(serve):
    """--open-to is asked of whom the proxy asks for, not of the proxy, which is near; nobody knows how far nonsense is."""
    server = serve("--trusted-proxies", "127.0.0.1")

    def status(**fields):
        return server.get("/author/1", **{name.replace("_", "-"): value for name, value in fields.items()}).status

    assert status() == 200
    assert status(X_Forwarded_For="10.1.2.3") == 200
    assert status(X_Forwarded_For="192.0.2.1") == 403
    assert status(X_Forwarded_For="10.1.2.3, 192.0.2.1") == 403
    assert status(Forwarded="for=192.0.2.1") == 403
    assert status(Forwarded="for=10.1.2.3", X_Forwarded_For="192.0.2.1") == 403
    assert status(X_Forwarded_For="nonsense") == 403
    assert server.get("/healthz", **{"X-Forwarded-For": "192.0.2.1"}).status == 200


def test_peers_of_a_unix_socket(asker, tmp_path):
    listen = f"unix:{tmp_path}/t.sock"
    assert asker(listen=listen).ask("X-Forwarded-For: 192.0.2.1") == "unix"
    (tmp_path / "u").mkdir()
    trusting = asker("--trusted-proxies", "unix", listen=f"unix:{tmp_path}/u/u.sock", dir=tmp_path / "u")
    assert trusting.ask("X-Forwarded-For: 192.0.2.1") == "192.0.2.1"


def test_a_trusted_proxy_has_no_limit_of_one_address(serve):
    server = serve("--max-connections-per-address", "2", "--trusted-proxies", PROXY)

    def statuses(source, n):
        kept = []
        for _ in range(n):
            sock = socket.create_connection((server.host, server.port), 30, (source, 0))
            sock.sendall(b"GET /author/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            kept.append((sock, sock.recv(4096)[9:12]))
        for sock, _ in kept:
            sock.close()
        return {status for _, status in kept}

    assert statuses(PROXY, 8) == {b"200"}
    assert b"429" in statuses("127.0.0.1", 4)


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS n FROM n"


def ask_without_end(server, headers):
    """A connection on which a query was asked for that does not end."""
    connection = server.connect(timeout=60)
    connection.request("GET", "/rpc/endless", headers=headers)
    return connection


def until_lane_runs(server):
    deadline = time.monotonic() + 30
    while not re.search(rb"^thimble_lane_running [1-9]", server.get("/metrics").body, re.M):
        assert time.monotonic() < deadline, "no read runs in the lane"
        time.sleep(0.05)


def test_clients_of_one_proxy_take_turns(serve, tmp_path):
    """One has all threads of the reader lane but one, and half of its queue: the next is served meanwhile."""
    queries = write_files(tmp_path / "queries", {"endless.sql": ENDLESS})
    server = serve("--queries", queries, "--readers", "2", "--reader-lane", "all", "--reader-queue", "8",
                   "--trusted-proxies", "127.0.0.1", "--request-timeout", "60s", "--drain-timeout", "1s")
    asked = [ask_without_end(server, {"X-Forwarded-For": "10.0.0.1"}) for _ in range(4)]
    until_lane_runs(server)
    assert server.get("/author/1", **{"X-Forwarded-For": "10.0.0.2"}).status == 200
    for connection in asked:
        connection.close()


@pytest.mark.parametrize("text", ["nonsense", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8,", "::1/129", "localhost"])
def test_a_list_that_means_nothing_is_refused(tmp_path, text):
    code, _, stderr = run("serve", "--db", str(tmp_path / "x.db"), "--trusted-proxies", text)
    assert code == 2 and "--trusted-proxies" in stderr
    assert not (tmp_path / "x.db").exists()

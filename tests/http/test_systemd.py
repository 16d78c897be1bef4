"""What a service manager says and hears: sd_notify(3), the watchdog, sd_listen_fds(3)."""
import fcntl
import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import BIN, UnixConnection, clean_env

# LISTEN_PID is the process's own number, which only it knows.
OWN_PID = ["sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"']
WATCHDOG_PID = ["sh", "-c", 'WATCHDOG_PID=$$ exec "$0" "$@"']


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1) if address[0] == "@" else address)
        self.env = {"NOTIFY_SOCKET": address}

    def next(self, seconds=20):
        self.socket.settimeout(seconds)
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def until(self, name, seconds=20):
        """The next message that holds `name`; watchdog pings between are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.next(max(0.01, deadline - time.monotonic()))
            if name in message:
                return message
            assert message == {"WATCHDOG": "1"}, message

    def pings(self, seconds):
        """How many pings come within the time."""
        deadline, count = time.monotonic() + seconds, 0
        while (left := deadline - time.monotonic()) > 0:
            try:
                assert self.next(left) == {"WATCHDOG": "1"}
                count += 1
            except TimeoutError:
                break
        return count


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    made = Manager(str(tmp_path / "notify") if request.param == "path" else
                   f"@thimble-test-{os.getpid()}-{time.monotonic_ns()}")
    yield made
    made.socket.close()


@pytest.fixture
def by_path(tmp_path):
    made = Manager(str(tmp_path / "notify"))
    yield made
    made.socket.close()


def test_ready_and_stopping(serve, manager):
    server = serve(env=manager.env)
    ready = manager.next()
    assert ready["READY"] == "1"
    assert ready["STATUS"] == f"serving {server.ready_line.split()[3]} resources of " \
                              f"{server.db} at {server.url}"
    server.signal(signal.SIGTERM)
    assert manager.next()["STOPPING"] == "1"
    assert server.wait() == 0


def test_ready_means_served(serve, by_path):
    """READY=1 comes only when a request is answered: with --listen of a known port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = serve(env=by_path.env, listen=f"127.0.0.1:{port}")
    assert by_path.next()["READY"] == "1"
    assert server.get("/readyz").status == 200


def test_a_reload_is_told(serve, manager):
    server = serve(env=manager.env)
    manager.until("READY")
    before = time.monotonic_ns() // 1000
    server.signal(signal.SIGHUP)
    message = manager.next()
    assert message["RELOADING"] == "1"
    assert before <= int(message["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert manager.next()["READY"] == "1"


def test_no_pings_without_a_watchdog(serve, by_path):
    serve(env=by_path.env)
    by_path.until("READY")
    assert by_path.pings(1.0) == 0


@pytest.mark.parametrize("wrap, expected", [((), True), (WATCHDOG_PID, True),
                                            (["env", "WATCHDOG_PID=1"], False)])
def test_pings_come_twice_a_period(serve, by_path, wrap, expected):
    serve(env={**by_path.env, "WATCHDOG_USEC": "2000000"}, wrap=wrap)
    by_path.until("READY")
    count = by_path.pings(4.0)
    assert 4 <= count <= 9 if expected else count == 0


@pytest.fixture
def slow_queries(tmp_path):
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "slow.sql").write_text(
        "-- :n integer\nWITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c "
        "WHERE i < :n) SELECT count(*) AS n FROM c;\n")
    (folder / "slow_write.sql").write_text(
        "-- write\n-- :n integer\nINSERT INTO note(body) WITH RECURSIVE c(i) AS "
        "(SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i < :n) SELECT count(*) FROM c;\n")
    return folder


def ask_in_background(server, method, path):
    def ask():
        try:
            server.request(method, path, {"n": 2000000000} if method == "POST" else None)
        except (OSError, http.client.HTTPException):
            pass
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("method, path, who", [
    ("GET", "/rpc/slow?n=2000000000", "event loop"),
    ("POST", "/rpc/slow_write", "the writer")])
def test_a_stuck_thread_stops_the_pings(serve, by_path, slow_queries, method, path, who):
    """One of two loops, or the writer, in a statement for 6 s: silence; and pings after it."""
    server = serve("--threads", "2", "--queries", slow_queries, "--request-timeout", "6s",
                   "--write-timeout", "0", "--loop-budget", "0",
                   env={**by_path.env, "WATCHDOG_USEC": "2000000"})
    by_path.until("READY")
    assert by_path.pings(1.2) >= 1
    thread = ask_in_background(server, method, path)
    time.sleep(1.2)  # what was asked before it began may still be answered
    while by_path.pings(0.05):
        pass
    assert by_path.pings(3.0) == 0
    thread.join(30)
    assert by_path.pings(3.0) >= 2
    stuck = [line for line in server.log_lines() if who in line["msg"] and
             line["msg"].endswith("the watchdog will end the process")]
    assert len(stuck) == 1, server.log()


@pytest.mark.parametrize("flags, told", [
    ((), []),
    (("--request-timeout", "0"), []),
    (("--loop-budget", "0"), ["read"]),
    (("--loop-budget", "0", "--request-timeout", "15s"), []),
    (("--write-timeout", "16s"), ["write"]),
    (("--write-timeout", "15s"), []),
    (("--write-timeout", "16s", "--request-timeout", "10s"), []),
    (("--write-timeout", "0", "--request-timeout", "10s"), []),
    (("--write-timeout", "0"), ["write"]),
    (("--write-timeout", "0", "--request-timeout", "0", "--loop-budget", "0"), ["write", "read"])])
def test_what_may_outlast_the_watchdog_is_told(serve, by_path, flags, told):
    """A period of 20 s: 15 s of them may be one statement's."""
    server = serve(*flags, env={**by_path.env, "WATCHDOG_USEC": "20000000"})
    by_path.until("READY")
    setting = {"write": "--write-timeout", "read": "--request-timeout"}
    assert [line["msg"] for line in server.log_lines() if "watchdog" in line["msg"]] == [
        f"a {what} may run longer than the watchdog allows (15000 ms): raise WatchdogSec, or set "
        f"{setting[what]} to less than that" for what in told]


@pytest.mark.parametrize("flags, told", [((), 0), (("--loop-budget", "0"), 1)])
def test_where_nothing_is_written_no_write_outlasts_it(serve, by_path, tmp_path, flags, told):
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)")
    server = serve("--read-only", "--write-timeout", "0", *flags, migrations="none",
                   env={**by_path.env, "WATCHDOG_USEC": "20000000"})
    by_path.until("READY")
    messages = [line["msg"] for line in server.log_lines() if "watchdog" in line["msg"]]
    assert len(messages) == told and not any("a write may" in message for message in messages)


def test_a_stopped_process_sends_none(serve, by_path):
    server = serve(env={**by_path.env, "WATCHDOG_USEC": "1000000"})
    by_path.until("READY")
    server.signal(signal.SIGSTOP)
    time.sleep(0.2)
    while by_path.pings(0.05):
        pass
    assert by_path.pings(1.5) == 0
    server.signal(signal.SIGCONT)
    assert by_path.pings(1.5) >= 2


def test_busy_is_not_stuck(serve, by_path):
    """Loops and writer at full load, a short period: no ping is missed."""
    server = serve("--threads", "2", env={**by_path.env, "WATCHDOG_USEC": "2000000"})
    by_path.until("READY")
    end = time.monotonic() + 4

    def work():
        connection = server.connect()
        while time.monotonic() < end:
            assert server.request("POST", "/note", {"body": "x"}, connection=connection).status \
                == 201
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert by_path.pings(4.0) >= 4
    for thread in threads:
        thread.join()


def fails(env, *args, wrap=(), **popen):
    done = subprocess.run([*wrap, str(BIN), "serve", "--listen", "127.0.0.1:0", *args],
                          env=clean_env(env), capture_output=True, text=True, timeout=30, **popen)
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("env, code, words", [
    ({"NOTIFY_SOCKET": "notify"}, 2, 'NOTIFY_SOCKET in the environment is "notify"'),
    ({"NOTIFY_SOCKET": "/" + "x" * 120}, 2, "neither a path nor an @name"),
    ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "1s"}, 2, 'WATCHDOG_USEC in the environment is "1s"'),
    ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "-1"}, 2, "not a number of microseconds"),
    ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "9", "WATCHDOG_PID": "x"}, 2, "WATCHDOG_PID"),
    ({"LISTEN_FDS": "two"}, 2, 'LISTEN_FDS in the environment is "two"'),
    ({"LISTEN_FDS": "-1"}, 2, "not a number of sockets"),
    ({"LISTEN_FDS": "65"}, 2, "64 are the most"),
    ({"LISTEN_FDS": "1"}, 1, "descriptor 3, which is not open")])
def test_wrong_values(tmp_path, env, code, words):
    got, message = fails(env, wrap=OWN_PID, cwd=tmp_path)
    assert got == code and words in message
    assert not (tmp_path / "thimble.db").exists()


def test_wrong_pid(tmp_path):
    code, message = fails({"LISTEN_FDS": "1", "LISTEN_PID": "me"}, cwd=tmp_path)
    assert code == 2 and 'LISTEN_PID in the environment is "me"' in message


def listening(family, address, backlog=64):
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind(address)
    made.listen(backlog)
    return made


def passing(*sockets):
    """Popen's arguments that make the sockets descriptors 3…"""
    def move():
        high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for s in sockets]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)
    return {"wrap": OWN_PID, "preexec_fn": move,
            "pass_fds": range(3, 3 + len(sockets)), "env": {"LISTEN_FDS": str(len(sockets)),
                                                            "LISTEN_FDNAMES": "http"}}


def status_of(connection, path="/author/1"):
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def tcp(sock):
    return http.client.HTTPConnection(*sock.getsockname()[:2], timeout=20)


def test_a_passed_tcp_socket(serve):
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as sock:
        server = serve(listen="127.0.0.1:1", **passing(sock))  # port 1 cannot be had: not tried
        assert server.url == f"http://127.0.0.1:{sock.getsockname()[1]}"
        assert status_of(tcp(sock)) == 200


@pytest.mark.skipif(not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6") or
                    os.path.getsize("/proc/net/if_inet6") == 0, reason="no IPv6")
def test_a_passed_ipv6_socket(serve):
    with listening(socket.AF_INET6, ("::1", 0)) as sock:
        server = serve(**passing(sock))
        assert server.url == f"http://[::1]:{sock.getsockname()[1]}"
        assert status_of(tcp(sock)) == 200


@pytest.mark.parametrize("threads", [1, 3])
def test_tcp_and_unix_together(serve, tmp_path, threads):
    """Two sockets; a single loop cannot serve both, so there are two at least."""
    path = str(tmp_path / "passed.sock")
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as one, \
            listening(socket.AF_UNIX, path) as two:
        server = serve("--threads", threads, **passing(one, two))
        for _ in range(10):
            assert status_of(tcp(one)) == 200
            assert status_of(UnixConnection(path, 20)) == 200
        server.stop()
        assert os.path.exists(path)  # the manager's, not ours to remove


def test_not_a_listening_socket(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        given = passing(sock)
        code, message = fails(given.pop("env"), cwd=tmp_path, **given)
    assert code == 1 and "descriptor 3, which is not a listening stream socket" in message


def test_variables_for_another_process_are_none(serve):
    server = serve(env={"LISTEN_FDS": "5", "LISTEN_PID": "1"})
    assert server.get("/author/1").status == 200


@pytest.mark.threads
def test_loops_share_a_passed_socket(serve):
    """Four loops, one queue: each connection is answered once, and more than one loop works."""
    with listening(socket.AF_INET, ("127.0.0.1", 0), 512) as sock:
        server = serve("--threads", "4", **passing(sock))
        failures = []

        def work():
            try:
                for _ in range(30):
                    connection = tcp(sock)
                    for _ in range(3):
                        assert status_of(connection) == 200
                    connection.close()
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures[0]
        open_ones = [tcp(sock) for _ in range(64)]
        for connection in open_ones:
            assert status_of(connection) == 200
        server.stop()


def test_restart_refuses_nobody(serve, tmp_path):
    """The manager's socket outlives the process: who connects between two is answered by the second."""
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as sock:
        first = serve(**passing(sock))
        assert status_of(tcp(sock)) == 200
        first.stop()
        waiting = tcp(sock)
        waiting.request("GET", "/author/1")
        serve(**passing(sock))
        assert waiting.getresponse().status == 200


@pytest.mark.parametrize("mode, expected", [(None, 0o660), ("600", 0o600), ("0666", 0o666)])
def test_socket_mode(serve, mode, expected):
    server = serve(*(["--socket-mode", mode] if mode else []), listen="unix:api.sock",
                   preexec_fn=lambda: os.umask(0o077))
    assert os.stat(server.dir / "api.sock").st_mode & 0o777 == expected
    assert server.get("/author/1").status == 200


@pytest.mark.parametrize("mode", ["", "8", "1777", "rw"])
def test_wrong_socket_mode(tmp_path, mode):
    code, message = fails({}, "--socket-mode", mode, cwd=tmp_path)
    assert code == 2 and f'--socket-mode: "{mode}" is not a mode from 0 to 777' in message

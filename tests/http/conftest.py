"""The real binary, started for each test on a free port, and judged when it ends.

THIMBLE_BIN names the binary; the default is the sanitized dev build.
"""
import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.parse

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("THIMBLE_BIN", ROOT / "build" / "dev" / "thimble")).resolve()
SCHEMA = ROOT / "tests" / "schema"
START_SECONDS = 30
STOP_SECONDS = 30


def clean_env(extra=None):
    """The environment without settings of the machine's own, with loud sanitizers."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("THIMBLE_")}
    env["ASAN_OPTIONS"] = "abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    env["TSAN_OPTIONS"] = "halt_on_error=0:exitcode=66:second_deadlock_stack=1"
    env.update(extra or {})
    return env


def run(*args, env=None, cwd=None, timeout=60, stdin=None):
    """Runs a command of the binary to its end: (exit code, stdout, stderr)."""
    done = subprocess.run([str(BIN), *map(str, args)], env=clean_env(env), cwd=cwd, text=True,
                          timeout=timeout, input=stdin, capture_output=True)
    assert "Sanitizer" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:600]!r}"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    def __init__(self, tmp_path, *args, migrations=SCHEMA, listen="127.0.0.1:0", env=None,
                 db="test.db", wrap=(), **popen):
        self.dir = pathlib.Path(tmp_path)
        self.db = self.dir / db
        self.log_path = self.dir / "stderr.log"
        command = [*wrap, str(BIN), "serve", "--db", str(self.db), "--listen", listen]
        if migrations is not None:
            command += ["--migrations", str(migrations)]
        self.log_file = open(self.log_path, "ab")
        self.process = subprocess.Popen(command + [str(a) for a in args], cwd=self.dir,
                                        env=clean_env(env), stdout=subprocess.PIPE,
                                        stderr=self.log_file, **popen)
        self.ready_line = self._wait_ready()
        self.url = re.search(r"(http://\S+|unix:\S+)", self.ready_line).group(1)
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port
        self.connection = None

    def _wait_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                line = self.process.stdout.readline().decode()
                if line:
                    return line
            if self.process.poll() is not None:
                break
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"no ready line, exit {self.process.returncode}: {self.log()}")

    def log(self):
        return self.log_path.read_text()

    def log_lines(self):
        return [json.loads(line) for line in self.log().splitlines()]

    def connect(self, timeout=20):
        if self.url.startswith("unix:"):
            return UnixConnection(str(self.dir / self.url[5:]), timeout)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, connection=None):
        own = connection is None
        connection = connection or self.connect()
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        connection.request(method, path.replace(" ", "%20"), body=body, headers=headers)
        answer = connection.getresponse()
        reply = Reply(answer.status, answer.headers, answer.read())
        if own:
            connection.close()
        if reply.status >= 400 and method != "HEAD" and reply.body and "readyz" not in path:
            problem = reply.json()
            assert answer.headers["Content-Type"] == "application/problem+json", reply
            assert problem["status"] == reply.status, reply
            assert problem["title"] and problem["code"] and problem["message"], reply
        return reply

    def get(self, path, **headers):
        return self.request("GET", path, headers=_names(headers))

    def head(self, path, **headers):
        return self.request("HEAD", path, headers=_names(headers))

    def post(self, path, body, **headers):
        return self.request("POST", path, body, _names(headers))

    def put(self, path, body, **headers):
        return self.request("PUT", path, body, _names(headers))

    def patch(self, path, body, **headers):
        return self.request("PATCH", path, body, _names(headers))

    def delete(self, path, **headers):
        return self.request("DELETE", path, headers=_names(headers))

    def options(self, path):
        return self.request("OPTIONS", path)

    def raw(self, data=b"", timeout=20):
        """A plain socket with `data` sent."""
        sock = socket.create_connection((self.host, self.port), timeout=timeout)
        if data:
            sock.sendall(data)
        return sock

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS):
        self.process.wait(seconds)
        self.process.stdout.close()
        self.log_file.close()
        return self.process.returncode

    def stop(self):
        """SIGTERM; a clean exit and a silent sanitizer are part of every test."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.wait()
        assert "Sanitizer" not in self.log(), self.log()
        assert "runtime error" not in self.log(), self.log()
        assert code == 0, f"exit {code}: {self.log()}"

    def kill(self):
        self.process.kill()
        self.wait()


def _names(headers):
    """Content_Type=… as a keyword argument is the field Content-Type."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def write_files(folder, files):
    """Makes the folder, with these files in it by name; returns it."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def make_database(path, sql):
    with sqlite3.connect(path) as db:
        db.executescript(sql)
    db.close()
    return path


def assert_query_is_refused(folder, text, why):
    """A query that is not sound stops the start, with one line that names it."""
    schema = write_files(folder / "m", {"0001_a.sql": "CREATE TABLE author (id INTEGER PRIMARY KEY);"})
    queries = write_files(folder / "q", {"bad.sql": text})
    code, _, err = run("serve", "--db", folder / "x.db", "--migrations", schema, "--queries", queries,
                       "--listen", "127.0.0.1:0", "--log-level", "error")
    assert code == 1 and why in err and "the query bad" in err and err.count("\n") == 1, err


@pytest.fixture
def serve(tmp_path):
    """A factory: serve(*flags, migrations=…) starts a server that the test's end stops."""
    running = []

    def start(*args, **options):
        server = Server(options.pop("dir", tmp_path), *args, **options)
        running.append(server)
        return server

    yield start
    for server in running:
        if server.process.returncode is None:
            server.stop()


@pytest.fixture
def server(serve):
    """The test schema with its rows."""
    return serve()


@pytest.fixture(scope="session")
def chinook_sql():
    """The schema of a well-known example with rows of our own: tests/chinook_like."""
    return subprocess.run([ROOT / "tests" / "chinook_like" / "make_rows.py"], check=True,
                          capture_output=True, encoding="utf-8").stdout


def pytest_configure(config):
    config.addinivalue_line("markers", "threads: many clients at once; run under TSan too")


def pytest_collection_modifyitems(config, items):
    if not BIN.exists():
        raise pytest.UsageError(f"{BIN} is not there: build it first, or set THIMBLE_BIN")

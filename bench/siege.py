"""A service under attack: databases made for it, its process, those that attack it and those that only use it."""
import http.client
import json
import multiprocessing
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
JSON = {"Content-Type": "application/json"}
# A child that is forked from a process with threads may stand still: each is started before there are any.
FORK = multiprocessing.get_context("fork")

ITEMS = """
CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, stock INTEGER NOT NULL);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO items SELECT i, 'item ' || i, i % 100 FROM n;
CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
"""
# What is slow: 200,000 people without an index on their team, and texts of 1 MB.
TEAMS = ITEMS + """
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO teams SELECT i, 'team ' || i FROM n;
CREATE TABLE people (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
                     name TEXT NOT NULL, age INTEGER NOT NULL);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
INSERT INTO people SELECT i, 1 + i % 2000, 'person ' || i, i % 90 FROM n;
CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, mark INTEGER);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 8)
INSERT INTO notes SELECT i, replace(hex(zeroblob(500000)), '0', 'a'), 0 FROM n;
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
UPDATE notes SET body = (SELECT group_concat(i * i % 999983 * 7919 % 1000003, '') FROM n) WHERE id % 2;
"""
TABLES = ITEMS + "".join(
    f"CREATE TABLE t{i} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount REAL, made TEXT, "
    f"up INTEGER REFERENCES t{max(0, i - 1)});" for i in range(2000))
# For memory: a table that takes anything, and what there is much of.
SHEETS = ITEMS + """
CREATE TABLE sheets (id INTEGER PRIMARY KEY, title TEXT NOT NULL, meta JSON);
CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 32)
INSERT INTO texts SELECT i, replace(hex(zeroblob(480000)), '0', 'b') FROM n;
"""
MILLION = ITEMS + """
CREATE TABLE big (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
INSERT INTO big SELECT i, printf('%0100d', i), printf('%090d', i * 7919 % 1000003) FROM n;
"""
DATABASES = {"teams": TEAMS, "tables": TABLES, "sheets": SHEETS, "million": MILLION}


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def database(name, folder):
    """A copy of the database of that name in the folder; the first of its script is kept in build/bench."""
    BUILD.mkdir(parents=True, exist_ok=True)
    kept, text = BUILD / f"siege-{name}.db", DATABASES[name]
    script = kept.with_suffix(".sql")
    if not kept.exists() or not script.exists() or script.read_text() != text:
        kept.unlink(missing_ok=True)
        db = sqlite3.connect(kept)
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript("BEGIN;" + text + "COMMIT;")
        db.close()
        script.write_text(text)
    place = pathlib.Path(folder, "siege.db")
    subprocess.run(["cp", "--reflink=auto", kept, place], check=True)
    return place


class Service:
    """The binary, serving a copy of a database; `enter` is called in the child before it becomes thimble."""

    def __init__(self, binary, name, *flags, enter=None, stderr=None, place=None):
        self.folder = tempfile.TemporaryDirectory(prefix="siege-", dir=place)
        self.db = database(name, self.folder.name)
        self.command = [str(binary), "serve", "--db", str(self.db), "--migrations", "none", "--queries", "none",
                        "--listen", "127.0.0.1:0", *map(str, flags)]
        self.log = open(pathlib.Path(self.folder.name, "log"), "wb")
        self.enter, self.stderr = enter, stderr or self.log
        self.process = None
        self.start()

    def start(self):
        """Also once more, when it has ended: the same database."""
        if self.process:
            self.process.stdout.close()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("THIMBLE_")}
        self.process = subprocess.Popen(self.command, env=environment, stdout=subprocess.PIPE, text=True,
                                        stderr=self.stderr, preexec_fn=self.enter)
        line = self.process.stdout.readline()
        found = re.search(r":(\d+)$", line.strip())
        if not found:
            raise RuntimeError(f"{self.command[0]} does not start: {self.said()}")
        self.port = int(found[1])
        http_get(self.port, "/readyz", 30)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def said(self):
        return pathlib.Path(self.folder.name, "log").read_text(errors="replace")[-600:]

    def cpu_ms(self):
        """CPU time of all its threads so far, to the microsecond where the kernel tells."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (OSError, IndexError):
                pass
        return total / 1e6

    def pss_mb(self):
        try:
            lines = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return 0
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    def terminate(self, wait):
        """SIGTERM: (exit code or None after `wait` seconds, seconds that it took)."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(wait)
        except subprocess.TimeoutExpired:
            code = None
        return code, time.monotonic() - began

    def close(self):
        if self.process.poll() is None:
            self.kill()
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()


def http_get(port, path, timeout):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


# ---- those that attack: a process of their own, a thread for each connection

class Attack:
    """`requests(connection, number)` gives (method, path, body); counts[status] is what came of them."""

    def __init__(self, port, requests, connections=4, timeout=60, address="127.0.0.1"):
        self.counts = FORK.Manager().dict()
        self.stopped = FORK.Event()
        self.process = FORK.Process(target=self._all, daemon=True,
                                    args=(port, requests, connections, timeout, address))
        self.process.start()

    def _all(self, port, requests, connections, timeout, address):
        os.nice(5)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for number in range(connections):
            threading.Thread(target=self._one, args=(port, requests, number, timeout, address), daemon=True).start()
        self.stopped.wait()
        os._exit(0)

    def _one(self, port, requests, number, timeout, address):
        link, made = None, 0
        while not self.stopped.is_set():
            try:
                link = link or http.client.HTTPConnection("127.0.0.1", port, timeout, (address, 0))
                method, path, body = requests(number, made)
                link.request(method, path, body, JSON if body else {})
                answer = link.getresponse()
                while answer.read(1 << 20):
                    pass
                found = str(answer.status)
                if answer.status in (503, 429):
                    time.sleep(0.05)
            except (OSError, http.client.HTTPException) as error:
                found, link = type(error).__name__, None
                time.sleep(0.05)
            made += 1
            self.counts[found] = self.counts.get(found, 0) + 1

    def stop(self):
        """What its requests were answered, as text."""
        found = dict(self.counts)
        self.stopped.set()
        self.process.join(2)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        return " ".join(f"{n}×{status}" for status, n in sorted(found.items())) or "nothing yet"


# ---- those that only use it: a process of their own, too

KINDS = ("healthz", "readyz", "row", "write")
REPORT = "/people?select=name&order=age.desc,name&limit=5&id=gt."  # a sort of 200,000 rows


def ask(link, kind):
    """One request of that kind: what is wrong with its answer, or None."""
    if kind == "write":
        link.request("POST", "/log", json.dumps({"text": f"{time.time_ns()}"}), JSON)
    elif kind == "report":
        link.request("GET", f"{REPORT}-{time.time_ns()}")
    elif kind == "row":
        link.request("GET", f"/items/{1 + time.time_ns() // 1000 % 10000}")
    else:
        link.request("GET", f"/{kind}")
    answer = link.getresponse()
    text = answer.read()
    if answer.status in (200, 201):
        return None
    told = kind == "readyz" and answer.status == 503 and b"writer" in text
    return None if told and b"slow" in text else f"{answer.status} {text[:120].decode(errors='replace')}"


def use(port, kind, kept, over, pause, timeout, out):
    """Asks until it is over; `out` gets (kind, kept, seconds, what was wrong)."""
    link = None
    while not over():
        began, wrong = time.monotonic(), None
        try:
            if link is None:
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
            if link.sock is None:
                link.connect()
                link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wrong = ask(link, kind)
        except (OSError, http.client.HTTPException) as error:
            wrong, link = f"{type(error).__name__} {error}", None
        out.append((kind, kept, time.monotonic() - began, wrong))
        if not kept and link:
            link.close()
            link = None
        time.sleep(pause)


class Innocents:
    """For each kind some on fresh connections and some on kept ones, for that many seconds at most."""

    def __init__(self, port, seconds, kinds=KINDS, fresh=2, kept=3, pause=0.05, timeout=20):
        self.mine, theirs = FORK.Pipe()
        self.enough = FORK.Event()
        self.process = FORK.Process(target=self._all, daemon=True, args=(
            theirs, self.enough, port, seconds, kinds, [False] * fresh + [True] * kept, pause, timeout))
        self.process.start()
        theirs.close()

    @staticmethod
    def _all(pipe, enough, port, seconds, kinds, connections, pause, timeout):
        try:
            os.nice(-10)  # how long the service takes is asked, not how long this process waits for a processor
        except PermissionError:
            pass
        out, until = [], time.monotonic() + seconds
        threads = [threading.Thread(target=use, args=(
            port, kind, kept, lambda: enough.is_set() or time.monotonic() > until, pause, timeout, out))
                   for kind in kinds for kept in connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send(out)
        os._exit(0)

    def stop(self):
        self.enough.set()
        return self.results()

    def results(self):
        found = self.mine.recv()
        self.process.join()
        return found

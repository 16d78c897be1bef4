"""A peer's server, what it costs, and the load on it."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.request

import stacks
import works
from stacks import BENCH, BUILD, PEERS, ROOT, say, sh

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = CORES[:max(1, len(CORES) // 2)]
LOAD_CORES = CORES[len(SERVER_CORES):] or CORES
TICKS = os.sysconf("SC_CLK_TCK")
PROCESS_CLOCK = 2  # CPUCLOCK_SCHED, of all threads


def commas(numbers):
    return ",".join(map(str, numbers))


def free_port():
    """One that nobody has, so that two benches do not meet."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(folder, port, sync, answer=None):
    return {**os.environ, "DB": f"{folder}/items.db", "SYNC": sync, "PORT": str(port),
            "WORKERS": os.environ.get("WORKERS") or str(len(SERVER_CORES)), "NODE_ENV": "production",
            "PYTHONPATH": str(BENCH / "peers"), "ANSWER": str(answer or "")}


class Server:
    """`rows` is the database: items, of 10,000 rows, or big, of a million; `settle` seconds until idle is read."""

    def __init__(self, peer, sync="FULL", answer=None, rows="items", settle=0.3):
        self.peer = peer
        self.folder, self.port = tempfile.mkdtemp(prefix="bench-"), free_port()
        env = environment(self.folder, self.port, sync, answer)
        peer.place(self.folder, rows)
        command = ["taskset", "-c", commas(SERVER_CORES), *map(str, peer.command(env))]
        with open(f"{self.folder}/log", "wb") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        self._wait_ready()
        time.sleep(settle)
        self.idle_kb = self.peak_kb = self.pss_kb()

    def _wait_ready(self):
        start, path = time.monotonic(), self.peer.dialect.healthz
        while time.monotonic() - start < 60:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                    s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    if b" 200 " in s.recv(200):
                        return
            except OSError:
                time.sleep(0.005)
            if self.process.poll() is not None:
                break
        log = pathlib.Path(self.folder, "log").read_text()[-500:]
        self.stop()
        raise RuntimeError(f"{self.peer.name} does not start: {log}")

    def pids(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    todo += map(int, open(f"/proc/{pid}/task/{task}/children").read().split())
            except OSError:
                pass
        return found

    def cpu(self):
        """Seconds of all processes, user and system: of those that live to the nanosecond, by each one's own clock
        (Linux names it by the complement of the pid), of those that ended by the tick."""
        total = 0.0
        for pid in self.pids():
            try:
                total += time.clock_gettime(~pid << 3 | PROCESS_CLOCK)
                fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
                total += sum(map(int, fields[13:15])) / TICKS
            except OSError:
                pass
        return total

    def pss_kb(self):
        total = 0
        for pid in self.pids():
            try:
                for line in open(f"/proc/{pid}/smaps_rollup"):
                    if line.startswith("Pss:"):
                        total += int(line.split()[1])
            except OSError:
                pass
        return total

    def rest(self, seconds=5):
        """Waits until it does nothing more, for so long at most."""
        until, before = time.monotonic() + seconds, self.cpu()
        while time.monotonic() < until:
            time.sleep(0.2)
            now = self.cpu()
            if now - before < 0.01:
                return
            before = now

    @contextlib.contextmanager
    def watched(self):
        """Looks at its memory ten times a second meanwhile; peak_kb is the most that was seen."""
        over = threading.Event()

        def watch():
            while not over.wait(0.1):
                self.peak_kb = max(self.peak_kb, self.pss_kb())
        self.peak_kb = 0
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            self.peak_kb = max(self.peak_kb, self.pss_kb())

    def stop(self, at_once=False):
        for number in (signal.SIGKILL,) if at_once else (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(10)
                break
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=body and body.encode(),
                                         headers={"Content-Type": "application/json"} if body else {})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None


def load_command(server, lines, connections, seconds, *more):
    path = pathlib.Path(server.folder, f"work-{time.monotonic_ns()}")
    path.write_text("\n".join(lines) + "\n")
    return ["taskset", "-c", commas(LOAD_CORES), BUILD / "load", "127.0.0.1", server.port, path, "--connections",
            connections, "--seconds", seconds, "--first", int(time.time() * 1000) % 10 ** 9, *more]


def load(server, lines, connections, seconds, *more):
    """One run of the load generator, with the CPU time that the server took for each request."""
    before = server.cpu()
    with server.watched():
        found = json.loads(sh(*load_command(server, lines, connections, seconds, *more), timeout=seconds + 180))
        found["cpu_us"] = (server.cpu() - before) / max(1, found["completed"]) * 1e6
    found["peak_kb"] = server.peak_kb
    return found


# ---- what is measured

def make_rows(name, count):
    """build/bench/NAME.db: schema.sql with so many rows of items. The large one is kept while its schema is the same."""
    script = (BENCH / "schema.sql").read_text().replace("10000", str(count))
    db, made_from = BUILD / f"{name}.db", BUILD / f"{name}.sql"
    if count > 10000 and db.exists() and made_from.exists() and made_from.read_text() == script:
        return
    db.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(db)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.executescript("BEGIN;" + script + "COMMIT;")
    made_from.write_text(script)


def prepare(names=()):
    """Builds the tools, the rows and the peers: those that are there, and why others are not."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for tool in ("load", "start"):
        sh("gcc", "-O2", "-D_GNU_SOURCE", BENCH / f"load/{tool}.c", "-o", BUILD / tool)
    make_rows("items", 10_000)
    ready, missing = [], {}
    for peer in PEERS:
        if names and peer.name.lower() not in names:
            continue
        try:
            say(f"building {peer.name}")
            peer.version = peer.build()
            ready.append(peer)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            missing[peer.name] = str(error)[-300:]
            say(f"missing: {peer.name}: {error}")
    return ready, missing


def answers_of_thimble():
    """The bytes that thimble answers the limits' requests with: a file for each work."""
    server, found = Server(PEERS[0]), {}
    for work in ("healthz", *works.READS):
        method, path = works.THIMBLE.lines(work)[0].replace("{key}", "5077").split()[1:3]
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(0.1)
            found[work] = BUILD / f"answer-{work}"
            found[work].write_bytes(s.recv(1 << 20))
    server.stop()
    return found


def start_ms(peer, times):
    """Milliseconds from exec to the first 200, with the rows there: one for each time."""
    found = []
    for _ in range(times):
        folder, port = tempfile.mkdtemp(prefix="bench-"), free_port()
        answer = BUILD / "answer-healthz"
        peer.place(folder)
        try:
            found.append(float(sh(
                "taskset", "-c", commas(LOAD_CORES), BUILD / "start", commas(SERVER_CORES), port,
                peer.dialect.healthz, *peer.command(environment(folder, port, "FULL", answer)),
                env=environment(folder, port, "FULL", answer))))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def images():
    """Bytes of the image that each would have: bench/images computes them."""
    found = BENCH / "results" / "images.json"
    if not found.exists():
        return {}
    sizes = json.loads(found.read_text())["images"]
    return {**sizes, "thimble": (ROOT / "build" / "thimble").stat().st_size}

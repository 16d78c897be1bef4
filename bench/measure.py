"""Starts the peers, loads them in turn, and reads what they cost."""
import collections
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import statistics
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
    def __init__(self, peer, sync="FULL", answer=None):
        self.peer = peer
        self.folder, self.port = tempfile.mkdtemp(prefix="bench-"), free_port()
        env = environment(self.folder, self.port, sync, answer)
        peer.place(self.folder)
        command = ["taskset", "-c", commas(SERVER_CORES), *map(str, peer.command(env))]
        with open(f"{self.folder}/log", "wb") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        self._wait_ready()
        self.peak_kb = 0
        self.watching = True
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        time.sleep(0.3)
        self.idle_kb = self.pss_kb()
        self.watcher.start()

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
        """Seconds of all processes, those that ended included."""
        total = 0
        for pid in self.pids():
            try:
                fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
                total += sum(map(int, fields[11:15]))
            except OSError:
                pass
        return total / TICKS

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

    def _watch(self):
        while self.watching:
            self.peak_kb = max(self.peak_kb, self.pss_kb())
            time.sleep(0.1)

    def stop(self):
        self.watching = False
        for number in (signal.SIGTERM, signal.SIGKILL):
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
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)


def load(server, lines, connections, seconds, *more):
    """One run of the load generator, with the CPU time that the server took for each request."""
    path = pathlib.Path(server.folder, "work")
    path.write_text("\n".join(lines) + "\n")
    server.peak_kb, before = 0, server.cpu()
    found = json.loads(sh(
        "taskset", "-c", commas(LOAD_CORES), BUILD / "load", "127.0.0.1", server.port, path, "--connections",
        connections, "--seconds", seconds, "--first", int(time.time() * 1000) % 10 ** 9, *more,
        timeout=seconds + 60))
    found["cpu_us"] = (server.cpu() - before) / max(1, found["completed"]) * 1e6
    found["peak_kb"] = max(server.peak_kb, server.pss_kb())
    return found


# ---- the rounds

def prepare(names=()):
    """Builds the tools, the rows and the peers: those that are there, and why others are not."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for tool in ("load", "start"):
        sh("gcc", "-O2", "-D_GNU_SOURCE", BENCH / f"load/{tool}.c", "-o", BUILD / tool)
    db = BUILD / "items.db"
    db.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(db)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.executescript((BENCH / "schema.sql").read_text())
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
    """The bytes that thimble answers the limit's requests with: a file for each work."""
    server, found = Server(PEERS[0]), {}
    for work in works.ALL:
        method, path = works.THIMBLE.lines(work)[0].replace("{key}", "5077").split()[1:3]
        if method != "GET" or work == "mix":
            continue
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(0.1)
            found[work] = BUILD / f"answer-{work}"
            found[work].write_bytes(s.recv(1 << 20))
    server.stop()
    return found


def servers(peer, wanted, answers):
    """(server, its works): one for durable work and one for relaxed, or one for each work."""
    mine = [work for work in wanted if peer.can(work)]
    if peer.alone:
        groups = [("FULL", [work]) for work in mine]
    else:
        groups = [("FULL", [w for w in mine if w != "insert, relaxed"]),
                  ("NORMAL", [w for w in mine if w == "insert, relaxed"])]
    for sync, group in groups:
        if group:
            server = Server(peer, sync, answers.get(group[0]))
            try:
                yield server, group
            finally:
                server.stop()


def measure_round(peer, wanted, connections, seconds, answers, results):
    for server, group in servers(peer, wanted, answers):
        if not peer.alone:
            works.check(server.ask, peer.dialect, group, peer.name, BUILD / "items.db")
        results["idle_kb"].append(server.idle_kb)
        for n in connections:
            for work in group:  # a thousand connections take longer to come round
                found = load(server, peer.dialect.lines(work), n, seconds * (1.5 if n >= 1000 else 1))
                results[f"{work}/{n}"].append(found)


def measure(ready, wanted, connections, rounds, seconds, failed):
    results = {peer.name: collections.defaultdict(list) for peer in ready}
    answers = answers_of_thimble() if any(peer.alone for peer in ready) else {}
    for number in range(rounds):
        for peer in list(ready):
            say(f"round {number + 1} of {rounds}: {peer.name}")
            try:
                measure_round(peer, wanted, connections, seconds, answers, results[peer.name])
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                say(f"{peer.name} fails: {error}")
                failed[peer.name] = str(error)[-300:]
                ready.remove(peer)
    return results


def instructions():
    """None without valgrind, or when the machine was too slow under it."""
    try:
        return count_instructions() if shutil.which("valgrind") else None
    except (RuntimeError, OSError) as error:
        say(f"instructions: {error}")
        return None


def start_ms(peer, times):
    """Milliseconds from exec to the first 200, with the rows there: the median."""
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
    return statistics.median(found)


def median(values, key=None):
    values = [v[key] for v in values] if key else values
    return statistics.median(values) if values else None


def summary(results):
    out = {}
    for name, found in results.items():
        out[name] = {}
        for key, values in found.items():
            if "/" in key and isinstance(values[0], dict):
                out[name][key] = {field: median(values, field) for field in values[0]}
            else:
                out[name][key] = median(values)
    return out


def images():
    """Bytes of the image that each would have: bench/images computes them."""
    found = BENCH / "results" / "images.json"
    if not found.exists():
        return {}
    sizes = json.loads(found.read_text())["images"]
    return {**sizes, "thimble": (ROOT / "build" / "thimble").stat().st_size}


OPEN_WORKS = ("row", "list", "insert")


def open_loop(ready, table, connections, seconds):
    """Latency at a constant rate: for each work half of what the slowest can do."""
    able = [peer for peer in ready if not peer.alone]
    found = {}
    for work in OPEN_WORKS:
        rates = {p.name: table[p.name][f"{work}/{connections}"]["rate"] for p in able
                 if table[p.name].get(f"{work}/{connections}")}
        if rates:
            slowest = min(rates, key=rates.get)
            found[work] = {"rate": max(1, int(rates[slowest] / 2)), "slowest": slowest, "peers": {}}
    for peer in able:
        say(f"open loop: {peer.name}")
        for server, group in servers(peer, [w for w in found if peer.can(w)], {}):
            for work in group:
                found[work]["peers"][peer.name] = load(server, peer.dialect.lines(work), connections, seconds,
                                                       "--rate", found[work]["rate"], "--warmup", 0.3)
    return found


def count_instructions():
    """Instructions of one GET of a row by key, by callgrind: the number that no other load moves."""
    few, many = (callgrind(n) for n in (200, 1200))
    return round((many - few) / 1000)


def callgrind(requests):
    folder, port = tempfile.mkdtemp(prefix="bench-"), free_port()
    stacks.place_file(folder)
    process = subprocess.Popen(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", ROOT / "build/thimble",
         "serve", "--db", f"{folder}/items.db", "--migrations", "none", "--listen",
         f"127.0.0.1:{port}", "--threads", "1", "--log-level", "error", "--answer-cache", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(port) as s:
            for _ in range(requests):
                s.sendall(b"GET /items/77 HTTP/1.1\r\nHost: x\r\n\r\n")
                if b" 200 " not in s.recv(4096)[:20]:
                    raise RuntimeError("a request under valgrind failed")
        process.terminate()
        process.wait(60)
        lines = pathlib.Path(folder, "out").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(("summary:", "totals:")))
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def connect(port):
    for _ in range(300):
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("thimble does not listen under valgrind")

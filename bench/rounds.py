"""The rounds: in each, every cell is measured with everybody in turn before the next cell, so that what is compared
was measured within seconds. Nobody is always the first."""
import json
import os
import subprocess
import time

import measure
import streams
import works
from measure import Server, load
from stacks import BUILD, say

# A peer that has not given its rows by then is cut off; what it gave counts.
STREAM_SECONDS = 10
# A body that is not answered by then is given up, and not sent in the next rounds.
BODY_SECONDS = 20
# One client asks for rows by key at even times, whatever the server does.
INNOCENT_RATE = 200
TROUBLES = (RuntimeError, OSError, ValueError, subprocess.TimeoutExpired)


class Rounds:
    """`table[peer][cell][field]` is a list: a value for each round so far, None where there is none. `failed[peer][cell]`
    says why a peer is not asked for that again."""

    def __init__(self, peers, cells, long, seconds, big_rows):
        self.peers, self.cells, self.long = list(peers), cells, long
        self.seconds, self.big_rows = seconds, big_rows
        self.table = {peer.name: {} for peer in peers}
        self.failed, self.done, self.began = {peer.name: {} for peer in peers}, 0, time.monotonic()
        self.answers = measure.answers_of_thimble() if any(peer.alone for peer in peers) else {}

    def keep(self, peer, cell, found):
        fields = self.table[peer.name].setdefault(cell, {})
        for field, value in found.items():
            values = fields.setdefault(field, [])
            values += [None] * (self.done - len(values))
            values.append(value)

    def in_turn(self, cell):
        """Those who can do the cell's work, from another one on for each cell and round."""
        work = cell.split("/")[0]
        able = [peer for peer in self.peers if (work == "long" or peer.can(work)) and cell not in self.failed[peer.name]]
        at = (self.done + len(cell)) % max(1, len(able))
        return able[at:] + able[:at]

    def attempt(self, peer, cell, what, *arguments):
        """A failure is the cell's, and the peer's other cells go on."""
        try:
            what(peer, *arguments)
        except TROUBLES as error:
            say(f"{peer.name} fails: {error}")
            self.failed[peer.name][cell] = str(error)[-300:]
            self.table[peer.name].pop(cell, None)

    def say(self, words):
        say(f"{time.monotonic() - self.began:5.0f} s, round {self.done + 1}: {words}")

    def run(self, rounds, kept):
        """`kept` is told the table after each round."""
        os.sched_setaffinity(0, measure.LOAD_CORES)
        for _ in range(rounds):
            self.short_round()
            self.long_round()
            self.done += 1
            kept(self)

    # ---- 10,000 rows

    def short_round(self):
        if not self.cells:
            return
        servers = {}
        self.say("starting")
        try:
            for peer in self.peers:
                if not peer.alone and any(peer.can(work) for work, _ in self.cells):
                    self.attempt(peer, "start", self.start, servers)
            for work, connections in self.cells:
                cell = f"{work}/{connections}"
                self.say(f"{work}, {connections} connections")
                for peer in self.in_turn(cell):
                    if peer.alone or peer.name in servers:
                        self.attempt(peer, cell, self.measure, servers, work, connections)
        finally:
            for server in servers.values():
                server.stop()

    def start(self, peer, servers):
        server = Server(peer)
        try:
            wanted = {work for work, _ in self.cells if peer.can(work)}
            works.check(server.ask, peer.dialect, wanted, peer.name, BUILD / "items.db")
        except TROUBLES:
            server.stop()
            raise
        servers[peer.name] = server
        self.keep(peer, "start", {"idle_kb": server.idle_kb})

    def measure(self, peer, servers, work, connections):
        if peer.alone or work == "insert, relaxed":  # a server for this alone
            server = Server(peer, "NORMAL" if "relaxed" in work else "FULL", self.answers.get(work), settle=0)
            try:
                found = self.load(server, work, connections)
            finally:
                server.stop()
        else:
            try:
                found = self.load(servers[peer.name], work, connections)
            except TROUBLES:  # whatever it still does would disturb the others
                servers.pop(peer.name).stop(at_once=True)
                servers[peer.name] = Server(peer)
                raise
        self.keep(peer, f"{work}/{connections}", found)

    def load(self, server, work, connections):
        dialect, n = server.peer.dialect, works.bulk_rows(work)
        if n:
            return self.load_bulk(server, dialect, n)
        found = load(server, dialect.lines(work), connections, self.seconds)
        return {field: round(found[field], 2) for field in
                ("cpu_us", "rate", "p50_us", "p99_us", "max_us", "peak_kb", "errors")}

    def load_bulk(self, server, dialect, n):
        """By the row. All that was answered by the time that it took: some bodies take longer than the second."""
        found = load(server, [dialect.bulk_line(n, BUILD)], 1, self.seconds, "--warmup", 0, "--drain", BODY_SECONDS,
                     *dialect.fields)
        if found["good"] == 0 or found["errors"]:
            late = f"is not answered in {BODY_SECONDS} s"
            raise RuntimeError(f"a body of {n:,} rows " + (late if found["timeouts"] else f"is answered {found['status']}"))
        return {"cpu_us": round(found["cpu_us"] / n, 3), "rate": round(found["good"] * n / found["span"], 1),
                "p50_us": found["p50_us"], "p99_us": found["p99_us"], "peak_kb": found["peak_kb"],
                "errors": found["errors"]}

    # ---- a million rows

    def long_round(self):
        if not self.long:
            return
        if self.done == 0:
            measure.make_rows("big", self.big_rows)
        for peer in self.in_turn("long"):
            if any(peer.can(work) for work in self.long):
                self.say(f"a million rows, {peer.name}")
                self.attempt(peer, "long", self.measure_long)

    def measure_long(self, peer):
        server = Server(peer, rows="big", settle=0)
        try:
            if self.done == 0:
                works.check_search(server.ask, peer.dialect, peer.name, BUILD / "big.db")
            for work in self.long:
                if work not in self.failed[peer.name]:
                    self.attempt(peer, work, self.one_long, server, work)
        finally:
            server.stop(at_once=True)

    def one_long(self, peer, server, work):
        self.keep(peer, work, self.stream(server) if work == "stream" else self.beside(server, int(work.split()[1])))

    def stream(self, server):
        peer, before = server.peer, server.cpu()
        with server.watched():
            if peer.pages:
                found = streams.read_pages(peer.pages(server.ask), STREAM_SECONDS)
            else:
                path, fields, extra = peer.dialect.stream
                found = streams.read(server.port, path, fields, STREAM_SECONDS)
                found["lines"] -= extra
            cpu = server.cpu() - before
        if found["whole"] and found["lines"] != self.big_rows:
            raise RuntimeError(f"a stream of {self.big_rows:,} rows has {found['lines']:,}")
        if not found["whole"]:
            server.rest()  # some write on for nobody
        if found["first"].startswith("{"):
            first = works.rows(BUILD / "big.db", "SELECT * FROM items WHERE id = 1")[0]
            if json.loads(found["first"]) != first:
                raise RuntimeError(f"a stream begins with {found['first']}, not {first}")
        rows = max(1, found["lines"])
        return {"cpu_us": round(cpu / rows * 1e6, 3), "rate": round(rows / found["seconds"], 1), "rows": rows,
                "peak_kb": server.peak_kb, "seconds": round(found["seconds"], 2)}

    def beside(self, server, slow):
        """Rows by key at a constant rate; `slow` clients ask a slow query meanwhile, each again and again."""
        seconds, dialect = max(2 * self.seconds, 0.5), server.peer.dialect
        attack = None
        server.rest()
        if slow:
            attack = subprocess.Popen(
                [str(c) for c in measure.load_command(server, dialect.lines("search"), slow, seconds + 1,
                                                      "--warmup", 0, "--drain", 0.5)],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            time.sleep(0.3)
        try:
            found = load(server, dialect.lines("row"), 4, seconds, "--rate", INNOCENT_RATE, "--warmup", 0.2)
            said = json.loads(attack.communicate(timeout=60)[0]) if attack else None
        finally:
            if attack and attack.poll() is None:
                attack.kill()
                attack.wait()
        kept = {field: round(found[field], 1) for field in ("p50_us", "p99_us", "max_us", "errors")}
        if said:
            kept["slow_rate"] = round(said["good"] / said["span"], 2) if said["span"] > 0 else 0
            kept["slow_refused"] = said["errors"] - said["timeouts"]
        return kept

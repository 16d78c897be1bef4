"""A run's results as text, as docs/benchmark.md with its pictures, and as the table of README.md."""
import json
import re

import draw
import figures
import works
from figures import one, ratios, three, values

NOTES = (
    "thimble checks each body against the schema of the table and each query against the columns; the "
    "frameworks' programs check what their documentation's examples check, which is less.",
    "**thimble** runs with `--answer-cache 0`, because the peers keep no answers either; **thimble (cached)** is the "
    "default. The keys of the rows are random, so not all of them find theirs in 4 MiB.",
    "thimble commits writes that wait together; the peers commit each by itself, as SQLite does by default.",
    "**limit** is an epoll loop that parses nothing and sends the bytes that thimble sends; **libmicrohttpd** is the "
    "library as thimble builds it, with the same answer, kept.",
    "**PocketBase** serves its own records API: text ids, a list in an envelope, 200 for a POST, rules and hooks; answers "
    "are compared after mapping. Its SQLite is Go's translation of C. `synchronous` is set as everybody's; its other "
    "pragmas are its own. Many rows go in by its batch API, in one transaction, and come out by pages of 1,000, the "
    "most that it gives.",
    "**Datasette** only reads. Its `_shape=array` is compared, its stream is CSV; it ends a query after a second.",
    "Bodies of 100,000 rows have {megabytes} MB. thimble takes what is longer than `--max-body` into a file first "
    "(`--max-upload`), by its defaults. Limits of bodies were raised for these: Fiber "
    "(`BodyLimit`), Django (`DATA_UPLOAD_MAX_MEMORY_SIZE`), Express (`express.json`), PocketBase (batch: requests, size, "
    "time). The others have none.",
    "Django takes the orders by `select_related` and `prefetch_related`, PocketBase by `expand`, the others by a join and a "
    "second query for the lines.",
    "The slow query looks for three texts in the names of a million rows and sorts by name. FastAPI's runs in a thread, as "
    "its documentation says of what blocks; better-sqlite3 (Express) blocks its process.",
    "A request counts as failed when its answer is not 2xx, has a wrong length, or does not come in 10 s.",
)
IMAGES_NOTE = """Images are computed, not pulled: the program's own files and those of a base that [bench/images](../bench/images)
makes of Debian's packages: nothing for thimble, Debian slim for what takes glibc, with Debian's python3 or nodejs
for what takes these."""
# The rows of README's table: (what, cell, field, divisor).
README = (
    ("CPU µs: a row by key", "row/64", "cpu_us", 1), ("… a list of 20", "list/64", "cpu_us", 1),
    ("… 20 orders with customer and lines", "embeds/64", "cpu_us", 1), ("… an insert, durable", "insert/64", "cpu_us", 1),
    ("… a row of 1,000 in a body", "bulk 1000/1", "cpu_us", 1), ("… a row of a stream of a million", "stream", "cpu_us", 1),
    ("requests/s: a row by key", "row/64", "rate", 1), ("… an insert, durable", "insert/64", "rate", 1),
    ("… an insert, durable, 1,000 connections", "insert/1000", "rate", 1),
    ("p99 of a row beside a slow query, ms", "beside 1", "p99_us", 1000),
    ("… beside 16 of them, ms", "beside 16", "p99_us", 1000),
    ("memory idle, MB", "start", "idle_kb", 1024), ("… during the stream, MB", "stream", "peak_kb", 1024),
    ("exec to the first 200, ms", "start", "start_ms", 1),
)


def as_json(report):
    """A line for each cell."""
    text = json.dumps({**report, "table": None}, indent=1)
    peers = []
    for name, cells in report["table"].items():
        lines = ",\n".join(f"   {json.dumps(cell)}: {json.dumps(found)}" for cell, found in cells.items())
        peers.append(f"  {json.dumps(name)}: {{\n{lines}\n  }}")
    return text.replace('"table": null', '"table": {\n' + ",\n".join(peers) + "\n }") + "\n"


class View:
    """The report, with the floor of each field's spread."""

    def __init__(self, report):
        self.report = report
        self.floor = {field: figures.floor_of(report, field) for field in figures.FIELDS}

    def names(self, cell):
        return [n for n in self.report["table"] if cell in self.report["table"][n]]

    def values(self, name, cell, field, divisor=1):
        return [v / divisor for v in figures.there(values(self.report, name, cell, field))]

    def three(self, name, cell, field, divisor=1):
        return three(self.values(name, cell, field, divisor), self.floor.get(field, 0))

    def one(self, name, cell, field, divisor=1):
        return one(self.values(name, cell, field, divisor), self.floor.get(field, 0))

    def ratio(self, cell, above, below, field="cpu_us"):
        """Of two lists or names, round by round."""
        lists = [values(self.report, v, cell, field) if isinstance(v, str) else v for v in (above, below)]
        return three(ratios(*lists), self.floor[field])

    def cells(self):
        return self.report["cells"]


def title(cell):
    work, _, connections = cell.partition("/")
    if works.bulk_rows(work) or not connections:
        return works.TITLES[work]
    return f"{works.TITLES[work]}, {int(connections):,} connection{'s' if connections != '1' else ''}"


def grid(head, lines):
    mark = "|---|" + "--:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", mark, *("| " + " | ".join(line) + " |" for line in lines)])


# ---- what holds on every machine

def summary(view):
    """thimble beside the limits and the best of the others, by CPU."""
    lines = []
    for cell in [*view.cells(), *(["stream"] if "stream" in view.report["long"] else [])]:
        if "thimble" not in view.names(cell):
            continue
        best, who = figures.best(view.report, cell)
        lines.append([title(cell), view.three("thimble", cell, "cpu_us"), view.ratio(cell, "limit", "thimble"),
                      view.ratio(cell, "libmicrohttpd", "thimble"), view.ratio(cell, best, "thimble"), who or "–"])
    return grid(["CPU of the server for a request (bulk, stream: for a row)", "thimble, µs", "limit ÷ thimble",
                 "libmicrohttpd ÷ thimble", "best other ÷ thimble", "which is"], lines)


def multiples(view):
    """Everybody's CPU by thimble's."""
    names = [n for n in view.report["table"] if n != "thimble"]
    lines = [[title(cell), *(one(ratios(values(view.report, n, cell), values(view.report, "thimble", cell)),
                                 view.floor["cpu_us"]) for n in names)]
             for cell in [*view.cells(), *(["stream"] if "stream" in view.report["long"] else [])]
             if "thimble" in view.names(cell)]
    return grid(["CPU, × thimble's", *names], lines)


def instructions(view):
    found = view.report.get("instructions")
    if not found:
        return "Instructions were not counted: that takes valgrind."
    ours = found["thimble"]
    return grid(["instructions for a request (callgrind)", *(works.TITLES[w] for w in ours)],
                [[name, *(f"{counts[w]:,}" if w in counts else "–" for w in ours)] for name, counts in found.items()])


# ---- what is this machine's

def cell_table(view, cell):
    unit = "row" if works.bulk_rows(cell.split("/")[0]) else "request"
    head = [title(cell), f"CPU µs a {unit}", f"{unit}s/s", "p50, ms", "p99, ms", "memory, MB", "failed"]
    return grid(head, [[name, view.three(name, cell, "cpu_us"), view.three(name, cell, "rate"),
                        view.one(name, cell, "p50_us", 1000), view.three(name, cell, "p99_us", 1000),
                        view.one(name, cell, "peak_kb", 1024),
                        f"{sum(view.values(name, cell, 'errors')):,.0f}"] for name in view.names(cell)])


def stream_table(view):
    return grid([title("stream"), "CPU µs a row", "rows/s", "memory, MB", "rows that came"],
                [[name, view.three(name, "stream", "cpu_us"), view.three(name, "stream", "rate"),
                  view.three(name, "stream", "peak_kb", 1024), view.one(name, "stream", "rows")]
                 for name in view.names("stream")])


def beside_table(view):
    kinds = [n for n in works.SLOW if f"beside {n}" in view.report["long"]]
    head = ["GET a row by key, 200/s"]
    for n in kinds:
        who = f"beside {n} slow" if n else "alone"
        head += [f"{who}: p50, ms", "p99, ms", "longest, ms", *(["slow answers/s", "refused"] if n else [])]
    lines = []
    for name in view.names(f"beside {kinds[0]}") if kinds else []:
        line = [name]
        for n in kinds:
            cell = f"beside {n}"
            line += [view.one(name, cell, "p50_us", 1000), view.three(name, cell, "p99_us", 1000),
                     f"{max(view.values(name, cell, 'max_us', 1000), default=0):,.0f}"]
            if n:
                line += [view.one(name, cell, "slow_rate"), f"{sum(view.values(name, cell, 'slow_refused')):,.0f}"]
        lines.append(line)
    return grid(head, lines)


def mb(size):
    return f"{size / 1e6:,.1f}" if size else "–"


def peak(view, name):
    found = [max(view.values(name, cell, "peak_kb", 1024), default=0) for cell in view.cells()
             if not cell.startswith("bulk")]
    return f"{max(found):,.0f}" if found and max(found) else "–"


def costs(view):
    report, images = view.report, view.report.get("images", {})
    return grid(["", "version", "memory idle, MB", "memory peak, MB", "on disk, MB", "image, MB",
                 "exec to the first 200, ms"],
                [[name, report["versions"][name], view.one(name, "start", "idle_kb", 1024), peak(view, name),
                  mb(report["sizes"].get(name)), mb(images.get(name)), view.three(name, "start", "start_ms")]
                 for name in report["table"]])


def readme(view):
    names = [n for n in view.report["table"] if n not in ("thimble (cached)", "libmicrohttpd", "limit", "Datasette")]
    lines = [[what, *(view.one(n, cell, field, divisor) for n in names)]
             for what, cell, field, divisor in README if any(cell in view.report["table"][n] for n in names)]
    return grid(["", *names], lines)


# ---- all of it

def sections(view):
    parts = []
    for cell in view.cells():
        parts.append(cell_table(view, cell))
    if "stream" in view.report["long"]:
        parts.append(stream_table(view))
    if any(work.startswith("beside") for work in view.report["long"]):
        parts.append(beside_table(view))
    return parts


def text(report):
    view = View(report)
    parts = [*sections(view), costs(view), summary(view)]
    if report.get("instructions"):
        parts.append(instructions(view))
    return "\n\n".join(parts + [f"missing: {name}: {why}" for name, why in report["missing"].items()])


def percent(share):
    return f"{100 * share:.0f} %"


def body_megabytes():
    return f"{len(works.PLAIN.bulk_body(1000)) * 100 / 1e6:.0f}"


def pictures(view):
    report = view.report
    cells = [cell for cell in view.cells() if cell.endswith("/64")]

    def groups(field, divisor):
        return [(title(cell), [(n, figures.median(view.values(n, cell, field, divisor))) for n in view.names(cell)])
                for cell in cells]
    memory = [(what, [(n, figures.median(view.values(n, cell, field, 1024))) for n in report["table"]
                      if view.values(n, cell, field)])
              for what, cell, field in (("idle", "start", "idle_kb"), ("a stream of a million rows", "stream", "peak_kb"))]
    size = [("on disk", [(name, size / 1e6) for name, size in report["sizes"].items()])]
    if report.get("images"):
        size.append(("image, base and all", [(name, size / 1e6) for name, size in report["images"].items()]))
    return {
        "benchmark-cpu.svg": draw.bars("CPU of the server in µs for a request, 64 connections, less is better",
                                       groups("cpu_us", 1), " µs"),
        "benchmark-latency.svg": draw.bars("p99 in ms at 64 connections, less is better", groups("p99_us", 1000), " ms"),
        "benchmark-memory.svg": draw.bars("proportional memory of all processes in MB, less is better", memory, " MB"),
        "benchmark-size.svg": draw.bars("binary or installed packages, without and with what they stand on, in MB", size,
                                        " MB"),
    }


def write(report, root):
    view = View(report)
    for name, picture in pictures(view).items():
        (root / "docs" / name).write_text(picture)
    (root / "docs" / "benchmark.md").write_text(document(view))
    place = root / "README.md"
    place.write_text(between(place.read_text(), "bench", in_readme(view)))


def between(page, mark, inner):
    found, count = re.subn(rf"(<!-- {mark} -->).*?(<!-- /{mark} -->)", lambda m: f"{m[1]}\n{inner}\n{m[2]}", page,
                           flags=re.S)
    if not count:
        raise RuntimeError(f"there is no <!-- {mark} --> to write between")
    return found


def in_readme(view):
    report = view.report
    return f"""The same work over the same SQLite file, servers on one half of the cores and the load on the other, 64
connections unless it says otherwise; medians of {report['rounds']} rounds of {report['seconds']:g} s. The CPU of the server for a
request comes first: what it is beside the others' holds on other machines, too; rates and times are this machine's.
From [docs/benchmark.md](docs/benchmark.md), which `make bench` makes:

{readme(view)}

This is without the answers that thimble keeps and gives again while the database stays as it is, since the others
keep none. A single connection that writes durably waits for the disk, here as there."""


def document(view):
    report, machine, floor = view.report, view.report["machine"], view.floor
    cores = ["core" + ("s" if len(machine[which]) > 1 else "") + " " + ", ".join(map(str, machine[which]))
             for which in ("server_cores", "load_cores")]
    missing = "\n".join(f"- **{name}**: {why}" for name, why in
                        {**report["missing"], **report.get("not_measured", {})}.items())
    notes = "\n".join(f"- {line}" for line in NOTES).replace("{megabytes}", body_megabytes())
    tables = "\n\n".join(sections(view))
    return f"""# Benchmark

Made by `make bench`: {report['rounds']} rounds of {report['seconds']:g} s for each figure. A round measures each work with everybody in turn before
the next work, so that what is compared was measured within seconds; ratios are taken within a round. Three figures are
the least, the median and the greatest of the rounds, rounded by how far these lie apart.

In another run on the same machine 99 of 100 figures differ by less than their range, or than the range of the middle
figure where that is greater: {percent(floor['cpu_us'])} for CPU, {percent(floor['rate'])} for rates, {percent(floor['p99_us'])} for p99. A smaller difference between two peers
is none.

Everybody has the same rows in SQLite, WAL, `synchronous=FULL` (NORMAL where it says relaxed), and one worker for each
core; before each round every answer is compared. All servers are up during a round; those that are not asked take half a
hundredth of a core together. The peers, and what their documentation advises, are in
[bench/peers](../bench/peers/README.md). CPU is user and system time of all of a server's processes, by the requests
that it answered.

## What holds on every machine

{summary(view)}

{multiples(view)}

{instructions(view)}

![CPU](benchmark-cpu.svg)

## What is this machine's

{machine['when']}: {machine['cpu']}, {machine['cores']} cores of a shared machine, {machine['memory_gb']} GB, Linux {machine['kernel']}; servers on {cores[0]}, the load
generator ([bench/load](../bench/load/load.c)) on {cores[1]}; load average before it {machine['load']:.1f}. Memory is the proportional share of all processes at the peak.

{tables}

A stream that is not at its end after 10 s is cut off. "Alone" and "beside": one client asks for 200 rows a second by
key, sent on time whatever the server does, and latency counts from when a request was due; others ask the slow query
again and again.

{costs(view)}

{IMAGES_NOTE if report.get("images") else ''}

![latency](benchmark-latency.svg)

![memory](benchmark-memory.svg)

![size](benchmark-size.svg)

## How the peers differ

{notes}

Not measured:

{missing or 'nothing'}

Repeat it: `make bench` (about 40 minutes), `make bench QUICK=1` (five minutes, no page), `bench/run --works "row;list"
--peers thimble,fiber --no-docs` (a part). `bench/run --agree A.json B.json` says which figures of two runs differ by more
than they may. [bench/results/latest.json](../bench/results/latest.json) has all figures.
"""

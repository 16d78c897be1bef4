"""The results as text, as a page and as pictures (SVG, readable in light and dark)."""
import html

STYLE = """<style>
text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:14px}.n{text-anchor:end}
.v{font-size:11px}.b{fill:#8c959f}.us{fill:#0969da}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#6e7681}.us{fill:#58a6ff}}
</style>"""


NOTES = (
    "thimble checks each body against the schema of the table and each query against the columns; the "
    "frameworks' programs check what their documentation's examples check, which is less.",
    "**thimble** runs with `--answer-cache 0`, because the peers keep no answers either; "
    "**thimble (cached)** is the default: an answer is kept and given again while the database stays as it is. "
    "The keys of the rows are random, so not all of them find theirs in 4 MiB.",
    "thimble commits writes that wait together; the peers commit each by itself, as SQLite does by default.",
    "**PocketBase** serves its own records API: text ids, a list in an envelope, 200 for a POST, rules and "
    "hooks; answers are compared after mapping. Its SQLite is Go's translation of C. `synchronous` is set as "
    "everybody's; its other pragmas are its own.",
    "**Datasette** only reads. Its `_shape=array` is compared; it has no constant route, so no `/healthz`.",
    "A request counts as failed when its answer is not 2xx, has a wrong length, or does not come in 10 s. What "
    "is under way at the end of a measurement is waited for: its latency counts; the rate is of the measurement alone, "
    "unless not every connection came round in it: then of all that was answered, by the time that it took.",
)
IMAGES_NOTE = """Images are computed, not pulled: the program's own files and those of a base that [bench/images](../bench/images)
makes of Debian's packages: nothing for thimble, Debian slim for what takes glibc, with Debian's python3 or nodejs
for what takes these. The images that the documentation of FastAPI and Express begins with hold more. PocketBase's
is built on Alpine, which is not to be had so."""


def number(value):
    if value is None:
        return "–"
    if value >= 10000:
        return f"{value / 1000:,.0f}k"
    if value >= 1000:
        return f"{value / 1000:.1f}k"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def megabytes(kb):
    return "–" if kb is None else f"{kb / 1024:,.1f}" if kb < 102400 else f"{kb / 1024:,.0f}"


def bars(title, groups, unit):
    """groups: [(heading, [(name, value)])], horizontal bars, the longest of each group fills it."""
    y, parts = 30, []
    for heading, items in groups:
        items = [(n, v) for n, v in items if v is not None]
        if not items:
            continue
        top = max(v for _, v in items) or 1
        parts.append(f'<text x="0" y="{y}" class="t">{html.escape(heading)}</text>')
        y += 10
        for name, value in items:
            width = max(1, 430 * value / top)
            mark = "us" if name.startswith("thimble") else "b"
            parts.append(f'<text x="90" y="{y + 12}" class="n">{html.escape(name)}</text>'
                         f'<rect x="98" y="{y + 2}" width="{width:.1f}" height="13" rx="2" class="{mark}"/>'
                         f'<text x="{102 + width:.1f}" y="{y + 12}" class="v">{number(value)}{unit}</text>')
            y += 18
        y += 22
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {y}" role="img" '
            f'aria-label="{html.escape(title)}">{STYLE}<text x="0" y="12" class="v">'
            f'{html.escape(title)}</text>{"".join(parts)}</svg>\n')


def cell(report, name, key, field="rate"):
    value = report["table"].get(name, {}).get(key)
    return value[field] if isinstance(value, dict) else value


def names(report):
    return list(report["table"])


def best_go(report, key):
    rates = [cell(report, n, key) for n in names(report) if report["languages"].get(n) == "Go"]
    rates = [r for r in rates if r]
    return max(rates) if rates else None


def ratio(ours, theirs, places):
    return f"{ours / theirs:.{places}f}" if ours and theirs else "–"


def rows_of(report, work, titles):
    for n in report["connections"]:
        key = f"{work}/{n}"
        values = [cell(report, name, key) for name in names(report)]
        ours = cell(report, "thimble", key)
        yield titles[work], n, values, ratio(ours, best_go(report, key), 1), ratio(
            ours, cell(report, "limit", key), 2)


def table(report, works, titles):
    head = ["requests/s", "connections", *names(report), "× best Go", "× limit"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * 2 + "--:|" * (len(head) - 2)]
    for work in works:
        for title, n, values, go, limit in rows_of(report, work, titles):
            lines.append(f"| {title} | {n:,} | " + " | ".join(map(number, values)) + f" | {go} | {limit} |")
    return "\n".join(lines)


def detail(report, works, titles, connections):
    """Latency and CPU at one number of connections."""
    lines = ["| ms: p50 / p99 / p99.9 · CPU µs | " + " | ".join(names(report)) + " |",
             "|---|" + "---|" * len(names(report))]
    for work in works:
        key, cells = f"{work}/{connections}", []
        for name in names(report):
            v = report["table"][name].get(key)
            cells.append(f"{v['p50_us'] / 1000:.2f} / {v['p99_us'] / 1000:.1f} / {v['p999_us'] / 1000:.1f} · "
                         f"{v['cpu_us']:.1f}" if v else "–")
        lines.append(f"| {titles[work]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def costs(report):
    lines = ["| | version | memory idle, MB | memory peak, MB | on disk, MB | image, MB | exec to first 200, ms | "
             "failed requests |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    images = report.get("images", {})
    for name in names(report):
        found, size, image = report["table"][name], report["sizes"].get(name), images.get(name)
        failed = sum(v["errors"] for v in found.values() if isinstance(v, dict))
        lines.append(f"| {name} | {report['versions'][name]} | {megabytes(found.get('idle_kb'))} | "
                     f"{megabytes(peak(found))} | {mb(size)} | {mb(image)} | {found.get('start_ms', 0):.1f} | "
                     f"{failed:.0f} |")
    return "\n".join(lines)


def mb(size):
    return f"{size / 1e6:,.1f}" if size else "–"


def peak(found):
    return max((v["peak_kb"] for v in found.values() if isinstance(v, dict)), default=None)


def text(report, works, titles):
    parts = [table(report, works, titles), "", costs(report)]
    parts += [f"missing: {name}: {why}" for name, why in report["missing"].items()]
    if report.get("instructions"):
        parts.append(f"instructions of one GET of a row by key: {report['instructions']:,}")
    return "\n".join(parts)


def open_loop_tables(report, titles):
    parts = []
    for work, found in report["open_loop"].items():
        lines = [f"{titles[work]}, {found['rate']:,} requests/s (half of what {found['slowest']} can):", "",
                 "| | p50, ms | p99, ms | p99.9, ms | longest, ms | failed |", "|---|--:|--:|--:|--:|--:|"]
        for name, v in found["peers"].items():
            lines.append(f"| {name} | " + " | ".join(
                f"{v[f] / 1000:.2f}" for f in ("p50_us", "p99_us", "p999_us", "max_us")) + f" | {v['errors']} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def document(report, works, titles, docs):
    machine = report["machine"]
    n, notes = report["open_loop_connections"], "\n".join(f"- {line}" for line in NOTES)
    pictures = {
        "benchmark-throughput.svg": bars(f"requests/s at {n} connections, more is better", [
            (titles[w], [(name, cell(report, name, f"{w}/{n}")) for name in names(report)])
            for w in works], ""),
        "benchmark-latency.svg": bars(f"p99 in ms at {n} connections, less is better", [
            (titles[w], [(name, (cell(report, name, f"{w}/{n}", "p99_us") or 0) / 1000 or None)
                         for name in names(report)]) for w in works], " ms"),
        "benchmark-memory.svg": bars("proportional memory of all processes in MB, less is better", [
            ("idle", [(name, report["table"][name].get("idle_kb", 0) / 1024) for name in names(report)]),
            ("peak", [(name, (peak(report["table"][name]) or 0) / 1024) for name in names(report)])], " MB"),
        "benchmark-size.svg": bars("binary or installed packages, without and with what they stand on, in MB", [
            ("on disk", [(name, size / 1e6) for name, size in report["sizes"].items()]),
            *([("image, base and all", [(name, size / 1e6) for name, size in report["images"].items()])]
              if report.get("images") else [])], " MB"),
    }
    count = report["instructions"]
    instructions = (f"One `GET` of a row by key is {count:,} instructions in thimble (callgrind)." if count else
                    "Instructions were not counted: that takes valgrind.")
    for name, picture in pictures.items():
        (docs / name).write_text(picture)
    missing = "\n".join(f"- **{name}**: {why}" for name, why in
                        {**report["missing"], **report.get("not_measured", {})}.items())
    page = f"""# Benchmark

Made by `make bench` on {machine['when']}: {machine['cpu']}, {machine['cores']} cores of a shared machine, {machine['memory_gb']} GB,
Linux {machine['kernel']}. Servers on core{'s' if len(machine['server_cores']) > 1 else ''} {', '.join(map(str, machine['server_cores']))}, the load generator
([bench/load](../bench/load/load.c)) on {', '.join(map(str, machine['load_cores']))}. Median of {report['rounds']} rounds of {report['seconds']:g} s, half as long again at 1,000
connections, the peers in turn.
Everybody has the same 10,000 rows in SQLite, WAL, `synchronous=FULL` (NORMAL where it says relaxed), and one
worker for each core; before each round every answer is compared. The peers, and what their documentation
advises, are in [bench/peers](../bench/peers/README.md). `limit` is an epoll loop that parses nothing and answers
the bytes that thimble answers: neither a server nor the load generator can be much faster here.

![requests a second](benchmark-throughput.svg)

{table(report, works, titles)}

![latency](benchmark-latency.svg)

At {n} connections:

{detail(report, works, titles, n)}

At a constant rate for everybody, sent on time whatever the server does (open loop, {n} connections); latency
counts from when a request was due:

{open_loop_tables(report, titles)}

![memory](benchmark-memory.svg)

{costs(report)}

{IMAGES_NOTE if report.get("images") else ''}

![size](benchmark-size.svg)

{instructions}

How the peers differ:

{notes}

Not measured:

{missing or 'nothing'}

Repeat it: `make bench` (about twenty minutes), `make bench QUICK=1` (a minute, no page).
[bench/results/latest.json](../bench/results/latest.json) has all figures.
"""
    (docs / "benchmark.md").write_text(page)


# ---- the lanes

LANES_STYLE = """<style>
text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:13px}.s{font-size:11px}
.box{fill:#ddf4ff;stroke:#0969da}.queue{fill:#fff8c5;stroke:#9a6700}.plain{fill:#f6f8fa;stroke:#8c959f}
path{fill:none;stroke:#57606a;stroke-width:1.5}.back{stroke-dasharray:4 3}marker path{fill:#57606a;stroke:none}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.box{fill:#10233c;stroke:#58a6ff}
.queue{fill:#2f2a12;stroke:#d29922}.plain{fill:#161b22;stroke:#6e7681}path{stroke:#8b949e}marker path{fill:#8b949e}}
</style>"""
ARROW = ('<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
         '<path d="M0 0L8 4L0 8z"/></marker></defs>')


def box(x, y, width, height, kind, title, *lines):
    parts = [f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" class="{kind}"/>',
             f'<text x="{x + 10}" y="{y + 19}" class="t">{html.escape(title)}</text>']
    parts += [f'<text x="{x + 10}" y="{y + 20 + 15 * at}" class="s">{html.escape(text)}</text>'
              for at, text in enumerate(lines, 1)]
    return "".join(parts)


def arrow(way, back=False):
    mark = ' class="back"' if back else ""
    return f'<path d="{way}" marker-end="url(#a)"{mark}/>'


def label(x, y, text):
    return f'<text x="{x}" y="{y}" class="s">{html.escape(text)}</text>'


def lanes():
    """Where a request goes: the loop, the reader lane, the writer."""
    parts = [
        box(10, 90, 90, 60, "plain", "clients", "HTTP/1.1"),
        box(190, 20, 230, 200, "box", "event loop", "one for each core: --threads", "own socket, own read-only",
            "connection, kept snapshot", "", "probes, metrics, kept answers,", "reads under --loop-budget:",
            "all of it here", "", "watches its clients: one that", "goes away ends its query"),
        box(560, 20, 130, 80, "queue", "queue", "--reader-queue,", "a fair share for", "each address"),
        box(740, 20, 210, 80, "box", "reader lane", "--readers threads, a read-only", "connection each; until",
            "--request-timeout"),
        box(560, 140, 130, 80, "queue", "queue", "--queue-length,", "slow shapes behind", "the others"),
        box(740, 140, 210, 80, "box", "writer", "one thread, one commit for all", "that wait; each job has",
            "--write-timeout, is undone alone"),
        box(740, 250, 210, 50, "plain", "database, write-ahead log", "checkpoints have their own thread"),
        arrow("M100 112H190"), arrow("M190 130H100"),
        arrow("M420 45H560"), label(428, 39, "too long, known slow,"), label(428, 60, "plans, OpenAPI"),
        arrow("M420 165H560"), label(428, 159, "every write"),
        arrow("M690 60H740"), arrow("M690 180H740"),
        arrow("M740 90C720 118 520 118 420 100", back=True), arrow("M740 208C720 238 520 238 420 200", back=True),
        label(470, 128, "completion queue"), arrow("M845 220V250"),
    ]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 310" role="img" aria-label="Three lanes: event '
            f'loops, reader lane, writer">{LANES_STYLE}{ARROW}{"".join(parts)}</svg>\n')

"""The results as text, as a page and as pictures (SVG, readable in light and dark)."""
import html

STYLE = """<style>
text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:14px}.n{text-anchor:end}
.v{font-size:11px}.b{fill:#8c959f}.us{fill:#0969da}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#6e7681}.us{fill:#58a6ff}}
</style>"""


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
            mark = "us" if name == "thimble" else "b"
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


def rows_of(report, work, titles):
    for n in report["connections"]:
        key = f"{work}/{n}"
        values = [cell(report, name, key) for name in names(report)]
        ours, go = cell(report, "thimble", key), best_go(report, key)
        yield titles[work], n, values, f"{ours / go:.1f}" if ours and go else "–"


def table(report, works, titles):
    head = ["requests/s", "connections", *names(report), "× best Go"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * 2 + "--:|" * (len(head) - 2)]
    for work in works:
        for title, n, values, ratio in rows_of(report, work, titles):
            lines.append(f"| {title} | {n:,} | " + " | ".join(map(number, values)) + f" | {ratio} |")
    return "\n".join(lines)


def detail(report, works, titles, connections):
    """Latency and CPU at one number of connections."""
    lines = [f"| at {connections:,} connections | p50 / p99 / p99.9 in ms, CPU µs for each |" +
             " |" * (len(names(report)) - 1)]
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
    lines = ["| | version | memory idle, MB | memory peak, MB | on disk, MB | exec to first 200, ms | failed requests |",
             "|---|---|--:|--:|--:|--:|--:|"]
    for name in names(report):
        found = report["table"][name]
        peak = max((v for k, v in found.items() if k.startswith("peak_kb/")), default=None)
        size = report["sizes"].get(name)
        failed = sum(v["errors"] for v in found.values() if isinstance(v, dict))
        lines.append(f"| {name} | {report['versions'][name]} | {megabytes(found.get('idle_kb'))} | "
                     f"{megabytes(peak)} | {size / 1e6:.1f} | " if size else
                     f"| {name} | {report['versions'][name]} | {megabytes(found.get('idle_kb'))} | "
                     f"{megabytes(peak)} | – | ")
        lines[-1] += f"{found.get('start_ms', 0):.1f} | {failed:.0f} |"
    return "\n".join(lines)


def text(report, works, titles):
    parts = [table(report, works, titles), "", costs(report)]
    parts += [f"missing: {name}: {why}" for name, why in report["missing"].items()]
    if report.get("instructions"):
        parts.append(f"instructions of one GET of a row by key: {report['instructions']:,}")
    return "\n".join(parts)


def open_loop_table(report):
    found = report["open_loop"]
    lines = ["| | p50, ms | p99, ms | p99.9, ms | longest, ms |", "|---|--:|--:|--:|--:|"]
    for name, v in found["peers"].items():
        lines.append(f"| {name} | " + " | ".join(
            f"{v[f] / 1000:.2f}" for f in ("p50_us", "p99_us", "p999_us", "max_us")) + " |")
    return "\n".join(lines)


def document(report, works, titles, docs):
    machine = report["machine"]
    n = 64 if 64 in report["connections"] else report["connections"][-1]
    pictures = {
        "benchmark-throughput.svg": bars(f"requests/s at {n} connections, more is better", [
            (titles[w], [(name, cell(report, name, f"{w}/{n}")) for name in names(report)])
            for w in works], ""),
        "benchmark-latency.svg": bars(f"p99 in ms at {n} connections, less is better", [
            (titles[w], [(name, (cell(report, name, f"{w}/{n}", "p99_us") or 0) / 1000 or None)
                         for name in names(report)]) for w in works], " ms"),
        "benchmark-memory.svg": bars("proportional memory of all processes in MB, less is better", [
            ("idle", [(name, report["table"][name].get("idle_kb", 0) / 1024) for name in names(report)]),
            ("peak", [(name, max((v for k, v in report["table"][name].items()
                                  if k.startswith("peak_kb/")), default=0) / 1024)
                      for name in names(report)])], " MB"),
        "benchmark-size.svg": bars("binary, or installed packages without the interpreter, in MB", [
            ("on disk", [(name, size / 1e6) for name, size in report["sizes"].items()])], " MB"),
    }
    for name, picture in pictures.items():
        (docs / name).write_text(picture)
    missing = "\n".join(f"- **{name}**: {why}" for name, why in report["missing"].items())
    page = f"""# Benchmark

Made by `make bench` on {machine['when']}: {machine['cpu']}, {machine['cores']} cores of a shared machine, {machine['memory_gb']} GB,
Linux {machine['kernel']}. Servers on core{'s' if len(machine['server_cores']) > 1 else ''} {', '.join(map(str, machine['server_cores']))}, the load generator
([bench/load](../bench/load/load.c)) on {', '.join(map(str, machine['load_cores']))}. Median of {report['rounds']} rounds of {report['seconds']:g} s, the peers in turn.
Everybody has the same 10,000 rows in SQLite, WAL, `synchronous=FULL` (NORMAL where it says relaxed), and one
worker for each core; before each measurement every answer is compared. The peers are in
[bench/peers](../bench/peers/); `limit` is an epoll loop that answers a constant and parses nothing.

![requests a second](benchmark-throughput.svg)

{table(report, works, titles)}

![latency](benchmark-latency.svg)

At {n} connections:

{detail(report, works, titles, n)}

A row by key at {report['open_loop'].get('rate', 0):,} requests/s, half of what the slowest can do, sent on time whatever the server
does (open loop, 64 connections):

{open_loop_table(report) if report['open_loop'] else ''}

![memory](benchmark-memory.svg)

{costs(report)}

![size](benchmark-size.svg)

One `GET` of a row by key is {report['instructions'] or 0:,} instructions in thimble (callgrind).

Not measured:

{missing or 'nothing'}

Repeat it: `make bench` (about a quarter of an hour), `make bench QUICK=1` (a minute, no page).
[bench/results/latest.json](../bench/results/latest.json) has all figures.
"""
    (docs / "benchmark.md").write_text(page)

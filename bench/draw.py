"""Pictures: SVG, readable in light and dark."""
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

"""The arithmetic of the rounds: ratios within a round, spreads, how a figure is written, and whether two runs agree.

A run's figures are lists, a value for each round, None where the round has none: run["table"][peer][cell][field]."""
import math
import statistics

# What is printed of a cell, and how a page names it.
FIELDS = {"cpu_us": "CPU", "rate": "rate", "p50_us": "p50", "p99_us": "p99", "peak_kb": "memory"}
# No service of its own, and no rival: a kept answer, and the two limits.
NOT_RIVALS = ("thimble", "thimble (cached)", "libmicrohttpd", "limit")


def there(values):
    return [v for v in values or [] if v is not None]


def median(values):
    values = there(values)
    return statistics.median(values) if values else None


def ratios(ours, theirs):
    """Of each round that both have."""
    return [a / b for a, b in zip(ours or [], theirs or []) if a and b]


def values(run, name, cell, field="cpu_us"):
    return run["table"].get(name, {}).get(cell, {}).get(field, [])


def best(run, cell, field="cpu_us"):
    """The least of all rivals in each round, and who it was the most often."""
    rivals = [n for n in run["table"] if n not in NOT_RIVALS and there(values(run, n, cell, field))]
    least, who = [], []
    for number in range(run["rounds"]):
        here = {n: values(run, n, cell, field)[number] for n in rivals
                if number < len(values(run, n, cell, field)) and values(run, n, cell, field)[number]}
        first = min(here, key=here.get) if here else None
        least.append(here.get(first))
        who.append(first)
    named = [n for n in who if n]
    return least, (statistics.mode(named) if named else None)


# ---- spreads

def relative(found):
    """(greatest - least) / median, None without two rounds."""
    found = there(found)
    middle = median(found)
    return (max(found) - min(found)) / middle if len(found) > 1 and middle else None


def floor_of(run, field):
    """The spread of the middle cell. Of a few rounds some happen to lie close together: no cell is said to be surer
    than half of them are."""
    found = there([relative(cell.get(field)) for peer in run["table"].values() for cell in peer.values()
                   if isinstance(cell, dict)])
    return statistics.median(found) if found else 0.0


def spread(found, floor):
    """What a figure may differ by in another run: its own range, or that of the middle cell."""
    found = there(found)
    return max(max(found) - min(found), floor * abs(median(found))) if found else 0.0


# ---- how figures are written

def step_of(value, width):
    """The power of ten that a figure is rounded to: half of its spread, or of a twentieth of it."""
    width = max(width, abs(value) / 20) / 2
    return 10.0 ** math.floor(math.log10(width)) if width > 0 else 1.0


def written(value, step):
    if value is None:
        return "–"
    places = max(0, -round(math.log10(step)))
    return f"{round(value / step) * step:,.{places}f}"


def one(found, floor=0.0):
    """The median, as far as the spread lets it be known."""
    middle = median(found)
    return "–" if middle is None else written(middle, step_of(middle, spread(found, floor)))


def three(found, floor=0.0):
    """Least, median, greatest; one figure where there is one round."""
    found = there(found)
    if not found:
        return "–"
    middle = median(found)
    step = step_of(middle, spread(found, floor))
    if min(found) > 0:  # none is written as nothing
        step = min(step, 10.0 ** math.floor(math.log10(min(found))))
    if len(found) == 1:
        return written(middle, step)
    return " / ".join(written(v, step) for v in (min(found), middle, max(found)))


# ---- two runs

def differences(before, after):
    """(peer, cell, field, median before, median after, spread) of each figure that both have, and that differs by
    more than the greater of the two spreads; and how many figures they have."""
    found, count = [], 0
    for field in FIELDS:
        floor = max(floor_of(before, field), floor_of(after, field))
        for name, cells in after["table"].items():
            for cell in cells:
                old, new = (there(values(run, name, cell, field)) if isinstance(cells[cell], dict) else []
                            for run in (before, after))
                if not old or not new:
                    continue
                count += 1
                width = max(spread(old, floor), spread(new, floor))
                if abs(median(old) - median(new)) > width:
                    found.append((name, cell, field, median(old), median(new), width))
    return found, count

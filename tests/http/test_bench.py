"""The bench's own arithmetic: ratios within a round, spreads, how figures are written, whether two runs agree; and the
page of a run, the turns of a round, and the client that counts a stream's rows."""
import json
import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "bench"))
import figures  # noqa: E402
import page  # noqa: E402
import rounds  # noqa: E402
import streams  # noqa: E402
import works  # noqa: E402


def cell(cpu, **more):
    return {"cpu_us": cpu, "rate": [1e6 / v if v else None for v in cpu], "p50_us": [100.0] * len(cpu),
            "p99_us": [900.0] * len(cpu), "peak_kb": [5000] * len(cpu), "errors": [0] * len(cpu), **more}


def run(**peers):
    return {"rounds": 3, "table": {name.replace("_", " "): cells for name, cells in peers.items()}}


def test_ratios_are_of_the_same_round():
    # the machine was half as fast in the second round: the ratio does not see it
    assert figures.ratios([4.0, 8.0, 4.0], [8.0, 16.0, 8.0]) == [0.5, 0.5, 0.5]
    assert figures.ratios([4.0, None, 4.0], [8.0, 16.0]) == [0.5]


def test_the_best_is_looked_for_in_each_round():
    found = run(thimble={"row/64": cell([1, 1, 1])}, limit={"row/64": cell([0.5, 0.5, 0.5])},
                Gin={"row/64": cell([9, 5, 9])}, Fiber={"row/64": cell([6, 8, None])})
    assert figures.best(found, "row/64") == ([6, 5, 9], "Gin")
    assert figures.best(found, "list/64") == ([None, None, None], None)


def test_no_cell_is_surer_than_the_middle_one():
    found = run(a={"x": cell([100, 100, 101])}, b={"x": cell([100, 110, 120])}, c={"x": cell([90, 100, 120])})
    floor = figures.floor_of(found, "cpu_us")
    assert floor == pytest.approx(20 / 110)
    assert figures.spread([100, 100, 101], floor) == pytest.approx(100 * floor)
    assert figures.spread([90, 100, 120], floor) == 30
    assert figures.spread([None, 7], floor) == pytest.approx(7 * floor)


@pytest.mark.parametrize("found,text", [
    ([8.12, 8.47, 9.03], "8.1 / 8.5 / 9.0"), ([34123, 36222, 38444], "34,000 / 36,000 / 38,000"),
    ([140, 148, 152], "140 / 148 / 152"), ([100, 300, 900], "100 / 300 / 900"), ([0.397], "0.397"), ([3.45, 41, 72], "3 / 41 / 72"), ([], "–"),
    ([None, 2.0, None], "2.00"), ([0, 0, 0], "0 / 0 / 0"),
])
def test_figures_are_rounded_by_their_spread(found, text):
    assert figures.three(found) == text


def test_two_runs_agree_within_their_spread():
    before = run(a={"x": cell([8.0, 8.5, 9.0])}, b={"x": cell([50, 51, 52])})
    same = run(a={"x": cell([8.4, 8.9, 9.5])}, b={"x": cell([52, 53, 55])})
    assert figures.differences(before, same) == ([], 10)
    slower = run(a={"x": cell([8.0, 8.5, 9.0])}, b={"x": cell([70, 71, 72])})
    found, _ = figures.differences(before, slower)
    assert {(name, field) for name, _, field, *_ in found} == {("b", "cpu_us"), ("b", "rate")}


def report():
    cells, long = [f"{work}/{n}" for work, n in works.CELLS], works.LONG
    one = {c: cell([10.0, 11.0, 12.0]) for c in cells}
    one["stream"] = cell([0.5, 0.5, 0.6], rows=[1_000_000] * 3)
    for work in set(long) - {"stream"}:
        one[work] = {"p50_us": [200] * 3, "p99_us": [900, 1000, 1100], "max_us": [2000] * 3, "errors": [0] * 3,
                     "slow_rate": [3.0] * 3, "slow_refused": [0] * 3}
    one["start"] = {"idle_kb": [4000] * 3, "start_ms": [5.0] * 3}
    names = ["thimble", "limit", "libmicrohttpd", "Gin"]
    return {"rounds": 3, "seconds": 1, "big_rows": 1_000_000, "cells": cells, "long": long, "missing": {"Echo": "why"},
            "versions": dict.fromkeys(names, "1"), "languages": {}, "sizes": {"thimble": 2e6}, "images": {},
            "not_measured": {}, "instructions": {"thimble": {"row": 20000}, "libmicrohttpd": {"row": 6000}},
            "machine": {"when": "a day", "cpu": "a processor", "cores": 2, "server_cores": [0], "load_cores": [1],
                        "memory_gb": 8, "kernel": "6", "load": 0.1}, "table": {name: one for name in names}}


def test_the_page_has_every_cell_and_readme_its_table(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("before\n<!-- bench -->\nwhat was there\n<!-- /bench -->\nafter\n")
    kept = json.loads(page.as_json(report()))
    assert kept == report()
    page.write(kept, tmp_path)
    text, readme = (tmp_path / "docs/benchmark.md").read_text(), (tmp_path / "README.md").read_text()
    for shown in (*kept["cells"], "stream"):
        assert text.count(f"| {page.title(shown)} | CPU µs") == 1, shown
    assert "{" not in text
    assert "| 10 / 11 / 12 |" in text and "**Echo**: why" in text and "| 20,000 |" in text
    assert readme.startswith("before\n<!-- bench -->\n") and readme.endswith("\n<!-- /bench -->\nafter\n")
    assert "what was there" not in readme and readme.count("| CPU µs: a row by key | 11 | 11 |") == 1
    assert "beside 1 slow" in page.text(kept)
    with pytest.raises(RuntimeError):
        page.between("no mark", "bench", "x")


class Peer:
    def __init__(self, name, only):
        self.name, self.only, self.alone = name, only, False

    def can(self, work):
        return work in self.only


def test_each_is_the_first_in_turn_and_a_failure_is_the_cells():
    a, b, c = Peer("a", {"row"}), Peer("b", {"row", "list"}), Peer("c", {"row"})
    found = rounds.Rounds([a, b, c], [("row", 64)], [], 1, 10)
    firsts = set()
    for found.done in range(3):
        firsts.add(found.in_turn("row/64")[0].name)
        assert len(found.in_turn("row/64")) == 3
    assert firsts == {"a", "b", "c"}
    assert found.in_turn("list/64") == [b]

    def fails(peer):
        raise RuntimeError("it is tired")
    found.attempt(b, "row/64", fails)
    assert [p.name for p in found.in_turn("row/64")] != [] and b not in found.in_turn("row/64")
    assert found.in_turn("list/64") == [b] and found.failed["b"] == {"row/64": "it is tired"}


def test_a_round_without_a_figure_is_a_gap():
    a = Peer("a", {"row"})
    found = rounds.Rounds([a], [("row", 64)], [], 1, 10)
    found.keep(a, "row/64", {"cpu_us": 1})
    found.done = 2
    found.keep(a, "row/64", {"cpu_us": 3})
    assert found.table["a"]["row/64"]["cpu_us"] == [1, None, 3]


def test_a_streams_rows_are_counted(serve):
    server = serve(migrations=None)
    rows = len(server.get("/tasks").json())
    found = streams.read(server.port, "/tasks?order=id", {"Accept": "application/x-ndjson"}, 10)
    assert (found["lines"], found["whole"]) == (rows, True)
    assert json.loads(found["first"]) == server.get("/tasks/1").json()
    with pytest.raises(RuntimeError, match="404"):
        streams.read(server.port, "/nothing", {}, 10)
    assert streams.read_pages(iter([1000, 1000, 7]), 10) == {
        "lines": 2007, "bytes": 0, "seconds": pytest.approx(0, abs=5), "whole": True, "first": ""}

"""Prometheus' text format 0.0.4, read strictly: what it does not allow fails."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
UNITS = {"seconds", "bytes"}


class Family:
    def __init__(self, name, kind, help):
        self.name, self.kind, self.help = name, kind, help
        self.samples = {}  # (sample name, ((label, value), ...)) -> number

    def value(self, suffix="", **labels):
        """The sum of the samples that have these labels."""
        found = [v for (name, have), v in self.samples.items()
                 if name == self.name + suffix and labels.items() <= dict(have).items()]
        assert found, f"{self.name}{suffix} {labels} is not there: {sorted(self.samples)}"
        return sum(found)

    def labels(self):
        return sorted({label for _, have in self.samples for label, _ in have} - {"le"})


def _labels(text):
    labels, at = [], 0
    while text and at < len(text):
        match = LABEL.match(text, at)
        assert match, f"labels: {text}"
        labels.append((match[1], match[2]))
        at = match.end()
    assert len({name for name, _ in labels}) == len(labels), text
    return tuple(sorted(labels))


def parse(text):
    """{family name: Family}"""
    assert text.endswith("\n")
    families, family, help = {}, None, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert help is None, line
            name, help_text = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and name not in families, f"again: {line}"
            help = (name, help_text)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert help and help[0] == name, f"HELP comes first: {line}"
            assert kind in ("counter", "gauge", "histogram", "summary"), line
            family = families[name] = Family(name, kind, help[1])
            help = None
        else:
            match = SAMPLE.fullmatch(line)
            assert match, f"no sample: {line}"
            _add(family, match[1], _labels(match[2]), float(match[3]))
    for family in families.values():
        _check(family)
    return families


def _add(family, name, labels, value):
    suffixes = ("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)
    assert name in [family.name + suffix for suffix in suffixes], f"{name} in {family.name}"
    assert (name, labels) not in family.samples, f"twice: {name} {labels}"
    assert not math.isnan(value), name
    family.samples[name, labels] = value


def _check(family):
    assert family.samples, f"{family.name} has no samples"
    assert family.help.endswith("."), f"{family.name}: {family.help}"
    assert (family.kind == "counter") == family.name.endswith("_total"), family.name
    if family.kind == "counter":
        assert all(v >= 0 for v in family.samples.values()), family.name
    words = family.name.removesuffix("_total").split("_")
    assert not {"ms", "us", "kb", "mb", "milliseconds", "microseconds"} & set(words), family.name
    assert not UNITS & set(words[:-1]), f"the unit comes last: {family.name}"
    # One set of label names for each family.
    names = {tuple(label for label, _ in have if label != "le") for _, have in family.samples}
    assert len(names) == 1, f"{family.name}: {names}"
    if family.kind == "histogram":
        _check_histogram(family)


def _check_histogram(family):
    series = {}
    for (name, labels), value in family.samples.items():
        rest = tuple(item for item in labels if item[0] != "le")
        series.setdefault(rest, {"buckets": []})
        if name.endswith("_bucket"):
            series[rest]["buckets"].append((float(dict(labels)["le"]), value))
        else:
            series[rest][name.rsplit("_", 1)[1]] = value
    for labels, found in series.items():
        bounds = [bound for bound, _ in found["buckets"]]
        counts = [count for _, count in found["buckets"]]
        assert bounds == sorted(set(bounds)) and bounds[-1] == math.inf, (family.name, bounds)
        assert counts == sorted(counts) and counts[-1] == found["count"], (family.name, labels)
        assert (found["sum"] > 0) <= (found["count"] > 0), (family.name, labels)

"""Requests as data, and how they are spelled in a URL."""
import dataclasses
import re
import urllib.parse

RESERVED = {"select", "order", "limit", "offset", "and", "or", "not", "columns", "on_conflict", "cursor", "all"}
PLAIN = re.compile(r"[A-Za-z0-9_$]([A-Za-z0-9_$ -]*[A-Za-z0-9_$])?")


@dataclasses.dataclass
class Condition:
    column: str
    operator: str
    value: object            # text; a list for in and with a quantifier
    negated: bool = False
    quantifier: str = ""     # any, all
    path: tuple = ()         # of a JSON column; the last step is ->>
    as_text: bool = True


@dataclasses.dataclass
class Tree:
    word: str                # and, or
    parts: list
    negated: bool = False


@dataclasses.dataclass
class Item:
    column: str
    alias: str = ""
    cast: str = ""
    path: tuple = ()
    as_text: bool = True

    def label(self):
        return self.alias or (next((str(s) for s in reversed(self.path) if isinstance(s, str)), self.column)
                              if self.path else self.column)


@dataclasses.dataclass
class Embed:
    alias: str
    name: str                # what is written: a table, a column
    hint: str
    relation: object         # reference.Relation
    query: object
    inner: bool = False
    spread: bool = False
    exists: object = None    # True: not.is.null, False: is.null


@dataclasses.dataclass
class Query:
    table: object
    select: list = None      # None: every column
    filters: list = dataclasses.field(default_factory=list)
    order: list = dataclasses.field(default_factory=list)  # (column or (embed's alias, column), "asc"/"desc"/"", nulls)
    limit: object = None
    offset: object = None

    def embeds(self):
        return [i for i in self.select or [] if isinstance(i, Embed)]


def name(text, always=False):
    if not always and PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value(text, special=',()"\\ .:{}'):
    """A value within a list or a tree."""
    if text and not any(c in special or c.isspace() for c in text) and text.lower() not in ("null",):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def steps(path, as_text):
    out = ""
    for n, step in enumerate(path):
        arrow = "->>" if as_text and n == len(path) - 1 else "->"
        out += arrow + (str(step) if isinstance(step, int) else name(step))
    return out


def field(c):
    return name(c.column) + steps(c.path, c.as_text)


def operation(c, nested):
    words = "not." if c.negated else ""
    words += c.operator + (f"({c.quantifier})" if c.quantifier else "") + "."
    if c.operator == "in":
        return words + "(" + ",".join(map(value, c.value)) + ")"
    if c.quantifier:
        return words + "{" + ",".join(map(value, c.value)) + "}"
    return words + (value(c.value) if nested and c.operator != "is" else c.value)


def tree(t):
    if isinstance(t, Condition):
        return field(t) + "." + operation(t, True)
    return ("not." if t.negated else "") + t.word + "(" + ",".join(map(tree, t.parts)) + ")"


def select_text(items):
    parts = []
    for i in items:
        if isinstance(i, Item):
            parts.append((name(i.alias) + ":" if i.alias else "") + name(i.column) + steps(i.path, i.as_text) +
                         (f"::{i.cast}" if i.cast else ""))
        else:
            inside = "*" if i.query.select is None else select_text(i.query.select)
            parts.append(("..." if i.spread else name(i.alias) + ":") + name(i.name) + (f"!{name(i.hint)}" if i.hint else "") +
                         ("!inner" if i.inner else "") + f"({inside})")
    return ",".join(parts)


def order_text(order):
    parts = []
    for what, way, nulls in order:
        text = f"{what[0]}({name(what[1])})" if isinstance(what, tuple) else name(what)
        parts.append(text + (f".{way}" if way else "") + (f".{nulls}" if nulls else ""))
    return ",".join(parts)


def parameters(q, path=""):
    """[(name, value)] of a query, those of its embedded resources with their path before them."""
    out = []
    if q.select is not None and not path:
        out.append(("select", select_text(q.select)))
    for f in q.filters:
        if isinstance(f, Condition):
            key = field(f)
            if f.column in RESERVED and not f.path:
                key = name(f.column, always=True)
            out.append((path + key, operation(f, False)))
        else:
            out.append((path + ("not." if f.negated else "") + f.word, "(" + ",".join(map(tree, f.parts)) + ")"))
    if q.order:
        out.append((path + "order", order_text(q.order)))
    if q.limit is not None:
        out.append((path + "limit", str(q.limit)))
    if q.offset is not None:
        out.append((path + "offset", str(q.offset)))
    for e in q.embeds():
        if e.exists is not None:
            out.append((path + e.alias, "not.is.null" if e.exists else "is.null"))
        out += parameters(e.query, path + (e.alias if not e.spread else e.name) + ".")
    return out


def query_string(q, more=()):
    return "&".join(urllib.parse.quote(k, safe="().,>-*!:") + "=" + urllib.parse.quote(v, safe="(),.:*!{}")
                    for k, v in parameters(q) + list(more))


def path(table):
    return "/" + urllib.parse.quote(table.name, safe="")

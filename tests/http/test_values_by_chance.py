"""Values by chance, from a fixed seed: what is written is what a plain reference says, and what is answered, as
JSON and as CSV, makes the same rows again."""
import base64
import json
import random
import sqlite3
from decimal import Decimal

import pytest

from conftest import Server

KINDS = {"i": "INTEGER", "r": "REAL", "n": "NUMERIC", "t": "TEXT", "b": "BOOLEAN", "j": "JSON", "x": "BLOB", "u": ""}
TABLE = "(id INTEGER PRIMARY KEY, " + ", ".join(f"{name} {type}" for name, type in KINDS.items()) + ")"
ROWS = 700
INT64 = range(-2**63, 2**63)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chance")
    with sqlite3.connect(folder / "test.db") as connection:
        connection.executescript(f"CREATE TABLE v {TABLE}; CREATE TABLE w {TABLE}; CREATE TABLE z {TABLE};")
    connection.close()
    server = Server(folder, "--max-rows", "100000", migrations=None)
    yield server
    server.stop()


def number(rng):
    """The spelling of a number, usual or not."""
    digits = "".join(rng.choices("0123456789", k=rng.choice([1, 1, 2, 3, 5, 15, 17, 19, 20, 40])))
    text = rng.choice(["", "", "-"]) + (digits.lstrip("0") or "0")
    if rng.random() < 0.4:
        text += "." + "".join(rng.choices("0005", k=rng.choice([1, 2, 5, 18])))
    if rng.random() < 0.3:
        text += rng.choice("eE") + rng.choice(["", "+", "-"]) + str(rng.choice([0, 1, 2, 5, 18, 20, 300, 400]))
    return text


def string(rng):
    parts = ["a", "NULL", "", " ", ",", '"', "\\", "\n", "\r", "\t", "\0", "/", "\u00fc", "\u20ac", "\U0001f600", "\ufeff", "0", "7",
             "-", ".5", "e5", "true", "{", "[1]", "\x7f", "\x01"]
    text = "".join(rng.choices(parts, k=rng.choice([0, 1, 1, 2, 3, 8])))
    return rng.choice([number(rng), base64.b64encode(text.encode()).decode(), text, text, text])


def spelled(rng, text):
    """As JSON, some characters as escapes that need none."""
    if rng.random() < 0.5:
        return json.dumps(text)
    out = json.dumps(text, ensure_ascii=False)
    return out.replace("/", rng.choice(["/", "\\/"])).replace("a", rng.choice(["a", "a", "\\u0061"]))


def value(rng, depth=0):
    """A JSON value: without blanks between its parts, and with."""
    kind = rng.choice(["number"] * 4 + ["string"] * 4 + ["word", "null"] + (["array", "object"] if depth < 3 else []))
    if kind in ("number", "string", "word", "null"):
        text = {"number": lambda: number(rng), "string": lambda: spelled(rng, string(rng)),
                "word": lambda: rng.choice(["true", "false"]), "null": lambda: "null"}[kind]()
        return text, text
    parts = [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 4]))]
    blank = lambda: rng.choice(["", "", " ", "\n", "\t \r"])
    names = [spelled(rng, string(rng)) if kind == "object" else None for _ in parts]
    wide = [(f"{blank()}{name}{blank()}:" if name else "") + f"{blank()}{part[1]}{blank()}" for name, part in zip(names, parts)]
    tight = [(f"{name}:" if name else "") + part[0] for name, part in zip(names, parts)]
    ends = "[]" if kind == "array" else "{}"
    return ends[0] + ",".join(tight) + ends[1], ends[0] + (",".join(wide) or blank()) + ends[1]


def is_number(text):
    return text[0] in "-0123456789"


def as_integer(text):
    exact = Decimal(text)
    if abs(exact) >= 2**63 + 1 or (exact == exact.to_integral_value() and int(exact) not in INT64):
        return "22003"
    return int(exact) if exact == exact.to_integral_value() else "22P02"


def as_real(text):
    real = float(text)
    return "22003" if abs(real) == float("inf") else real


def as_any_number(text):
    integer = text.lstrip("-").isdigit()
    return int(text) if integer and int(text) in INT64 else as_real(text)


def is_base64(text):
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except ValueError:
        return False


def expected(kind, text):
    """What the column answers, or a code; None where another test is about it."""
    if text == "null":
        return "null"
    if kind == "j":
        return as_any_number(text) if is_number(text) else text
    if kind == "t":
        return json.dumps(json.loads(text) if text[0] == '"' else text)
    if text[0] == '"':
        plain = json.loads(text)
        if kind == "u":
            return text
        if kind == "x":
            return text if is_base64(plain) else "22P02"
        return None
    if kind == "x":
        return "22P02"
    if kind == "b":
        return {"true": "true", "false": "false", "1": "true", "0": "false", "-0": "false"}.get(text, "22P02")
    if not is_number(text):
        return None if kind == "u" else "22P02"
    return {"i": as_integer, "r": as_real, "n": as_any_number, "u": as_any_number}[kind](text)


def same(got, want):
    if isinstance(want, (int, float)):
        shown = json.loads(got)
        return float(shown) == float(want) and (abs(want) < 2**53 or isinstance(want, float) or shown == want)
    return got == want or json.loads(got, parse_float=str, parse_int=str) == json.loads(want, parse_float=str, parse_int=str)


def test_every_value(server):
    rng = random.Random(20)
    made = 0
    for i in range(ROWS):
        kind = rng.choice(list(KINDS))
        tight, wide = value(rng)
        want = expected(kind, tight)
        body = rng.choice(['{"%s":%s}', ' {"id":null,"%s" : %s }', '[{"%s":%s}]']) % (kind, wide)
        reply = server.request("POST", f"/v?select={kind}", body.encode(),
                               {"Content-Type": "application/json", "Prefer": "return=representation"})
        made += reply.status == 201
        if want is None:
            continue
        if want in ("22003", "22P02"):
            assert reply.status == 400 and reply.json()["code"] == want, (kind, wide, want, reply)
            continue
        assert reply.status == 201, (kind, wide, reply)
        got = reply.body.decode()[len('[{"%s":' % kind):-2]
        assert same(got, want), (kind, wide, got, want)
        if kind == "j" and not is_number(tight):
            assert got == tight, (wide, got)
    assert made > ROWS // 2
    answers_make_the_same_rows(server)


def stored(server, table):
    with sqlite3.connect(server.db) as connection:
        columns = ",".join(f"typeof({c}),{c}" for c in KINDS)
        rows = connection.execute(f"SELECT id,{columns} FROM {table} ORDER BY id").fetchall()
    connection.close()
    return rows


def answers_make_the_same_rows(server):
    rows = stored(server, "v")
    assert len(rows) > ROWS // 2
    for accept, table in ("text/csv", "w"), ("application/json", "z"):
        body = server.get("/v?order=id", Accept=accept).body
        reply = server.request("POST", f"/{table}", body, {"Content-Type": accept, "Prefer": "return=minimal"})
        assert reply.status == 201, reply
        assert stored(server, table) == rows
        assert server.get(f"/{table}?order=id", Accept=accept).body == body

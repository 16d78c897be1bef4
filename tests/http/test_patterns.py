"""like and ilike: what they find, and that no pattern makes anybody wait."""
import sqlite3
from urllib.parse import quote

import pytest

from conftest import Server

TEXTS = ["", "abc", "ABC", "a%c", "a_c", "a*c", "a\\c", "äbc", "ÄBC", "12", "-1.5", "[x]", "a\nb", "100%"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patterns")
    db = sqlite3.connect(folder / "a.db")
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, n INTEGER, b BLOB)")
    db.executemany("INSERT INTO t (x) VALUES (?)", [(t,) for t in TEXTS])
    db.execute("INSERT INTO t (n, b) VALUES (120, x'616263')")
    db.execute("CREATE TABLE none (x TEXT)")
    db.execute("CREATE TABLE long (id INTEGER PRIMARY KEY, x TEXT)")
    db.execute("INSERT INTO long VALUES (1, ?)", ("a" * 1_000_000,))
    db.commit()
    db.close()
    server = Server(folder, "--migrations", "none", "--request-timeout", "2s", migrations=None, db="a.db")
    yield server
    server.stop()


@pytest.mark.parametrize("pattern,found", [
    ("like.abc", ["abc"]), ("ilike.abc", ["abc", "ABC"]), ("ilike.%C3%A4bc", ["äbc"]),
    ("like.a*", ["abc", "a%c", "a_c", "a*c", "a\\c", "a\nb"]), ("like.a%25", ["abc", "a%c", "a_c", "a*c", "a\\c", "a\nb"]),
    ("like.a_c", ["abc", "a%c", "a_c", "a*c", "a\\c"]), ("like._bc", ["abc", "äbc"]),
    (r"like.a\*c", ["a*c"]), (r"like.a\%25c", ["a%c"]), (r"like.a\_c", ["a_c"]), (r"like.a\\c", ["a\\c"]),
    ("like.[x]", ["[x]"]), ("like.1*", ["12", "100%"]), ("like.*2", ["12"]), ("like.", [""]), ("like.___", None),
    ("like.*%25*", TEXTS), ("not.like.*", []), ("like(any).{abc,*2}", ["abc", "12"]), ("like(all).{a*,*c}", None),
])
def test_what_is_found(served, pattern, found):
    rows = served.get(f"/t?select=x&x={pattern}&order=id").json()
    if found is None:
        found = {"like.___": ["abc", "ABC", "a%c", "a_c", "a*c", "a\\c", "äbc", "ÄBC", "[x]", "a\nb"],
                 "like(all).{a*,*c}": ["abc", "a%c", "a_c", "a*c", "a\\c"]}[pattern]
    assert [row["x"] for row in rows] == found


@pytest.mark.parametrize("pattern,found", [
    ("match.^a.c$", ["abc", "a%c", "a_c", "a*c", "a\\c"]), ("imatch.^ABC$", ["abc", "ABC"]), ("match.b{1,}c", ["abc", "äbc"]),
    ("match.^[[:digit:]]{2,}$", ["12"]), ("match.[^[:ascii:]]", None), ("match.(abc|12)", ["abc", "12"]),
    (r"match.\d%", ["100%"]), ("not.match.[a-zA-Z]", ["", "12", "-1.5", "100%"]), ("match.^$", [""]),
])
def test_what_an_expression_finds(served, pattern, found):
    reply = served.get("/t?select=x&order=id&x=" + quote(pattern))
    if found is None:
        assert reply.status == 400 and reply.json()["code"] == "2201B" and "class" in reply.json()["message"]
    else:
        assert [row["x"] for row in reply.json()] == found


@pytest.mark.parametrize("pattern", ["(", "a**", "[a", "\\1", "(?=a)", "(a{255}){255}"])
def test_an_expression_that_is_none(served, pattern):
    for table in ("t", "none"):  # whether there are rows or not
        problem = served.get(f"/{table}?x=match." + quote(pattern)).json()
        assert (problem["status"], problem["code"]) == (400, "2201B"), problem
        assert problem["message"].startswith("invalid regular expression: ")


def test_numbers_are_their_text_and_blobs_match_nothing(served):
    assert served.get("/t?select=n&n=like.12*").json() == [{"n": 120}]
    assert served.get("/t?select=id&b=like.*").json() == []
    assert served.get("/t?select=id&b=not.like.*").json() == [{"id": len(TEXTS) + 1}]


@pytest.mark.parametrize("pattern", [
    "like.*" + "a" * 900 + "b*", "ilike.*" + "a" * 900 + "b*", "like." + "*a" * 400 + "*b", "ilike." + "*a" * 499,
    "like.*" + "_" * 900 + "*b", "like.*" + "a_" * 400 + "b*", "match.(a%3F){200}c", "imatch.(a*)*b", "match.(.{255}){15}b",
], ids=["one run", "folded", "many runs", "at the end", "any", "any and letters", "optional", "again", "counted"])
def test_a_pattern_is_answered_or_ended(served, pattern):
    reply = served.get(f"/long?select=id&x={pattern}")
    assert (reply.status == 200 and len(reply.json()) == (pattern == "ilike." + "*a" * 499)) or \
        (reply.status == 504 and reply.json()["code"] == "57014"), reply


def test_a_pattern_has_a_limit(served):
    reply = served.get("/t?x=like." + "a" * 1001)
    assert reply.status == 400 and "1000" in reply.json()["message"]

"""JSON in, SQLite, JSON out: each kind of column, both ways, exactly."""
import base64
import json
import math
import sqlite3
import struct

import pytest


def there_and_back(server, column, text):
    """POSTs raw JSON `text` into a column; returns the raw JSON member that comes back."""
    reply = server.request("POST", f"/kinds?select={column}", f'{{"{column}":{text}}}')
    assert reply.status == 201, (text, reply)
    again = server.get(reply.headers["Location"] + f"?select={column}")
    assert again.body == reply.body
    prefix = f'{{"{column}":'
    assert reply.body.decode().startswith(prefix)
    return reply.body.decode()[len(prefix):-1]


@pytest.mark.parametrize("text", ["0", "1", "-1", "9223372036854775807", "-9223372036854775808",
                                  "9007199254740993", "null"])
def test_integers_are_exact(server, text):
    assert there_and_back(server, "i", text) == text


REALS = [0.1, 0.2, 0.3, 1 / 3, 1e21, 1e22, 1e23, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308,
         2.225073858507201e-308, 123456789.123456789, 1e-7, 9007199254740993.0, 0.1 + 0.2, 100.0,
         -2.5, 4.35, 2.675, 1.005, 1e15, 1e16, 1e17, 123456.7, 3.141592653589793]


@pytest.mark.parametrize("value", REALS)
def test_reals_are_shortest_and_exact(server, value):
    text = there_and_back(server, "r", repr(value))
    assert struct.pack("<d", float(text)) == struct.pack("<d", value)
    digits = [c for c in text.split("e")[0] if c.isdigit()]
    expected = [c for c in repr(value).split("e")[0] if c.isdigit()]
    assert len("".join(digits).strip("0")) <= len("".join(expected).strip("0")), "shortest"
    assert isinstance(json.loads(text), float), "a REAL looks like one"


def test_minus_zero(server):
    text = there_and_back(server, "r", "-0.0")
    stored = sqlite3.connect(server.db).execute("SELECT r FROM kinds").fetchone()[0]
    assert math.copysign(1, float(text)) == math.copysign(1, stored), "what SQLite holds is shown"


def test_an_integer_in_a_real_column_is_a_real(server):
    assert there_and_back(server, "r", "7") == "7.0"


def test_numeric_keeps_what_it_is(server):
    assert there_and_back(server, "n", "7") == "7"
    assert there_and_back(server, "n", "7.25") == "7.25"


def test_booleans(server):
    assert there_and_back(server, "b", "true") == "true"
    assert there_and_back(server, "b", "false") == "false"
    assert server.post("/kinds", {"b": "maybe"}).status == 400
    assert sqlite3.connect(server.db).execute("SELECT b FROM kinds ORDER BY id").fetchall() == [
        (1,), (0,)]


TEXTS = ["", "plain", "quote \" and \\ backslash", "tab\tnewline\ncarriage\r", "\u0000in\u0000side",
         "\u0001\u001f", "ünïcödé", "\u2028\u2029", "\U0001F600 astral \U0010FFFF", "\ufeff", "/", "</script>"]


@pytest.mark.parametrize("value", TEXTS, ids=range(len(TEXTS)))
def test_text(server, value):
    assert json.loads(there_and_back(server, "t", json.dumps(value))) == value
    stored = sqlite3.connect(server.db).execute("SELECT CAST(t AS BLOB) FROM kinds").fetchone()[0]
    assert stored == value.encode()


def test_text_that_is_not_utf8_comes_out_as_valid_json(server):
    db = sqlite3.connect(server.db)
    db.execute("INSERT INTO kinds (id, t) VALUES (50, CAST(x'61ff62c0af' AS TEXT))")
    db.commit()
    assert server.get("/kinds/50").json()["t"].startswith("a\ufffdb\ufffd")


@pytest.mark.parametrize("column", ["j", "jb"])
@pytest.mark.parametrize("text", ['{"a":[1,2.5,"x",null,true]}', "[]", '"text"', "12", "false",
                                  '{"big":9007199254740993}', '{"deep":{"er":[[[1]]]}}'])
def test_json_columns_nest(server, column, text):
    assert json.loads(there_and_back(server, column, text)) == json.loads(text)


def test_json_null_is_sql_null(server):
    assert there_and_back(server, "j", "null") == "null"
    assert sqlite3.connect(server.db).execute("SELECT j IS NULL FROM kinds").fetchone() == (1,)


def test_jsonb_is_stored_as_jsonb(server):
    there_and_back(server, "jb", '{"a":1}')
    kind, text = sqlite3.connect(server.db).execute(
        "SELECT typeof(jb), length(jb) FROM kinds").fetchone()
    assert kind == "blob"


def test_damaged_json_comes_out_as_a_string(server):
    db = sqlite3.connect(server.db)
    db.execute("INSERT INTO kinds (id, j, jb) VALUES (60, '{broken', x'ffff')")
    db.commit()
    row = server.get("/kinds/60").json()
    assert row["j"] == "{broken"
    assert isinstance(row["jb"], str)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xfe", bytes(range(256)), b"a", b"ab", b"abc"])
def test_blobs_are_base64(server, data):
    text = json.dumps(base64.b64encode(data).decode())
    assert there_and_back(server, "x", text) == text
    assert sqlite3.connect(server.db).execute("SELECT x FROM kinds").fetchone()[0] == data


def test_blob_that_is_not_base64(server):
    reply = server.post("/kinds", {"x": "not base64!"})
    assert reply.status == 400 and reply.json()["errors"][0]["pointer"] == "/x"


def test_untyped_columns_keep_json_types(server):
    for text in ("1", "1.5", '"1"', "null"):
        assert there_and_back(server, "u", text) == text


def test_dates_are_text(server):
    assert there_and_back(server, "d", '"2026-01-31T12:00:00Z"') == '"2026-01-31T12:00:00Z"'


@pytest.mark.parametrize("column,text", [
    ("i", "1.5"), ("i", '"x"'), ("i", "true"), ("i", "[1]"), ("i", "9223372036854775808"),
    ("r", '"x"'), ("r", "{}"), ("b", "2"), ("i", "1e400"), ("r", "1e400")])
def test_values_that_do_not_fit(server, column, text):
    reply = server.request("POST", "/kinds", f'{{"{column}":{text}}}')
    assert reply.status == 400, reply
    assert reply.json()["code"] == ("22003" if text in ("9223372036854775808", "1e400") else "22P02")


def test_strict_tables(server):
    assert server.post("/strictly", {"i": 1, "t": "x"}).status == 201
    assert server.post("/strictly", {"i": "1.5x"}).status == 400


@pytest.mark.parametrize("query", ["i=eq.abc", "i=eq.1.5", "i=gt.", "r=lt.x", "b=eq.maybe",
                                   "i=in.(1,x)", "x=eq.%21"])
def test_filter_values_that_a_column_could_hold(server, query):
    """SQLite lets these columns hold anything: the filter asks what it holds."""
    reply = server.get(f"/kinds?{query}")
    assert reply.status == 200, reply


@pytest.mark.parametrize("path", ["/kinds?id=eq.abc", "/kinds?id=eq.1.5", "/kinds?id=gt.", "/kinds?id=in.(1,x)",
                                  "/kinds/abc", "/strictly?i=eq.abc", "/strictly?i=lt.1.5", "/strictly?i=eq(any).{1,x}"])
def test_filter_values_that_do_not_fit(server, path):
    reply = server.get(path)
    assert reply.status == 400 and reply.json()["code"] == "22P02", reply


def test_filters_by_kind(server):
    server.post("/kinds", {"i": 9223372036854775807, "r": 0.1, "t": "1", "x": "AAE="})
    assert len(server.get("/kinds?i=eq.9223372036854775807").json()) == 1
    assert len(server.get("/kinds?r=eq.0.1").json()) == 1
    assert len(server.get("/kinds?t=eq.1").json()) == 1
    assert len(server.get("/kinds?x=eq.AAE%3D").json()) == 1

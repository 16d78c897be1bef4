"""What a value becomes when it is written, and what comes back: JSON."""
import json
import sqlite3

import pytest

from conftest import Server, make_database

SCHEMA = f"""
CREATE TABLE wide ({",".join(f"c{i} TEXT" for i in range(200))});
CREATE TABLE v (id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, t TEXT, u, b BOOLEAN, j JSON, jb JSONB,
                x BLOB, d TEXT DEFAULT 'dflt', g INTEGER GENERATED ALWAYS AS (i + 1));
"""
JSON = {"Content-Type": "application/json"}
KEEP = {**JSON, "Prefer": "return=representation"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("values")
    make_database(folder / "test.db", SCHEMA)
    server = Server(folder, migrations=None)
    yield server
    server.stop()


def post(server, body, path="/v", **headers):
    return server.request("POST", path, body if isinstance(body, bytes) else body.encode(), {**KEEP, **headers})


def answered(server, column, text, other=""):
    """The spelling of the column in the answer to a POST, and in a GET of the row."""
    reply = post(server, f'{{"{column}":{text}{other}}}', f"/v?select={column},id")
    assert reply.status == 201, reply
    shown = reply.body.decode()
    row = json.loads(shown)[0]
    again = server.get(f"/v?select={column},id&id=eq.{row['id']}").body.decode()
    assert again == shown
    return shown[len(f'[{{"{column}":'):shown.rindex(',"id"')]


# Two ways into the one grammar: a plain object, and one that has an escape, an array around it, or columns=.
VALUES = [
    ("i", "1.0", "1"), ("i", "-0", "0"), ("i", "1e18", "1000000000000000000"), ("i", "12.50e2", "1250"),
    ("i", "9223372036854775807", None), ("i", "-9223372036854775808", None), ("i", "9223372036854775807.0",
                                                                             "9223372036854775807"),
    ("r", "1e20", "1e+20"), ("r", "100000000000000000000", "1e+20"), ("r", "9223372036854775808", None),
    ("r", "0.1", None), ("r", "3", "3.0"), ("n", "100000000000000000000", "1e+20"), ("n", "5", None),
    ("n", "1.50", "1.5"), ("u", "100000000000000000000", "1e+20"), ("u", "7", None),
    ("t", "1.10", '"1.10"'), ("t", "100000000000000000000", '"100000000000000000000"'), ("t", "1E400", '"1E400"'),
    ("t", "true", '"true"'), ("t", '{"a": [1.0, 2]}', '"{\\"a\\":[1.0,2]}"'), ("t", '"\\u0000x"', '"\\u0000x"'),
    ("t", '"\\ud83d\\ude00"', '"\U0001f600"'), ("b", "1", "true"), ("b", "false", None),
    ("j", '{"n":1.10}', None), ("j", '{"n":0.1234567890123456789}', None), ("j", '{"n":100000000000000000000}', None),
    ("j", '[1E400, -0, 1e5, 1.5E+2]', "[1E400,-0,1e5,1.5E+2]"), ("j", '{"b":1,"a":2,"b":3}', None),
    ("j", '"\\u00e9\\ud800"', None), ("j", "1.5", None), ("j", "true", None), ("j", '{ "a" : " , " }', '{"a":" , "}'),
    ("jb", '{"n":1.10}', None), ("jb", '{"n":100000000000000000000,"m":1.0}', None),
    ("j", '{"b":1,"a":2}', None), ("t", "null", "null"), ("j", "null", "null"),
]


@pytest.mark.parametrize("column,text,shown", VALUES)
def test_a_value_is_written_and_read(server, column, text, shown):
    shown = text if shown is None else shown
    got = answered(server, column, text)
    assert (float(got) == float(shown)) if column in "rnu" and shown != "null" else got == shown
    assert answered(server, column, text, ',"d":"\\u0041"') == got
    for body in f'[{{"{column}":{text}}}]', f' [ {{ "{column}" : {text} }} , {{"{column}":{text}}} ] ':
        reply = post(server, body, f"/v?select={column}")
        assert reply.status == 201 and f'[{{"{column}":{got}}}' in reply.body.decode()
    reply = post(server, f'{{"nope":{{"a":1}},"{column}":{text}}}', f"/v?columns={column}&select={column}")
    assert reply.body.decode() == f'[{{"{column}":{got}}}]'


@pytest.mark.parametrize("column,text,code", [
    ("i", "9223372036854775808", "22003"), ("i", "-9223372036854775809", "22003"), ("i", "1e19", "22003"),
    ("i", "1e400", "22003"), ("i", "100000000000000000000", "22003"), ("r", "1e400", "22003"), ("n", "-1e400", "22003"),
    ("u", "1" + "0" * 400, "22003"), ("j", "1e400", "22003"), ("j", " -1e400 ", "22003"), ("i", "1.5", "22P02"), ("i", "1e-1", "22P02"), ("b", "2", "22P02"),
    ("b", "1.0", "22P02"), ("i", "true", "22P02"), ("i", "[1]", "22P02"), ("r", "{}", "22P02"), ("x", "1", "22P02"),
    ("t", '"\\ud800"', "PGRST102"), ("g", "1", "428C9")])
def test_a_value_that_does_not_fit_is_named(server, column, text, code):
    for body in f'{{"{column}":{text}}}', f'{{"{column}":{text},"d":"\\u0041"}}', f'[{{"{column}":{text}}}]':
        reply = post(server, body)
        assert (reply.status, reply.json()["code"]) == (400, code), (body, reply)
        if code != "PGRST102":
            assert column in reply.json()["hint"] or column in reply.json()["message"]
            assert reply.json()["hint"]


NOT_JSON = [
    '{"t":1.e5}', '{"r":1.e5}', '{"r":.5}', '{"i":01}', '{"i":-}', '{"i":+1}', '{"i":1.}', '{"i":1e}', '{"r":1e+}', '{"i":0x1}',
    '{"r":NaN}', '{"r":Infinity}', '{"t":\'x\'}', '{"t":"x",}', '{"t":"x"', '{"t" "x"}', '{t:"x"}', '{"t":"x"} x', '{"t":"x"}{}',
    '{"t":"\x01"}', '{"t":"a\nb"}', '{"t":"\\x"}', '{"t":"\\u12g4"}', '{"t":tru}', '{"t":nul', '{"j":[1,]}', '{"j":[1 2]}',
    '{"j":{"a"}}', "", " ", "[", "[{}", "[{},]", '{"r":3\x00}', '{"i":1\x00}', '\x00', '{"t":"x"}\x00', '{"t":"x"}//', "nul",
    '{"j":"\\"}', '{"\\u12":1}', '{"nope":1', '{"i":"x"', '{"j":[1e]}', '\ufeff', '\ufeff\ufeff{}',
]


@pytest.mark.parametrize("text", NOT_JSON)
def test_what_is_not_json_is_refused_in_every_way(server, text):
    for body in text, f"[{text}]", text.replace("{", '{"d":"\\u0041",', 1):
        for path in "/v", "/v?columns=t", "/v?columns=d&missing":
            if "missing" in path:
                path, more = "/v?columns=d", {"Prefer": "missing=default"}
            else:
                more = {}
            if path != "/v" and not text.strip():
                continue
            if body == "[ ]" or body == "[]":
                continue
            reply = post(server, body, path, **more)
            assert (reply.status, reply.json()["code"]) == (400, "PGRST102"), (body, reply)
    before = server.get("/v?select=count()").status
    assert before


def test_a_fault_says_where(server):
    reply = post(server, '{"t":"x",\n "i":01}')
    problem = reply.json()
    assert problem["message"] == "Empty or invalid json", problem
    assert problem["details"] == "a number does not begin with 0 (line 2, column 7)", problem


def test_duplicates(server):
    for body in '{"t":"a","t":"b"}', '{"t":"a","\\u0074":"b"}', '[{"t":"a"},{"t":"a","t":"b"}]':
        for path in "/v", "/v?columns=t":
            reply = post(server, body, path)
            assert (reply.status, reply.json()["code"]) == (400, "PGRST102"), (body, reply)
            assert "twice" in reply.json()["message"]


def test_a_mark_at_the_start(server):
    assert post(server, b'\xef\xbb\xbf{"t":"mark"}').json()[0]["t"] == "mark"
    assert post(server, b'\xef\xbb\xbf[{"t":"\xef\xbb\xbfmark"}]').json()[0]["t"] == "\ufeffmark"


def test_depth(server):
    deep = '{"j":' + "[" * 63 + "]" * 63 + "}"
    assert post(server, deep).status == 201
    assert post(server, f"[{deep}]").status == 400
    reply = post(server, '{"j":' + "[" * 64 + "]" * 64 + "}")
    assert reply.status == 400 and "nested more than 64 deep" in reply.json()["message"]
    assert "--max-depth" in reply.json()["hint"]


def test_keys_of_an_array(server):
    for body in '[{"t":"a"},{"i":1}]', '[{"t":"a"},{"t":"b","i":1}]', '[{"t":"a","i":1},{"t":"b"}]':
        reply = post(server, body)
        assert (reply.status, reply.json()["message"]) == (400, "All object keys must match")
        assert "columns=" in reply.json()["hint"]
    rows = post(server, '[{"t":"a"},{"i":1,"d":null},{"d":"x","nope":[1,{}]}]', "/v?columns=t,i,d,t&select=t,i,d",
                Prefer="missing=default,return=representation").json()
    assert rows == [{"t": "a", "i": None, "d": "dflt"}, {"t": None, "i": 1, "d": None}, {"t": None, "i": None, "d": "x"}]
    rows = post(server, '[{"t":"a"},{"i":1}]', "/v?columns=t,d&select=t,d").json()
    assert rows == [{"t": "a", "d": None}, {"t": None, "d": None}]


def test_merges_keep_the_spelling(server):
    for column in "j", "jb":
        id = post(server, f'{{"{column}":{{"a":1.10,"b":100000000000000000000}}}}').json()[0]["id"]
        reply = server.request("PATCH", f"/v/{id}?select={column}", f'{{"{column}": {{"c":2.50}}}}', JSON)
        assert reply.body.decode() == f'{{"{column}":{{"a":1.10,"b":100000000000000000000,"c":2.50}}}}'


def test_empty_bodies(server):
    for body, rows in ("[]", 0), ("[{}]", 1), ("{}", 1), ("[{},{}]", 2):
        reply = post(server, body, "/v?select=d")
        assert (reply.status, reply.json()) == (201, [{"d": "dflt"}] * rows), (body, reply)
    for body in "[]", "{}", "[{}]":
        assert server.request("PATCH", "/v?id=gt.0", body, JSON).status == 204
        reply = server.request("PATCH", "/v?id=gt.0", body, KEEP)
        assert (reply.status, reply.json()) == (200, []), (body, reply)
    assert server.request("PATCH", "/v?id=gt.0", "", JSON).status == 400
    for body in "[1]", '["a"]', "[[]]", "[null]", "1", "null", '"x"', "[{},1]":
        reply = post(server, body)
        assert (reply.status, reply.json()["code"]) == (400, "PGRST102"), (body, reply)


def test_a_request_that_takes_too_much_is_told_the_limit(server):
    columns = ",".join(f"c{i}" for i in range(200))
    reply = post(server, "[" + ",".join(["{}"] * 10000) + "]", f"/wide?columns={columns}")
    assert (reply.status, reply.json()["code"]) == (413, "TH413") and reply.headers["Retry-After"] is None
    assert "16 MiB" in reply.json()["message"] and "--max-body" in reply.json()["hint"]
    reply = post(server, "[" + ",".join(["{}"] * 10001) + "]", "/wide?columns=c0")
    assert reply.status == 413 and "--max-elements" in reply.json()["hint"]


def test_what_a_request_may_take_follows_the_body(serve, tmp_path):
    make_database(tmp_path / "test.db", SCHEMA)
    server = serve("--max-body", "24MiB", "--max-elements", "300000", migrations=None)
    rows = [{"t": "some text of a row", "i": i} for i in range(300000)]
    assert server.post("/v", rows, Prefer="return=minimal").status == 201
    text = "t,i\n" + "some text in a longer line of csv,1\n" * 300000
    assert server.request("POST", "/v", text, {"Content-Type": "text/csv", "Prefer": "return=minimal"}).status == 201
    assert server.get("/v?select=count").json() == [{"count": 600000}]


def test_many_names_take_no_time(server):
    """Fields times names would be seconds; the limit is far above what it takes."""
    import time
    names = ",".join(["t"] * 3900)
    begun = time.monotonic()
    assert post(server, "z," * 500000 + "z\n", f"/v?columns={names}", **{"Content-Type": "text/csv"}).status == 201
    members = ",".join(f'"x{i}":1' for i in range(80000))
    assert post(server, f"{{{members}}}", f"/v?columns={names}").status == 201
    assert time.monotonic() - begun < 20


HELD = [
    ("[" * 1000 + "]" * 1000, None), ('{"a":' * 1000 + "1" + "}" * 1000, None), ("[" * 1001 + "]" * 1001, "text"),
    ("[" * 100000, "text"), ('{"a":1,"a":2}', None), ("{a:1}", "text"), ("[1,]", "text"), ("abc", "text"), ("[01]", "text"),
    ("[NaN]", "text"), ("['x']", "text"), ('"\\ud800"', None), ('"a\nb"', "text"), ("", "text"), ("[1.10 , 1E400]", None),
    ("[1] x", "text"), (5, "5"), (1.5, "1.5"), (b"\0\xff", '"AP8="'), ("\ufeff[]", "text")]


def test_what_a_json_column_holds(server):
    """JSON is shown as it is spelled; what is no JSON, or nested past 1,000, is a string."""
    with sqlite3.connect(server.db) as connection:
        connection.executemany("INSERT INTO v (id, j) VALUES (?, ?)", [(-1 - i, held[0]) for i, held in enumerate(HELD)])
    connection.close()
    for i, (text, shown) in enumerate(HELD):
        body = server.get(f"/v?select=j&id=eq.{-1 - i}").body.decode()
        expected = text if shown is None else json.dumps(text, ensure_ascii=False) if shown == "text" else shown
        assert body == f'[{{"j":{expected}}}]', str(text)[:80]

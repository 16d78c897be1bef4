"""One dialect of CSV in four places: a request, an answer, import and export."""
import sqlite3
import urllib.parse

import pytest

from conftest import Server, run

COLUMNS = """(id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, t TEXT, u, b BOOLEAN, j JSON, x BLOB,
    d TEXT DEFAULT 'dflt')"""
SCHEMA = f"CREATE TABLE v {COLUMNS}; CREATE TABLE w {COLUMNS}; CREATE TABLE one (t TEXT);"
CSV = {"Content-Type": "text/csv"}
TEXTS = ["", "NULL", "null", " ", " x ", "\t", "a,b", 'a"b', '"', '""', '"x"', "\n", "\r", "\r\n", "a\nb", "\ufeff", "\ufeffx",
         "x\ufeff", "\0", "a\0b", "\x01", "\u00fc\u20ac\U0001f600", "1", "007", "1e5", "t", "true", "'", "\\N", "\\", "#", "="]
ROWS = [
    {"i": 2**63 - 1, "r": 0.1, "n": 1.25, "b": 1, "j": '{"a": [1.10, 100000000000000000000]}', "x": bytes(range(256)), "u": 5},
    {"i": -2**63, "r": 1.7976931348623157e308, "n": 2**62, "b": 0, "j": '"text"', "x": b"", "u": "5"},
    {"i": 0, "r": -5e-324, "n": -0.5, "j": "[]", "x": b"\0", "u": 1.5}, {"r": 3.0, "u": "1.5", "j": "null"},
    {"r": 1e20, "u": 100000.0, "j": "true"}, {"u": "100000.0"}, {"u": "007"}, {"u": "1e5"}, {"u": -7}, {"u": "-7"}, {"u": ""},
    {"u": "NULL"}, {"u": "-"}, {"u": 9007199254740993}, {"u": "99999999999999999999"},
    {"x": b"\x35\x42\xcb"}, {"u": "Infinity"}, {},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("csv")
    with sqlite3.connect(folder / "test.db") as connection:
        connection.executescript(SCHEMA)
        for row in ROWS + [{"t": text} for text in TEXTS] + [{"t": text, "u": text} for text in TEXTS]:
            names = ",".join(row) or "id"
            connection.execute(f"INSERT INTO v ({names}) VALUES ({','.join('?' * (len(row) or 1))})",
                               list(row.values()) or [None])
        connection.executemany("INSERT INTO one VALUES (?)", [(None,), ("",), ("x",), ("NULL",), (None,)])
        connection.execute("UPDATE v SET d = CAST(x'61ff22fe' AS TEXT) WHERE id = 3")
    connection.close()
    server = Server(folder, "--max-elements", "1000000", migrations=None)
    yield server
    server.stop()


def rows(server, sql):
    with sqlite3.connect(server.db) as connection:
        connection.text_factory = lambda b: b.decode(errors="surrogateescape")
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


def post(server, path, body, type="text/csv", **headers):
    return server.request("POST", path, body if isinstance(body, bytes) else body.encode(),
                          {"Content-Type": type, "Prefer": "return=representation", **headers})


LOOK = "SELECT id,i,r,n,t,u,typeof(u),b,j,x,typeof(x) FROM {} ORDER BY id"


def test_an_answer_is_a_request(server):
    for table, copy, look, order in ("v", "w", LOOK, "id"), ("one", "one", "SELECT t FROM one", "t"):
        text = server.get(f"/{table}?order={order}", Accept="text/csv").body
        before = rows(server, look.format(table))
        if table == copy:
            assert server.delete(f"/{table}?all=true").status == 204
        reply = post(server, f"/{copy}", text, Prefer="return=minimal")
        assert reply.status == 201, reply
        after = rows(server, look.format(copy))
        assert sorted(after, key=repr) == sorted(before, key=repr)
        assert server.get(f"/{copy}?order={order}", Accept="text/csv").body == text
    assert server.delete("/w?all=true").status == 204


@pytest.mark.parametrize("ending", ["csv", "ndjson"])
def test_an_export_is_an_import(server, tmp_path, ending):
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    assert run("export", "v", first, "--db", server.db)[0] == 0
    code, _, err = run("import", "w", first, "--db", server.db)
    assert code == 0, err
    assert run("export", "w", second, "--db", server.db)[0] == 0
    assert first.read_bytes() == second.read_bytes()
    look = LOOK if ending == "csv" else LOOK.replace(",j,", ",nullif(j,'null'),")  # JSON's null is NULL in NDJSON
    assert rows(server, look.format("w")) == rows(server, look.format("v"))
    if ending == "csv":
        assert first.read_bytes() == server.get("/v", Accept="text/csv").body + b"\n"
    assert server.delete("/w?all=true").status == 204


def test_what_is_not_utf8(server, tmp_path):
    text = server.get("/v?select=d&id=eq.3", Accept="text/csv").body
    assert text == 'd\n"a\ufffd""\ufffd"'.encode()
    assert post(server, "/one", text.replace(b"d\n", b"t\n")).json() == [{"t": "a\ufffd\"\ufffd"}]
    again = server.get("/one?select=t&t=like.a*", Accept="text/csv").body
    assert again == text.replace(b"d\n", b"t\n")
    server.delete("/one?t=like.a*")


NULL, ABSENT = None, "dflt"


@pytest.mark.parametrize("text,expected", [
    ("t,d\n,x", [(NULL, "x")]), ('t,d\n"",x', [("", "x")]), ("t,d\nNULL,x", [(NULL, "x")]), ('t,d\n"NULL",x', [("NULL", "x")]),
    ("t,d\nnull,x", [("null", "x")]), ("t,d\n a , b \n", [(" a ", " b ")]), ("t,d\r\na,b\r\nc,d\r\n", [("a", "b"), ("c", "d")]),
    ("t,d\ra,b\rc,d", [("a", "b"), ("c", "d")]), ("\ufefft,d\na,b", [("a", "b")]), ('\ufeff"t","d"\na,b', [("a", "b")]),
    ("t,d\na,b\n\n\n", [("a", "b")]), ("t,d\n\na,b\n  \nc,d", [("a", "b"), ("c", "d")]), ('t,d\na"b,c', [('a"b', "c")]),
    ('t,d\n"a""b","c\nd"', [('a"b', "c\nd")]), ('t,d\n"a\r\nb",c', [("a\r\nb", "c")]), ("t\n\nx\n", [(NULL, ABSENT), ("x", ABSENT)]),
    ("t\nNULL", [(NULL, ABSENT)]), ('"t","d"\n"a","b"', [("a", "b")]), ("t,d\n,", [(NULL, NULL)]), ("t,d", []), ("t,d\n", []),
    ("t,d\n\ufeffa,b", [("\ufeffa", "b")]),
])
def test_dialect(server, tmp_path, text, expected):
    reply = post(server, "/v?select=t,d", text)
    assert reply.status == 201, reply
    assert [(r["t"], r["d"]) for r in reply.json()] == expected
    (tmp_path / "x.csv").write_bytes(text.encode())
    code, _, err = run("import", "w", tmp_path / "x.csv", "--db", server.db)
    assert code == 0, err
    found = rows(server, "SELECT t, d FROM w")
    assert found == expected
    assert server.delete("/w?all=true").status == 204
    server.delete("/v?id=gt.1000")


@pytest.mark.parametrize("column,text,stored", [
    ("b", "t", 1), ("b", "f", 0), ("b", "true", 1), ("b", "false", 0), ("b", "1", 1), ("x", "AAE=", b"\0\1"), ("x", '""', b""),
    ("j", '"{""a"": 1.10}"', '{"a": 1.10}'), ("u", "5", 5), ("u", '"5"', "5"), ("u", "007", "007"), ("u", "1.0", 1.0),
    ("u", "1.50", "1.50"), ("u", "+5", "+5"), ("u", "99999999999999999999", "99999999999999999999"), ("i", "5", 5), ("r", "5", 5.0)])
def test_types(server, column, text, stored):
    reply = post(server, "/v?select=id", f"{column},d\n{text},x")
    assert reply.status == 201, reply
    found = rows(server, f"SELECT {column} FROM v WHERE id = {reply.json()[0]['id']}")[0][0]
    assert (found, type(found)) == (stored, type(stored))


def test_a_number_that_would_be_infinite(server):
    for field in "1e400", '" 1e400"', '"\n-1e400"':
        reply = post(server, "/v", f"j,t\n{field},x")
        assert (reply.status, reply.json()["code"]) == (400, "22003"), reply


@pytest.mark.parametrize("type,status", [
    ("text/csv; charset=utf-8", 201), ('text/csv;charset="UTF-8"', 201), ("text/csv; header=present", 201),
    ("Text/CSV ; Charset=US-ASCII", 201), ("text/csv; header=absent", 415), ("text/csv; charset=iso-8859-1", 415),
    ("text/csv; charset=utf-16", 415), ("text/csv; delimiter=;", 415)])
def test_parameters_of_the_type(server, type, status):
    reply = post(server, "/v?select=t", "t\nx", type)
    assert reply.status == status, reply
    if status == 415:
        assert reply.json()["code"] == "TH415" and reply.json()["hint"]
    for json in "application/json; charset=latin1", "application/x-www-form-urlencoded;charset=utf-16":
        assert post(server, "/v", '{"t":"x"}', json).status == 415
    assert post(server, "/v", '{"t":"x"}', "application/json;charset=utf-8;q=1").status == 201


def test_columns_and_defaults(server):
    text = "t,nope,i\na,b,1\n"
    assert post(server, "/v?columns=i,t&select=t,i,d", text).json() == [{"t": "a", "i": 1, "d": "dflt"}]
    assert post(server, "/v?columns=t,d&select=t,d", text).json() == [{"t": "a", "d": None}]
    assert post(server, "/v?columns=t,d,i,r&select=t,d,i,r", text, Prefer="missing=default,return=representation").json() == [
        {"t": "a", "d": "dflt", "i": 1, "r": None}]
    reply = post(server, "/v?columns=t,nix", text)
    assert (reply.status, reply.json()["code"]) == (400, "PGRST204")
    assert post(server, "/v?columns=t&select=t", "t,t\na,b").json()["code"] == "PGRST102"
    assert post(server, "/v?columns=t&select=t", "t,nope,nope\na,b,c").json() == [{"t": "a"}]
    form = "application/x-www-form-urlencoded"
    assert post(server, "/v?columns=t,d&select=t,d", "t=a&nope=1", form).json() == [{"t": "a", "d": None}]
    assert post(server, "/v?columns=t,d&select=t,d", "t=&nope=1", form, Prefer="missing=default,return=representation").json() == [
        {"t": "", "d": "dflt"}]
    assert post(server, "/v?select=t,u", "t=NULL&u=5", form).json() == [{"t": "NULL", "u": "5"}]


@pytest.mark.parametrize("text", ["t,d\na", "t,d\na,b,c", 't,d\n"a', 't,d\n"a"b,c', "t,t\na,b", "nope\na", "", "t\n\xff", "\ufeff"])
def test_what_is_not_csv(server, text):
    body = text.encode("latin-1") if "\xff" in text else text.encode()
    reply = post(server, "/v", body)
    assert reply.status == 400 and reply.json()["code"] in ("PGRST102", "PGRST204"), reply


def test_json_that_calls_itself_a_form(server):
    for body in '{"t":"x"}', '{"t":"a=b&c"}', ' [{"t":"x"}]', '{"t":"100%"}':
        reply = post(server, "/v", body, "application/x-www-form-urlencoded")
        assert reply.status == 400 and "application/json" in reply.json()["hint"], reply
    assert "application/json" not in (post(server, "/v", "nope=1", "application/x-www-form-urlencoded").json()["hint"] or "")

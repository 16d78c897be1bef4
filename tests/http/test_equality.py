"""What a text in a filter, a path or a body is to a column: SQLite's storage classes decide, whatever the
column declares. What is stored can be asked for, addressed, changed and written back."""
import base64
import json
import sqlite3
import urllib.parse

import pytest

from conftest import Server

# Names that people's databases have: SQL Server, MySQL, Oracle, PostgreSQL, Access, and mistakes.
LOOSE = [
    "GUID", "UNIQUEIDENTIFIER", "UUID", "URL", "URI", "INET", "CIDR", "MACADDR", "XML", "ENUM", "ENUM(2)",
    '"ENUM(a,b)"', "TIMESTAMP WITH TIME ZONE", '"TIMESTAMP(3) WITHOUT TIME ZONE"', "TIMESTAMPTZ", "DATETIME2",
    "DATETIME2(7)", "DATETIMEOFFSET", "SMALLDATETIME", "DATE", "TIME", "DATETIME", "TIMESTAMP", "YEAR", "YEAR(4)",
    "MONEY", "SMALLMONEY", "CURRENCY", "BIT", "BIT(1)", "SERIAL", "BIGSERIAL", "INTERVAL", '"INTERVAL DAY TO SECOND"',
    "POINT", "GEOMETRY", "GEOGRAPHY", "POLYGON", "ROWVERSION", "STRING", "HSTORE", "CITEXT", "TSVECTOR", "TSQUERY",
    "INTEGER_OR_TEXT", "NUMBER", "NUMBER(10,2)", "NVARCHAR(50)", "VARCHAR2(50)", "LONGTEXT", "MEDIUMTEXT",
    "TINYTEXT", "NTEXT", "CLOB", "NCLOB", "CHARACTER(20)", "VARYING CHARACTER(255)", "NATIVE CHARACTER(70)",
    "SQL_VARIANT", "HIERARCHYID", "SYSNAME", "ROWID", "LONG", "HYPERLINK", "MEMO", "AUTONUMBER", "COUNTER", "YESNO",
    "OBJECT", "ARRAY", '"TEXT[]"', "VECTOR(3)", "JSON5", "ANY", "FIXED", "LOGICAL", "PRINT", "CHARINT", "FLOATING POINT",
    "\"some thing\"", "",
]
BINARY = ["BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BYTEA", "BINARY", "BINARY(16)", "VARBINARY(16)",
          '"VARBINARY(MAX)"', "LONG VARBINARY", "BINARY VARYING(8)", "IMAGE", "RAW(16)", "LONG RAW"]
TEXTS = ["plain", "007", "0f8fad5b-d9cb-469f-a165-70867728950e", "EARTH", "10.0.0.1/8", "abcd", "<a href='x'/>",
         "2024-01-02T03:04:05Z", "$5.00", "", "true", "null", "1e5x", "12:30", "ünï", " 7x", "a,b\"c\\d", "Infinity!"]


def quoted(text):
    return urllib.parse.quote(text, safe="")


def member(text):
    return quoted('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')


def start(folder, schema):
    (folder / "m").mkdir()
    (folder / "m" / "0001_schema.sql").write_text(schema)
    return Server(folder, "--queries", "none", "--aggregates", migrations=folder / "m")


@pytest.fixture(scope="module")
def types(tmp_path_factory):
    """A table for each type: l0, l1 … and b0, b1 …, with that type as its key's."""
    tables = [(f"l{i}", t) for i, t in enumerate(LOOSE)] + [(f"b{i}", t) for i, t in enumerate(BINARY)]
    schema = "".join(f"CREATE TABLE {name} (k {t} PRIMARY KEY, v {t});" for name, t in tables)
    server = start(tmp_path_factory.mktemp("types"), schema)
    yield server
    server.stop()


def round_trip(server, table, value, connection):
    """Stores a value as the key, finds it in each way by what is shown, changes it and puts it back."""
    def call(method, path, body=None, **headers):
        return server.request(method, path, body, headers, connection=connection)

    reply = call("POST", f"/{table}", {"k": value, "v": value})
    assert reply.status == 201, reply
    row = reply.json()
    shown = row["k"]
    assert row["v"] == shown
    text = shown if isinstance(shown, str) else json.dumps(shown)
    assert call("GET", f"/{table}?k=eq.{quoted(text)}").json() == [row]
    assert call("GET", f"/{table}?k=in.(nothing,{member(text)})").json() == [row]
    assert call("GET", f"/{table}?k=eq(any).{{nothing,{member(text)}}}").json() == [row]
    assert call("GET", f"/{table}?k=neq.{quoted(text)}").json() == []
    assert call("GET", f"/{table}?k=not.eq.{quoted(text)}").json() == []
    assert call("GET", f"/{table}?k=isdistinct.{quoted(text)}").json() == []
    assert call("GET", f"/{table}?k=gte.{quoted(text)}").json() == [row]
    assert call("GET", f"/{table}?k=lte.{quoted(text)}").json() == [row]
    assert call("GET", f"/{table}?k=gt.{quoted(text)}").json() == []
    assert call("GET", f"/{table}?k=lt.{quoted(text)}").json() == []
    if text and "," not in text:
        location = reply.headers["Location"]
        assert call("GET", location).json() == row
        assert call("PATCH", location, {"v": None}).json() == {"k": shown, "v": None}
        assert call("PUT", location, row).json() == row
        assert call("PATCH", location, row).json() == row
    assert call("DELETE", f"/{table}?k=eq.{quoted(text)}").status == 204
    assert call("GET", f"/{table}").json() == []
    return shown


@pytest.mark.parametrize("number,declared", enumerate(LOOSE), ids=str)
def test_types_of_any_name_take_any_text(types, number, declared):
    connection = types.connect()
    for text in TEXTS if number % 9 == 0 else TEXTS[:6]:
        shown = round_trip(types, f"l{number}", text, connection)
        if text != "007":
            assert shown == text, (declared, text)
        else:
            assert shown in ("007", 7), "SQLite's affinity decides"


@pytest.mark.parametrize("number,declared", enumerate(LOOSE), ids=str)
def test_types_of_any_name_take_any_number(types, number, declared):
    connection = types.connect()
    for value in (7, 2.5, 9223372036854775807, 10 ** 20) if number % 9 else (0, -5, 1e20, 1e-7):
        shown = round_trip(types, f"l{number}", value, connection)
        assert float(shown) == float(value), (declared, value)


@pytest.mark.parametrize("number,declared", enumerate(BINARY), ids=str)
def test_binary_types_are_base64_both_ways(types, number, declared):
    connection = types.connect()
    for data in (b"\0", b"\xff\xfe", b"abc", b"abcd", bytes(range(256)), b"\xd7\x6d\xf8"):
        text = base64.b64encode(data).decode()
        assert round_trip(types, f"b{number}", text, connection) == text
    assert types.post(f"/b{number}", {"k": "not base64!"}).status == 400


# ---- what no type says

LOOSELY = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, placed DATETIME, zip TEXT, n INTEGER);
INSERT INTO orders VALUES (1,'2024-03-01','10115',1),(2,'2023-05-05','00701',5),(3,'2024-12-31',NULL,10);
CREATE VIEW o AS SELECT id, strftime('%Y',placed) AS year, coalesce(zip,'') AS zip, n*2 AS double,
    CAST(n AS TEXT) AS text, CAST(zip AS INTEGER) AS number, placed, n FROM orders;
CREATE VIEW counted AS SELECT zip, count(*) AS n, sum(n) AS total, avg(n) AS mean FROM orders GROUP BY zip;
CREATE TABLE made AS SELECT id, strftime('%Y',placed) AS year, n*2 AS double FROM orders;
CREATE TABLE x (code PRIMARY KEY, v);
INSERT INTO x VALUES ('007','text'),(7,'number'),('abc','word'),(2.5,'real'),(x'0001','blob'),('12','digits'),
    (9e999,'infinite');
CREATE TABLE pairs (a, b, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
INSERT INTO pairs VALUES ('01', 1, 'first'), (1, '01', 'second');
CREATE TABLE strict (id INTEGER PRIMARY KEY, a ANY, i INT, r REAL, t TEXT, b BLOB) STRICT;
CREATE TABLE any (id INTEGER PRIMARY KEY, a ANY);
CREATE TABLE held (id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, b BOOLEAN, t TEXT, x BLOB, k INTEGER_OR_TEXT);
INSERT INTO held VALUES (1,'EARTH','',NULL,'t','x','text','EARTH'),(2,1.5,'EARTH','n/a','true',x'00',5,7),
    (3,x'0001',9e999,-9e999,2,'y',x'0001',''),(4,5,5.0,5,1,'5','abcd','abcd');
CREATE TABLE folded (id INTEGER PRIMARY KEY, t TEXT COLLATE NOCASE, u COLLATE NOCASE);
INSERT INTO folded VALUES (1,'Home','Home'),(2,'home','home'),(3,'Work',5);
"""


@pytest.fixture(scope="module")
def loose(tmp_path_factory):
    server = start(tmp_path_factory.mktemp("loose"), LOOSELY)
    yield server
    server.stop()


def ids(server, path, key="id"):
    reply = server.get(path)
    assert reply.status == 200, (path, reply)
    return [row[key] for row in reply.json()]


UNTYPED = [
    ("/o?year=eq.2024&order=id", [1, 3]), ("/o?year=gt.2024", []), ("/o?year=gte.2024&order=id", [1, 3]),
    ("/o?year=lt.2024", [2]), ("/o?year=neq.2024", [2]), ("/o?year=not.eq.2024", [2]), ("/o?year=in.(2023)", [2]),
    ("/o?zip=in.(10115,00701)&order=id", [1, 2]), ("/o?zip=eq.00701", [2]), ("/o?zip=eq.701", []),
    ("/o?zip=eq.", [3]), ("/o?double=eq.10", [2]), ("/o?double=gt.2&order=id", [2, 3]), ("/o?double=gt.2.5", [2, 3]),
    ("/o?double=in.(2,20)&order=id", [1, 3]), ("/o?double=eq.abc", []), ("/o?double=neq.10&order=id", [1, 3]),
    ("/o?double=gt.9&double=lt.11", [2]), ("/o?text=eq.10", [3]), ("/o?text=gt.10", [2]), ("/o?text=eq.010", []),
    ("/o?number=eq.701", [2]), ("/o?number=eq.00701", [2]), ("/o?number=gt.1000", [1]), ("/o?n=eq.010", [3]),
    ("/o?placed=gte.2024-01-01&order=id", [1, 3]), ("/o?placed=eq.2024-03-01", [1]),
    ("/o?year=like.2024&order=id", [1, 3]), ("/o?double=like.2*&order=id", [1, 3]),
    ("/o?or=(year.eq.2023,double.eq.2)&order=id", [1, 2]), ("/o?year=eq(any).{2023,1999}", [2]),
    ("/o?double=gt(all).{2,9}&order=id", [2, 3]), ("/o?double=lt(any).{3,11}&order=id", [1, 2]),
    ("/o?not.and=(double.gt.2,double.lt.20)&order=id", [1, 3]),
    ("/made?year=eq.2024&order=id", [1, 3]), ("/made?double=eq.10", [2]), ("/made?id=eq.2", [2]),
    ("/made?double=gt.9&order=id", [2, 3]), ("/made?double=isdistinct.10&order=id", [1, 3]),
]


@pytest.mark.parametrize("path,expected", UNTYPED)
def test_no_type_is_text_for_text_and_a_number_for_numbers(loose, path, expected):
    assert ids(loose, path) == expected


def test_aggregates_of_a_view_are_numbers(loose):
    assert ids(loose, "/counted?n=gte.1&zip=not.is.null&order=zip", "zip") == ["00701", "10115"]
    assert ids(loose, "/counted?total=gt.4&order=zip", "zip") == ["00701", None]
    assert ids(loose, "/counted?mean=eq.5", "zip") == ["00701"]
    assert ids(loose, "/counted?mean=eq.5.0", "zip") == ["00701"]


UNTYPED_KEYS = [
    ("code=eq.007", ["text"]), ("code=eq.7", ["number"]), ("code=eq.7.0", ["number"]), ("code=eq.07", []),
    ("code=eq.abc", ["word"]), ("code=eq.2.5", ["real"]), ("code=eq.25e-1", ["real"]), ("code=eq.AAE%3D", ["blob"]),
    ("code=eq.12", ["digits"]), ("code=eq.Infinity", ["infinite"]), ("code=eq.1e999", ["infinite"]),
    ("code=in.(007,7,AAE%3D)&order=v", ["blob", "number", "text"]),
    ("code=neq.7&order=v", ["blob", "digits", "infinite", "real", "text", "word"]),
    ("code=gt.7&order=v", ["blob", "infinite", "word"]), ("code=lte.7&order=v", ["digits", "number", "real", "text"]),
    ("code=lt.2.6&order=v", ["digits", "real", "text"]), ("code=gte.100&order=v", ["blob", "digits", "infinite", "word"]),
    ("code=gt.aaa&order=v", ["blob", "word"]), ("code=lt.aaa&order=v", ["digits", "infinite", "number", "real", "text"]),
    ("code=is.null", []), ("code=isdistinct.007&order=v", ["blob", "digits", "infinite", "number", "real", "word"]),
]


@pytest.mark.parametrize("query,expected", UNTYPED_KEYS)
def test_a_column_of_all_classes(loose, query, expected):
    assert ids(loose, f"/x?{query}", "v") == expected


@pytest.mark.parametrize("low,high", [("gt", "lte"), ("gte", "lt"), ("eq", "neq")])
@pytest.mark.parametrize("text", ["7", "007", "", "abc", "AAE=", "-1e5", "12", "1e999", "Infinity", "99999999999999999999"])
def test_operators_and_their_opposites_share_out_the_rows(loose, low, high, text):
    everything = sorted(ids(loose, "/x", "v"))
    for table, key, rows in (("x", "code", everything),):
        one, other = ids(loose, f"/{table}?{key}={low}.{quoted(text)}", "v"), ids(
            loose, f"/{table}?{key}={high}.{quoted(text)}", "v")
        assert sorted(one + other) == rows
        assert sorted(ids(loose, f"/{table}?{key}=not.{low}.{quoted(text)}", "v")) == sorted(other)


@pytest.fixture
def fresh(tmp_path):
    server = start(tmp_path, LOOSELY)
    yield server
    server.stop()


def test_a_path_is_what_it_says(fresh):
    server = fresh
    assert server.get("/x/007").json() == {"code": "007", "v": "text"}
    assert server.get("/x/7").json() == {"code": 7, "v": "number"}
    assert server.get("/x/AAE%3D").json() == {"code": "AAE=", "v": "blob"}
    assert server.get("/x/Infinity").json() == {"code": "Infinity", "v": "infinite"}
    assert server.delete("/x/007").status == 204
    assert server.get("/x/7").status == 200
    assert server.patch("/x/AAE%3D", {"v": "B"}).json() == {"code": "AAE=", "v": "B"}
    assert server.put("/x/7", {"code": 7, "v": "seven"}).status == 200
    assert server.put("/x/008", {"v": "eight"}).json() == {"code": "008", "v": "eight"}
    assert server.post("/x", {"code": "7", "v": "text 7"}).status == 201
    assert server.get("/x/7").json() == {"code": 7, "v": "seven"}
    assert server.patch("/x/7", {"v": "number"}).json() == {"code": 7, "v": "number"}
    assert server.delete("/x/7").status == 204
    assert server.get("/x/7").json() == {"code": "7", "v": "text 7"}
    assert len(server.get("/x?code=eq.7").json()) == 1
    assert server.get("/pairs/01,1").json()["v"] == "first"
    assert server.get("/pairs/1,01").json()["v"] == "second"
    assert server.delete("/pairs/01,1").status == 204
    assert [row["v"] for row in server.get("/pairs").json()] == ["second"]


def test_any_in_a_strict_table_is_what_it_is_given(loose):
    given = ["05", "abc", 5, 2.5, "5", "", None, True, [1, {"a": 2}]]
    stored = ["05", "abc", 5, 2.5, "5", "", None, 1, "[1,{\"a\":2}]"]
    rows = loose.post("/strict", [{"a": value} for value in given], Prefer="return=representation").json()
    assert [row["a"] for row in rows] == stored
    for row in rows:
        if row["a"] is not None:
            text = row["a"] if isinstance(row["a"], str) else json.dumps(row["a"])
            found = loose.get(f"/strict?a=eq.{quoted(text)}").json()
            assert row in found and len(found) == (2 if text == "5" else 1), (text, found)
    assert loose.get("/strict?a=gt.4&a=lt.6").json() == [r for r in rows if r["a"] in (5, "5")]
    loose.post("/any", [{"id": i, "a": value} for i, value in enumerate(given[:5], 1)])
    assert [row["a"] for row in loose.get("/any?order=id").json()] == [5, "abc", 5, 2.5, 5]
    assert ids(loose, "/any?a=eq.05&order=id") == ids(loose, "/any?a=eq.5&order=id") == [1, 3, 5]
    assert ids(loose, "/any?a=gt.2&order=id") == [1, 2, 3, 4, 5]
    assert ids(loose, "/any?a=lt.3&order=id") == [4]


HELD = [
    ("i=eq.EARTH", [1]), ("i=eq.1.5", [2]), ("i=eq.AAE%3D", [3]), ("i=eq.5", [4]), ("i=eq.05", [4]), ("i=eq.5.0", [4]),
    ("i=in.(EARTH,5)", [1, 4]), ("i=neq.EARTH", [2, 3, 4]), ("i=gt.5", [1, 3]), ("i=lt.5", [2]), ("i=gt.1.4", [1, 2, 3, 4]),
    ("i=lt.100000000000000000000", [2, 4]), ("i=gt.-100000000000000000000", [1, 2, 3, 4]),
    ("i=eq.100000000000000000000", []), ("r=eq.", [1]), ("r=eq.EARTH", [2]), ("r=eq.Infinity", [3]), ("r=eq.5", [4]),
    ("r=eq.inf", [3]), ("n=eq.-Infinity", [3]), ("n=eq.n%2Fa", [2]), ("n=lt.0", [3]), ("b=eq.t", [1, 4]),
    ("b=eq.true", [2, 4]), ("b=eq.2", [3]), ("b=eq.1", [4]), ("b=is.true", [3, 4]), ("b=in.(t,true)", [1, 2, 4]),
    ("b=neq.true", [1, 3]), ("t=eq.x", [1]), ("x=eq.text", [1]), ("x=eq.5", [2]), ("x=eq.AAE%3D", [3]), ("x=eq.abcd", [4]),
    ("x=in.(text,AAE%3D)", [1, 3]), ("x=neq.abcd", [1, 2, 3]), ("k=eq.EARTH", [1]), ("k=eq.7", [2]), ("k=eq.007", [2]),
    ("k=eq.", [3]), ("k=eq.abcd", [4]), ("k=gt.5", [1, 2, 3, 4]), ("k=lt.8", [2]), ("i=isdistinct.EARTH", [2, 3, 4]),
    ("r=eq(any).{5,EARTH}", [2, 4]), ("id=lt.100000000000000000000", [1, 2, 3, 4]), ("id=gt.99999999999999999999", []),
]


@pytest.mark.parametrize("query,expected", HELD)
def test_what_a_column_holds_against_its_type(loose, query, expected):
    assert ids(loose, f"/held?{query}&order=id") == expected


def test_rigid_columns_refuse_what_they_cannot_hold(loose):
    for query in ("i=eq.EARTH", "i=eq.1.5", "r=gt.x", "b=eq.x", "id=eq.x", "i=in.(1,x)"):
        reply = loose.get(f"/strict?{query}")
        assert (reply.status, reply.json()["code"]) == (400, "22P02"), (query, reply)
    assert loose.get("/held?id=eq.x").status == 400
    assert loose.get("/held/x").status == 400
    assert loose.get("/held/100000000000000000000").status == 404


def test_a_collation_is_the_columns(loose):
    assert ids(loose, "/folded?t=eq.HOME&order=id") == [1, 2]
    assert ids(loose, "/folded?u=eq.HOME&order=id") == [1, 2]
    assert ids(loose, "/folded?u=in.(WORK,HOME,5)&order=id") == [1, 2, 3]
    assert ids(loose, "/folded?t=gt.HOME") == [3]


def test_infinity_goes_both_ways(loose):
    reply = loose.post("/held", {"id": 50, "r": "Infinity", "n": "-Infinity"})
    assert (reply.json()["r"], reply.json()["n"]) == ("Infinity", "-Infinity")
    assert loose.delete("/held/50").status == 204


def test_text_is_neither_true_nor_false(loose):
    for query in ("t=is.true", "t=is.false", "t=is.unknown", "t=not.is.true", "x=is.true"):
        reply = loose.get(f"/held?{query}")
        assert (reply.status, reply.json()["code"]) == (400, "42804"), reply
    assert ids(loose, "/held?t=is.not_null&order=id") == [1, 2, 3, 4]
    assert ids(loose, "/held?t=is.null") == []
    assert ids(loose, "/x?code=is.true&order=v", "v") == ["digits", "infinite", "number", "real", "text"]


def test_a_plus_that_became_a_blank_is_told(loose):
    reply = loose.get("/orders?placed=gte.2024-01-01T00:00:00+02:00")
    assert reply.status == 400 and "%2B" in reply.json()["hint"]
    assert ids(loose, "/orders?placed=gte.2024-01-01T00:00:00%2B02:00&order=id") == [1, 3]
    assert ids(loose, "/orders?placed=gte.2024-01-01+12:00&order=id") == [1, 3]


# ---- JSON

JSONS = """
CREATE TABLE j (id INTEGER PRIMARY KEY, data JSON, bin JSONB);
INSERT INTO j VALUES (1,'{"e":2,"f":[1,2]}',jsonb('{"e":2,"f":[1,2]}')),(2,'{ "e" : 2, "f" : [1, 2] }',jsonb('[]')),
    (3,'5',jsonb('5')),(4,1.5,jsonb('1.50')),(5,'{broken',x'ffff'),(6,'"text"',jsonb('"text"')),(7,NULL,NULL),
    (8,'true',jsonb('null'));
CREATE TABLE bykey (k JSONB PRIMARY KEY, v);
CREATE TABLE bytext (k JSON PRIMARY KEY, v);
"""


@pytest.fixture(scope="module")
def jsons(tmp_path_factory):
    server = start(tmp_path_factory.mktemp("json"), JSONS)
    yield server
    server.stop()


@pytest.mark.parametrize("query,expected", [
    ('data=eq.{"e":2,"f":[1,2]}', [1, 2]), ('data=eq.{"e": 2, "f": [1, 2]}', [1, 2]), ("data=eq.5", [3]),
    ("data=eq.5.0", [3]), ("data=eq.1.5", [4]), ("data=eq.1.50", [4]), ("data=eq.{broken", [5]), ('data=eq."text"', [6]),
    ("data=eq.true", [8]), ('data=neq.{"e":2,"f":[1,2]}', [3, 4, 5, 6, 8]), ('data=in.(5,"\\"text\\"",{broken)', [3, 5, 6]),
    ('data=isdistinct.{"e":2,"f":[1,2]}', [3, 4, 5, 6, 7, 8]), ("data=gt.1&data=lt.9", [3, 4]),
    ('bin=eq.{"e":2,"f":[1,2]}', [1]), ("bin=eq.[]", [2]), ("bin=eq.5", [3]), ("bin=eq.1.50", [4]), ("bin=eq.//8=", [5]),
    ('bin=eq."text"', [6]), ("bin=eq.null", [8]), ("bin=in.(5,[])", [2, 3]), ("bin=not.eq.5", [1, 2, 4, 5, 6, 8]),
    ("data->e=eq.2", [1, 2]), ("data->f->0=in.(1,7)", [1, 2]), ("data->f=eq.[1,2]", [1, 2]), ("data->f=in.([1],\"[1,2]\")", [1, 2]),
    ("data->>e=in.(2,3)", [1, 2]), ("bin->e=eq.2", [1]),
])
def test_json_is_compared_as_json(jsons, query, expected):
    path = "/j?" + "&".join(f"{name}={quoted(text)}" for name, text in (q.split("=", 1) for q in query.split("&")))
    assert ids(jsons, path + "&order=id") == expected


def test_json_keys_have_paths(jsons):
    server = jsons
    for table in ("bykey", "bytext"):
        for key in ({"a": [1, "x"]}, [], "text", 5, 1.5, True):
            reply = server.post(f"/{table}", {"k": key, "v": 1})
            assert reply.status == 201 and reply.json() == {"k": key, "v": 1}, reply
            location = reply.headers["Location"]
            assert server.get(location).json() == {"k": key, "v": 1}, location
            assert server.patch(location, {"v": 2}).json() == {"k": key, "v": 2}
            assert server.delete(location).status == 204


@pytest.mark.parametrize("operator,ids", [("eq", [1, 5]), ("neq", [2, 3, 4]), ("gt", [2, 3]), ("gte", [1, 2, 3, 5]), ("lt", [4]),
                                          ("lte", [1, 4, 5])])
def test_bytes_are_compared_with_bytes(tmp_path, operator, ids):
    schema = """CREATE TABLE x (id INTEGER PRIMARY KEY, v, m MONEY);
        INSERT INTO x (id, v) VALUES (1, x'616263'), (2, x'ff'), (3, 'zz'), (4, 5), (5, 'YWJj');
        UPDATE x SET m = v;"""
    server = start(tmp_path, schema)
    for column in "vm":
        assert [r["id"] for r in server.get(f"/x?{column}={operator}.YWJj&order=id").json()] == ids, column
    server.stop()


def test_a_number_in_json_is_its_spelling_as_text(tmp_path):
    schema = """CREATE TABLE t (id INTEGER PRIMARY KEY, t REFERENCES t, j JSON); INSERT INTO t VALUES (1, 1,
        '{"a": 12345678901234567890, "b": 1e2, "c": 1.10, "d": "x", "e": true, "f": null, "g": {"h": 1.50}}');"""
    server = start(tmp_path, schema)
    asked = ",".join(f"j->>{c}" for c in "abcdefg") + ",h:j->g->>h"
    want = {"a": "12345678901234567890", "b": "1e2", "c": "1.10", "d": "x", "e": "true", "f": None,
            "g": '{"h":1.50}', "h": "1.50"}
    assert server.get(f"/t/1?select={asked}").json() == want
    assert server.get(f"/t?select=t!t({asked})&id=eq.1").json() == [{"t": [want]}]
    assert len(server.get("/t?j->>c=eq.1.10").json()) == 1 and server.get("/t?j->>c=eq.1.1").json() == []
    assert len(server.get("/t?j->c=eq.1.1").json()) == 1
    assert server.get("/t?select=j->>b::int").json() == [{"b": 100}]
    server.stop()


LIKE = """CREATE TABLE u (id PRIMARY KEY, a);
    INSERT INTO u VALUES (10, 'ten'), (x'f09f9982', 'bytes'), (100.0, 'hundred'), ('abc', 'text');
    CREATE TABLE w (id PRIMARY KEY, a) WITHOUT ROWID; INSERT INTO w SELECT * FROM u;
    CREATE TABLE s (id ANY PRIMARY KEY, a ANY) STRICT; INSERT INTO s SELECT * FROM u;
    CREATE TABLE two (id, b, a, PRIMARY KEY (id, b)); INSERT INTO two SELECT id, 'x', a FROM u;"""


@pytest.mark.parametrize("table,tail", [("u", ""), ("w", ""), ("s", ""), ("two", ",x")])
def test_a_put_replaces_the_row_that_a_get_shows(tmp_path, table, tail):
    server = start(tmp_path, LIKE)
    for key in ("10", "10.0", "8J%2BZgg%3D%3D", "1e2", "100", "abc"):
        path = f"/{table}/{key}{tail}"
        before = server.get(path).json()
        assert server.put(path, {"a": key}).status == 200
        assert server.get(path).json() == {**before, "a": key}
    assert len(server.get(f"/{table}").json()) == 4
    reply = server.put(f"/{table}/007{tail}", {"a": 1})
    assert reply.status == 201 and reply.json()["id"] == "007"
    server.stop()


def test_a_location_leads_to_the_row(tmp_path):
    server = start(tmp_path, LIKE)
    for table in "uws":
        for key in ("1e2", "100", "10"):
            assert "Location" not in server.post(f"/{table}", {"id": key, "a": 1}).headers, key
        for key in ("200", 300, "08"):
            reply = server.post(f"/{table}", {"id": key, "a": 1})
            assert server.get(reply.headers["Location"]).json() == reply.json() == {"id": key, "a": 1}
    server.stop()


MISFITS = """CREATE TABLE m (id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, b BOOLEAN, x BLOB, t);
    INSERT INTO m VALUES (1, 'abc', 'x', 'y', 'maybe', 'not base64', 1), (2, x'616263', x'01', x'02', x'03', x'04', 1),
        (3, 1.5, '', '0x10', 5, NULL, 1), (4, 'null', 'true', 'abc', 2.5, NULL, 1), (5, 'abc', 1, 1, 1, NULL, 1);
    CREATE TABLE k (i NUMERIC PRIMARY KEY, v); INSERT INTO k VALUES ('abc', 1), (x'616263', 2), (7, 3);
    CREATE TABLE s (id INTEGER PRIMARY KEY, i INTEGER) STRICT; INSERT INTO s VALUES (1, 1);"""


def test_what_is_stored_against_its_type_is_written_back(tmp_path):
    server = start(tmp_path, MISFITS)

    def stored():
        with sqlite3.connect(server.db) as db:
            return db.execute("SELECT *, typeof(i), typeof(r), typeof(n), typeof(b), typeof(x) FROM m").fetchall()

    before = stored()
    for n in range(1, 6):
        row = server.get(f"/m/{n}").json()
        assert server.put(f"/m/{n}", row).json() == row
        assert server.patch(f"/m/{n}", row).json() == row
        assert server.patch(f"/m?id=eq.{n}", row).status == 204
        assert stored() == before, n
    assert server.patch("/m?id=in.(1,5)", {"i": "abc", "t": 2}).status == 204
    assert server.patch("/m/1", {"i": "abc", "r": "x", "t": 3}).json()["t"] == 3
    for key in ("abc", "YWJj", "7"):
        assert server.put(f"/k/{key}", {"v": 9}).status == 200, key
    assert len(server.get("/k?v=eq.9").json()) == 3
    server.stop()


@pytest.mark.parametrize("method,path,body", [
    ("PATCH", "/m/1", {"i": "abd"}), ("PATCH", "/m/1", {"r": "abc"}), ("PATCH", "/m/1", {"i": "abc", "r": "z"}), ("PATCH", "/m/3", {"b": 6}),
    ("PATCH", "/m?id=lt.3", {"i": "abc"}), ("PATCH", "/m?id=lt.3", {"i": "YWJj"}), ("PATCH", "/m?all=true", {"i": "abc"}), ("PATCH", "/m/9", {"i": "abc"}), ("PUT", "/m/9", {"i": "abc"}),
    ("PUT", "/k/abd", {"v": 1}), ("POST", "/m", {"i": "abc"}), ("PATCH", "/m/1", {"i": [1]}), ("PATCH", "/s/1", {"i": "x"})])
def test_what_is_not_stored_must_fit(tmp_path, method, path, body):
    server = start(tmp_path, MISFITS)
    reply = server.request(method, path, body)
    assert reply.status == 400 and reply.json()["code"] == "22P02"
    server.stop()


def test_a_path_of_two_columns_is_one_row(tmp_path):
    schema = """CREATE TABLE w (a, b, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
        INSERT INTO w VALUES (1, 'x', 0), ('1', 'x', 0), ('1', 'y', 0), (1, 2, 0), ('1', '2', 0), (2, '2', 0);"""
    server = start(tmp_path, schema)
    for path, one in ("/w/1,x", {"a": 1, "b": "x"}), ("/w/1,y", {"a": "1", "b": "y"}), ("/w/1,2", {"a": 1, "b": 2}):
        assert server.get(path).json() == {**one, "v": 0}
        assert server.patch(path, {"v": 1}).json() == {**one, "v": 1}
        assert server.put(path, {"v": 2}).json() == {**one, "v": 2}
        assert server.delete(path).status == 204
    assert server.get("/w?order=a,b").json() == [
        {"a": 2, "b": "2", "v": 0}, {"a": "1", "b": "2", "v": 0}, {"a": "1", "b": "x", "v": 0}]
    server.stop()


def test_a_relation_compares_as_the_parents_key_does(tmp_path):
    schema = """CREATE TABLE p (id TEXT COLLATE NOCASE PRIMARY KEY); INSERT INTO p VALUES ('ABC');
        CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p); INSERT INTO c VALUES (1, 'abc');"""
    server = start(tmp_path, schema)
    assert server.get("/c?select=p(id)").json() == [{"p": {"id": "ABC"}}]
    assert server.get("/p?select=c(id)").json() == [{"c": [{"id": 1}]}]
    server.stop()

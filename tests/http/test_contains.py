"""cs, cd and ov: jsonb's @> and <@, and && of arrays, over JSON of any column that may hold it."""
import json
import sqlite3
import time

import pytest

from conftest import Server

TABLE = "CREATE TABLE doc(id INTEGER PRIMARY KEY, tags JSON, data JSONB, plain TEXT, n INTEGER, anything)"
ROWS = r"""[
{"id":1,"tags":["a","b"],"data":{"a":1,"b":{"c":[1,2,{"d":null}]}},"plain":"[\"a\"]","n":1,"anything":"[1]"},
{"id":2,"tags":["b","c","b"],"data":{"a":1.0,"x":"y"},"plain":"no json","n":2,"anything":"x"},
{"id":3,"tags":[],"data":{},"plain":"{\"k\":\"v\"}","n":3,"anything":null},
{"id":4,"tags":null,"data":null,"plain":null,"n":4,"anything":null},
{"id":5,"tags":[1,2.50,true,null,"5"],"data":[1,[1,2],{"a":[3]}],"plain":"[[1,2],[3]]","n":5,"anything":5},
{"id":6,"tags":"a","data":"s","plain":"12","n":6,"anything":"{\"a\":1}"},
{"id":7,"tags":{"a":{"b":1},"a":{"b":2}},"data":[{"a":1,"b":2},{"a":3}],
 "plain":"[\"x, y\",\"q\\\"r\",\"\\u00fc\"]","n":7,"anything":null}]"""

CASES = [
    # arrays as PostgreSQL writes them: a member is the text, the number or the word that it spells
    ("tags=cs.{a}", [1]), ("tags=cs.{b}", [1, 2]), ("tags=cs.{b,b}", [1, 2]), ("tags=cs.{a,b}", [1]),
    ("tags=cs.{a, \"b\"}", [1]), ("tags=cs.{}", [1, 2, 3, 5, 7]), ("tags=cs.{1}", [5]), ("tags=cs.{2.5,5}", [5]),
    ("tags=cs.{true}", [5]), ("tags=cs.{null}", [1, 2, 3, 5, 7]), ("tags=cs.{\"null\"}", []),
    ("tags=cd.{a,b,c}", [1, 2, 3, 6]), ("tags=cd.{b,c}", [2, 3]), ("tags=cd.{}", [3]), ("tags=cd.{a,b,null}", [1, 3, 6]),
    ("tags=ov.{a,x}", [1]), ("tags=ov.{c,a}", [1, 2]), ("tags=ov.{}", []), ("tags=ov.{5}", [5]), ("tags=ov.{1.0}", [5]),
    ("plain=cs.{\"x, y\"}", [7]), ("plain=cs.{\"q\\\"r\",\u00fc}", [7]),
    # JSON
    ("tags=cs.[\"a\"]", [1]), ("tags=cs.[\"b\",\"c\"]", [2]), ("tags=cs.[]", [1, 2, 3, 5]), ("tags=cs.\"a\"", [1, 6]),
    ("tags=cs.[1,2.5]", [5]), ("tags=cs.[\"1\"]", []), ("tags=cs.[null]", [5]), ("tags=cs.5", []), ("tags=cs.\"5\"", [5]),
    ("tags=cd.[\"a\",\"b\",\"c\"]", [1, 2, 3, 6]), ("tags=cd.\"a\"", [6]), ("tags=ov.[\"c\",2.5]", [2, 5]),
    ("data=cs.{\"a\":1}", [1, 2]), ("data=cs.{\"a\":1,\"x\":\"y\"}", [2]), ("data=cs.{\"b\":{\"c\":[2]}}", [1]),
    ("data=cs.{\"b\":{\"c\":[{\"d\":null},1]}}", [1]), ("data=cs.{\"b\":{}}", [1]), ("data=cs.{\"b\":[]}", []),
    ("data=cs.{\"b\":{\"c\":1}}", []), ("data=cs.[[1]]", [5]), ("data=cs.[[2,1],{\"a\":[]}]", [5]), ("data=cs.[[3]]", []),
    ("data=cs.[{\"a\":3}]", [7]), ("data=cs.[{\"a\":1},{\"b\":2}]", [7]), ("data=cs.[{\"a\":3,\"b\":2}]", []),
    ("data=cs.1", [5]), ("data=cs.\"s\"", [6]), ("data=cs.{}", [1, 2, 3, 5, 7]),
    ("data=cd.{\"a\":1,\"x\":\"y\",\"z\":0}", [2, 3]), ("data=cd.{\"a\":1,\"b\":{\"c\":[2,1,{\"d\":null,\"e\":1}]}}", [1, 3]),
    ("data=cd.[{\"a\":1,\"b\":2,\"c\":0},{\"a\":3}]", [7]), ("data=cd.[1,2,[2,1,0],{\"a\":[3,4]}]", [5]),
    ("data=cd.[\"s\",\"t\"]", [6]), ("data=cd.\"s\"", [6]),
    ("tags=cs.{\"a\":{\"b\":2}}", [7]), ("tags=cs.{\"a\":{\"b\":1}}", []), ("tags=cs.{\"a\":{\"b\":1},\"a\":{\"b\":2}}", [7]),
    # within, negated, in trees; what is no JSON is neither in nor out
    ("data->b->c=cs.[1]", [1]), ("data->b->c=cs.{1}", [1]), ("data->1=cd.{1,2,3}", [5]), ("data->b=cs.{\"c\":[2]}", [1]),
    ("tags=not.cs.{b}", [3, 5, 6, 7]), ("plain=not.cs.{a}", [3, 5, 6, 7]), ("tags=not.ov.{a,c}", [3, 5, 6, 7]),
    ("or=(tags.cs.{a,b},id.eq.4)", [1, 4]), ("or=(data.cs.{\"a\":1,\"x\":\"y\"},n.eq.1)", [1, 2]),
    ("or=(tags.cs.\"[\\\"b\\\",\\\"c\\\"]\",tags.cd.{})", [2, 3]), ("and=(tags.not.cs.{a},tags.ov.{b,c})", [2]),
    ("anything=cs.[1]", [1]), ("anything=cs.{\"a\":1}", [6]), ("anything=cs.5", [5]), ("plain=cs.{\"k\":\"v\"}", [3]),
    ("plain=cs.[[1]]", [5]), ("plain=cs.12", [6]),
]

REFUSED = [
    ("tags=cs.a", "22P02"), ("tags=cs.{a", "22P02"), ("tags=cs.{a,{b}}", "22P02"), ("tags=cs.", "22P02"),
    ("tags=cs.[1,5)", "22P02"), ("tags=ov.{\"a\":1}", "22P02"), ("tags=ov.[[1]]", "22P02"), ("tags=ov.1", "22P02"),
    ("n=cs.{1}", "0A000"), ("data->>a=cs.{1}", "0A000"), ("nope=cs.{1}", "42703"), ("tags=cs(any).{a}", "PGRST100"),
    ("n=sl.(1,2)", "0A000"), ("n=adj.(1,2)", "0A000"), ("tags=cs." + "[" * 101 + "]" * 101, "22P02"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contains")
    with sqlite3.connect(folder / "test.db") as db:
        db.executescript(TABLE)
    server = Server(folder, "--max-body", "8MiB", "--max-url", "64KiB", migrations=None)
    reply = server.request("POST", "/doc", ROWS, {"Content-Type": "application/json"})
    assert reply.status == 201, reply
    yield server
    server.stop()


def ask(server, query):
    return server.get("/doc?select=id&order=id&" + "".join(
        c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in query))


def test_what_is_found(server):
    for query, ids in CASES:
        reply = ask(server, query)
        assert reply.status == 200, (query, reply)
        assert [row["id"] for row in reply.json()] == ids, query


def test_what_is_refused(server):
    for query, code in REFUSED:
        reply = ask(server, query)
        assert (reply.status, reply.json()["code"]) == (400, code), (query, reply)
        assert code in ("42703", "PGRST100") or reply.json()["hint"], (query, reply)


def test_a_change_by_it(server):
    reply = server.request("PATCH", "/doc?tags=cs.{c}&select=id", {"n": 20}, {"Prefer": "return=representation"})
    assert reply.json() == [{"id": 2}]
    reply = server.request("DELETE", "/doc?data=cs.{\"x\":\"z\"}", headers={"Prefer": "return=representation"})
    assert reply.json() == []
    assert server.get("/doc?select=count&data->b=cs.{\"c\":[2]}&tags=ov.{a}").json() == [{"count": 1}]


def test_long_and_nested(server, tmp_path):
    many = list(range(20000))
    deep = "[" * 60 + "7" + "]" * 60
    body = [{"id": 100, "tags": many, "data": {"d": json.loads(deep)}},
            {"id": 101, "tags": [[i] for i in range(5000)], "data": None}]
    assert server.request("POST", "/doc", json.dumps(body), {"Content-Type": "application/json"}).status == 201
    assert [r["id"] for r in ask(server, "tags=cs.{" + ",".join(map(str, range(0, 20000, 7))) + "}").json()] == [100]
    assert ask(server, "tags=cd.{" + ",".join(map(str, range(5000))) + "}&id=eq.100").json() == []
    assert [r["id"] for r in ask(server, "data=cs.{\"d\":" + deep + "}").json()] == [100]
    assert [r["id"] for r in ask(server, "tags=cs.[[1,1],[2]]&id=eq.101").json()] == [101]
    assert server.request("DELETE", "/doc?id=gte.100").status == 204


def test_it_ends_in_time(serve, tmp_path):
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.execute(TABLE)
        db.executemany("INSERT INTO doc(tags) VALUES(?)", [(json.dumps([[i] for i in range(90000)]),)] * 2)
    slow = serve("--request-timeout", "1s", "--max-url", "64KiB", migrations=None)
    begin = time.monotonic()
    reply = ask(slow, "tags=cs.[" + ",".join(f"[{-i}]" for i in range(1, 4000)) + "]")
    assert reply.status == 504 and reply.json()["code"] == "57014", reply
    assert time.monotonic() - begin < 4

"""What a named query is called with: the query string, JSON, a form, CSV, the body as it is."""
import json

import pytest

from conftest import assert_query_is_refused, write_files

QUERIES = {
    "hello.sql": "-- returns scalar\n-- :name text\nSELECT 'Hello, ' || :name",
    "by_zip.sql": "SELECT column1 AS n FROM (VALUES (1, '00701'), (2, '701')) WHERE column2 = :zip",
    "by_id.sql": "SELECT title FROM book WHERE id = :id LIMIT :most",
    "kinds.sql": "SELECT typeof(:u) AS u, typeof(:i) AS i, typeof(:b) AS b\n",
    "typed.sql": "-- :i integer = 1\n-- :r real = 2.5\n-- :b boolean = false\n-- :t text = 'a'\n"
                 "-- :d text = null\n"
                 "SELECT typeof(:i) AS i, typeof(:r) AS r, :b AS b, :t AS t, :d AS d",
    "books.sql": "-- :ids integer[]\nSELECT id FROM book WHERE id IN (SELECT value FROM json_each(:ids))",
    "words.sql": "-- returns scalar json\n-- :w text[] = {x,y}\nSELECT :w",
    "flags.sql": "-- returns scalar json\n-- :f boolean[]\nSELECT :f",
    "loose.sql": "-- returns scalar json\n-- :l []\nSELECT :l",
    "keep.sql": "-- returns scalar json\n-- body :doc json\n-- :tag text = 'none'\n"
                "SELECT json_object('doc', json(:doc), 'type', json_type(:doc), 'tag', :tag)",
    "length.sql": "-- returns scalar\n-- :data blob\nSELECT hex(:data)",
    "shout.sql": "-- returns scalar\n-- :words text\nSELECT upper(:words)",
    "upload.sql": "-- returns scalar\n-- write\n-- body :bytes blob\n-- :name text\n"
                  "INSERT INTO kinds (x, t) VALUES (:bytes, :name) RETURNING length(x)",
}

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def server(serve, tmp_path):
    return serve("--queries", write_files(tmp_path / "queries", QUERIES))


def send(server, path, body, kind):
    return server.request("POST", path, body, {"Content-Type": kind} if kind else {})


def test_forms(server):
    assert send(server, "/rpc/hello", "name=J%C3%BCrgen+B%26", FORM).json() == "Hello, Jürgen B&"
    assert send(server, "/rpc/hello", "name=", FORM).json() == "Hello, "
    assert send(server, "/rpc/hello", "name=a&name=b", FORM).json() == "Hello, b"
    assert send(server, "/rpc/books", "ids=1&ids=3", FORM).json() == [{"id": 1}, {"id": 3}]
    assert "application/json" in send(server, "/rpc/hello", '{"name":"x"}', FORM).json()["hint"]
    assert send(server, "/rpc/typed", "i=5&b=t&t=x", FORM).json()[0]["b"] in (True, 1)
    for body, status, code in [("nam=x", 404, "PGRST202"), ("name=x&nam=y", 404, "PGRST202"),
                               ("", 404, "PGRST202"), ("name=%ff", 400, "PGRST102")]:
        reply = send(server, "/rpc/hello", body, FORM)
        assert (reply.status, reply.json()["code"]) == (status, code), body


def test_csv(server):
    assert send(server, "/rpc/hello", 'name\n"a, b"\n', "text/csv").json() == "Hello, a, b"
    assert send(server, "/rpc/hello", "name\nNULL", "text/csv").json() is None
    reply = send(server, "/rpc/typed?columns=i,t", "i,t,colour\r\n7,NULL,red\r\n", "text/csv")
    assert reply.json() == [{"i": "integer", "r": "real", "b": 0, "t": None, "d": None}]
    for body in ("name\na\nb\n", "name\n", "name,i\na\n"):
        assert send(server, "/rpc/hello", body, "text/csv").json()["code"] == "PGRST102", body


def test_json(server):
    assert server.post("/rpc/hello", [{"name": "one"}]).json() == "Hello, one"
    for body in ([], [{"name": "a"}, {"name": "b"}], [1], "text", 5):
        reply = server.post("/rpc/hello", json.dumps(body), **{"Content-Type": "application/json"})
        assert (reply.status, reply.json()["code"]) == (400, "PGRST102"), body
    assert server.post("/rpc/hello?columns=name", {"name": "x", "colour": "red"}).json() == "Hello, x"
    reply = server.post("/rpc/hello?columns=name,colour", {"name": "x", "colour": "red"})
    assert reply.json()["code"] == "PGRST202"
    assert server.post("/rpc/hello?columns=nope", {"name": "x"}).status == 404


def test_repeated(server):
    """The last counts, as in PostgREST."""
    assert server.get("/rpc/hello?name=a&name=b").json() == "Hello, b"
    assert server.get("/rpc/typed?i=x&i=5").json()[0]["i"] == "integer"
    assert server.get("/rpc/hello?name=eq.x").json() == "Hello, eq.x"  # no column of that name


def test_text_stays_text(server):
    for zip_code, n in [("00701", 1), ("701", 2)]:
        found = [{"n": n}]
        assert server.get(f"/rpc/by_zip?zip={zip_code}").json() == found
        assert server.post("/rpc/by_zip", {"zip": zip_code}).json() == found
        assert send(server, "/rpc/by_zip", f"zip={zip_code}", FORM).json() == found
        assert send(server, "/rpc/by_zip", f"zip\n{zip_code}", "text/csv").json() == found
    assert server.get("/rpc/by_id?id=2&most=5").json() == [{"title": "On the Economy of Machinery"}]
    assert server.get("/rpc/kinds?u=1&i=1.5&b=true").json() == [{"u": "text", "i": "text", "b": "text"}]
    assert server.post("/rpc/kinds", {"u": 1, "i": 1.5, "b": None}).json() == [
        {"u": "integer", "i": "real", "b": "null"}]
    assert server.get("/rpc/typed").json() == [{"i": "integer", "r": "real", "b": 0, "t": "a", "d": None}]


def test_arrays(server):
    two = [{"id": 2}, {"id": 4}]
    for path in ("ids=2&ids=4", "ids={2,4}", "ids={ 2 , 4 }", "ids={2,4,2}"):
        assert server.get(f"/rpc/books?{path}").json() == two, path
    assert server.post("/rpc/books", {"ids": [2, 4]}).json() == two
    assert server.post("/rpc/books", {"ids": "{2,4}"}).json() == two
    assert server.get("/rpc/books?ids=2").json() == [{"id": 2}]
    assert server.get("/rpc/books?ids={}").json() == [] == server.post("/rpc/books", {"ids": []}).json()
    assert server.get("/rpc/words").json() == ["x", "y"]
    for path, words in [('w={a,"b,c","d\\"e",NULL,"NULL"}', ["a", "b,c", 'd"e', None, "NULL"]),
                        ("w=a,b", ["a,b"]), ("w=a,b&w=c", ["a,b", "c"]), ("w={1,007}", ["1", "007"])]:
        assert server.get(f"/rpc/words?{path}").json() == words, path
    assert server.get("/rpc/flags?f={t,false,1}").json() == [True, False, True]
    assert server.get("/rpc/loose?l={1,a}").json() == ["1", "a"]
    assert server.post("/rpc/loose", {"l": [1, "a", None]}).json() == [1, "a", None]
    for path in ("ids={1,}", "ids={,1}", "ids={1", "ids={{1}}", 'ids={"1}', "ids={a}", "ids=a", "ids={1}x"):
        reply = server.get(f"/rpc/books?{path}")
        assert (reply.status, reply.json()["code"]) == (400, "22P02"), path
    for value in (5, {"a": 1}, ["x"], [[1]], True):
        reply = server.post("/rpc/books", {"ids": value})
        assert (reply.status, reply.json()["code"]) == (400, "22P02"), value


def test_body_as_it_is(server):
    reply = send(server, "/rpc/keep?tag=x", '{"n": 1.10, "big": 12345678901234567890123}', "application/json")
    assert b'"n":1.10' in reply.body and b"12345678901234567890123" in reply.body
    assert reply.json()["tag"] == "x" and reply.json()["type"] == "object"
    assert send(server, "/rpc/keep", "[1]", None).json() == {"doc": [1], "type": "array", "tag": "none"}
    assert send(server, "/rpc/keep", "{", "application/json").json()["code"] == "PGRST102"
    assert send(server, "/rpc/keep?colour=red", "1", "application/json").json()["code"] == "PGRST202"
    data = bytes(range(256))
    reply = send(server, "/rpc/upload?name=all", data, "image/png")
    assert reply.json() == 256
    assert server.get("/kinds?t=eq.all&select=x").json()[0]["x"].startswith("AAECAwQF")
    assert send(server, "/rpc/upload", data, "image/png").json()["code"] == "PGRST202"
    assert send(server, "/rpc/length", b"\x00\xff", "application/octet-stream").json() == "00FF"
    assert send(server, "/rpc/shout", "a{1}", "text/plain; charset=utf-8").json() == "A{1}"
    assert send(server, "/rpc/shout", "<a/>", "text/xml").json() == "<A/>"
    assert send(server, "/rpc/shout", b"\xff", "text/plain").json()["code"] == "PGRST102"
    for path, kind, status in [("shout", "application/octet-stream", 404), ("length", "text/plain", 404),
                               ("by_id", "text/plain", 404), ("shout", "image/png", 415)]:
        assert send(server, f"/rpc/{path}", "x", kind).status == status, path


def test_described(server):
    paths = server.get("/openapi.json").json()["paths"]
    assert paths["/rpc/books"]["get"]["parameters"][0]["schema"]["type"] == "array"
    keep = paths["/rpc/keep"]["post"]
    assert list(keep["requestBody"]["content"]) == ["application/json"] and "get" not in paths["/rpc/keep"]
    assert [p["name"] for p in keep["parameters"]] == ["tag"]
    assert list(paths["/rpc/upload"]["post"]["requestBody"]["content"]) == ["application/octet-stream"]


BROKEN = {
    "-- body :a json\n-- body :b json\nSELECT :a, :b": "there is one body, not two",
    "-- body :a json[]\nSELECT :a": "a body is no array",
    "-- body :a json\nSELECT 1": "a declared parameter is not used: a",
    "-- :a integer\n-- body :a integer\nSELECT :a": "declared twice",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_declarations_do_not_start(tmp_path, text):
    assert_query_is_refused(tmp_path, text, BROKEN[text])

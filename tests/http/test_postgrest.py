"""What PostgREST says, word for word, where clients and people look for it."""
import sqlite3

import pytest


def problem(reply):
    body = reply.json()
    return body["code"], body["message"], body["details"]


@pytest.mark.parametrize("query,column,details", [
    # A tree is counted with its own word before it.
    ("or=()", 4, 'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic '
                 "operator (and, or)"),
    ("not.or=()", 8, 'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic '
                     "operator (and, or)"),
    ("and=(id.eq.1,)", 13, 'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or '
                           "logic operator (and, or)"),
    ("or=(", 4, "unexpected end of input expecting field name (* or [a..z0..9_$]), negation operator (not) or logic "
                "operator (and, or)"),
])
def test_faults_of_trees(server, query, column, details):
    code, message, said = problem(server.get("/book?" + query))
    text = query.partition("=")[2]
    assert code == "PGRST100"
    assert message == f'"failed to parse logic tree ({text})" (line 1, column {column})'
    assert said == details


@pytest.mark.parametrize("query,column,details", [
    ("order=id.asc.nullslasttt", 17, 'unexpected "t" expecting "," or end of input'),
    ("order=id.nullsfirst.desc", 14, 'unexpected "." expecting "," or end of input'),
    ("select=id->(a", 5, 'unexpected "(" expecting "-", digit or any non reserved character different from: .,>()'),
    ("select=id->", 5, 'unexpected end of input expecting "-", digit or any non reserved character different from: '
                       ".,>()"),
    ("select=id->>--34", 7, 'unexpected "-" expecting digit'),
    ("select=id->-a", 6, 'unexpected "a" expecting digit'),
])
def test_faults_of_values(server, query, column, details):
    code, message, said = problem(server.get("/book?" + query))
    assert code == "PGRST100" and message.endswith(f'" (line 1, column {column})'), message
    assert said == details


def test_a_column_is_counted_anew_for_each_parameter(server):
    _, message, _ = problem(server.get("/book?or=(id.eq.1)&id=x"))
    assert message.endswith("(line 1, column 1)"), message
    _, message, _ = problem(server.get("/book?or=(id.eq.1)&select=id,-"))
    assert message.endswith("(line 1, column 4)"), message


@pytest.mark.parametrize("path", ["/a/b/c", "/book/1/x", "//", "/book//"])
def test_no_such_path(server, path):
    reply = server.get(path)
    assert reply.status == 404
    assert problem(reply) == ("PGRST125", "Invalid path specified in request URL", None)
    assert reply.json()["hint"]


@pytest.mark.parametrize("body,message,details", [
    (b"}{ x = 2", "Empty or invalid json", "a value is expected (line 1, column 1)"),
    (b"", "Empty or invalid json", "there is no body"),
    (b'{"name":"x"} y', "Empty or invalid json", None),
    (b'[{"name":"x"}, 7]', "All object keys must match", "each element of the array must be an object"),
    (b'[{"name":"x"}, {"id":1,"name":"y"}]', "All object keys must match", None),
])
def test_faults_of_bodies(server, body, message, details):
    reply = server.request("POST", "/author", body, {"Content-Type": "application/json"})
    code, said, more = problem(reply)
    assert (reply.status, code, said) == (400, "PGRST102", message), reply
    assert details is None or more == details, reply


def test_the_code_of_a_failure_is_in_the_header_too(server):
    for path, code in [("/nothing", "PGRST205"), ("/a/b/c", "PGRST125"), ("/book?no=eq.1", "42703")]:
        for reply in server.get(path), server.request("HEAD", path):
            assert reply.headers["Proxy-Status"] == f"thimble; error={code}", (path, reply)
    assert server.get("/book").headers["Proxy-Status"] is None


@pytest.mark.parametrize("method,path", [
    ("GET", "/book"), ("GET", "/nothing"), ("GET", "/rpc/nothing"), ("HEAD", "/nothing"), ("GET", "/nothing/1"),
])
def test_the_schema_comes_before_its_tables(server, method, path):
    reply = server.request(method, path, headers={"Accept-Profile": "private"})
    assert reply.status == 406 and reply.headers["Proxy-Status"] == "thimble; error=PGRST106"
    if method != "HEAD":
        assert problem(reply)[:2] == ("PGRST106", "Invalid schema: private")
        assert reply.json()["hint"] == "Only the following schemas are exposed: public"
    assert server.request(method, "/nothing", headers={"Accept-Profile": "public"}).status == 404


def test_the_schema_of_a_write(server):
    reply = server.request("DELETE", "/nothing?id=eq.1", headers={"Content-Profile": "private"})
    assert (reply.status, reply.json()["code"]) == (406, "PGRST106")


@pytest.mark.parametrize("accept,content_type", [
    (None, "application/openapi+json"), ("*/*", "application/openapi+json"), ("application/json", "application/json"),
    ("application/openapi+json", "application/openapi+json"), ("application/*", "application/openapi+json"),
])
def test_types_of_the_description(server, accept, content_type):
    for path in "/", "/openapi.json":
        reply = server.request("GET", path, headers={"Accept": accept} if accept else {})
        assert reply.status == 200 and reply.headers["Content-Type"] == content_type + "; charset=utf-8", reply


@pytest.fixture
def bosses(serve, tmp_path):
    """Two tables that refer to each other."""
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.executescript("""
            CREATE TABLE ship (id INTEGER PRIMARY KEY, captain INTEGER REFERENCES sailor(id));
            CREATE TABLE sailor (id INTEGER PRIMARY KEY, ship INTEGER REFERENCES ship(id));
            CREATE TABLE berth (deck INT, place INT, PRIMARY KEY (deck, place));
            CREATE TABLE guest (deck INT, place INT, FOREIGN KEY (deck, place) REFERENCES berth);
            CREATE VIEW twice AS SELECT deck AS d1, place AS p1, deck AS d2, place AS p2 FROM guest;
        """)
    db.close()
    return serve(migrations="none")


def test_the_order_of_several_relations(bosses):
    for table, other, first, second in [("ship", "sailor", "sailor_ship_fkey", "ship_captain_fkey"),
                                        ("sailor", "ship", "ship_captain_fkey", "sailor_ship_fkey")]:
        body = bosses.get(f"/{table}?select={other}(*)").json()
        assert body["code"] == "PGRST201"
        assert [d["cardinality"] for d in body["details"]] == ["one-to-many", "many-to-one"]
        assert body["hint"].startswith(f"Try changing '{other}' to one of the following: "
                                       f"'{other}!{first}', '{other}!{second}'."), body["hint"]


def test_the_order_of_a_key_that_a_view_shows_twice(bosses):
    body = bosses.get("/twice?select=berth(*)").json()
    assert [d["relationship"].partition(" using ")[2] for d in body["details"]] == [
        f"twice(d{d}, p{p}) and berth(deck, place)" for d in (1, 2) for p in (1, 2)]

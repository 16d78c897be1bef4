"""A request's text may hold any byte, NUL too, wherever it goes: it is never a C string."""
import json
import urllib.parse

import pytest

from conftest import SCHEMA, Server


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    queries = folder / "queries"
    queries.mkdir()
    (queries / "echo.sql").write_text("-- :word text\nSELECT :word AS word")
    server = Server(folder, "--queries", queries, "--aggregates", "--cors-origins", "*", migrations=SCHEMA)
    yield server
    server.stop()


PLACES = [
    "select={}", "select=id,{}", "select=id::{}", "select=id::\"{}\"", "select=id::O{}R",
    "select=id::{}text", "select=id::text{}", "select=id::varchar({})", "select=id::varchar(3{})",
    "select=id.sum()::{}", "select=id.{}()", "select={}:id", "select=a{}b:id", "select=id,author({})",
    "select=id,{}(name)", "select=id,author!{}(name)", "select=...{}(name)", "select=meta->{}",
    "select=meta->>a{}b", "select=meta->\"{}\"", "{}=eq.1", "id{}=eq.1", "id={}", "id={}.1", "id=eq{}.1",
    "id=not.{}.1", "id=eq.{}", "id=eq.1{}", "title=eq.{}", "title=like.{}*", "title=ilike.a{}*",
    "title=match.{}", "title=match.a{}[b{}]", "title=imatch.({})", "id=in.({})", "id=in.(1,{})",
    "title=in.(\"{}\",a{}b)", "title=eq(any).{{{}}}", "title=like(all).{{a{},{}b}}", "id=is.{}",
    "title=isdistinct.{}", "meta->a=eq.{}", "meta->{}=eq.1", "meta=eq.{}", "meta=eq.\"{}\"", "in_print=eq.{}",
    "price=gt.{}", "price=gt.1{}", "or=({}.eq.1)", "or=(id.{}.1)", "or=(id.eq.{},{})", "and={}",
    "not.{}=(id.eq.1)", "order={}", "order=id{}", "order=id.{}", "order=id.desc{}", "order=author({})",
    "limit={}", "limit=1{}", "offset={}", "columns={}", "columns=id,{}", "on_conflict={}", "cursor={}",
    "author.{}=eq.1", "{}.order=id", "select=id,author(id)&author.{}=eq.1", "all={}", "title=fts.{}",
    "title=wfts.a{}b", "{}", "{}={}", "a.{}.b=c",
]


def bare(server, method, path):
    """The status of an answer that may have no body."""
    connection = server.connect()
    connection.request(method, path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def percent(text):
    return urllib.parse.quote(text, safe="=&%")


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
@pytest.mark.parametrize("byte", ["\0", "\0\0\0", "'", "%", " ", "", "\x7f", "\xff"], ids=ascii)
def test_in_every_place_of_a_query(shared, method, byte):
    connection = shared.connect()
    for place in PLACES:
        query = "&".join(percent(p) for p in place.format(*[byte.replace("%", "%25")] * 4).split("&"))
        body = None if method == "GET" else {"title": ""}
        reply = shared.request(method, f"/book?{query}", body, connection=connection)
        assert reply.status < 500, (place, reply)


def test_a_cast_with_a_nul(shared):
    """The name of a cast is looked up as the bytes it is."""
    for name in ("%22O%00R%22", "text%00", "%00text", "text%00text", "O%00R"):
        reply = shared.get(f"/book?select=id::{name}")
        assert reply.status == 400, (name, reply)


@pytest.mark.parametrize("path", ["/%00", "/book%00", "/book/%00", "/book/1%00", "/pair/a%00,b", "/rpc/%00",
                                  "/rpc/echo%00?word=a", "/%00/1", "/odd%20name/%00"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"])
def test_in_a_path(shared, path, method):
    assert 400 <= bare(shared, method, path) < 500
    assert shared.get("/book?limit=1").status == 200


def test_a_key_is_not_cut_at_a_nul(shared):
    """In a path libmicrohttpd refuses it."""
    rows = [{"code": "a", "label": "short"}, {"code": "a\0b", "label": "long"}]
    assert shared.post("/code", rows).status == 201
    assert bare(shared, "GET", "/code/a%00b") == 400
    assert shared.get("/code?code=eq.a%00b").json()[0]["label"] == "long"
    assert [row["label"] for row in shared.get("/code?code=in.(a%00b)").json()] == ["long"]
    assert [row["label"] for row in shared.get("/code?code=eq.a").json()] == ["short"]


def test_in_the_parameters_of_a_query(shared):
    assert shared.get("/rpc/echo?word=a%00b").json() == [{"word": "a\0b"}]
    assert shared.post("/rpc/echo", {"word": "a\0b"}).json() == [{"word": "a\0b"}]
    for query in ("word%00=a", "%00=a", "word=a&%00=eq.1", "word=a&wo%00rd=eq.1", "=", "word=a&=1"):
        reply = shared.get(f"/rpc/echo?{query}")
        assert 400 <= reply.status < 500, (query, reply)
    assert 400 <= shared.post("/rpc/echo", {"word\0": "a"}).status < 500


def test_in_the_names_of_a_body(shared):
    assert shared.post("/code", {"code\0": "x"}).status == 400
    assert shared.post("/code", {"\0": "x"}).status == 400
    for header in (b"code\0,label\n", b"\0\n", b"\"code\0\"\n"):
        reply = shared.request("POST", "/code", header + b"p,q\n", {"Content-Type": "text/csv"})
        assert reply.status == 400, (header, reply)
    for form in ("code%00=p", "%00=p", "=p"):
        reply = shared.request("POST", "/code", form, {"Content-Type": "application/x-www-form-urlencoded"})
        assert reply.status == 400, (form, reply)


def test_what_an_error_shows_ends_where_the_text_ends(shared):
    """The byte at which a query does not parse may be NUL."""
    problem = shared.get("/book?select=id%00x").json()
    assert "expecting" in problem["details"], problem


@pytest.mark.parametrize("header", ["Prefer", "Accept", "Range", "Content-Type", "If-Match", "If-None-Match",
                                    "Accept-Profile", "X-Request-Id", "Origin", "traceparent"])
def test_in_a_header(shared, header):
    """libmicrohttpd or we: the answer is one of HTTP's, and the server lives."""
    for value in (b"\0", b"a\0b", b"return=\0minimal", b"text/\0csv", b'"\0"', b"0-\0"):
        sock = shared.raw(b"GET /book HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header.encode() + b": " + value
                          + b"\r\n\r\n")
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
        sock.close()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 "), answer
        assert not answer.startswith(b"HTTP/1.1 5"), answer
    assert shared.get("/book?limit=1").status == 200


CASTS = [
    ("price::double precision", 1.5), ("price::DOUBLE   PRECISION", 1.5), ("title::character varying", "Abcdef"),
    ("title::varchar(3)", "Abc"), ("title::character varying( 3 )", "Abc"), ("title::char(2)", "Ab"),
    ("title::char", "A"), ("price::numeric(10,1)", 1.5), ("price::numeric(10)", 2.0), ("price::Numeric", 1.5),
    ("id::text", "900"), ("id::varchar(2)", "90"), ("in_print::varchar(2)", "tr"), ("in_print::text", "true"),
    ("id::boolean", True), ("title::boolean", None), ("price::int", 2), ("price::bigint", 2),
    ("meta->>t::timestamp without time zone", "2026-01-02 03:04:05"), ("meta->>t::date", "2026-01-02"),
    ("meta->>t::timestamp with time zone", "2026-01-02 03:04:05"), ("meta->>t::time without time zone", "03:04:05"),
    ("meta->>now::timestamp", None), ("meta->>now::date", None), ("meta->>sub::time", None),
    ("meta->>yes::boolean", True), ("meta->>no::boolean", False),
]


@pytest.mark.parametrize("cast,value", CASTS)
def test_casts(shared, cast, value):
    meta = '{"t":"2026-01-02T03:04:05Z","now":"now","sub":"subsec","yes":"TRUE","no":"off"}'
    shared.put("/book/900", {"author_id": 1, "title": "Abcdef", "price": 1.5, "meta": json.loads(meta)})
    reply = shared.get(f"/book?select=x:{cast.replace(' ', '%20')}&id=eq.900")
    assert reply.json() == [{"x": value}], reply
    grouped = shared.get(f"/book?select=x:{cast.replace(' ', '%20')},count()&id=eq.900")
    assert grouped.json() == [{"x": value, "count": 1}], grouped


@pytest.mark.parametrize("cast", ["varchar(0)", "varchar(1,2)", "numeric(0)", "numeric(2,3)", "int(3)", "text(3)",
                                  "varchar(3", "varchar()", "varchar(a)", "varchar(-1)", "numeric(1,2,3)",
                                  "varchar(99999999999999999999)", "varchar(3)x", "no such type", "double precision x"])
def test_casts_that_are_not_there(shared, cast):
    assert shared.get(f"/book?select=id::{cast.replace(' ', '%20')}").status == 400

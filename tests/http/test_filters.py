"""Filters, select, order: PostgREST's grammar over the test schema."""
import sqlite3

import pytest

TITLES = {1: "Notes", 2: "On the Economy of Machinery", 3: "Passages from the Life",
          4: "A-0 Manual", 5: '100% Pure_Text (a,b) "c"'}

# query of /book → ids
BOOKS = [
    ("title=match.^[A-N]", [1, 4]),
    ("title=imatch.^[a-n]", [1, 4]),
    ("title=not.match.^[A-Z]", [5]),
    ("title=like(any).{Notes,A*}", [1, 4]),
    ("title=like(all).{*a*,*s*}", [3]),
    ('title=eq(any).{Notes,"100%25 Pure_Text (a,b) \\"c\\""}', [1, 5]),
    ("id=gt(all).{1,3}", [4, 5]),
    ("id=gt(any).{1,3}", [2, 3, 4, 5]),
    ("id=not.eq(any).{1,2,3}", [4, 5]),
    ("id=eq(any).{}", []),
    ("id=eq(all).{}", [1, 2, 3, 4, 5]),
    ("price=isdistinct.9.5", [2, 3, 4, 5]),
    ("price=not.isdistinct.9.5", [1]),
    ("price=neq.9.5", [2, 4, 5]),
    ("title=is.NULL", []),
    ("title=is.not_null&price=is.null", [3]),
    ("and=(id.gt.1,or(id.eq.2,not.and(price.is.null,id.gt.0)),title.like.*a*)", [2, 4, 5]),
    ('or=(title.eq."100%25 Pure_Text (a,b) \\"c\\"",id.in.(2,3))', [2, 3, 5]),
    ("not.or=(id.lt.3,title.match.Pa)", [4, 5]),
    ("meta->pages=eq.66", [1]),
    ("meta->pages=gt.9", [1]),
    ("meta->>pages=eq.66", [1]),
    ("meta->tags->>0=eq.maths", [1]),
    ("meta->tags->>-1=in.(engines,x)", [1]),
    ('meta->tags->0=eq."maths"', [1]),
    ("meta->tags=is.null", [2, 3, 4, 5]),
    ("meta->1=eq.2", [3]),
    ("title=fts.machinery", [2]),
    ("title=fts.(notes%20|%20life)%20%26%20!passages", [1]),
    ("title=fts.pass:*", [3]),
    ("title=fts.the%20<->%20economy", [2]),
    ("title=not.fts.the", [1, 4, 5]),
    ("title=plfts.the%20economy", [2]),
    ("title=phfts.from%20the%20life", [3]),
    ("title=phfts.life%20the", []),
    ('title=wfts."from the" or notes', [1, 3]),
    ("title=wfts.the%20-economy", [3]),
    ("book_text=fts.manual", [4]),
    ("or=(title.fts.manual,id.eq.1)", [1, 4]),
    ("in_print=is.false", [2, 5]),
    ("in_print=not.eq.true", [2, 5]),
    ("title=in.(Notes,%22A-0%20Manual%22)", [1, 4]),
    ("%22title%22=eq.Notes", [1]),
]


def quote(query):
    return query.replace('"', "%22").replace("\\", "%5C").replace("^", "%5E").replace("|", "%7C")


@pytest.fixture
def indexed(server):
    """The books with their full-text index filled."""
    db = sqlite3.connect(server.db)
    db.execute("INSERT INTO book_text (book_text) VALUES ('rebuild')")
    db.commit()
    db.close()
    return server


def test_filters(indexed):
    for query, ids in BOOKS:
        reply = indexed.get("/book?select=id&order=id&" + quote(query))
        assert reply.status == 200, (query, reply)
        assert [row["id"] for row in reply.json()] == ids, (query, reply)


def test_full_text_table_itself(indexed):
    assert indexed.get("/book_text?title=fts.manual").json() == [{"title": TITLES[4]}]
    assert indexed.get("/book_text?book_text=wfts.manual").json() == [{"title": TITLES[4]}]


REFUSED = [
    ("/book?id=cs.{1}", 400, "0A000"), ("/book?id=adj.1", 400, "0A000"),
    ("/author?name=fts.x", 400, "0A000"), ("/book?title=fts(english).x", 400, "0A000"),
    ("/book?title=fts.!x", 400, "PGRST100"), ("/book?title=fts.(a", 400, "PGRST100"),
    ("/book?title=fts.a<2>b", 400, "PGRST100"), ("/book?title=plfts.", 400, "PGRST100"),
    ("/book?title=match.(", 400, "2201B"), ("/book?title=match." + "a" * 1001, 400, "PGRST100"),
    ("/book?id=eq(any).{x}", 400, "22P02"), ("/book?id=is(any).{null}", 400, "PGRST100"),
    ("/book?meta->x=eq.nojson", 400, "22P02"), ("/author?born->x=eq.1", 400, "22P02"),
    ("/book?select=title::tsvector", 400, "0A000"), ("/book?select=price.sum()", 400, "PGRST123"),
    ("/book?select=price.median()", 400, "PGRST100"),
    ("/book?or=(" + ",".join(["id.eq.1"] * 251) + ")", 400, "PGRST100"),
]


def test_refused(server):
    for path, status, code in REFUSED:
        reply = server.get(path)
        assert (reply.status, reply.json()["code"]) == (status, code), (path, reply)


def test_refusals_have_hints(server):
    assert "use eq" in server.get("/book?id=cs.{1}").json()["hint"]
    assert "tokenize" in server.get("/book?title=fts(english).x").json()["hint"]
    assert "CREATE VIRTUAL TABLE" in server.get("/author?name=fts.x").json()["hint"]
    assert "text, int, float" in server.get("/book?select=id::xml").json()["hint"]


def test_hostile_pattern_ends(server):
    """A regular expression that backtracking engines take forever for."""
    text = "a" * 3000 + "!"
    server.post("/author", {"name": text})
    reply = server.get("/author?select=id&name=match.^(a+)+(a%2B)%2B$")
    assert reply.status == 200 and reply.json() == []


def test_selected_fields(server):
    row = server.get("/book?id=eq.1&select=n:id::text,price::int,price_text:price::text,"
                     "in_print::text,meta->pages,whole:meta->tags").json()[0]
    assert row == {"n": "1", "price": 10, "price_text": "9.5", "in_print": "true", "pages": 66,
                   "whole": ["maths", "engines"]}
    names = server.get("/book?id=eq.1&select=a:meta->tags->>0,meta->pages,meta->tags->>1").json()[0]
    assert names == {"a": "maths", "pages": 66, "tags": "engines"}
    assert server.get("/person?select=info->>age,info->>ok&order=id").json() == [
        {"age": "36", "ok": "true"}, {"age": "9", "ok": "false"}, {"age": "old", "ok": None},
        {"age": None, "ok": None}]
    assert server.get("/person?select=id&order=info->age").json()[0] == {"id": 2}  # 9 before 36
    assert server.get("/person?select=id&order=info->>age").json()[0] == {"id": 1}  # "36" before "9"
    assert server.get('/person?select=info->"we%5C"ird"&id=eq.3').json() == [{'we"ird': 1}]


def test_aggregates(serve):
    server = serve("--aggregates")
    assert server.get("/book?select=author_id,count(),price.sum()&order=author_id").json() == [
        {"author_id": 1, "count": 1, "sum": 9.5}, {"author_id": 2, "count": 2, "sum": 12.25},
        {"author_id": 3, "count": 2, "sum": 20.1}]
    assert server.get("/book?select=price.avg()::int,hi:price.max(),price.min(),price.count()").json() \
        == [{"avg": 10, "hi": 20.0, "min": 0.1, "count": 4}]
    assert server.get("/author?select=name,book(count(),price.max())&order=id&limit=2").json() == [
        {"name": "Ada Lovelace", "book": [{"count": 1, "max": 9.5}]},
        {"name": "Charles Babbage", "book": [{"count": 2, "max": 12.25}]}]
    assert server.get("/book?select=...author(name),count()&order=author(name)").json()[0] == {
        "name": "Ada Lovelace", "count": 1}
    grouped = server.get("/book?select=author_id,count()&limit=1", Prefer="count=exact")
    assert grouped.headers["Content-Range"] == "0-0/3"


def test_count_without_parentheses(server):
    assert server.get("/book?select=count").json() == [{"count": 5}]
    assert server.get("/author?select=name,book(count)&id=eq.3").json() == [
        {"name": "Grace Hopper", "book": [{"count": 2}]}]

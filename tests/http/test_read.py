"""GET and HEAD: lists, rows, filters, order, pages."""
import sqlite3

import pytest


def names(reply):
    assert reply.status in (200, 206), reply
    return [row["name"] for row in reply.json()]


def ids(reply):
    assert reply.status in (200, 206), reply
    return [row["id"] for row in reply.json()]


def test_list_is_an_array_of_objects(server):
    reply = server.get("/author?order=id")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.headers["Content-Range"] == "0-3/*"
    assert reply.json()[0] == {"id": 1, "name": "Ada Lovelace", "born": 1815}
    assert reply.json()[3]["born"] is None


def test_members_come_in_the_tables_order(server):
    assert list(server.get("/book/1").json()) == ["id", "author_id", "title", "price", "in_print",
                                                  "meta"]


def test_select_chooses_and_orders_columns(server):
    assert server.get("/author?select=born,name&id=eq.1").json() == [
        {"born": 1815, "name": "Ada Lovelace"}]
    assert server.get("/author?select=*&id=eq.1").json()[0]["id"] == 1


def test_select_alias(server):
    assert server.get("/author?select=who:name&id=eq.1").json() == [{"who": "Ada Lovelace"}]


FILTERS = [
    ("id=eq.2", [2]),
    ("id=neq.2", [1, 3, 4]),
    ("id=gt.2", [3, 4]),
    ("id=gte.2", [2, 3, 4]),
    ("id=lt.2", [1]),
    ("id=lte.2", [1, 2]),
    ("name=eq.Ada%20Lovelace", [1]),
    ("name=eq.Ada+Lovelace", [1]),
    ("name=like.*Babbage", [2]),
    ("name=like.%25Babbage", [2]),
    ("name=like.*babbage", []),
    ("name=ilike.*babbage", [2]),
    ("name=like.A_a*", [1]),
    ("id=in.(1,3)", [1, 3]),
    ("id=in.()", []),
    ('name=in.("Ada Lovelace",Unborn)', [1, 4]),
    ("born=is.null", [4]),
    ("born=not.is.null", [1, 2, 3]),
    ("id=not.eq.1", [2, 3, 4]),
    ("id=not.in.(1,2)", [3, 4]),
    ("name=not.like.*a*", [4]),
    ("id=gt.1&id=lt.4", [2, 3]),
    ("or=(id.eq.1,id.eq.4)", [1, 4]),
    ("and=(id.gt.1,or(born.is.null,born.lt.1800))", [2, 4]),
    ("not.or=(id.eq.1,id.eq.4)", [2, 3]),
    ("or=(id.not.eq.1,name.eq.x)", [2, 3, 4]),
    ('or=(name.eq."Ada Lovelace",name.in.("Unborn"))', [1, 4]),
]


@pytest.mark.parametrize("query,expected", FILTERS)
def test_filter(server, query, expected):
    assert ids(server.get(f"/author?order=id&{query}")) == expected


def test_every_filter_answers_what_the_database_says(server):
    """Each comparison against SQLite's own answer over the same file."""
    db = sqlite3.connect(server.db)
    for op, sql in [("eq", "="), ("neq", "<>"), ("gt", ">"), ("gte", ">="), ("lt", "<"),
                    ("lte", "<=")]:
        for value in (0, 0.1, 9.5, 12.25, 20, 100):
            expected = [r[0] for r in db.execute(
                f"SELECT id FROM book WHERE price {sql} ? ORDER BY id", (value,))]
            assert ids(server.get(f"/book?select=id&price={op}.{value}&order=id")) == expected


def test_boolean_filters(server):
    assert ids(server.get("/book?in_print=is.true&order=id")) == [1, 3, 4]
    assert ids(server.get("/book?in_print=eq.false&order=id")) == [2, 5]
    assert ids(server.get("/book?in_print=not.is.true&order=id")) == [2, 5]


def test_special_characters_in_values(server):
    assert ids(server.get("/book?title=eq.100%25%20Pure_Text%20(a,b)%20%22c%22")) == [5]
    assert ids(server.get('/book?title=in.("100%25%20Pure_Text%20(a,b)%20\\"c\\"",Notes)&order=id')
               ) == [1, 5]
    assert ids(server.get("/book?title=like.100\\%25*")) == [5]


def test_order(server):
    assert names(server.get("/author?order=name.desc"))[0] == "Unborn"
    assert ids(server.get("/author?order=born")) == [2, 1, 3, 4], "nulls come last ascending"
    assert ids(server.get("/author?order=born.desc")) == [4, 3, 1, 2], "and first descending"
    assert ids(server.get("/author?order=born.desc.nullslast")) == [3, 1, 2, 4]
    assert ids(server.get("/author?order=born.asc.nullsfirst")) == [4, 2, 1, 3]
    assert ids(server.get("/book?order=author_id.desc,id.asc")) == [4, 5, 2, 3, 1]


def test_limit_and_offset(server):
    reply = server.get("/author?order=id&limit=2&offset=1")
    assert ids(reply) == [2, 3]
    assert reply.headers["Content-Range"] == "1-2/*"
    assert server.get("/author?limit=0").json() == []
    assert server.get("/author?limit=0").headers["Content-Range"] == "*/*"


def test_count_exact(server):
    reply = server.get("/author?order=id&limit=2", Prefer="count=exact")
    assert reply.status == 206
    assert reply.headers["Content-Range"] == "0-1/4"
    assert "count=exact" in reply.headers["Preference-Applied"]
    whole = server.get("/author", Prefer="count=exact")
    assert whole.status == 200 and whole.headers["Content-Range"] == "0-3/4"
    none = server.get("/author?id=gt.100", Prefer="count=exact")
    assert none.status == 200 and none.headers["Content-Range"] == "*/0"
    past = server.get("/author?offset=10", Prefer="count=exact")
    assert past.status == 416
    assert past.json()["code"] == "PGRST103"


def test_head_has_the_headers_of_get(server):
    get, head = server.get("/author?limit=2"), server.head("/author?limit=2")
    assert head.status == 200 and head.body == b""
    for field in ("Content-Range", "Content-Type", "Content-Length"):
        assert head.headers[field] == get.headers[field]


def test_row_paths(server):
    assert server.get("/author/3").json() == {"id": 3, "name": "Grace Hopper", "born": 1906}
    assert server.get("/pair/x,z").json()["v"] == "two"
    assert server.get("/pair/a%2Cb,c%2Fd").json()["v"] == "three"
    assert server.get("/code/%C3%BCber").json()["label"] == "over"
    assert server.get("/odd%20name/1").json() == {"the key": 1, 'sel"ect': "one", "limit": "ten"}
    assert server.get("/author/3?select=name").json() == {"name": "Grace Hopper"}
    assert server.head("/author/3").status == 200


def test_row_paths_that_find_nothing(server):
    assert server.get("/author/99").status == 404
    assert server.get("/author/99").json()["code"] == "PGRST116"
    assert server.get("/keyless/1").status == 404
    assert server.get("/shelf/1").status == 404
    assert server.get("/pair/x").status == 404
    assert server.get("/author/1/book").status == 404
    assert server.get("/author/").status == 404


def test_views_and_keyless_tables_are_lists(server):
    assert ids(server.get("/in_print?order=id")) == [1, 3, 4]
    assert server.get("/keyless").json() == [{"v": "first"}, {"v": "second"}]


def test_odd_names(server):
    reply = server.get('/odd%20name?the%20key=eq.1&select=limit')
    assert reply.json() == [{"limit": "ten"}]


def test_internal_names_are_not_there(server):
    for name in ("sqlite_schema", "sqlite_master", "thimble_migrations", "book_text_data",
                 "book_text_config", "THIMBLE_MIGRATIONS"):
        assert server.get(f"/{name}").status == 404, name
    paths = server.get("/").json()["paths"]
    assert not [p for p in paths if "sqlite_" in p or "thimble_" in p or "book_text_" in p]


def test_root_lists_every_resource(server):
    document = server.get("/", Accept="application/json").json()
    assert document["openapi"].startswith("3.")
    for name in ("author", "book", "pair", "in_print", "shelf", "keyless"):
        assert f"/{name}" in document["paths"], name
    assert server.get("/openapi.json").json() == document


def test_default_page_limit(serve):
    server = serve("--max-rows", "3")
    assert len(server.get("/author").json()) == 3
    assert len(server.get("/author?limit=10").json()) == 3
    reply = server.get("/author", Prefer="count=exact")
    assert reply.status == 206 and reply.headers["Content-Range"] == "0-2/4"


def test_base_path(serve):
    server = serve("--base-path", "/rest/v1")
    assert server.get("/rest/v1/author/1").json()["id"] == 1
    assert server.get("/author/1").status == 404
    assert server.get("/healthz").status == 200
    reply = server.post("/rest/v1/author", {"name": "New"})
    assert reply.headers["Location"] == f"/rest/v1/author/{reply.json()['id']}"


def test_answers_are_the_databases_rows(server):
    db = sqlite3.connect(server.db)
    db.row_factory = sqlite3.Row
    expected = [dict(r) for r in db.execute("SELECT id, title, price FROM book ORDER BY id")]
    assert server.get("/book?select=id,title,price&order=id").json() == expected

"""/rpc: named queries from a folder."""
import pytest

from conftest import assert_query_is_refused, run, write_files

QUERIES = {
    "books_of.sql": """-- The books of an author.
-- Returns those of one author, cheapest or not.
-- :author integer
-- :cheaper_than real = 1000
SELECT id, title, price, author_id FROM book
WHERE author_id = :author AND coalesce(price, 0) < :cheaper_than -- the end of a line
""",
    "first_book.sql": """-- returns one
-- :like text = '*'
SELECT title, meta FROM book WHERE title GLOB :like ORDER BY id LIMIT 1;
""",
    "how_many.sql": "-- returns scalar\n-- :printed boolean = null\nSELECT count(*) FROM book WHERE in_print = coalesce(:printed, in_print)",
    "echo.sql": """-- :i integer = null
-- :b boolean = true
-- :j json = null
-- :x blob = null
SELECT :i AS i, :b AS b, :j AS j, hex(:x) AS x, ':not' AS s, :u AS u""",
    "move.sql": """-- Gives the books of one author to another.
-- write
-- :from integer
-- :to integer
UPDATE book SET author_id = :to WHERE author_id = :from;
DELETE FROM author WHERE id = :from;
SELECT id, title FROM book WHERE author_id = :to;
""",
    "retag.sql": "-- write\n-- :old text\n-- :new text\nUPDATE tag SET name = :new WHERE name = :old RETURNING id, name",
    "touch.sql": "-- write\nUPDATE counter SET n = n + 1",
    "next_number.sql": "-- write\n-- returns scalar\nUPDATE counter SET n = n + 1 WHERE id = 1 RETURNING n",
}


@pytest.fixture
def folder(tmp_path):
    return write_files(tmp_path / "queries", QUERIES)


@pytest.fixture
def server(serve, folder):
    return serve("--queries", folder, "--allow-tx")


def test_reading(server):
    books = [{"id": 2, "title": "On the Economy of Machinery", "price": 12.25, "author_id": 2},
             {"id": 3, "title": "Passages from the Life", "price": None, "author_id": 2}]
    assert server.get("/rpc/books_of?author=2&order=id").json() == books
    assert server.post("/rpc/books_of?order=id", {"author": 2}).json() == books
    assert server.get("/rpc/books_of?author=2&cheaper_than=5&order=id").json() == books[1:]
    reply = server.head("/rpc/books_of?author=2", Prefer="count=exact")
    assert reply.status == 200 and reply.headers["Content-Range"] == "0-1/2"


def test_like_a_table(server):
    path = "/rpc/books_of?author=3&select=id,t:title&order=id.desc&limit=1&price=gt.0"
    assert server.get(path).json() == [{"id": 5, "t": '100% Pure_Text (a,b) "c"'}]
    assert server.get("/rpc/books_of?author=3&offset=1&order=id", Prefer="count=exact").status == 206
    assert server.get("/rpc/books_of?author=3&select=id&id=eq.4", Accept="text/csv").body == b"id\n4"
    assert server.get("/rpc/books_of?author=1&select=id",
                      Accept="application/vnd.pgrst.object+json").json() == {"id": 1}
    # Columns that come from tables have their relations.
    assert server.get("/rpc/books_of?author=1&select=title,author(name),tag(name)&tag.order=name").json() \
        == [{"title": "Notes", "author": {"name": "Ada Lovelace"},
             "tag": [{"name": "prize"}, {"name": "utopia"}]}]


def test_one_and_scalar(server):
    assert server.get("/rpc/first_book?like=P*").json() == {"title": "Passages from the Life",
                                                            "meta": [1, 2, 3]}
    assert server.get("/rpc/first_book?select=title").json() == {"title": "Notes"}
    assert server.get("/rpc/first_book?like=zzz").json() is None
    assert server.get("/rpc/how_many?printed=true").json() == 3
    assert server.post("/rpc/how_many", {"printed": None}).json() == 5


def test_parameters_have_types(server):
    reply = server.post("/rpc/echo?select=*", {"i": 5, "b": False, "j": {"a": [1]}, "x": "AAE=", "u": 1.5})
    assert reply.json() == [{"i": 5, "b": 0, "j": '{"a":[1]}', "x": "0001", "s": ":not", "u": 1.5}]
    assert server.get("/rpc/echo?u=7").json() == [
        {"i": None, "b": 1, "j": None, "x": "", "s": ":not", "u": "7"}]
    assert server.get("/rpc/echo?u=text").json()[0]["u"] == "text"


def test_writing(server):
    assert server.post("/rpc/retag", {"old": "prize", "new": "award"}).json() == [
        {"id": 3, "name": "award"}]
    assert server.get("/tag/3").json()["name"] == "award"
    reply = server.post("/rpc/move?select=title&order=id.desc&limit=1", {"from": 2, "to": 1})
    assert reply.json() == [{"title": "Passages from the Life"}]
    assert server.get("/author/2").status == 404
    reply = server.post("/rpc/touch", None)
    assert reply.status == 204 and reply.body == b""
    assert server.post("/rpc/next_number", {}).json() == 2
    assert server.post("/rpc/next_number", {}, Prefer="tx=rollback").json() == 3
    assert server.get("/counter/1").json()["n"] == 2


def test_all_or_nothing(server):
    """The UPDATE is done, the DELETE leaves a row of /late without its author: both are undone."""
    server.post("/late", {"parent": 2})
    reply = server.post("/rpc/move", {"from": 2, "to": 1})
    assert reply.status == 409 and reply.json()["code"] == "23503"
    assert len(server.get("/book?author_id=eq.2").json()) == 2
    assert server.get("/author/2").status == 200


def test_refused(server):
    for method, path, body, status, code in [
            ("GET", "/rpc/nope", None, 404, "PGRST202"), ("GET", "/rpc/books_of", None, 404, "PGRST202"),
            ("GET", "/rpc/books_of?author=1&colour=red", None, 404, "PGRST202"),
            ("POST", "/rpc/books_of", {"author": 1, "colour": "red"}, 404, "PGRST202"),
            ("GET", "/rpc/books_of?author=x", None, 400, "22P02"),
            ("POST", "/rpc/books_of", {"author": "x"}, 400, "22P02"),
            ("POST", "/rpc/books_of", [1], 400, "PGRST102"),
            ("GET", "/rpc/touch", None, 405, "PGRST101"), ("PUT", "/rpc/touch", {}, 405, "PGRST101"),
            ("GET", "/rpc/books_of?author=1&select=nope", None, 400, "42703"),
            ("POST", "/rpc/retag?select=nope", {"old": "a", "new": "b"}, 400, "42703"),
            ("GET", "/rpc/a/b", None, 404, "PGRST125")]:
        reply = server.request(method, path, body)
        assert (reply.status, reply.json()["code"]) == (status, code), (path, reply)
    problem = server.get("/rpc/books_of").json()
    assert problem["message"] == "Could not find the function public.books_of without parameters in the schema cache"
    assert problem["hint"] == "Perhaps you meant to call the function public.books_of(author, cheaper_than)"
    assert problem["errors"] == [{"pointer": "/author", "column": "author"}]
    assert server.get("/rpc/books_off").json()["hint"] == "Perhaps you meant to call the function public.books_of"
    assert server.request("POST", "/rpc/how_many", "printed=true",
                          {"Content-Type": "application/yaml"}).status == 415


def test_options(server):
    assert server.options("/rpc/touch").headers["Allow"] == "POST, OPTIONS"
    assert "GET" in server.options("/rpc/how_many").headers["Allow"]


BROKEN = {
    "SELECT * FROM nowhere": "no such table: nowhere",
    "DELETE FROM author": "it writes, and does not say -- write",
    "SELECT 1; SELECT 2": "must say -- write",
    "-- nothing at all": "it holds no statement",
    "SELECT ?": "parameters are written :name",
    "SELECT $x": "parameters are written :name",
    "-- :unused text\nSELECT 1": "a declared parameter is not used: unused",
    "-- returns lots\nSELECT 1": "it returns many, one, scalar or file",
    "-- returns scalar\nSELECT 1, 2": "it returns a scalar and has 2 columns",
    "SELECT 1 AS a, 2 AS a": 'two columns are called "a"',
    "SELECT 1 +": "incomplete input",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_queries_do_not_start(tmp_path, text):
    assert_query_is_refused(tmp_path, text, BROKEN[text])


def test_names_of_files(tmp_path):
    (tmp_path / "a b.sql").write_text("SELECT 1")
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--queries", tmp_path, "--listen", "127.0.0.1:0")
    assert code == 1 and "a query is called name.sql" in err
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--queries", tmp_path / "none-such")
    assert code == 1 and "cannot read the queries" in err


def test_described(server):
    paths = server.get("/openapi.json").json()["paths"]
    operation = paths["/rpc/books_of"]["get"]
    assert operation["description"].startswith("The books of an author.\nReturns those")
    assert [(p["name"], p["required"]) for p in operation["parameters"]] == [
        ("author", True), ("cheaper_than", False)]
    assert "get" not in paths["/rpc/touch"] and "post" in paths["/rpc/touch"]

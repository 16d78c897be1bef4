"""Calls that go wrong in PostgREST's words; values without rows; max-affected of queries that read."""
import urllib.parse

import pytest

QUERIES = {
    "sayhello.sql": "-- returns scalar\n-- :name text\nSELECT 'Hello, ' || :name",
    "add_them.sql": "-- returns scalar integer\n-- :b integer\n-- :a integer\nSELECT :a + :b",
    "any_of.sql": "-- :x text = ''\nSELECT id, title FROM book WHERE title >= :x",
    "nothing.sql": "SELECT 1 AS one",
    "ids.sql": "-- returns many scalar\nSELECT id FROM book",
    "typed.sql": "-- returns many scalar json\nSELECT json_array(id) FROM book ORDER BY id",
    "texts.sql": "-- returns many scalar: prose may follow\nSELECT title FROM book",
    "retitle.sql": "-- write\n-- returns many scalar\nUPDATE book SET title = title || '!' RETURNING id",
    "no_book.sql": "-- returns many scalar\nSELECT id FROM book WHERE 0",
    "one.sql": "-- returns one\nSELECT id FROM book", "page.sql": "-- returns file text/html\nSELECT 'x' AS body",
    "store.sql": "-- body :doc json\n-- :tag text\nSELECT :doc AS doc, :tag AS tag",
}
FORM = "application/x-www-form-urlencoded"
STRICT = "handling=strict, max-affected=%d"


@pytest.fixture(scope="module")
def queries(tmp_path_factory):
    folder = tmp_path_factory.mktemp("queries")
    for name, text in QUERIES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def server(serve, queries):
    return serve("--queries", queries)


def problem(reply):
    assert reply.status == 404 and reply.json()["code"] == "PGRST202", reply
    return tuple(reply.json()[member] for member in ("message", "details", "hint"))


def words(function, given, kind=""):
    names = sorted(given)
    called = f"({', '.join(names)})" if names else " without parameters"
    searched = f" with parameter{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else called
    return (f"Could not find the function public.{function}{called} in the schema cache",
            f"Searched for the function public.{function}{searched}{kind}, but no matches were found in the schema cache.")


JSON = " or with a single unnamed json/jsonb parameter"


def hint(call):
    return f"Perhaps you meant to call the function public.{call}"


def test_a_get_that_does_not_fit(server):
    for function, given, call in [
            ("sayhell", [], "sayhello"), ("sayhello", ["nam"], "sayhello(name)"), ("sayhello", [], "sayhello(name)"),
            ("add_them", ["a", "smthelse", "b"], "add_them(a, b)"), ("add_them", ["b"], "add_them(a, b)"),
            ("nothing", ["x"], "nothing()"), ("sayhello", ["name", "n2", "n1"], "sayhello(name)")]:
        path = f"/rpc/{function}?" + "&".join(f"{name}=1" for name in given)
        assert problem(server.get(path)) == (*words(function, given), hint(call)), path
    # What a table takes is no parameter.
    path = "/rpc/sayhello?nam=x&select=name&limit=1&pgrst_scalar=eq.x&nam=y"
    assert problem(server.get(path))[:2] == words("sayhello", ["nam"])
    assert problem(server.get("/rpc/absent?select=a&id=eq.1&a.id=x&q=x"))[:2] == words("absent", ["q"])
    assert problem(server.get("/rpc/absent"))[2] is None


def test_a_post_that_does_not_fit(server):
    def send(path, body, kind):
        return server.request("POST", path, body, {"Content-Type": kind} if kind else {})

    for function, given in ("sayhello", ["nam"]), ("sayhello", []), ("absent", ["A", "B", "c"]), ("add_them", ["a"]):
        body = {name: "1" for name in given}
        for rows in body, [body]:
            found = problem(server.post(f"/rpc/{function}", rows))
            assert found[:2] == words(function, given, JSON), (function, rows)
        found = problem(send(f"/rpc/{function}", urllib.parse.urlencode(body), FORM))
        assert found[:2] == words(function, given), function
        if given:
            text = ",".join(given) + "\n" + ",".join("1" for _ in given) + "\n"
            assert problem(send(f"/rpc/{function}", text, "text/csv"))[:2] == words(function, given), function
    assert problem(server.post("/rpc/sayhello?columns=zip,name", {"name": "x"}))[:2] == words(
        "sayhello", ["name", "zip"], JSON)
    for kind, name in ("text/plain", "text"), ("text/xml", "xml"), ("application/octet-stream", "bytea"):
        for function in "add_them", "absent":
            message, details, _ = problem(send(f"/rpc/{function}", "x", kind))
            assert message == f"Could not find the function public.{function} in the schema cache"
            assert details == (f"Searched for the function public.{function} with a single unnamed {name} parameter, "
                               "but no matches were found in the schema cache.")
    assert "Send the parameters as" in problem(send("/rpc/add_them", "x", "text/plain"))[2]
    assert send("/rpc/add_them", "x", "image/png").status == 415
    assert problem(send("/rpc/store?tags=x", "{}", "application/json"))[0] == words("store", ["tags"])[0]


def test_names_of_any_kind(server):
    assert problem(server.post("/rpc/nothing", {"é\n": 1, "a b": 2}))[0] == words("nothing", ["a b", "é\n"])[0]
    many = {f"name_{n:03}": n for n in range(500)}
    message, details, _ = problem(server.post("/rpc/nothing", many))
    assert message.startswith("Could not find the function public.nothing(name_000, name_001")
    assert message.endswith("…) in the schema cache") and details.endswith("in the schema cache.")
    assert server.post("/rpc/nothing", {"x" * 4000: 1}).status == 404
    wrong = server.post("/rpc/add_them", {"a": 1, "c": 2}).json()
    assert wrong["errors"] == [{"pointer": "/c", "column": "c"}]


def test_values_without_rows(server):
    assert server.get("/rpc/ids?order=pgrst_scalar").json() == [1, 2, 3, 4, 5]
    assert server.post("/rpc/ids?order=pgrst_scalar.desc&limit=2", {}).json() == [5, 4]
    assert server.get("/rpc/ids?pgrst_scalar=lt.3&order=pgrst_scalar").json() == [1, 2]
    assert server.get("/rpc/typed").json() == [[1], [2], [3], [4], [5]]
    assert server.get("/rpc/no_book").json() == []
    assert server.post("/rpc/retitle", {}).json() == [1, 2, 3, 4, 5]
    assert server.post("/rpc/retitle?order=pgrst_scalar.desc&limit=1", {}).json() == [5]
    reply = server.get("/rpc/ids?order=pgrst_scalar&limit=2", Prefer="count=exact")
    assert reply.headers["Content-Range"] == "0-1/5" and reply.status == 206
    assert server.get("/rpc/ids?order=pgrst_scalar&limit=2", Accept="text/csv").body == b"pgrst_scalar\n1\n2"
    single = {"Accept": "application/vnd.pgrst.object+json"}
    assert server.get("/rpc/ids?pgrst_scalar=eq.2", **single).json() == {"pgrst_scalar": 2}
    assert server.get("/rpc/ids", **single).status == 406
    assert len(server.get("/rpc/texts").json()) == 5 and isinstance(server.get("/rpc/texts").json()[0], dict)
    schema = server.get("/openapi.json").json()["paths"]["/rpc/typed"]["get"]["responses"]["200"]["content"]
    assert schema["application/json"]["schema"] == {"type": "array", "items": schema["application/json"]["schema"]["items"]}
    assert "properties" not in schema["application/json"]["schema"]["items"]


def test_a_query_that_reads_may_be_bounded(server):
    for path in "/rpc/any_of", "/rpc/ids", "/rpc/any_of?limit=3":
        for method, body in ("GET", None), ("POST", {}):
            reply = server.request(method, path, body, {"Prefer": STRICT % 2})
            assert reply.status == 400 and reply.json()["code"] == "PGRST124", (path, reply)
            assert reply.json()["details"] == f"The query affects {3 if 'limit' in path else 5} rows"
            reply = server.request(method, path, body, {"Prefer": STRICT % 5})
            assert reply.headers["Preference-Applied"] == "handling=strict, max-affected=5", reply
            assert server.request(method, path, body, {"Prefer": "max-affected=1"}).status == 200
    for path in "/rpc/sayhello?name=x", "/rpc/one", "/rpc/page":
        reply = server.get(path, Prefer=STRICT % 5)
        assert (reply.status, reply.json()["code"]) == (400, "PGRST128"), reply
        assert reply.json()["message"] == ("Function must return SETOF or TABLE when max-affected preference is used "
                                           "with handling=strict")
    # Reading a table affects nothing, and the preference is not followed.
    reply = server.get("/book", Prefer=STRICT % 1)
    assert reply.status == 200 and reply.headers["Preference-Applied"] == "handling=strict"


def test_params_is_gone(server):
    """params=single-object was removed from PostgREST: it is a preference that is not known."""
    assert server.post("/rpc/sayhello", {"name": "x"}, Prefer="params=single-object").json() == "Hello, x"
    reply = server.post("/rpc/sayhello", {"name": "x"}, Prefer="params=single-object, handling=strict")
    assert (reply.status, reply.json()["code"]) == (400, "PGRST122")
    assert reply.json()["details"] == "Invalid preferences: params=single-object"

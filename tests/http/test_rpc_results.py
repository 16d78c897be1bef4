"""What a named query says of its result, and how the result comes out."""
import pytest

from conftest import assert_query_is_refused, write_files

QUERIES = {
    "array.sql": "-- returns scalar\nSELECT json_array(1,2,3)",
    "sorted_array.sql": "SELECT json_array(id) AS j, id FROM book ORDER BY title",
    "truth.sql": "-- returns scalar\nSELECT TRUE",
    "declared_truth.sql": "-- returns scalar boolean\nSELECT 1",
    "nothing.sql": "-- returns scalar\nSELECT NULL",
    "card.sql": """-- returns one (id integer, tags json,
--   done boolean, "a b" text)
-- The rest is prose: one (thing) of many.
SELECT 5 AS id, '["a",{"n":1.10}]' AS tags, 1 AS done, 7 AS "a b"
""",
    "cards.sql": "-- returns many (tags json)\nSELECT id, '[' || id || ']' AS tags FROM book",
    "expressions.sql": """SELECT author_id, json_group_array(id) AS ids, author_id IS NULL AS lost,
  CASE WHEN author_id > 1 THEN json_object('a', author_id) ELSE '[]' END AS either,
  (SELECT json_group_array(name) FROM author) AS names, meta->'$[1]' AS arrow, meta->>'$[1]' AS arrows,
  EXISTS (SELECT 1) AS there, NOT in_print AS off, CAST(in_print AS BOOLEAN) AS printed,
  author_id >> 1 AS shifted, count(*) FILTER (WHERE id = 1) AS ones,
  coalesce(json_group_array(id), '[]') AS some, '[1]' AS text, title || '=' AS glued
FROM book GROUP BY author_id ORDER BY author_id LIMIT 1""",
    "common.sql": "-- returns one (j json)\nWITH x AS (SELECT json_object('a', 1) AS j) "
                  "SELECT j, json_extract(j, '$') AS e, json(json_extract(j, '$')) AS ej FROM x",
    "kept_text.sql": "-- returns one (j text)\nSELECT json_array(1) AS j",
    "union.sql": "SELECT 1 AS a, json('[1]') AS j, 'x' AS t UNION ALL SELECT 2, json('[2]'), json('[3]')",
    "star.sql": "SELECT book.*, id = 1 AS first FROM book WHERE id = 1",
    "doubled.sql": "-- returns scalar\nSELECT count(*) FROM book",
    "both.sql": "-- :id integer\nSELECT id, title FROM book WHERE id >= :id",
    "reprint.sql": "-- write\nUPDATE book SET in_print = NOT in_print "
                   "RETURNING id, in_print, meta, title, author_id, x'00ff' AS bytes, price",
    "fill.sql": "-- write\nINSERT INTO kinds (id, i, r, n, b, j, jb, x, t, u) VALUES "
                "(7, 9007199254740993, 1e300, 0.5, TRUE, '{\"a\":1.10}', jsonb('[1]'), x'', 'a\"b', -0.0) RETURNING *",
    "wipe.sql": "-- write\nDELETE FROM late RETURNING id",
    "wipe_one.sql": "-- write\n-- returns scalar\nDELETE FROM late RETURNING id",
    "wipe_quietly.sql": "-- write\nDELETE FROM late",
    "wipe_and_tell.sql": "-- write\nDELETE FROM late; SELECT count(*) AS left FROM late",
    "number.sql": "-- returns one\n-- :n integer\nSELECT id, price, title FROM book WHERE id = :n",
}


@pytest.fixture
def server(serve, tmp_path):
    return serve("--queries", write_files(tmp_path / "queries", QUERIES))


def test_types(server):
    for name, value in [
            ("array", [1, 2, 3]), ("truth", True), ("declared_truth", True), ("nothing", None),
            ("card", {"id": 5, "tags": ["a", {"n": 1.1}], "done": True, "a b": 7}),
            ("cards?id=eq.2", [{"id": 2, "tags": [2]}]),
            ("common", {"j": {"a": 1}, "e": '{"a":1}', "ej": {"a": 1}}), ("kept_text", {"j": "[1]"}),
            ("sorted_array?id=lt.3&order=j", [{"j": [1], "id": 1}, {"j": [2], "id": 2}]),
            ("union?order=a", [{"a": 1, "j": [1], "t": "x"}, {"a": 2, "j": [2], "t": "[3]"}]),
            ("star?select=id,first", [{"id": 1, "first": True}])]:
        assert server.get(f"/rpc/{name}").json() == value, name
    assert b"1.10" in server.get("/rpc/card").body  # the text of the JSON is its own
    assert server.get("/rpc/expressions").json() == [{
        "author_id": 1, "ids": [1], "lost": False, "either": [], "names": ["Ada Lovelace", "Charles Babbage",
        "Grace Hopper", "Unborn"], "arrow": None, "arrows": None, "there": True, "off": False, "printed": True,
        "shifted": 0, "ones": 1, "some": [1], "text": "[1]", "glued": "Notes="}]


def test_types_are_filters_too(server):
    assert len(server.get("/rpc/expressions?lost=is.true").json()) == len(
        server.get("/rpc/expressions?lost=eq.true").json())


def test_described(server):
    paths = server.get("/openapi.json").json()["paths"]

    def schema(name, method="get", kind="application/json"):
        return paths[f"/rpc/{name}"][method]["responses"]["200"]["content"][kind]["schema"]

    assert "boolean" in schema("declared_truth")["type"]
    assert set(schema("card")["properties"]) == {"id", "tags", "done", "a b"}
    assert schema("both")["type"] == "array" and "id" in schema("both")["items"]["properties"]
    assert "204" in paths["/rpc/wipe_quietly"]["post"]["responses"]


def test_views(serve, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "0001_a.sql").write_text("""
        CREATE TABLE t (id INTEGER PRIMARY KEY, zip TEXT, doc JSON);
        INSERT INTO t VALUES (1, '00701', '{"a":[1]}'), (2, NULL, NULL);
        CREATE VIEW v (id, j, missing, zip, kind, doc, both, cast_on) AS
          SELECT id, json_array(id, zip), zip IS NULL, coalesce(zip, ''), CAST(id AS TEXT), doc,
                 id = 1 AND zip = '00701', CAST(id AS BOOLEAN) FROM t;
        CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t (id), doc JSON);
        INSERT INTO u VALUES (1, 1, '{"a":[1]}');
        CREATE VIEW w AS SELECT id, t_id, json_extract(doc, '$.a') AS a, doc->'$.a' AS b, json_array(id) AS c FROM u;
        CREATE VIEW plain AS SELECT id, '[1]' AS t, id + 1 AS n, NULL AS none FROM t;""")
    server = serve(migrations=tmp_path / "m")
    assert server.get("/v?order=id").json() == [
        {"id": 1, "j": [1, "00701"], "missing": False, "zip": "00701", "kind": "1", "doc": {"a": [1]},
         "both": True, "cast_on": True},
        {"id": 2, "j": [2, None], "missing": True, "zip": "", "kind": "2", "doc": None, "both": False,
         "cast_on": 2}]
    assert server.get("/v?missing=is.true&select=id").json() == [{"id": 2}]
    assert server.get("/v?kind=eq.1&select=id").json() == [{"id": 1}]
    assert server.get("/v?select=id,j->>1&j->>1=eq.00701").json() == [{"id": 1, "j": "00701"}] or \
        server.get("/v?select=id&j->>1=eq.00701").json() == [{"id": 1}]
    row = {"a": "[1]", "b": [1], "c": [1]}
    assert server.get("/w?select=a,b,c").json() == [row]
    assert server.get("/t?select=id,w(a,b,c)&id=eq.1").json() == [{"id": 1, "w": [row]}]
    assert server.get("/plain?id=eq.1").json() == [{"id": 1, "t": "[1]", "n": 2, "none": None}]


def test_count_and_csv(server):
    for path, ranged in [("doubled", "0-0/1"), ("number?n=1", "0-0/1"), ("number?n=99", "*/0")]:
        reply = server.get(f"/rpc/{path}", Prefer="count=exact")
        assert (reply.status, reply.headers["Content-Range"]) == (200, ranged), path
        assert reply.headers["Preference-Applied"] == "count=exact"
    assert server.get("/rpc/doubled").headers["Content-Range"] == "0-0/*"
    assert server.get("/rpc/doubled", Accept="text/csv").body == b"pgrst_scalar\n5"
    assert server.head("/rpc/doubled").status == 200 and server.head("/rpc/doubled").body == b""
    single = {"Accept": "application/vnd.pgrst.object+json"}
    assert server.get("/rpc/number?n=99", **single).status == 406
    reply = server.get("/rpc/number?n=1", **single)
    assert reply.json()["id"] == 1 and reply.headers["Content-Type"].startswith(single["Accept"])
    stripped = server.get("/rpc/number?n=3", Accept="application/vnd.pgrst.object+json;nulls=stripped")
    assert stripped.json() == {"id": 3, "title": "Passages from the Life"}
    reply = server.post("/rpc/wipe", {}, Prefer="count=exact")
    assert reply.headers["Content-Range"] == "*/0" and reply.json() == []


def test_parameter_and_filter(server):
    """One name for both: what begins with an operator is the filter."""
    assert server.get("/rpc/both?id=2&id=lt.4&select=id&order=id").json() == [{"id": 2}, {"id": 3}]
    assert server.get("/rpc/both?id=not.eq.2&id=2&select=id&order=id&limit=1").json() == [{"id": 3}]
    assert server.get("/rpc/both?id=eq.2").status == 404


def test_returning_like_a_table(server):
    """Rows of a write take what a table takes."""
    reply = server.post("/rpc/reprint?select=id,printed:in_print,author(name)&in_print=is.true&order=id.desc",
                        {}, Prefer="count=exact")
    before = server.get("/book?select=id,printed:in_print,author(name)&in_print=is.true&order=id.desc").json()
    assert reply.json() == before and reply.headers["Content-Range"] == f"0-{len(before) - 1}/{len(before)}"
    reply = server.post("/rpc/reprint?select=id,bytes,price&order=price.desc.nullslast,id&limit=2&offset=1", {},
                        Prefer="count=exact")
    assert reply.status == 206 and reply.headers["Content-Range"] == "1-2/5"
    rows = server.get("/book?select=id,price&order=price.desc.nullslast,id&limit=2&offset=1").json()
    assert reply.json() == [{"id": row["id"], "bytes": "AP8=", "price": row["price"]} for row in rows]
    plain = server.post("/rpc/reprint", {}).json()
    assert [row["meta"] for row in plain] == [row["meta"] for row in server.get("/book?order=id").json()]
    assert server.post("/rpc/reprint?id=eq.1&select=id", {},
                       Accept="application/vnd.pgrst.object+json").json() == {"id": 1}
    state = server.get("/book?order=id").json()
    assert server.post("/rpc/reprint?select=id", {}, Accept="application/vnd.pgrst.object+json").status == 406
    assert server.post("/rpc/reprint?select=nope", {}).json()["code"] == "42703"
    assert server.get("/book?order=id").json() == state


def test_returning_keeps_values(server):
    reply = server.post("/rpc/fill?order=id&select=*", {})
    assert reply.body == server.get("/kinds?id=eq.7").body
    assert server.post("/rpc/wipe?select=id&limit=0", {}).json() == []


def test_max_affected(server):
    for n in range(3):
        server.post("/late", {"parent": 1})
    strict = "handling=strict, max-affected=%d"
    for name, code in [("wipe", "PGRST124"), ("wipe_one", "PGRST128"), ("wipe_quietly", "PGRST128"),
                       ("wipe_and_tell", "PGRST124")]:
        reply = server.post(f"/rpc/{name}", {}, Prefer=strict % 1)
        assert (reply.status, reply.json()["code"]) == (400, code), name
        assert len(server.get("/late").json()) == 3, name
    assert server.post("/rpc/wipe", {}, Prefer=strict % 2).json()["details"] == "The query affects 3 rows"
    reply = server.post("/rpc/wipe", {}, Prefer=strict % 3)
    assert len(reply.json()) == 3
    assert reply.headers["Preference-Applied"] == "handling=strict, max-affected=3"


def test_methods(server):
    for method in ("PUT", "PATCH", "DELETE"):
        reply = server.request(method, "/rpc/doubled", {} if method != "DELETE" else None)
        assert (reply.status, reply.json()["code"]) == (405, "PGRST101"), method
        assert reply.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
        assert reply.json()["message"] == f"Cannot use the {method} method on RPC"
    reply = server.delete("/rpc/nope")
    assert reply.json()["code"] == "PGRST101" and reply.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert server.delete("/rpc/wipe").headers["Allow"] == "POST, OPTIONS"


BROKEN = {
    "-- returns one (id integer, nope text)\nSELECT 1 AS id": 'it declares "nope", and has no such column',
    "-- returns many (id)\nSELECT 1 AS id": "a column's name and its type belong between the commas",
    "-- returns many ()\nSELECT 1 AS id": "it declares no columns",
    "-- returns many (id integer, id text)\nSELECT 1 AS id": "a column is declared twice: id",
    "-- returns many (id integer\nSELECT 1 AS id": "its list of columns has no end",
    "-- returns lots\nSELECT 1": "it returns many, one, scalar or file, not: lots",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_declarations_do_not_start(tmp_path, text):
    assert_query_is_refused(tmp_path, text, BROKEN[text])

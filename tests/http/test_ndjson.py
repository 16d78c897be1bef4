"""Rows as lines: application/x-ndjson and its other names, and CSV, for which --max-rows does not hold."""
import json

import pytest

from conftest import Server, make_database, run, write_files

SCHEMA = """
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE item (id INTEGER PRIMARY KEY, kind INTEGER REFERENCES kind, name TEXT, price REAL,
                   flag BOOLEAN, doc JSON, bytes BLOB);
INSERT INTO kind VALUES (1, 'a'), (2, 'two' || char(10) || 'lines'), (3, NULL);
WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 20)
INSERT INTO item SELECT v, 1 + v % 3, 'name ' || v, v / 4.0, v % 2, json_array(v, 'x' || char(10)), x'00ff0a' FROM n;
UPDATE item SET doc = char(10) || '{"a":' || char(13, 10) || ' [1,' || char(10) || '2]}' WHERE id % 5 = 0;
UPDATE item SET doc = NULL, price = NULL WHERE id = 7;
"""
QUERIES = {
    "all_items.sql": "-- returns many\nSELECT id, name, doc FROM item ORDER BY id",
    "ids.sql": "-- returns many scalar\nSELECT id FROM item ORDER BY id",
    "how_many.sql": "-- returns scalar\nSELECT count(*) FROM item",
    "first_item.sql": "-- returns one (id integer, doc json)\nSELECT id, doc FROM item WHERE id = 5",
    "nobody.sql": "-- returns one\nSELECT id FROM item WHERE id = 0",
    "raise_prices.sql": "-- write\nUPDATE item SET price = price + 1 RETURNING id, doc",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ndjson")
    make_database(folder / "test.db", SCHEMA)
    queries = write_files(folder / "queries", QUERIES)
    server = Server(folder, "--max-rows", "4", "--allow-tx", "--queries", queries, migrations="none")
    yield server
    server.stop()


def lines_of(reply):
    """The values of the lines, each of which has its end, and no other within."""
    assert reply.status < 300 and reply.headers["Content-Type"].startswith("application/x-ndjson"), reply
    assert reply.body == b"" or reply.body.endswith(b"\n"), reply
    assert b"\r" not in reply.body
    return [json.loads(line) for line in reply.body.split(b"\n")[:-1]]


READS = [
    "/item?limit=3", "/item?id=eq.0", "/item?id=gt.18", "/item?select=id,doc&id=in.(5,10)",
    "/item?select=id,kind(name)&limit=3", "/kind?select=name,item(id,doc)&order=id",
    "/kind?select=...item(id)&limit=2", "/item?id=eq.5&select=doc->a,doc->>a", "/item?select=bytes,flag,price&id=eq.7",
    "/rpc/all_items?limit=4", "/rpc/all_items?select=doc&id=eq.10", "/rpc/ids?limit=4",
]


@pytest.mark.parametrize("path", READS)
def test_the_lines_are_the_arrays_elements(server, path):
    array = server.get(path)
    lines = server.get(path, Accept="application/x-ndjson")
    assert lines_of(lines) == array.json()
    for name in ("Content-Range", "Link"):
        assert lines.headers[name] == array.headers[name], name
    assert int(lines.headers["Content-Length"]) == len(lines.body)
    assert server.head(path, Accept="application/x-ndjson").headers["Content-Length"] == str(len(lines.body))


def test_the_type_is_the_one_that_was_asked_for(server):
    for name in ("application/x-ndjson", "application/ndjson", "application/jsonl"):
        for accept in (name, f"text/html, {name.upper()};q=0.5", f"{name}, application/json;q=0.9"):
            reply = server.get("/item?limit=2", Accept=accept)
            assert reply.headers["Content-Type"] == f"{name}; charset=utf-8", accept
            assert reply.body.count(b"\n") == 2
    reply = server.get("/item?limit=2", Accept="application/x-ndjson;q=0.5, application/json")
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8" and len(reply.json()) == 2
    for accept in ("application/*", "*/*"):
        assert server.get("/item?limit=2", Accept=accept).headers["Content-Type"].startswith("application/json")
    refused = server.get("/item", Accept="image/png")
    assert refused.status == 406 and "application/x-ndjson" in refused.json()["hint"]


def test_nulls_are_stripped(server):
    path = "/item?id=eq.7&select=id,price,doc,flag,kind(id,name)"
    whole = server.get(path, Accept="application/x-ndjson")
    stripped = server.get(path, Accept="application/x-ndjson;nulls=stripped")
    assert stripped.headers["Content-Type"] == "application/x-ndjson;nulls=stripped; charset=utf-8"
    assert lines_of(whole) == [{"id": 7, "price": None, "doc": None, "flag": True, "kind": {"id": 2,
                                "name": "two\nlines"}}]
    assert lines_of(stripped) == [{"id": 7, "flag": True, "kind": {"id": 2, "name": "two\nlines"}}]


def test_a_row_and_a_single_value_are_one_line(server):
    for path, alone in [("/item/5", "/item/5"), ("/rpc/first_item", "/rpc/first_item"), ("/rpc/how_many",) * 2]:
        assert lines_of(server.get(path, Accept="application/x-ndjson")) == [server.get(alone).json()], path
    assert lines_of(server.get("/rpc/nobody", Accept="application/x-ndjson")) == []
    assert server.get("/item/0", Accept="application/x-ndjson").status == 404


def test_an_entity_tag_is_of_the_lines(server):
    first = server.get("/item/5", Accept="application/x-ndjson")
    again = server.get("/item/5", Accept="application/x-ndjson", If_None_Match=first.headers["ETag"])
    assert again.status == 304
    changed = server.patch("/item/5", {"name": "name 5"}, Accept="application/x-ndjson", If_Match=first.headers["ETag"],
                           Prefer="return=representation, tx=rollback")
    assert lines_of(changed)[0]["name"] == "name 5"


def test_max_rows_does_not_hold(server):
    assert len(server.get("/item").json()) == 4
    assert len(lines_of(server.get("/item", Accept="application/x-ndjson"))) == 20
    assert len(lines_of(server.get("/item?limit=9&offset=3", Accept="application/x-ndjson"))) == 9
    assert server.get("/item?select=id", Accept="text/csv").body.count(b"\n") == 20
    assert len(lines_of(server.get("/rpc/ids", Accept="application/x-ndjson"))) == 20
    counted = server.get("/item", Accept="application/x-ndjson", Prefer="count=exact")
    assert counted.status == 200 and counted.headers["Content-Range"] == "0-19/20"
    # of lists within a row it does, and of pages that are asked for
    for kind in lines_of(server.get("/kind?select=id,item(id)", Accept="application/x-ndjson")):
        assert len(kind["item"]) == 4
    page = server.get("/item?limit=9&cursor=", Accept="application/x-ndjson")
    assert len(lines_of(page)) == 9 and 'rel="next"' in page.headers["Link"]
    assert "Link" not in server.get("/item?cursor=", Accept="application/x-ndjson").headers


def test_what_a_write_answers(server):
    undone = {"Prefer": "return=representation, tx=rollback", "Accept": "application/x-ndjson"}
    rows = [{"id": 101, "doc": {"a": 1}}, {"id": 102, "doc": [1]}]
    assert [row["id"] for row in lines_of(server.post("/item", rows, **undone))] == [101, 102]
    assert lines_of(server.post("/item?select=id,doc", rows[0], **undone)) == rows[:1]
    assert lines_of(server.post("/item?select=id,doc", rows[0], Accept="application/x-ndjson",
                                Prefer="tx=rollback")) == rows[:1]
    both = lines_of(server.patch("/item?id=in.(5,10)&select=id,doc", {"flag": True}, **undone))
    assert both == [{"id": id, "doc": {"a": [1, 2]}} for id in (5, 10)]
    gone = server.delete("/item?id=in.(5,10)&select=id,doc,kind(name)&order=id", **undone)
    assert [row["id"] for row in lines_of(gone)] == [5, 10]
    assert len(lines_of(server.post("/rpc/raise_prices", {}, **undone))) == 20
    assert lines_of(server.patch("/item?id=eq.0", {"flag": True}, **undone)) == []


def test_export_writes_the_same_bytes(server, tmp_path):
    for accept, form, end in (("application/x-ndjson", "ndjson", b""), ("text/csv", "csv", b"\n")):
        for table, query in (("item", ""), ("kind", "select=name,item(id,doc)&order=id")):
            code, _, err = run("export", table, tmp_path / "out", query, "--db", server.db, "--format", form)
            assert code == 0, err
            out = (tmp_path / "out").read_bytes()
            reply = server.get(f"/{table}?{query}", Accept=accept)
            if "item(" not in query:  # export's embedded lists have no limit
                assert out == reply.body + end
            elif form == "ndjson":
                assert [len(json.loads(line)["item"]) for line in out.splitlines()] == [6, 7, 7]


def test_the_description_names_them(server):
    paths = server.get("/openapi.json").json()["paths"]
    lists = [paths["/item"]["get"]["responses"]["200"], paths["/item"]["post"]["requestBody"],
             paths["/rpc/all_items"]["get"]["responses"]["200"], paths["/rpc/ids"]["get"]["responses"]["200"]]
    for content in lists:
        assert set(content["content"]) == {"application/json", "application/x-ndjson", "text/csv"}
    assert set(paths["/item/{key}"]["get"]["responses"]["200"]["content"]) == {"application/json"}

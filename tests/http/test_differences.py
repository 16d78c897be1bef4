"""docs/api.md, "What differs from PostgREST": each row of the table is shown here, and no row is without a check."""
import re

import pytest

from conftest import ROOT, make_database, write_files

SCHEMA = """
CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE tasks (id INTEGER PRIMARY KEY, list_id INTEGER REFERENCES lists (id), title TEXT NOT NULL, meta JSON,
    cost MONEY, due DATE, pages INTEGER, doubled INTEGER AS (pages * 2), tags JSON, at TIMESTAMP, kind ENUM);
CREATE UNIQUE INDEX tasks_kind ON tasks (kind) WHERE pages > 100;
CREATE VIRTUAL TABLE tasks_fts USING fts5 (title, content = 'tasks', content_rowid = 'id');
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE friend (a INTEGER REFERENCES person (id), b INTEGER REFERENCES person (id), PRIMARY KEY (a, b));
CREATE VIEW titles AS SELECT id, title FROM tasks;
CREATE TRIGGER titles_insert INSTEAD OF INSERT ON titles BEGIN INSERT INTO tasks (title) VALUES (new.title); END;
INSERT INTO lists VALUES (1, 'Home'), (2, 'Work');
INSERT INTO tasks (id, list_id, title, meta, cost, due, pages, tags, at, kind) VALUES
    (1, 1, 'Ärger this report', '{"n":10,"x":null,"s":"b"}', '$5.00', '2030-01-02', 7, '["x","y"]', '2024-01-02T03:04:05Z', 'low'),
    (2, 1, 'that thing', '{"n":9,"s":"a"}', '5 kr', 'soon', NULL, '[1,true]', '2024-01-02 03:04:05', 'high'),
    (3, 2, 'ärger and this', '[1,2]', NULL, NULL, 12, NULL, NULL, 'odd');
INSERT INTO tasks_fts (rowid, title) SELECT id, title FROM tasks;
INSERT INTO person VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cy'); INSERT INTO friend VALUES (1, 2), (1, 3), (2, 3);
ANALYZE;
"""
QUERIES = {"of.sql": "-- :n integer\nSELECT id FROM tasks WHERE id >= :n", "whole.sql": "-- returns scalar\n-- body :doc json\nSELECT :doc",
           "page.sql": "-- returns file text/plain\nSELECT 'x' AS body, 418 AS status, 'b' AS header_x_a"}
STRICT = {"Prefer": "handling=strict, max-affected=1"}
CSV = {"Content-Type": "text/csv"}
ROWS = {}


def row(begins):
    def keep(check):
        ROWS[begins] = check
        return check
    return keep


def ids(server, query):
    reply = server.get(f"/tasks?select=id&order=id&{query}")
    assert reply.status == 200, (query, reply)
    return [row["id"] for row in reply.json()]


def code(reply):
    return reply.status, reply.json()["code"]


@row("`sl sr nxr nxl adj`")
def no_ranges(s):
    for operator in "sl", "sr", "nxr", "nxl", "adj", "fts(english)":
        assert code(s.get(f"/tasks?title={operator}.x")) == (400, "0A000"), operator
    assert ids(s, "tasks_fts=wfts.this and report") == [] and ids(s, "tasks_fts=wfts.this and") == [3]


@row("`cs cd ov` are of JSON")
def contains(s):
    assert ids(s, 'tags=cs.["x"]') == [1] == ids(s, "tags=cs.{x}") and ids(s, "tags=ov.{y,z}") == [1]
    assert ids(s, "tags=cs.{1,true}") == [2] == ids(s, 'tags=cd.{true,1,"q"}')


@row("`fts` needs an FTS5 index")
def search(s):
    assert ids(s, "title=fts.report") == [1] and code(s.get("/lists?name=fts.home"))[0] == 400
    assert ids(s, "title=fts.this %26 !report") == [3] and s.get("/tasks?title=fts.!report").status == 400
    assert ids(s, "title=fts.this<->report") == [1] and s.get("/tasks?title=fts.this<2>report").status == 400


@row("`match` has no back-references")
def regular(s):
    for pattern in r"(a)\1", "(%3F=a)", "[[.hyphen.]]":
        assert code(s.get(f'/tasks?title=match."{pattern}"'))[0] == 400, pattern
    assert ids(s, r"title=match.^\w+rger") == [] and ids(s, r"title=match.^\w%2B ") == [2]


@row("`ilike` folds ASCII letters only")
def folding(s):
    assert ids(s, "title=ilike.*THING") == [2] and ids(s, "title=ilike.%C3%A4rger*") == [3]


@row("`column->key=eq.value`")
def within_json(s):
    assert ids(s, "meta->n=gt.9") == [1] and ids(s, 'meta->s=eq."b"') == [1]


@row("a cast of text that is no number is 0")
def casts(s):
    assert s.get("/tasks?select=title::integer,kind::boolean,due::date&id=eq.2").json() == [
        {"title": 0, "kind": None, "due": None}]
    assert s.get("/tasks?select=kind::char(9)&id=eq.1").json() == [{"kind": "low"}]


@row("`nulls=stripped` leaves the inside")
def stripped(s):
    reply = s.get("/tasks?id=eq.1&select=meta,list_id", Accept="application/vnd.pgrst.array+json;nulls=stripped")
    assert reply.json()[0]["meta"] == {"n": 10, "x": None, "s": "b"}


@row("`count=planned` and `estimated`")
def counts(s):
    for path, total in ("/titles", 3), ("/tasks?id=lt.3", 2), ("/rpc/of?n=2", 2):
        reply = s.get(path, Prefer="count=planned")
        assert reply.headers["Content-Range"].endswith(f"/{total}"), path


@row("`person!friend(…)`")
def many_to_itself(s):
    assert s.get("/person?select=friends:person!friend(name)&id=eq.1&friends.order=id").json() == [
        {"friends": [{"name": "Bob"}, {"name": "Cy"}]}]
    assert s.get("/person?select=friend!a(...person!b(name))&id=eq.2").json() == [{"friend": [{"name": "Cy"}]}]


@row("`ETag`, `If-Match`")
def tags(s):
    tag = s.get("/lists/1").headers["ETag"]
    assert s.get("/lists/1", If_None_Match=tag).status == 304
    assert code(s.patch("/lists/1", {"name": "x"}, If_Match='"0"')) == (412, "TH412")


@row("`/{table}/{key}`")
def paths(s):
    assert s.get("/lists/2").json() == {"id": 2, "name": "Work"} and s.get("/friend/1,2").json() == {"a": 1, "b": 2}


@row("in CSV a field that is empty")
def csv_null(s):
    reply = s.request("POST", "/person", 'name\n""\nNULL\n', {**CSV, "Prefer": "return=representation"})
    assert [person["name"] for person in reply.json()] == ["", None]


@row("no member may be there twice")
def twice(s):
    reply = s.request("POST", "/person", '{"name":"a","name":"b"}', {"Content-Type": "application/json"})
    assert code(reply) == (400, "PGRST102")


@row("a posted object comes back")
def comes_back(s):
    assert s.post("/lists", {"name": "New"}).json()["name"] == "New"
    assert s.post("/lists", [{"name": "New2"}]).body == b""


@row("`PATCH` and `DELETE` without a filter")
def unfiltered(s):
    assert code(s.delete("/friend")) == (400, "21000") == code(s.patch("/lists", {"name": "x"}))
    assert s.delete("/friend?all=true").status == 204


@row("`limit` and `offset` bound a `PATCH`")
def bounded(s):
    assert code(s.delete("/person?limit=1")) == (400, "PGRST109")
    assert s.delete("/friend?limit=1&order=a.desc").status == 204 and len(s.get("/friend").json()) == 2
    assert s.patch("/person?order=id&limit=1&offset=1", {"name": "z"}).status == 204
    assert [one["name"] for one in s.get("/person?order=id").json()] == ["Ann", "z", "Cy"]


@row("`max-affected` holds for `POST`")
def affected(s):
    assert code(s.request("POST", "/lists", [{"name": "p"}, {"name": "q"}], STRICT)) == (400, "PGRST124")
    none = {"Prefer": "handling=strict, max-affected=0"}
    assert code(s.request("PUT", "/lists/1", {"name": "p"}, none)) == (400, "PGRST124")


@row("`on_conflict=` may mean a partial")
def partial(s):
    merge = {"Prefer": "resolution=merge-duplicates,return=representation"}
    for title in "first", "second":
        reply = s.request("POST", "/tasks?on_conflict=kind", [{"kind": "k", "pages": 200, "title": title}], merge)
        assert reply.json()[0]["title"] == title, reply
    assert ids(s, "kind=eq.k") == [4]


@row("a view takes no upsert")
def view_upsert(s):
    assert code(s.post("/titles", {"id": 1, "title": "x"}, Prefer="resolution=merge-duplicates")) == (400, "0A000")


@row("one row twice in an upsert")
def row_twice(s):
    rows = [{"id": 1, "name": "one"}, {"id": 1, "name": "two"}]
    reply = s.request("POST", "/lists", rows, {"Prefer": "resolution=merge-duplicates,return=representation"})
    assert reply.json() == [{"id": 1, "name": "two"}]


@row("generated columns may be sent back")
def generated(s):
    assert s.patch("/tasks/1", {"pages": 8, "doubled": 16}).json()["doubled"] == 16
    assert code(s.patch("/tasks/1", {"doubled": 17})) == (400, "428C9")


@row("failures are `application/problem+json`")
def problems(s):
    reply = s.get("/taskz")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert {"code", "message", "details", "hint", "type", "title", "status"} <= set(reply.json())
    assert code(s.get("/tasks?titel=eq.x")) == (400, "42703") and s.get("/tasks?titel=eq.x").json()["hint"]


@row("a NOT NULL that fails")
def not_null(s):
    reply = s.post("/tasks", {"pages": 1})
    assert code(reply) == (400, "23502") and reply.json()["details"] is None and "title" in reply.json()["message"]


@row("what follows the end of a `select`")
def rest(s):
    for query in "select=id)", "and=(id.eq.1))", "or=(id.eq.1)x":
        assert code(s.get(f"/tasks?{query}")) == (400, "PGRST100"), query


@row("a filter's text that is no value")
def no_value(s):
    assert ids(s, "pages=eq.x") == [] and ids(s, "due=eq.soon") == [2]


@row("dates, timestamps, money and enums")
def texts(s):
    assert s.get("/tasks?select=cost,at,due,kind&id=eq.2").json() == [
        {"cost": "5 kr", "at": "2024-01-02 03:04:05", "due": "soon", "kind": "high"}]
    assert ids(s, "at=eq.2024-01-02T03:04:05Z") == [1] and ids(s, "cost=eq.$5.00") == [1]


@row("an array is JSON in filters")
def arrays(s):
    assert ids(s, 'tags=eq.["x","y"]') == [1] and ids(s, "tags=eq.{x,y}") == []


@row("a cast to another type")
def other_casts(s):
    for name in "inet", "int4range", "nonsense":
        assert code(s.get(f"/tasks?select=title::{name}")) == (400, "0A000"), name


@row("a `PUT` of several objects")
def put_many(s):
    assert code(s.put("/lists?id=eq.1", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])) == (400, "PGRST102")


@row("no `Content-Location`")
def location(s):
    assert s.get("/tasks").headers["Content-Location"] is None


@row("a preflight is answered 204")
def preflight(s):
    ask = {"Origin": "https://a.example", "Access-Control-Request-Method": "PATCH"}
    assert s.request("OPTIONS", "/tasks", headers=ask).status == 204


@row("a body of several objects is refused by `/rpc`")
def rpc_many(s):
    assert code(s.post("/rpc/of", [{"n": 1}, {"n": 2}])) == (400, "PGRST102")
    assert s.post("/rpc/whole", [{"n": 1}, {"n": 2}]).body == b'"[{\\"n\\": 1}, {\\"n\\": 2}]"'


@row("response.status and response.headers")
def files(s):
    reply = s.raw(b"GET /rpc/page HTTP/1.0\r\n\r\n").recv(4096)
    assert reply.startswith(b"HTTP/1.1 418") or reply.startswith(b"HTTP/1.0 418")
    assert b"x-a: b\r\n" in reply


@row("`Cache-Control`, `nosniff`")
def fields(s):
    reply = s.get("/tasks", Origin="https://a.example")
    assert reply.headers["Cache-Control"] == "no-cache" and reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert s.get("/tasks", Origin="https://b.example").headers["Access-Control-Allow-Credentials"] is None


@row("one schema: `Accept-Profile`")
def schemas(s):
    for name in "public", "main":
        assert s.get("/tasks", Accept_Profile=name).status == 200
    assert code(s.get("/tasks", Accept_Profile="other")) == (406, "PGRST106")


@row("no functions as computed columns")
def computed(s):
    assert code(s.get("/tasks?select=of")) == (400, "42703")
    assert s.get("/lists?select=titles:tasks(title)&id=eq.2").json() == [{"titles": [{"title": "ärger and this"}]}]
    assert s.get("/tasks?select=doubled&id=eq.1").json() == [{"doubled": 14}]


@row("aggregates of a to-many spread")
def spreads(s):
    assert s.get("/lists?select=...tasks(count())&id=eq.1").json() == [{"count": [2]}]


@row("no `timezone=`")
def zones(s):
    reply = s.get("/tasks", Prefer="handling=strict, timezone=UTC")
    assert code(reply) == (400, "PGRST122")
    assert s.get("/tasks", Authorization="Bearer x").status == 200


@row("no page of another origin")
def pages(s):
    reply = s.request("DELETE", "/tags?id=eq.0", None, {"Origin": "https://elsewhere.example"})
    assert code(reply) == (403, "TH403")
    assert code(s.get("/tasks", Host="elsewhere.example")) == (421, "TH421")


def documented():
    page = (ROOT / "docs" / "api.md").read_text().partition("## What differs from PostgREST")[2]
    return [line[2:] for line in page.splitlines() if line.startswith("| ") and not line.startswith("| | why")]


def test_each_row_has_a_check():
    lines = documented()
    for begins in ROWS:
        assert sum(line.startswith(begins) for line in lines) == 1, begins
    for line in lines:
        assert any(line.startswith(begins) for begins in ROWS), line
    assert len(lines) == len(ROWS)


@pytest.fixture
def differs(serve, tmp_path):
    make_database(tmp_path / "test.db", SCHEMA)
    queries = write_files(tmp_path / "q", QUERIES)
    return serve("--aggregates", "--cors-origins", "https://a.example", "--queries", queries, migrations="none")


@pytest.mark.parametrize("begins", ROWS, ids=[re.sub(r"\W+", "_", begins).strip("_") for begins in ROWS])
def test_difference(differs, begins):
    ROWS[begins](differs)

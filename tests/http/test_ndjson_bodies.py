"""Bodies that are lines, application/x-ndjson: the rules are those of an array, and the line at fault is named."""
import json

import pytest

from conftest import Server, make_database, write_files

SCHEMA = """
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE item (id INTEGER PRIMARY KEY, kind INTEGER REFERENCES kind, name TEXT NOT NULL DEFAULT 'none',
                   price REAL CHECK (price >= 0), flag BOOLEAN, doc JSON);
INSERT INTO kind VALUES (1, 'one'), (2, 'two');
INSERT INTO item (id, kind, name) VALUES (1, 1, 'first');
"""
UNDONE = {"Prefer": "return=representation, tx=rollback"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ndjson_bodies")
    make_database(folder / "test.db", SCHEMA)
    queries = write_files(folder / "queries", {"double.sql": "-- returns scalar\n-- :n integer\nSELECT 2 * :n"})
    server = Server(folder, "--allow-tx", "--queries", queries, "--max-elements", "50", "--max-depth", "5",
                    migrations="none")
    yield server
    server.stop()


def send(server, path, body, method="POST", type="application/x-ndjson", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request(method, path, body, {"Content-Type": type, **UNDONE, **names})


SOUND = [
    '{"id":5,"name":"a"}\n{"id":6,"name":"b"}\n',
    '{"id":5,"name":"a"}\n{"id":6,"name":"b"}',
    '{"id":5,"name":"a"}\r\n{"id":6,"name":"b"}\r\n',
    '\ufeff\n  \n\t{"id":5 , "name":"a"} \n\r\n{"name":"b","id":6}\n\n \n',
]


@pytest.mark.parametrize("body", SOUND)
def test_lines_are_an_arrays_elements(server, body):
    for type in ("application/x-ndjson", "application/ndjson", "application/jsonl", "Application/X-NDJSON; charset=utf-8"):
        reply = send(server, "/item?select=id,name", body, type=type)
        assert (reply.status, reply.json()) == (201, [{"id": 5, "name": "a"}, {"id": 6, "name": "b"}]), reply


def test_what_a_body_says_is_as_in_an_array(server):
    rows = [{"id": 5, "doc": {"a": [1, "x\n"]}, "flag": True, "price": 1.5}, {"id": 6, "doc": None, "flag": False, "price": 0}]
    lines = "\n".join(json.dumps(row) for row in rows)
    as_array = send(server, "/item", json.dumps(rows), type="application/json")
    assert send(server, "/item", lines).json() == as_array.json()
    back = send(server, "/item", lines, Accept="application/x-ndjson")
    assert [json.loads(line) for line in back.body.splitlines()] == as_array.json()
    # columns=, missing=default
    lines = '{"id":5,"name":"x","more":[1]}\n{"id":6}\n'
    asked = send(server, "/item?columns=id,name&select=id,name", lines,
                 Prefer=UNDONE["Prefer"] + ", missing=default")
    assert asked.json() == [{"id": 5, "name": "x"}, {"id": 6, "name": "none"}]
    # upserts
    merged = send(server, "/item?select=id,name", '{"id":1,"name":"y"}\n{"id":6,"name":"z"}',
                  Prefer=UNDONE["Prefer"] + ", resolution=merge-duplicates, count=exact")
    assert merged.json() == [{"id": 1, "name": "y"}, {"id": 6, "name": "z"}] and merged.headers["Content-Range"] == "*/2"
    # a line alone is many, as an array of one; it has no Location and, without being asked, no rows
    alone = send(server, "/item", '{"id":7}', Prefer="tx=rollback")
    assert alone.status == 201 and alone.body == b"" and "Location" not in alone.headers


def test_no_line_is_no_row(server):
    for body in ("", "\n", " \r\n\n"):
        reply = send(server, "/item", body)
        assert (reply.status, reply.json()) == (201, []), body


def test_one_line_goes_where_an_array_of_one_does(server):
    assert send(server, "/item/1", '{"name":"new"}\n', method="PATCH").json()[0]["name"] == "new"
    assert send(server, "/item/9", '{"name":"new"}', method="PUT").json()[0]["id"] == 9
    assert send(server, "/item?id=eq.1", '{"name":"new"}', method="PATCH").json()[0]["name"] == "new"
    two = send(server, "/item/1", '{"name":"a"}\n{"name":"b"}\n', method="PATCH")
    assert two.status == 400 and "one object" in two.json()["message"]
    assert send(server, "/rpc/double", '{"n":21}\n').json() == 42


WRONG = [  # body, status, code, line, words
    ('{"id":5}\n{"id":6', 400, "PGRST102", 2, "(line 2, column 8)"),
    ('{"id":5}\n\n{"id":6}}\n', 400, "PGRST102", 3, "(line 3, column 9)"),
    ('{"id":5}{"id":6}', 400, "PGRST102", 1, "(line 1, column 9)"),
    ('{"id":5},\n{"id":6}', 400, "PGRST102", 1, "(line 1, column 9)"),
    ('[{"id":5},\n{"id":6}]', 400, "PGRST102", 1, "(line 1, column 11)"),
    ('{"id":5}\n[]', 400, "PGRST102", 2, "each line of the body must be an object"),
    ('{"id":5}\nnull', 400, "PGRST102", 2, "each line of the body must be an object"),
    ('{"id":\n5}', 400, "PGRST102", 1, "(line 1, column 7)"),
    ('{"id":5,"price":"x"}\n{"id":6', 400, "22P02", 1, "price"),
    ('{"id":5,"price":1}\n{"id":6,"price":"x","}', 400, "PGRST102", 2, "(line 2"),
    ('{"id":5,"price":1}\n\r\n{"id":6,"price":"x"}', 400, "22P02", 3, "price"),
    ('{"id":5}\n{"id":6,"name":"x"}', 400, "PGRST102", 2, "All object keys must match"),
    ('{"id":5}\n{"id":6,"id":7}', 400, "PGRST102", 2, "there twice"),
    ('{"id":5}\n{"id":1}', 409, "23505", 2, "duplicate key"),
    ('{"id":5,"price":1}\n\n{"id":6,"price":-1}', 400, "23514", 3, "check constraint"),
    ('{"id":5,"kind":1}\n{"id":6,"kind":3}', 409, "23503", 2, "foreign key"),
    ('{"id":5}\n{"id":6,"nme":1}', 400, "PGRST102", 2, "All object keys must match"),
    ('{"id":5,"nme":1}', 400, "PGRST204", 1, "nme"),
    ('{"id":5,"doc":[[[[[1]]]]]}', 400, "PGRST102", 1, "nested more than 5"),
    ("\n".join('{"id":%d}' % id for id in range(100, 151)), 413, "TH413", None, "51 rows"),
    (b'{"id":5}\n{"id":6,"name":"\xff"}', 400, "PGRST102", 2, "line 2"),
]


@pytest.mark.parametrize("body,status,code,line,words", WRONG)
def test_the_line_at_fault_is_named(server, body, status, code, line, words):
    problem = send(server, "/item", body).json()
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert words in json.dumps(problem), problem
    if line:
        error, = problem["errors"]
        assert error["line"] == line, problem
        assert error["pointer"].startswith(f"/{line - 1 - problem_blanks(body, line)}"), problem
    else:
        assert "errors" not in problem
    assert len(server.get("/item").json()) == 1


def problem_blanks(body, line):
    """How many of the lines before have no row."""
    body = body.encode() if isinstance(body, str) else body
    return sum(not text.strip() for text in body.split(b"\n")[:line - 1])


def test_a_wrong_line_is_named_with_columns_and_defaults(server):
    body = '{"id":5,"name":"a"}\n\n{"id":6}\n{"id":7'
    problem = send(server, "/item?columns=id,name", body, Prefer="missing=default").json()
    assert problem["errors"] == [{"pointer": "/2", "line": 4}] and "(line 4, column 8)" in problem["details"]


def test_the_line_of_csv_is_named(server):
    for body, line, pointer in [
            ('id,name,price\n5,"a\nb",1\n\n6,c,x\n', 5, "/1/price"),
            ('id,name,price\r\n5,"a\r\nb",1\r\n6,c,x', 4, "/1/price"),
            ('\ufeffid,name,price\r5,a,1\r6,c,x', 3, "/1/price"),
            ('id,name,price\n5,a\n', 2, "/0")]:
        error, = send(server, "/item", body, type="text/csv").json()["errors"]
        assert (error["line"], error["pointer"]) == (line, pointer), body
    taken = send(server, "/item", 'id,name\n5,"a\nb"\n1,c\n', type="text/csv")
    assert taken.status == 409 and taken.json()["errors"][0]["line"] == 4


def test_the_refusal_of_another_type_names_it(server):
    refused = send(server, "/item", "x", type="application/xml")
    assert refused.status == 415 and "application/x-ndjson" in refused.json()["hint"]
    assert send(server, "/item", '{"id":5}', type="application/x-ndjson; charset=latin1").status == 415

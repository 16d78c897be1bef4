"""What a row holds against its column's type is written back: by arrays, CSV and forms as by objects."""
import csv
import io
import sqlite3
import urllib.parse

import pytest

from conftest import Server, make_database

SCHEMA = """CREATE TABLE m (id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, b BOOLEAN, x BLOB, j JSON, t TEXT);
    INSERT INTO m VALUES (1, 'abc', 'x', 'y', 'maybe', 'not base64', '[1]', 'a'), (2, x'616263', x'01', x'02', x'03', x'04', '2', 'b'),
        (3, 1.5, '0x', '0x10', 5, NULL, 'true', 'c'), (4, 'null', 'true', 'abc', 2.5, NULL, '{}', 'd'),
        (5, 'abc', 1, 1, 1, NULL, '"z"', 'e,"f');
    CREATE TABLE k (i NUMERIC PRIMARY KEY, v INTEGER); INSERT INTO k VALUES ('abc', 1), (x'616263', 'odd'), (7, 3);
    CREATE TABLE w (a INTEGER, b INTEGER, v INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
    INSERT INTO w VALUES ('p', 1, 'q'), (1, 'p', 2);
    CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT UNIQUE, code TEXT, live BOOLEAN, i INTEGER);
    CREATE UNIQUE INDEX u_code ON u (code) WHERE live; INSERT INTO u VALUES (1, 'a', 'c', 1, 'abc'), (2, 'b', 'd', 0, 'abc');
    CREATE TABLE y (id INTEGER PRIMARY KEY, j JSON); INSERT INTO y VALUES (1, 'plain'), (2, '{"a":1}');
    CREATE TABLE s (id INTEGER PRIMARY KEY, i INTEGER) STRICT; INSERT INTO s VALUES (1, 1);"""
MERGE = {"Prefer": "resolution=merge-duplicates"}
CSV = {"Content-Type": "text/csv"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def loose(tmp_path):
    make_database(tmp_path / "test.db", SCHEMA)
    server = Server(tmp_path, "--queries", "none", migrations="none")
    yield server
    server.stop()


def stored(server, table="m"):
    with sqlite3.connect(server.db) as db:
        width = len(db.execute(f"SELECT * FROM {table}").description)
        names = [column[0] for column in db.execute(f"SELECT * FROM {table}").description]
        types = ",".join(f"typeof({name})" for name in names)
        rows = db.execute(f"SELECT *,{types} FROM {table} ORDER BY 1,2").fetchall()
    assert rows and len(rows[0]) == 2 * width
    return rows


def as_form(row):
    return urllib.parse.urlencode({name: value for name, value in row.items() if value is not None})


@pytest.mark.parametrize("prefer", ["merge-duplicates", "ignore-duplicates"])
def test_an_upsert_of_what_was_read_changes_nothing(loose, prefer):
    headers = {"Prefer": f"resolution={prefer},return=minimal"}
    for table in "mkwu":
        before = stored(loose, table)
        rows = loose.get(f"/{table}").json()
        text = loose.get(f"/{table}", Accept="text/csv").body
        for body, kind in (rows, {}), (text, CSV), *((row, {}) for row in rows):
            reply = loose.request("POST", f"/{table}", body, {**headers, **kind})
            assert reply.status in (200, 201), (table, body, reply)
            assert stored(loose, table) == before, (table, body)


def test_rows_of_csv_and_forms_are_put_back(loose):
    before = stored(loose)
    for n in range(1, 6):
        text = loose.get(f"/m/{n}", Accept="text/csv").body
        row = next(csv.DictReader(io.StringIO(text.decode())))
        form = urllib.parse.urlencode({name: value for name, value in row.items() if value})
        for method in "PUT", "PATCH":
            assert loose.request(method, f"/m/{n}", text, CSV).status == 200, (method, n)
            assert stored(loose) == before, (method, n, text)
        assert loose.request("PATCH", f"/m/{n}", form, FORM).status == 200, n
        assert loose.request("PATCH", f"/m?id=eq.{n}", text, CSV).status == 204
        assert stored(loose) == before, n


def test_text_in_a_json_column_is_put_back_as_csv(loose):
    before = stored(loose, "y")
    text = loose.get("/y", Accept="text/csv").body
    assert loose.request("POST", "/y", text, {**MERGE, **CSV}).status == 200
    assert loose.request("PUT", "/y/1", "id,j\n1,plain\n", CSV).json() == {"id": 1, "j": "plain"}
    assert stored(loose, "y") == before
    assert loose.request("PUT", "/y/1", "id,j\n1,plane\n", CSV).json()["code"] == "22P02"


def test_what_is_new_in_them_is_written(loose):
    rows = [{"id": 1, "i": "abc", "t": "new"}, {"id": 5, "i": "abc", "t": "new"}, {"id": 6, "i": 6, "t": "six"}]
    assert loose.request("POST", "/m", rows, MERGE).status == 201
    assert [row[7] for row in stored(loose)] == ["new", "b", "c", "d", "new", "six"]
    keys = [{"i": "abc", "v": 11}, {"i": "YWJj", "v": 12}, {"i": 7, "v": 13}]
    assert loose.request("POST", "/k", keys, MERGE).status == 200
    assert sorted(row[1] for row in stored(loose, "k")) == [11, 12, 13]
    pairs = [{"a": "p", "b": 1, "v": 21}, {"a": 1, "b": "p", "v": 22}]
    assert loose.request("POST", "/w", pairs, MERGE).status == 200
    assert sorted(row[2] for row in stored(loose, "w")) == [21, 22]


def test_another_unique_key_finds_the_row(loose):
    one = [{"name": "a", "i": "abc", "code": "c2"}]
    assert loose.request("POST", "/u?on_conflict=name", one, MERGE).status == 200
    two = [{"code": "c2", "live": True, "i": "abc"}]
    assert loose.request("POST", "/u?on_conflict=code", two, MERGE).status == 200
    # Row 2 is outside of the partial index: this would be a new row.
    for live in True, False:
        new = [{"code": "d", "live": live, "i": "abc"}]
        assert loose.request("POST", "/u?on_conflict=code", new, MERGE).json()["code"] == "22P02"


@pytest.mark.parametrize("path,body,headers,row", [
    ("/m", [{"id": 1, "i": "abc"}, {"id": 2, "i": "abd"}], MERGE, 1), ("/m", [{"id": 9, "i": "abc"}], MERGE, 0),
    ("/m", [{"i": "abc"}], MERGE, 0), ("/m", [{"id": 1, "i": "abc", "n": "z"}], MERGE, 0),
    ("/m", [{"id": 1, "i": "abc"}], {}, 0), ("/m", [{"id": 3, "i": 1.25}], MERGE, 0), ("/m", [{"id": 1, "i": [1]}], MERGE, 0),
    ("/m?columns=i", [{"id": 1, "i": "abc"}], MERGE, 0), ("/u?on_conflict=name", [{"id": 1, "i": "abc", "name": "q"}], MERGE, 0),
    ("/s", [{"id": 1, "i": "x"}], MERGE, 0), ("/m", "id,i\n1,abc\n3,abc\n", {**MERGE, **CSV}, 1),
    ("/m", "i=abc&id=2", {**MERGE, **FORM}, None), ("/m", "i=abc&id=1", FORM, None), ("/m", "id,i\n1,abc\n", CSV, 0)])
def test_what_is_not_there_must_fit(loose, path, body, headers, row):
    before = stored(loose)
    reply = loose.request("POST", path, body, headers)
    assert reply.status == 400 and reply.json()["code"] == "22P02", reply
    error = reply.json()["errors"][0]
    assert error.get("pointer", "").startswith(f"/{row}/" if row is not None else "/"), reply
    assert stored(loose) == before


@pytest.mark.parametrize("method,path,body,headers", [
    ("PATCH", "/m/1", "i=abd", FORM), ("PATCH", "/m/1", "i\nabd\n", CSV), ("PUT", "/m/9", "i=abc", FORM),
    ("PATCH", "/m?id=lt.3", "i=abc", FORM), ("PUT", "/m/1", "i\nYWJj\n", CSV)])
def test_a_change_in_text_must_fit_what_is_there(loose, method, path, body, headers):
    reply = loose.request(method, path, body, headers)
    assert reply.status == 400 and reply.json()["code"] == "22P02", reply


def test_many_rows_of_one_body(loose):
    rows = [{"id": n, "i": f"x{n}"} for n in range(100, 5000)]
    with sqlite3.connect(loose.db) as db:
        db.executemany("INSERT INTO m(id, i) VALUES (:id, :i)", rows)
    assert loose.request("POST", "/m", rows, MERGE).status == 200
    rows[-1] = {"id": 4999, "i": "other"}
    reply = loose.request("POST", "/m", rows, MERGE)
    assert reply.status == 400 and reply.json()["errors"][0]["pointer"] == f"/{len(rows) - 1}/i"

"""Rows of a body past --max-body: they are what the same body would be if it were shorter, or are refused as
it would be; all of them or none; and lines that may each be left out (Prefer: handling=lenient)."""
import json
import resource
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import BIN, Server, make_database, write_files
from exposition import parse

KIB = 1 << 10
NDJSON, CSV, ARRAY = "application/x-ndjson", "text/csv", "application/json"
SCHEMA = """
CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL CHECK (price >= 0), ok BOOLEAN,
    doc JSON, bytes BLOB, any, made TEXT DEFAULT 'here', code TEXT UNIQUE);
CREATE TABLE node (id INTEGER PRIMARY KEY, up INTEGER REFERENCES node);
CREATE TABLE leaf (id INTEGER PRIMARY KEY, node INTEGER REFERENCES node,
    late INTEGER REFERENCES node DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE pair (a TEXT, b INTEGER, n INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE twice (n INTEGER, doubled INTEGER GENERATED ALWAYS AS (n * 2));
CREATE TABLE word (w TEXT);
CREATE TABLE indexed (w TEXT);
CREATE INDEX indexed_w ON indexed (w);
CREATE TABLE strict_one (id INTEGER PRIMARY KEY, n INTEGER) STRICT;
CREATE TABLE guarded (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE log (n INTEGER);
CREATE TRIGGER guarded_insert BEFORE INSERT ON guarded BEGIN
    INSERT INTO log VALUES (new.n);
    SELECT RAISE(FAIL, 'too small') WHERE new.n < 0;
    SELECT RAISE(ABORT, 'too large') WHERE new.n > 1000000;
    SELECT RAISE(ROLLBACK, 'all is lost') WHERE new.n = 666;
END;
CREATE VIEW named AS SELECT id, name FROM thing;
CREATE TRIGGER named_insert INSTEAD OF INSERT ON named BEGIN
    INSERT INTO thing (id, name) VALUES (new.id, upper(new.name));
END;
INSERT INTO node VALUES (1, NULL);
INSERT INTO thing (id, name, price, code) VALUES (5, 'five', 5, 'e'), (6, 'six', 6, 'f');
"""
TABLES = ("thing", "node", "leaf", "pair", "twice", "word", "strict_one", "guarded", "log")


class Two:
    """Two servers: one takes the bodies of these tests whole, the other row by row."""

    def __init__(self, folder, schema, *flags):
        self.servers = []
        for name, more in (("whole", ()), ("rows", ("--max-body", "2KiB", "--max-upload", "64MiB"))):
            (folder / name).mkdir()
            make_database(folder / name / "test.db", schema)
            self.servers.append(Server(folder / name, *flags, *more, migrations="none"))
        self.whole, self.rows = self.servers

    def stop(self):
        for server in self.servers:
            server.stop()

    def tables(self, server, names=TABLES):
        with sqlite3.connect(server.db) as db:
            return {t: sorted(db.execute(f"SELECT * FROM {t}"), key=repr) for t in names}

    def post(self, path, body, kind=NDJSON, prefer="", **headers):
        """The two answers, which are alike, as are the tables then."""
        body = body if isinstance(body, bytes) else body.encode()
        assert len(body) > 2 * KIB
        replies = [s.request("POST", path, body, {"Content-Type": kind, "Prefer": prefer, **headers})
                   for s in self.servers]
        whole, rows = map(said, replies)
        assert rows == whole
        tables = self.tables(self.whole)
        assert self.tables(self.rows) == tables
        return replies[1], tables


def said(reply):
    """What an answer says, but for what tells the element of an array of which only the whole is looked at."""
    headers = {k: reply.headers[k] for k in ("Content-Range", "Preference-Applied", "Location", "Content-Type")}
    body = reply.body
    if reply.status >= 400:
        body = reply.json()
        if body["code"] == "PGRST102":
            body.pop("errors", None)
    return reply.status, headers, body


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    both = Two(tmp_path_factory.mktemp("two"), SCHEMA, "--allow-tx")
    yield both
    both.stop()


def lines(rows):
    return "".join((r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)) + "\n" for r in rows)


def many(n, first=1000, **more):
    return [{"id": first + i, "name": f"thing {i}", "price": i / 4, **more} for i in range(n)]


def csv(rows, names="id,name,price"):
    return names + "\n" + "".join(",".join("" if v is None else str(v) for v in r) + "\n" for r in rows)


# ---- the same rows


VALUES = [
    {"id": 100, "name": "plain", "price": 1.5, "ok": True, "doc": {"a": [1, 2, {"b": None}]}, "bytes": "AAEC", "any": 1},
    {"id": 101, "name": "\"quotes\", \\ and\nlines\t\u0001", "price": 2, "ok": False, "doc": [], "bytes": None, "any": "1"},
    {"id": 102, "name": "é ß 漢字 😀", "price": 1e-7, "ok": None, "doc": "text", "bytes": "", "any": None},
    {"id": -9223372036854775808, "name": "", "price": 1e300, "ok": True, "doc": 1.50, "bytes": "/w==", "any": 1e20},
    {"name": "another order", "any": [1, 2], "bytes": None, "doc": None, "ok": None, "price": None, "id": 104},
]


@pytest.mark.parametrize("first", [0, 4])
def test_values_of_every_kind(two, first):
    rows = VALUES[first:] + VALUES[:first]
    fill = [dict(VALUES[0], id=200 + 10 * first + i) for i in range(60)]
    two.servers[0].delete("/thing?id=neq.5"), two.servers[1].delete("/thing?id=neq.5")
    reply, tables = two.post("/thing", lines(rows + fill), prefer="count=exact")
    assert reply.status == 201 and reply.body == b"" and reply.headers["Content-Range"] == "*/65"
    assert len(tables["thing"]) == 66
    two.servers[0].delete("/thing?id=neq.5"), two.servers[1].delete("/thing?id=neq.5")
    assert two.post("/thing", json.dumps(rows + fill, indent=2, ensure_ascii=False), ARRAY)[1] == tables


def test_lines_end_as_they_like(two):
    body = "\ufeff\n  \n" + lines(many(50)).replace("\n", " \r\n\r\n\t\n") + '{"name": "last", "price": null, "id": 4}'
    reply, tables = two.post("/thing", body, prefer="return=headers-only, count=exact")
    assert reply.status == 201 and reply.headers["Content-Range"] == "*/51" and reply.headers["Location"] is None
    two.servers[0].delete("/thing?id=neq.5"), two.servers[1].delete("/thing?id=neq.5")


def test_csv_of_every_kind(two):
    rows = [(i, f'"with ""quotes"", {i}\nand lines"', i / 2, "true", "", "NULL") for i in range(300, 380)]
    body = "\ufeff" + csv(rows, "id,name,price,ok,code,made").replace("\n", "\r\n")
    reply, tables = two.post("/thing", body, CSV, "count=exact")
    assert reply.status == 201 and reply.headers["Content-Range"] == "*/80"
    assert two.post("/word", "w\n" + "".join(f"word {i}\n\n" for i in range(400)), CSV)[0].status == 201


def test_an_array_is_as_long(two):
    body = " [ " + " ,\n".join(json.dumps(r) for r in many(80, 2000)) + " ]\n "
    assert two.post("/thing", body, ARRAY, "count=exact")[0].headers["Content-Range"] == "*/80"
    assert two.post("/thing", " " * 3000 + "[ ]", ARRAY)[0].status == 201
    assert two.post("/thing", "\n" * 3000)[0].status == 201


def test_columns_are_chosen(two):
    rows = [{"id": 3000 + i, "name": "n", "zz": {"not": "a column"}, "price": -1} for i in range(80)]
    assert two.post("/thing?columns=id,name", lines(rows))[0].status == 201
    rows = [{"name": "n", "made": "there"} if i % 2 else {"name": "n", "made": None, "price": 1} for i in range(80)]
    rows[3] = {"name": "left out"}
    assert two.post("/thing?columns=name,made,price", lines(rows), prefer="missing=default")[0].status == 201
    assert two.post("/thing?columns=name,made,price", lines(rows))[0].status == 201
    body = csv([(f"name {i}", "x") for i in range(200)], "name,other")
    assert two.post("/thing?columns=name,made", body, CSV, "missing=default")[0].status == 201
    assert two.post("/thing?columns=name,zz", lines(rows))[0].status == 400


@pytest.mark.parametrize("kind", [NDJSON, ARRAY])
def test_rows_that_are_there(two, kind):
    rows = many(80, 2010) + [{"id": 5, "name": "five again", "price": 0}]
    body = lines(rows) if kind == NDJSON else json.dumps(rows)
    assert two.post("/thing", body, kind)[0].status == 409
    ignored, before = two.post("/thing", body, kind, "resolution=ignore-duplicates, count=exact")
    assert ignored.status == 201
    merged, after = two.post("/thing", body, kind, "resolution=merge-duplicates, count=exact")
    assert merged.status == 200 and merged.headers["Content-Range"] == "*/81"
    assert after != before and (5, "five again") in [row[:2] for row in after["thing"]]
    rows = [{"code": "e", "name": f"by its code {i}", "price": i} for i in range(80)]
    assert two.post("/thing?on_conflict=code", lines(rows), prefer="resolution=merge-duplicates")[0].status == 200
    assert two.post("/thing?on_conflict=name", lines(rows), prefer="resolution=merge-duplicates")[0].status == 400
    pairs = [{"a": f"p{i % 50}", "b": i % 2, "n": i} for i in range(200)]
    assert two.post("/pair", lines(pairs), prefer="resolution=merge-duplicates")[0].status in (200, 201)
    assert two.post("/pair", lines(pairs))[0].status == 409


def test_tables_of_every_kind(two):
    assert two.post("/named", lines({"id": 4000 + i, "name": "n"} for i in range(200)), prefer="count=exact")[0].status == 201
    assert two.post("/twice", lines({"n": i} for i in range(400)))[0].status == 201
    assert two.post("/twice", lines({"n": i, "doubled": 2 * i} for i in range(400)))[0].status == 400
    assert two.post("/guarded", lines({"n": i} for i in range(400)))[0].status == 201
    assert two.post("/strict_one", lines({"n": i} for i in range(400)))[0].status == 201
    children_first = [{"id": 2000 - i, "up": 1999 - i} for i in range(200)] + [{"id": 1800, "up": None}]
    assert two.post("/node", lines(children_first))[0].status == 201


def test_a_transaction_is_taken_back(two):
    before = two.tables(two.rows)
    reply, tables = two.post("/thing", lines(many(80, 9000)), prefer="tx=rollback, count=exact")
    assert reply.status == 201 and tables == before
    assert "tx=rollback" in reply.headers["Preference-Applied"]


# ---- the same refusals


GOOD = many(60, 7000)
BAD = {
    "a value": {"id": 1, "name": "n", "price": "dear"},
    "a number that is too large": {"id": 1e30, "name": "n", "price": 1},
    "null": {"id": 1, "name": None, "price": 1},
    "a check": {"id": 1, "name": "n", "price": -1},
    "a duplicate": {"id": 5, "name": "n", "price": 1},
    "a duplicate of its own": {"id": 7001, "name": "n", "price": 1},
    "another member": {"id": 1, "name": "n", "cost": 1},
    "a member more": {"id": 1, "name": "n", "price": 1, "ok": True},
    "a member less": {"id": 1, "name": "n"},
    "no member": {},
    "a member twice": '{"id": 1, "name": "n", "name": "m", "price": 1}',
    "no object": "[1]",
    "null alone": "null",
    "half a surrogate": '{"id": 1, "name": "\\ud800", "price": 1}',
    "no JSON": '{"id": 1, "name": "n" "price": 1}',
    "text behind it": '{"id": 1, "name": "n", "price": 1} x',
    "not closed": '{"id": 1, "name": "n", "price": 1',
    "a control character": '{"id": 1, "name": "\x01", "price": 1}',
    "deep": '{"id": 1, "name": "n", "price": %s}' % ("[" * 100 + "]" * 100),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_line(two, what):
    before = two.tables(two.rows)
    reply, tables = two.post("/thing", lines(GOOD[:30] + [BAD[what], ""] + GOOD[30:]))
    assert 400 <= reply.status < 500 and tables == before
    errors = reply.json()["errors"]
    assert errors[0]["line"] == 31 and errors[0]["pointer"].startswith("/30"), errors
    if isinstance(BAD[what], str) and "object" not in what and "twice" not in what and "alone" not in what:
        details = reply.json()["details"] or reply.json()["message"]
        assert "(line 31, column" in details or "surrogate" in details or "nested" in details


@pytest.mark.parametrize("what", [w for w in BAD if w not in ("not closed", "text behind it")])
def test_a_bad_element(two, what):
    before = two.tables(two.rows)
    rows = [r if isinstance(r, str) else json.dumps(r) for r in GOOD[:30] + [BAD[what]] + GOOD[30:]]
    reply, tables = two.post("/thing", "[" + ",\n".join(rows) + "]", ARRAY)
    assert 400 <= reply.status < 500 and tables == before
    assert reply.json()["errors"][0]["pointer"].startswith("/30")


def test_an_array_that_is_none(two):
    array = json.dumps(GOOD)
    for body, words in ((array[:-1], "a comma or ]"), (array + "]", "nothing is expected after"),
                        (array[:-1] + ",]", "expected"), (array + ",", "nothing is expected after"),
                        ("[," + array[1:], "expected"), (array.replace("}, {", "} {", 1), "expected"),
                        (array[:-20], ""), (" " * 3000, "")):
        reply, tables = two.post("/thing", body, ARRAY) if body.strip() else (two.rows.request(
            "POST", "/thing", body, {"Content-Type": ARRAY}), None)
        assert reply.status == 400 and reply.json()["message"] == "Empty or invalid json", reply
        assert words in reply.json()["details"]
    one = json.dumps({"id": 1, "name": "n" * 3000})
    reply = two.rows.request("POST", "/thing", one, {"Content-Type": ARRAY})
    assert reply.status == 413  # one object has no rows


BAD_FIELDS = {"a value": "1,n,dear", "ragged": "1,n", "too many": "1,n,1,1", "null": "1,,1", "a check": "1,n,-1",
              "text behind quotes": '1,"n"x,1', "a duplicate": "5,n,1"}


@pytest.mark.parametrize("what", BAD_FIELDS)
def test_a_bad_line_of_csv(two, what):
    before = two.tables(two.rows)
    rows = [(r["id"], '"two\nlines"', r["price"]) for r in many(120, 7000)]
    body = csv(rows[:30]) + "\n" + BAD_FIELDS[what] + "\n" + csv(rows[30:], "x")[2:]
    reply, tables = two.post("/thing", body, CSV)
    assert 400 <= reply.status < 500 and tables == before
    assert reply.json()["errors"][0]["line"] == 63


def test_other_csv_that_is_none(two):
    rows = csv([(r["id"], r["name"], r["price"]) for r in many(120)])
    assert two.post("/thing", rows.replace("price", "cost", 1), CSV)[0].json()["code"] == "PGRST204"
    assert two.post("/thing", rows.replace("price", "name", 1), CSV)[0].status == 400
    assert two.post("/thing", rows + '7,"open\n', CSV)[0].status == 400
    assert two.post("/thing", rows.encode() + b"7,\xff,1\n", CSV)[0].json()["message"] == "the body is not UTF-8"


def test_keys_of_others(two):
    before = two.tables(two.rows)
    rows = [{"id": 500 + i, "node": 1, "late": 1} for i in range(80)]
    for column in ("node", "late"):
        bad = rows[:40] + [dict(rows[40], **{column: 77777})] + rows[41:]
        reply, tables = two.post("/leaf", lines(bad))
        assert reply.status == 409 and tables == before
    nodes = [{"id": 5000 + i, "up": 5001 + i} for i in range(100)]
    reply, tables = two.post("/node", lines(nodes))
    assert reply.status == 409 and tables == before and "(5100)" in reply.json()["details"]
    assert reply.json()["errors"][0]["line"] == 100


def test_triggers_that_refuse(two):
    before = two.tables(two.rows)
    for n, words in ((-1, "too small"), (2000000, "too large"), (666, "all is lost")):
        rows = [{"n": 7} for _ in range(300)] + [{"n": n}, {"n": 8}]
        reply, tables = two.post("/guarded", lines(rows))
        assert reply.status == 400 and reply.json()["message"] == words and tables == before


def test_a_row_that_is_too_long(two):
    before = two.tables(two.rows)
    for kind, body in ((NDJSON, lines(GOOD + [{"id": 1, "name": "n" * 2100, "price": 1}])),
                       (ARRAY, json.dumps(GOOD + [{"id": 1, "name": "n" * 2100, "price": 1}])),
                       (CSV, csv([(r["id"], "n" * 2100 if i == 60 else "m", 1) for i, r in enumerate(many(61))]))):
        reply = two.rows.request("POST", "/thing", body, {"Content-Type": kind})
        assert reply.status == 413 and "2048" in reply.json()["message"], reply
        assert reply.json()["errors"][0]["pointer"] == "/60"
        assert kind == ARRAY or reply.json()["errors"][0]["line"] == 61 + (kind == CSV)
    assert two.tables(two.rows) == before


def test_rows_do_not_come_back(two):
    reply = two.rows.request("POST", "/thing", lines(GOOD), {"Content-Type": NDJSON, "Prefer": "return=representation"})
    assert reply.status == 400 and "return=minimal" in reply.json()["hint"]
    for path, kind, status in (("/nothing", NDJSON, 404), ("/thing", "text/plain", 413), ("/thing?on_conflict=zz", NDJSON, 400),
                               ("/thing", "application/x-www-form-urlencoded", 413), ("/thing?columns=zz", NDJSON, 400)):
        reply = two.rows.request("POST", path, lines(GOOD), {"Content-Type": kind, "Prefer": "resolution=merge-duplicates"})
        assert reply.status == status, reply


# ---- lines that may be left out


def test_rejects_are_told(two):
    rows = GOOD[:30] + [BAD[w] for w in BAD] + [""] + GOOD[30:]
    reply, tables = two.post("/thing", lines(rows), prefer="handling=lenient, count=exact")
    told = reply.json()
    assert reply.status == 201 and reply.headers["Preference-Applied"] == "count=exact, handling=lenient"
    assert told["inserted"] == 60 and told["rejected"] == len(BAD) == len(told["rejects"])
    assert [r["line"] for r in told["rejects"]] == list(range(31, 31 + len(BAD)))
    assert all(r["message"] and r["code"] for r in told["rejects"])
    assert [r["column"] for r in told["rejects"]][:3] == ["price", "id", "name"]
    merged = two.post("/thing", lines(rows), prefer="handling=lenient, resolution=merge-duplicates")[0]
    assert merged.status == 200 and merged.json()["updated"] == 62 and merged.json()["inserted"] == 0, merged
    ignored = two.post("/thing", lines(rows), prefer="handling=lenient, resolution=ignore-duplicates")[0].json()
    assert ignored["inserted"] == 0 and ignored["ignored"] == 62


def test_rejects_of_csv_and_of_triggers(two):
    rows = [(8000 + i, "n", 1) for i in range(300)]
    body = csv(rows[:150]) + "".join(f"{b}\n" for b in BAD_FIELDS.values()) + csv(rows[150:], "x")[2:]
    told = two.post("/thing", body, CSV, "handling=lenient")[0].json()
    assert told["inserted"] == 300 and [r["line"] for r in told["rejects"]] == list(range(152, 152 + len(BAD_FIELDS)))
    values = [1, -1, 2, 2000000, 3] * 60
    told, tables = two.post("/guarded", lines({"n": n} for n in values), prefer="handling=lenient")
    assert told.json()["inserted"] == 180 and told.json()["rejected"] == 120
    assert {n for n, in tables["log"]}.isdisjoint({-1, 2000000})  # nothing stays of what a trigger refused
    before = two.tables(two.rows)
    reply, tables = two.post("/guarded", lines({"n": n} for n in [*values, 666]), prefer="handling=lenient")
    assert reply.status == 400 and tables == before  # the trigger took the others with it


def test_each_line_as_if_it_were_alone(two):
    rows = [{"id": 600 + i, "node": 1 if i % 3 else 77777, "late": 1 if i % 5 else 77777} for i in range(100)]
    told, tables = two.post("/leaf", lines(rows), prefer="handling=lenient")
    assert told.json()["inserted"] == sum(bool(i % 3 and i % 5) for i in range(100))
    nodes = [{"id": 6000, "up": 6001}, {"id": 6001, "up": None}] + [{"id": 6001 + i, "up": 6000 + i} for i in range(1, 100)]
    told = two.post("/node", lines(nodes), prefer="handling=lenient")[0].json()
    assert told["inserted"] == 100 and [r["line"] for r in told["rejects"]] == [1]


def test_the_first_thousand_rejects(two):
    told = two.post("/thing", lines({"id": "x", "name": i, "price": 1} for i in range(1500)), prefer="handling=lenient")[0]
    assert told.status == 200 and told.json()["rejected"] == 1500 and len(told.json()["rejects"]) == 1000
    assert two.post("/thing", lines(GOOD), prefer="handling=lenient, tx=rollback")[0].status in (200, 201)
    reply = two.post("/thing", lines([{"zz": 1}] + GOOD), prefer="handling=lenient")[0]
    assert reply.status == 400 and reply.json()["errors"][0]["line"] == 1  # it says the columns of all


# ---- who may


RULES = """
CREATE TABLE mine (id INTEGER PRIMARY KEY, title TEXT NOT NULL, owner TEXT NOT NULL DEFAULT 'nobody', rank INTEGER,
    hidden TEXT);
CREATE TABLE closed (id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE drops (line TEXT);
CREATE TABLE pins (id INTEGER PRIMARY KEY, name TEXT, pin TEXT UNIQUE);
INSERT INTO pins VALUES (1, 'theirs', 'taken');
CREATE TABLE seen (id INTEGER PRIMARY KEY, owner TEXT, v TEXT);
INSERT INTO mine (id, title, owner, hidden) VALUES (1, 'theirs', 'bob', 'h'), (2, 'mine', 'alice', 'h');
INSERT INTO seen VALUES (1, 'bob', 'b'), (2, 'alice', 'a');
"""
GRANTS = """
CREATE ROLE alice;
GRANT SELECT (id, title, owner, rank), INSERT (id, title, rank, owner DEFAULT role()), UPDATE (title, rank) ON mine TO alice;
GRANT SELECT ON closed TO alice;
GRANT INSERT (line) ON drops TO alice;
GRANT SELECT (id, name), INSERT ON pins TO alice;
GRANT SELECT, INSERT, UPDATE ON seen TO alice;
CREATE POLICY own ON mine TO alice USING (owner = role()) WITH CHECK (rank <> 7);
CREATE POLICY make ON seen FOR INSERT TO alice WITH CHECK (v <> 'bad');
CREATE POLICY see ON seen FOR SELECT TO alice USING (owner = 'alice');
CREATE POLICY change ON seen FOR UPDATE TO alice USING (true);
"""
OF_ROLES = ("mine", "closed", "drops", "pins", "seen")


@pytest.fixture(scope="module")
def ruled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ruled")
    both = Two(folder, RULES, "--access", write_files(folder / "access", {"rules.sql": GRANTS}),
               "--anon-role", "alice")
    both.tables = lambda server, names=OF_ROLES: Two.tables(both, server, names)
    yield both
    both.stop()


def test_rights_presets_and_policies_hold(ruled):
    rows = [{"id": 10 + i, "title": "t", "rank": 1} for i in range(100)]
    reply, tables = ruled.post("/mine", lines(rows), prefer="count=exact")
    assert reply.status == 201 and {row[2] for row in tables["mine"] if row[0] >= 10} == {"alice"}
    before = tables
    other = [dict(r, id=r["id"] + 1000) for r in rows]
    for bad in ({"id": 5000, "title": "t", "rank": 7}, {"id": 1, "title": "t", "rank": 1}):
        reply, tables = ruled.post("/mine", lines(other + [bad]))
        assert reply.status in (401, 409) and tables == before
    for bad in ("hidden", "owner"):
        reply, tables = ruled.post("/mine", lines(dict(r, **{bad: "x"}) for r in other))
        assert tables == before or bad == "owner"
    assert ruled.post("/closed", lines({"id": i, "v": "v" * 20} for i in range(100)))[0].status == 401
    assert ruled.post("/drops", lines({"line": "l" * 30} for i in range(100)))[0].status == 201
    assert ruled.post("/drops", csv([("l" * 30,)] * 100, "line"), CSV)[0].status == 201


def test_rejects_tell_no_more_than_refusals(ruled):
    rows = [{"id": 10 + i, "name": "n", "pin": f"p{i}"} for i in range(100)] + [{"id": 500, "name": "n", "pin": "taken"}]
    refused = ruled.post("/pins", lines(rows))[0]
    told = ruled.post("/pins", lines(rows), prefer="handling=lenient")[0].json()
    assert refused.status == 409 and "taken" not in refused.body.decode() and "taken" not in json.dumps(told)
    assert told["inserted"] == 100 and told["rejects"][0]["line"] == 101 and told["rejects"][0]["details"] is None


def test_an_upsert_must_be_seen(ruled):
    """More rows than are looked at together: one that the role does not see undoes all."""
    merge = "resolution=merge-duplicates"
    rows = [{"id": 100 + i, "owner": "alice", "v": "w"} for i in range(9000)]
    reply, tables = ruled.post("/seen", lines(rows), prefer=merge)
    assert reply.status == 201
    for at in (3, 4500, 8999):
        bad = [dict(r, v="x", owner="bob" if i == at else "alice") for i, r in enumerate(rows)]
        reply, after = ruled.post("/seen", lines(bad), prefer=merge)
        assert reply.status == 401 and after == tables
    for at in (3, 4500, 8999):  # what is made may not be seen, what is asked for must be
        made = [{"id": 30000 + i, "owner": "bob" if i == at else "alice", "v": "v"} for i in range(9000)]
        reply, after = ruled.post("/seen", lines(made), prefer="return=headers-only")
        assert reply.status == 401 and after == tables
    told = ruled.post("/seen", lines(made), prefer="return=headers-only, handling=lenient")[0].json()
    assert told["inserted"] == 8999 and [r["line"] for r in told["rejects"]] == [9000]
    assert ruled.post("/seen", lines(dict(r, id=r["id"] + 10000) for r in made))[0].status == 201
    told = ruled.post("/seen", lines(bad), prefer=merge + ", handling=lenient")[0].json()
    assert told["updated"] == 8999 and [r["line"] for r in told["rejects"]] == [9000]
    told = ruled.post("/seen", lines([{"id": 20000 + i, "owner": "alice", "v": "bad" if i % 2 else "good"}
                                      for i in range(100)]), prefer="handling=lenient")[0].json()
    assert told["inserted"] == 50 and {r["code"] for r in told["rejects"]} == {"42501"}


# ---- time, and ends


SLOW = """
CREATE TABLE slow (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);
CREATE TRIGGER slow_insert AFTER INSERT ON slow WHEN new.n > 0 BEGIN
    UPDATE slow SET n = (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < new.n)
        SELECT count(*) FROM c) WHERE id = new.id;
END;
"""


@pytest.fixture
def slow(tmp_path):
    running = []

    def start(*flags):
        if not (tmp_path / "test.db").exists():
            make_database(tmp_path / "test.db", SLOW)
        running.append(Server(tmp_path, "--max-body", "2KiB", *flags, migrations="none"))
        return running[-1]

    yield start
    for server in running:
        if server.process.returncode is None:
            server.stop()


def count(server, table):
    with sqlite3.connect(server.db) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def send(server, answers, n=100000000, rows=400):
    """An upload whose rows take long, each."""
    def work():
        try:
            answers.append(server.request("POST", "/slow", lines({"n": n} for _ in range(rows)), {"Content-Type": NDJSON},
                                          connection=server.connect(120)))
        except OSError as e:
            answers.append(e)

    thread = threading.Thread(target=work)
    thread.start()
    until = time.monotonic() + 60
    while b"[+]writer slow: one write has run for" not in server.get("/readyz").body:
        assert time.monotonic() < until and not answers, answers
        time.sleep(0.05)
    return thread


def test_a_deadline_in_the_middle(slow):
    server, answers = slow("--upload-timeout", "3s", "--write-timeout", "1s"), []
    thread = send(server, answers)
    reply = server.post("/item", {"name": "meanwhile"})  # has its turn when the rows are at their end
    thread.join()
    assert answers[0].status == 504 and "--upload-timeout" in answers[0].json()["message"], answers
    assert count(server, "slow") == 0 and reply.status == 201
    assert server.post("/item", {"name": "after"}).status == 201


def test_others_are_told_when_to_come_again(slow):
    server, answers = slow("--upload-timeout", "8s", "--request-timeout", "2s"), []
    thread = send(server, answers)
    reply = server.post("/item", {"name": "meanwhile"})
    assert reply.status == 503 and 1 <= int(reply.headers["Retry-After"]) <= 60, reply
    assert server.get("/readyz").status == 200
    thread.join()
    assert answers[0].status == 504
    assert server.post("/item", {"name": "after"}).status == 201 and count(server, "item") == 1


def test_sigterm_in_the_middle(slow):
    server, answers = slow("--drain-timeout", "2s"), []
    thread = send(server, answers)
    server.stop()
    thread.join()
    assert isinstance(answers[0], OSError) or answers[0].status >= 500, answers
    assert count(server, "slow") == 0


def test_kill_in_the_middle(slow):
    server, answers = slow(), []
    thread = send(server, answers)
    server.kill()
    thread.join()
    assert isinstance(answers[0], OSError)
    assert count(slow(), "slow") == 0


def test_a_full_disk_in_the_middle(tmp_path):
    """A limit of a file's size stands in for a disk: the log has no room for all of the rows."""
    make_database(tmp_path / "test.db", SCHEMA)
    server = Server(tmp_path, "--max-body", "64KiB", migrations="none")
    rows = lines({"w": "x" * 1000} for _ in range(8000))
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (12 << 20, resource.RLIM_INFINITY))
    reply = server.request("POST", "/indexed", rows, {"Content-Type": NDJSON})
    assert reply.status in (500, 507) and count(server, "indexed") == 0, reply
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert server.request("POST", "/indexed", rows, {"Content-Type": NDJSON}).status == 201
    assert count(server, "indexed") == 8000
    server.stop()


def test_answers_move_on(slow):
    server = slow()
    before = server.get("/item")
    assert server.get("/item", If_None_Match=before.headers["ETag"]).status == 304
    assert server.request("POST", "/item", lines({"name": f"name {i}"} for i in range(200)), {"Content-Type": NDJSON}).status == 201
    after = server.get("/item", If_None_Match=before.headers["ETag"])
    assert after.status == 200 and len(after.json()) == 200
    families = parse(server.get("/metrics").body.decode())
    assert families["thimble_uploads_total"].value(end="complete") == 1


def test_memory_is_that_of_a_row(tmp_path):
    """A hundred times as much as the caches and buffers have, sanitizers apart."""
    make_database(tmp_path / "test.db", SCHEMA)
    server = Server(tmp_path, "--max-body", "64KiB", "--max-upload", "256MiB", migrations="none")

    def peak():
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))

    small, large = lines({"w": "x" * 1000} for _ in range(4000)), lines({"w": "x" * 1000} for _ in range(60000))
    assert server.request("POST", "/word", small, {"Content-Type": NDJSON}).status == 201
    before = peak()
    assert server.request("POST", "/word", large, {"Content-Type": NDJSON}, server.connect(300)).status == 201
    assert peak() - before < 24 << 10, (before, peak())
    server.stop()

"""Plans that are kept by the shape of requests: an answer is the same, byte for byte, as that of a server which keeps
none, whatever the values are; and how many are kept is bounded and counted."""
import base64
import hashlib
import hmac
import json
import os
import random
import re
import sqlite3
import time
import urllib.parse

import pytest

from conftest import Server, write_files

SEED = int(os.environ.get("PLAN_CACHE_SEED", "14"))
SHAPES = int(os.environ.get("PLAN_CACHE_SHAPES", "500"))

SCHEMA = """
CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT NOT NULL, rank REAL);
CREATE TABLE things (id INTEGER PRIMARY KEY, t TEXT, i INTEGER, r REAL, n NUMERIC, b BOOLEAN, j JSON, jb JSONB, x BLOB,
    u, d DATE, c TEXT COLLATE NOCASE, o POINT, list_id INTEGER REFERENCES lists);
CREATE TABLE strict_things (id INTEGER PRIMARY KEY, t TEXT, i INTEGER, r REAL, x BLOB, u ANY) STRICT;
CREATE TABLE pairs (a INTEGER, b TEXT, v INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE loose (k PRIMARY KEY, v INTEGER);
CREATE TABLE mixed (k, i INTEGER, v TEXT, PRIMARY KEY (k, i));
CREATE TABLE bytes (k BLOB PRIMARY KEY, v TEXT);
CREATE TABLE keyless (v TEXT, n INTEGER);
CREATE TABLE "odd name" (id INTEGER PRIMARY KEY, "limit" TEXT, "a.b" TEXT, "select" INTEGER);
CREATE VIEW seen AS SELECT id, t, i, list_id FROM things;
CREATE VIRTUAL TABLE words USING fts5 (t);
"""
TEXTS = ["", "a", "b", "null", "NULL", "true", "f", "0", "1", "2", "7", "-1", "007", "7.0", "1e3", "1.5", "-0", " 3 ", "abcd",
         "YWJj", "MQ==", '"q"', "a,b", "(a)", "a)", "[1]", '{"a":1}', "9223372036854775807", "9223372036854775808", "1e400",
         "inf", "-Infinity", "2024-01-01", "2024-01-01T12:00:00+02:00", "%", "a%b", "a*b", "\\", "a\\*b", "\u00fc", "\u20ac\U0001f600", "x&y",
         "a=b", "a.b", "eq.5", "not.eq.1", "0x10", "1_000", "..", "\t", "A", "B", "'", "--", ";", "\x01", "\x00"]
NUMBERS = [str(n) for n in range(-1, 12)]
COLUMNS = {
    "lists": ["id", "name", "rank"],
    "things": ["id", "t", "i", "r", "n", "b", "j", "jb", "x", "u", "d", "c", "o", "list_id"],
    "strict_things": ["id", "t", "i", "r", "x", "u"],
    "pairs": ["a", "b", "v"], "loose": ["k", "v"], "mixed": ["k", "i", "v"], "bytes": ["k", "v"], "keyless": ["v", "n"],
    "odd name": ["id", '"limit"', '"a.b"', '"select"'], "seen": ["id", "t", "i", "list_id"], "words": ["t"],
}
KEYS = {"lists": 1, "things": 1, "strict_things": 1, "pairs": 2, "loose": 1, "mixed": 2, "bytes": 1, "keyless": 1, "odd name": 1,
        "seen": 1, "words": 1}
EMBEDS = {"lists": ["things"], "things": ["lists"], "seen": ["lists"]}


def sql_value(r):
    return r.choice([None, r.randint(-2, 12), r.random() * 10, r.choice(TEXTS).replace("\0", ""), b"abc", b"\x00\xff", float(r.randint(0, 9))])


def fill(db):
    r = random.Random(SEED)
    db.execute("PRAGMA foreign_keys = OFF")
    for n in range(1, 7):
        db.execute("INSERT INTO lists VALUES (?, ?, ?)", (n, r.choice("abAB7"), r.choice([None, 1.5, n])))
    for n in range(0, 60):
        row = [n] + [sql_value(r) for _ in COLUMNS["things"][1:-1]]
        row[7] = None if n % 3 else '{"a":1}'  # jsonb that is none is another test's
        row[6] = r.choice([None, '{"a":1,"b":"x"}', "[1,2]", "7", '"s"', "x"])
        db.execute(f"INSERT INTO things VALUES ({','.join('?' * 14)})", row + [r.choice([None, 1, 2, 3, 99])])
        db.execute("INSERT INTO strict_things VALUES (?,?,?,?,?,?)", (
            n, r.choice(TEXTS[:20]), r.choice([None, n % 7]), n / 4, r.choice([b"abc", b""]), sql_value(r)))
    for n in range(0, 30):
        db.execute("INSERT OR IGNORE INTO pairs VALUES (?,?,?)", (n % 4, r.choice(TEXTS).replace("\0", ""), n))
        db.execute("INSERT OR IGNORE INTO loose VALUES (?,?)", (sql_value(r), n))
        db.execute("INSERT OR IGNORE INTO mixed VALUES (?,?,?)", (sql_value(r), n % 3, "v"))
        db.execute("INSERT OR IGNORE INTO bytes VALUES (?,?)", (r.choice([b"abc", b"1", "1", "abc", 1, "YWJj", 7.5]), "v"))
        db.execute("INSERT INTO keyless VALUES (?,?)", (r.choice(TEXTS[:9]), n % 5))
        db.execute('INSERT INTO "odd name" VALUES (?,?,?,?)', (n, r.choice("ab"), r.choice("cd"), n % 3))
        db.execute("INSERT INTO words VALUES (?)", (r.choice(["red fox", "blue fox", "red"]),))


def start(folder, *args, schema=SCHEMA, fill=fill, **more):
    folder.mkdir()
    with sqlite3.connect(folder / "test.db") as db:
        db.executescript(schema)
        fill(db)
    db.close()
    return Server(folder, "--threads", "1", "--answer-cache", "0", "--max-offset", "1000", *args, migrations="none",
                  **more)


class Pair:
    """A server that keeps plans, and one that keeps none."""

    def __init__(self, folder, *args, keep="256", **more):
        self.servers = [start(folder / "keeps", "--plan-cache", keep, *args, **more),
                        start(folder / "none", "--plan-cache", "0", *args, **more)]
        self.connections = [s.connect() for s in self.servers]

    def same(self, method, path, body=None, headers=None):
        answers = []
        for server, connection in zip(self.servers, self.connections):
            reply = server.request(method, path, body, headers, connection)
            answers.append((reply.status, [f for f in reply.headers.items() if f[0] not in ("Date", "X-Request-Id")], reply.body))
        assert answers[0] == answers[1], f"{method} {path} {headers} {body}"
        return answers[0]

    def sql(self, text):
        for server in self.servers:
            db = sqlite3.connect(server.db, timeout=20)
            db.executescript(text)
            db.close()
        time.sleep(0.1)  # a snapshot is kept for 50 ms

    def stop(self):
        for connection in self.connections:
            connection.close()
        for server in self.servers:
            server.stop()


def counts(server):
    page = server.get("/metrics").body.decode()
    return {name: int(re.search(rf"^thimble_plan_cache_{name}_total (\d+)", page, re.M)[1]) for name in ("hits", "misses", "evicted")}


def statements(server):
    page = server.get("/metrics").body.decode()
    return int(re.search(r'^thimble_statement_cache_misses_total\{connection="reader"\} (\d+)', page, re.M)[1])


def quoted(r, text):
    """As a client may write it: encoded, encoded more than it needs, or as little as it can."""
    how = r.random()
    if how < 0.15:
        return "".join(f"%{b:02x}" for b in text.encode())
    if how < 0.3:
        return urllib.parse.quote_plus(text)
    if how < 0.6:
        return urllib.parse.quote(text, safe="!$'()*,;:@/?-._~=")
    return urllib.parse.quote(text, safe="")


class Shape:
    """A request by chance whose values are chosen each time that it is sent."""

    def __init__(self, r):
        self.table = r.choice(list(COLUMNS))
        self.row = r.random() < 0.3
        self.parts = []  # name, function of the chance that makes the value
        self.headers = {}
        if r.random() < 0.2:
            self.headers["Accept"] = r.choice(["text/csv", "application/vnd.pgrst.object+json", "application/x-ndjson", "text/html",
                                               "application/vnd.pgrst.array+json;nulls=stripped", "application/json;q=0.5, text/csv"])
        if r.random() < 0.1:
            self.headers["Prefer"] = r.choice(["count=exact", "handling=strict, hm=1", "handling=lenient, hm=1", "max-affected=1"])
        if r.random() < 0.05:
            self.headers["Range"] = r.choice(["0-3", "2-", "5-2"])
        if r.random() < 0.03:
            self.headers["Accept-Profile"] = r.choice(["public", "other"])
        if r.random() < 0.03:
            self.headers["If-None-Match"] = "*"
        self.method = r.choice(["GET"] * 9 + ["HEAD"])
        columns = COLUMNS[self.table]
        if not self.row or r.random() < 0.1:
            for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
                self.parts.append(self.filter(r, r.choice(columns)))
            if r.random() < 0.4:
                self.parts.append(("limit", self.number))
            if r.random() < 0.2:
                self.parts.append(("offset", self.number))
            if r.random() < 0.4:
                self.fixed(r, "order", r.choice(columns) + r.choice(["", ".desc", ".asc.nullsfirst", ".nullslast"]))
            if r.random() < 0.05:
                self.fixed(r, "cursor", "")
        if r.random() < 0.4:
            self.fixed(r, "select", self.select(r))
        if r.random() < 0.03:
            self.fixed(r, r.choice(["nothing", "select.x", "t.limit", "columns", "all"]), r.choice(["eq.1", "1", "t"]))
        r.shuffle(self.parts)

    def fixed(self, r, name, value):
        self.parts.append((name, lambda _, value=value: value))

    def select(self, r):
        columns = COLUMNS[self.table]
        items = r.sample(columns, r.randint(1, len(columns)))
        if r.random() < 0.2:
            items = ["*"]
        if r.random() < 0.1:
            items = ["z:" + items[0] + "::text"]
        if self.table in EMBEDS and r.random() < 0.5:
            other = EMBEDS[self.table][0]
            items.append(r.choice([f"{other}(*)", f"e:{other}!inner(id)", f"{other}()", f"...{other}(z:id)"]))
            name = "e" if items[-1].startswith("e:") else other
            if r.random() < 0.5:
                self.parts.append((f"{name}.{self.filter(r, 'id')[0]}", self.filter(r, "id")[1]))
            if r.random() < 0.3:
                self.parts.append((f"{name}.limit", self.number))
        return ",".join(items)

    @staticmethod
    def number(r):
        return r.choice(NUMBERS * 2 + ["0", "3", "4", " 2", "+2", "x", "", "999999999999", "9223372036854775808", "1000", "1001", "1.0"])

    @staticmethod
    def value(r):
        return r.choice(NUMBERS if r.random() < 0.65 else TEXTS)

    def filter(self, r, column):
        negated = r.choice(["", "", "", "not."])
        if column in ("j", "jb", "u", "t") and r.random() < 0.3:
            column += r.choice(["->>a", "->a", "->>b", "->0"])
        kind = r.random()
        if kind < 0.55:
            op = r.choice(["eq", "eq", "neq", "gt", "gte", "lt", "lte", "isdistinct", "like", "ilike", "match"])
            return column, lambda r: f"{negated}{op}.{self.value(r)}"
        if kind < 0.75:
            n = r.randint(0, 5)
            return column, lambda r: f"{negated}in.({','.join(self.member(r) for _ in range(n if r.random() < 0.9 else n + 1))})"
        if kind < 0.85:
            word = r.choice(["null", "not_null", "true", "NULL", "x"])
            return column, lambda r: negated + "is." + (word if r.random() < 0.8 else r.choice(["null", "not_null"]))
        if kind < 0.88:
            return column, lambda r: "eq(any).{" + ",".join(self.value(r) for _ in range(2)) + "}"
        if kind < 0.96:
            return r.choice(["or", "and", "not.or"]), lambda r: f"({column}.eq.{r.choice(NUMBERS)},{column}.gt.{r.choice(NUMBERS)})"
        return column, lambda r: r.choice(["cs.", "fts.", "plfts.", "xx.", "", "eq", "eq.", "in.", "in.(", "in.()", "in.(1)x", "not.", "eq(all)."]) + self.value(r)

    def member(self, r):
        text = self.value(r)
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if r.random() < 0.15 else text

    def path(self, r):
        path = "/" + urllib.parse.quote(self.table)
        if self.row:
            path += "/" + ",".join(quoted(r, self.value(r)).replace("/", "%2F").replace("?", "%3F")
                                   for _ in range(KEYS[self.table] if r.random() < 0.95 else 3))
        pairs = [f"{urllib.parse.quote(name, safe='.>')}={quoted(r, make(r))}" for name, make in self.parts]
        if r.random() < 0.02 and pairs:
            pairs.append(pairs[0])
        return path + ("?" + r.choice(["", "", "", "&"]) + "&".join(pairs) if pairs else "")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    pair = Pair(tmp_path_factory.mktemp("plans") , "--max-rows", "20")
    yield pair
    pair.stop()


def test_reads_by_chance(pair):
    r = random.Random(SEED)
    statuses = {}
    for _ in range(SHAPES):
        shape = Shape(r)
        for _ in range(6):
            status = pair.same(shape.method, shape.path(r), headers=shape.headers)[0]
            statuses[status] = statuses.get(status, 0) + 1
    assert statuses[200] > SHAPES * 2 and statuses[400] > SHAPES / 4 and statuses[404] > SHAPES / 10, statuses
    assert counts(pair.servers[0])["hits"] > SHAPES / 2, counts(pair.servers[0])
    assert counts(pair.servers[1]) == {"hits": 0, "misses": 0, "evicted": 0}


@pytest.mark.parametrize("columns", [["t"], ["i", "n", "r"], ["u"], ["j->a", "j->>a"], ["o", "d"], ["x"], ["b"], ["j"], ["jb"], ["c"]])
def test_each_value_behind_each_other(pair, columns):
    """A kept plan meets a value of another class, and comes back to its own."""
    r = random.Random(SEED)
    for column in columns:
        for op in ("eq", "neq", "gt", "lte", "isdistinct"):
            for value in r.sample(TEXTS + NUMBERS, 30):
                for text in ("3", value, "1"):
                    pair.same("GET", f"/things?{column}={op}.{urllib.parse.quote(text)}&order=id")


@pytest.mark.parametrize("table", ["loose", "mixed", "bytes", "things", "pairs", "strict_things"])
def test_keys_of_each_class(pair, table):
    r = random.Random(SEED)
    for _ in range(60):
        pair.same("GET", f"/{table}/" + ",".join(quoted(r, Shape.value(r)).replace("/", "%2F").replace("?", "%3F")
                                                 for _ in range(KEYS[table])))


def found(pair, what):
    """How many of six requests of a shape that was seen twice find their plan, and how many statements are prepared."""
    for n in (1, 2):
        pair.same("GET", what.format(*[n] * 3))
    before = counts(pair.servers[0])["hits"], statements(pair.servers[0])
    for n in range(3, 9):
        assert pair.same("GET", what.format(*[n] * 3))[0] in (200, 404)
    return counts(pair.servers[0])["hits"] - before[0], statements(pair.servers[0]) - before[1]


def test_known_shapes_are_found(pair):
    for what in ("/things/{}", "/things?id=eq.{}", "/things?t=neq.a{}&i=gte.{}&order=r.desc&limit={}&select=id,t", "/pairs/{},b",
                 "/things?id=in.({},2,3)&offset={}", "/things?select=id,lists(*)&lists.id=gt.{}", "/things?t=like.*{}*"):
        # A loop that has nothing to do for a second gives its plans up, and has statements of its own.
        tries = [found(pair, what)]
        while len(tries) < 8 and not (tries[-1][0] == 6 and tries[-1][1] < 3):
            tries.append(found(pair, what))
        assert tries[-1][0] == 6 and tries[-1][1] < 3, (what, tries)


def test_values_that_are_no_shape(pair):
    """What is compared letter by letter: two requests of one statement are two shapes, and each has its own answer."""
    for text in ("or=(id.eq.{},id.eq.9)", "id=eq(any).{{{},9}}", "select=id,i:i::text&u->>a=eq.{}", "id=is.null&i=eq.{}",
                 'id=in.("{}",9)', "t=match.^{}", "things.limit={}", "order=id&cursor=&limit={}", "id=eq.{}&id=eq.{}"):
        for n in (1, 2, 1, 2, 3, 1):
            pair.same("GET", "/things?" + text.format(n, n))


def test_methods_and_types_apart(pair):
    for accept in (None, "text/csv", "application/vnd.pgrst.object+json", "application/json", "*/*", "application/x-ndjson",
                   "application/vnd.pgrst.array+json;nulls=stripped", "text/csv, */*;q=0.1", "image/png"):
        for method in ("GET", "HEAD"):
            for n in (5, 6, 7):
                pair.same(method, f"/things?id=eq.{n}", headers={"Accept": accept} if accept else {})
                pair.same(method, f"/things/{n}", headers={"Accept": accept} if accept else {})


def test_schema_changes_in_between(tmp_path):
    pair = Pair(tmp_path)
    try:
        paths = ["/things/{}", "/things?i=gte.{}&order=id", "/lists?select=*,things(id,t)&id=gt.{}", "/seen?id=eq.{}"]
        changes = ["ALTER TABLE things ADD COLUMN more TEXT DEFAULT 'm';", "CREATE INDEX things_i ON things (i);",
                   "DROP VIEW seen; CREATE VIEW seen AS SELECT id, 'v' AS v FROM things;", "ALTER TABLE things RENAME COLUMN t TO tt;",
                   "DROP INDEX things_i; ALTER TABLE things DROP COLUMN i;", "DROP TABLE things;", SCHEMA.split(";")[1] + ";"]
        for change in [""] + changes:
            pair.sql(change)
            for n in range(4):
                for path in paths:
                    pair.same("GET", path.format(n))
        assert counts(pair.servers[0])["hits"] > 10
    finally:
        pair.stop()


ACCESS = """
CREATE ROLE ann; CREATE ROLE ben; CREATE ROLE nobody;
GRANT SELECT ON things, lists TO ann;
GRANT SELECT (id, t, list_id) ON things TO ben;
GRANT SELECT ON lists TO ben;
CREATE POLICY odd ON things TO ann USING (id % 2 = 1);
CREATE POLICY all_of_them ON things TO ben USING (true);
CREATE POLICY named ON lists TO ann USING (name = claim('word'));
CREATE POLICY all_of_them ON lists TO ben USING (true);
"""


SECRET = "s" * 40


def token(**claims):
    part = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    text = part(b'{"alg":"HS256"}') + "." + part(json.dumps(claims).encode())
    return text + "." + part(hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256))


def test_roles_have_their_own(tmp_path):
    folder = write_files(tmp_path / "access", {"1.sql": ACCESS})
    pair = Pair(tmp_path, "--access", folder, "--anon-role", "nobody", env={"THIMBLE_JWT_SECRET": SECRET})
    try:
        who = [None] + [token(role=role, word=word) for role, word in (("ann", "a"), ("ann", "b"), ("ben", "a"), ("none", "a"))]
        for n in range(12):
            for who_asks in who:
                headers = {"Authorization": f"Bearer {who_asks}"} if who_asks else {}
                for path in ("/things/{}", "/things?id=gte.{}&limit=3&order=id", "/lists?id=gt.{}", "/things?select=id,lists(name)&id=lt.{}",
                             "/things?i=eq.{}", "/things?select=id&t=neq.{}"):
                    pair.same("GET", path.format(n), headers=headers)
        assert counts(pair.servers[0])["hits"] > 50
    finally:
        pair.stop()


def test_bounded(tmp_path):
    pair = Pair(tmp_path, keep="4")
    try:
        for n in range(40):
            for column in COLUMNS["things"][:9]:
                for _ in range(3):
                    pair.same("GET", f"/things?{column}=eq.{n}")
        seen = counts(pair.servers[0])
        assert seen["evicted"] > 100 and seen["hits"] > 20, seen
    finally:
        pair.stop()

"""Pages by key: over any key, type and order, three rows at a time are what one request answers."""
import random
import re
import sqlite3

import conftest
import pytest

VALUES = [None, 0, -0.0, 1, -1, 2.5, 1e300, 9007199254740993, "", "a", "A", "b", "10", "9", "ä", b"a", b"\x00",
          "x,y", "1e300", "NULL"]
TYPES = ["", "TEXT", "TEXT COLLATE NOCASE", "INT", "REAL", "BLOB", "NUMERIC", "BOOLEAN", "TEXT NOT NULL",
         "INT NOT NULL"]
KEYS = {
    "rowid": "CREATE TABLE rowid({a}, {b})",
    "alias": "CREATE TABLE alias(id INTEGER PRIMARY KEY, {a}, {b})",
    "descending": "CREATE TABLE descending({a}, {b}, id INTEGER PRIMARY KEY DESC)",
    "nulls": "CREATE TABLE nulls(k TEXT PRIMARY KEY, {a}, {b})",
    "nocase": "CREATE TABLE nocase(k TEXT COLLATE NOCASE PRIMARY KEY, {a}, {b})",
    "loose": "CREATE TABLE loose(k PRIMARY KEY, {a}, {b})",
    "blobs": "CREATE TABLE blobs(k BLOB, k2 REAL, {a}, {b}, PRIMARY KEY(k2, k))",
    "without": "CREATE TABLE without(k, k2 TEXT, {a}, {b}, PRIMARY KEY(k, k2)) WITHOUT ROWID",
    "hidden": "CREATE TABLE hidden(rowid TEXT, {a}, {b})",
}


def fill(db, table, rng, n):
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    for _ in range(n):
        values = [rng.choice(VALUES) for _ in columns]
        if table in ("alias", "descending"):
            values[columns.index("id")] = rng.choice([None, rng.randrange(-99, 99)])
        db.execute(f"INSERT OR IGNORE INTO {table} VALUES({','.join('?' * len(columns))})", values)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    db = sqlite3.connect(folder / "test.db")
    rng = random.Random(7)
    for table, sql in KEYS.items():
        db.execute(sql.format(a="a " + rng.choice(TYPES), b="b " + rng.choice(TYPES[:-2])))
        fill(db, table, rng, 40)
    db.executescript("CREATE TABLE long(id INTEGER PRIMARY KEY, t TEXT);"
                     "CREATE TABLE other(id INTEGER PRIMARY KEY, alias INT REFERENCES alias);"
                     "CREATE TABLE all_taken(rowid, oid, _rowid_);")
    for size in (10, 4000, 24000, 100000):
        db.execute("INSERT INTO long(t) VALUES(?)", ("x" * size,))
    db.commit()
    db.close()
    server = conftest.Server(folder, migrations=None)
    yield server
    server.stop()


def pages(server, path, size=3):
    """The rows of all pages, one after another."""
    found, connection = [], server.connect()
    path = f"{path}&limit={size}&cursor="
    for _ in range(200):
        reply = server.request("GET", path, connection=connection)
        assert reply.status == 200, reply
        found += reply.json()
        if not reply.headers["Link"]:
            assert len(reply.json()) < size
            return found
        path = re.match('<([^>]*)>; rel="next"', reply.headers["Link"]).group(1)
    raise AssertionError("it does not end")


def orders(rng):
    terms = [f"{column}{way}{nulls}" for column in ("a", "b") for way in ("", ".desc")
             for nulls in ("", ".nullsfirst", ".nullslast")]
    yield from ("", "a", "a.desc")
    for _ in range(4):
        yield ",".join(rng.sample(terms, rng.choice((1, 2))))


def fold(value):
    """Equal for NOCASE."""
    return value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize("table", KEYS)
def test_pages_are_the_list(server, table):
    for order in orders(random.Random(table)):
        path = f"/{table}?order={order}" if order else f"/{table}?"
        whole = server.get(path).json()
        paged = pages(server, path)
        key = lambda row: repr(sorted(row.items()))
        assert sorted(map(key, paged)) == sorted(map(key, whole)), (table, order)
        for term in order.split(",")[:1]:  # what follows orders ties alone
            column = term.split(".")[0]
            assert [fold(row.get(column)) for row in paged] == [fold(row.get(column)) for row in whole]


def test_a_select_of_no_column(server):
    whole = server.get("/alias").json()
    assert pages(server, "/alias?select=other()") == [{}] * len(whole)
    assert len(pages(server, "/alias?select=id&order=a")) == len(whole)


def test_a_cursor_that_is_too_long(server):
    assert server.get("/long?order=id,t&limit=1&cursor=").headers["Link"]
    for skip in (2, 3):
        for path in (f"/long?order=id,t&id=gt.{skip}&limit=1&cursor=",
                     f"/long?order=t&id=gt.{skip}&limit=1&cursor="):
            reply = server.get(path)
            assert (reply.status, reply.json()["code"]) == (400, "0A000"), reply
            assert "limit= and offset=" in reply.json()["hint"]
    link = server.get("/long?order=id,t&id=eq.2&limit=1&cursor=").headers["Link"]
    path = re.match("<([^>]*)>", link).group(1)
    assert 5000 < len(path) <= 8192
    assert server.get(path).json() == []
    padded = server.get("/long?order=id,t&id=eq.2&limit=1&cursor=", X_Padding="x" * 15000)
    assert padded.status == 200 and padded.headers["Link"] == link


def test_no_place_to_go_on_from(server):
    for path in ("/all_taken?cursor=", "/alias?cursor=&order=" + ",".join(["a"] * 70)):
        reply = server.get(path)
        assert (reply.status, reply.json()["code"]) == (400, "0A000"), reply

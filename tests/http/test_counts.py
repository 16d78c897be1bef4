"""Prefer: count=planned and estimated: ANALYZE's statistics where they are about what was asked for."""
import sqlite3

import pytest

from conftest import Server

ROWS = 50


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counts")
    with sqlite3.connect(folder / "test.db") as db:
        db.executescript("""
            CREATE TABLE big(id INTEGER PRIMARY KEY, n INTEGER, kind TEXT);
            CREATE INDEX big_n ON big(n) WHERE n > 40;
            CREATE TABLE small(id INTEGER PRIMARY KEY, big_id INTEGER REFERENCES big(id));
            CREATE INDEX small_big ON small(big_id);
            CREATE TABLE unknown(id INTEGER PRIMARY KEY);
            CREATE VIEW seen AS SELECT * FROM big;
        """)
        db.executemany("INSERT INTO big(n, kind) VALUES(?, 'k')", [(i,) for i in range(ROWS)])
        db.executemany("INSERT INTO small(big_id) VALUES(?)", [(i,) for i in range(1, 4)])
        db.execute("ANALYZE big")
        db.execute("ANALYZE small")
        db.executemany("INSERT INTO unknown VALUES(?)", [(i,) for i in range(30)])
        db.executemany("INSERT INTO big(n, kind) VALUES(?, 'later')", [(i,) for i in range(7)])
    server = Server(folder, "--max-rows", "20", migrations=None)
    yield server
    server.stop()


# path, planned, estimated; the truth is 57 rows, the statistics say 50
CASES = [
    ("/big?limit=5", "206 0-4/50", "206 0-4/50"),
    ("/big", "206 0-19/50", "206 0-19/50"),
    ("/big?offset=40&limit=20", "206 40-56/57", "206 40-56/57"),
    ("/big?offset=45&limit=10", "206 45-54/55", "206 45-54/55"),
    ("/big?offset=57", "416 */50", "416 */50"),
    ("/big?offset=60", "416 */50", "416 */50"),
    ("/big?offset=52&limit=2", "206 52-53/54", "206 52-53/54"),
    ("/big?limit=0", "206 */50", "206 */50"),
    ("/big?n=lt.5&limit=2", "206 0-1/10", "206 0-1/10"),
    ("/big?n=gte.0&limit=2", "206 0-1/57", "206 0-1/57"),
    ("/big?select=id,small!inner(id)&limit=2", "206 0-1/3", "206 0-1/3"),
    ("/big?select=count", "200 0-0/1", "200 0-0/1"),
    ("/seen?limit=1", "206 0-0/57", "206 0-0/57"),
    ("/small?limit=1", "206 0-0/3", "206 0-0/3"),
    ("/small", "200 0-2/3", "200 0-2/3"),
    ("/unknown?limit=1", "206 0-0/30", "206 0-0/30"),
]


def told(server, path, how):
    reply = server.get(path, Prefer=f"count={how}")
    if reply.status < 400:
        assert reply.headers["Preference-Applied"] == f"count={how}", reply
    return f"{reply.status} {reply.headers['Content-Range']}"


def test_planned_and_estimated(server):
    for path, planned, estimated in CASES:
        assert told(server, path, "planned") == planned, path
        assert told(server, path, "estimated") == estimated, path
    assert told(server, "/big?limit=5", "exact") == "206 0-4/57"
    assert told(server, "/unknown?offset=31", "estimated") == "416 */30"


def test_without_statistics(serve, tmp_path):
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO t VALUES(?)", [(i,) for i in range(9)])
    server = serve("--max-rows", "0", migrations=None)
    for how in ("planned", "estimated", "exact"):
        assert told(server, "/t?limit=2", how) == "206 0-1/9"
        assert told(server, "/t?limit=2&id=gt.5", how) == "206 0-1/3"

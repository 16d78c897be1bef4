"""A view's column is of the type that its table gives it, also of none."""
import sqlite3

import pytest


@pytest.fixture
def server(serve, tmp_path):
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.executescript("""
            CREATE TABLE plain (id PRIMARY KEY, a, n INTEGER);
            INSERT INTO plain VALUES (7, x'00ff', 1), ('b', 'abcd', 2), (1000, 2.5, 3);
            CREATE VIEW seen AS SELECT id, a AS shown, n FROM plain;
            CREATE VIEW again AS SELECT id, shown FROM seen;
        """)
    return serve(migrations="none")


@pytest.mark.parametrize("view", ["seen", "again"])
@pytest.mark.parametrize("query,ids", [
    ("id=gte.a", ["b"]), ("id=lte.100", [7]), ("id=gt.7", [1000, "b"]), ("id=eq.7", [7]), ("shown=eq.abcd", ["b"]),
    ("shown=eq.2.5", [1000])])
def test_untyped(server, view, query, ids):
    rows = server.get(f"/{view}?select=id&order=id&{query}").json()
    assert [r["id"] for r in rows] == ids


def test_as_in_the_table(server):
    table = server.get("/plain?select=id,shown:a,n&order=n").json()
    assert server.get("/seen?order=n").json() == table
    assert server.get("/openapi.json").status == 200

"""supabase-js and postgrest-py, as npm and PyPI have them, over tests/chinook_like: what they give back
is compared with rows that SQLite gives itself. postgrest-js by itself: test_postgrest_js.py."""
import fcntl
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import pytest

from conftest import ROOT, Server

CLIENTS = ROOT / "tests" / "clients"
JAVASCRIPT = "@supabase/supabase-js@2.119.1"
PYTHON = "postgrest==2.34.1"

QUERIES = {
    "albums_of.sql": """-- The albums of an artist.
-- :artist integer
SELECT a.AlbumId, a.Title, count(t.TrackId) AS tracks
FROM Album a LEFT JOIN Track t ON t.AlbumId = a.AlbumId
WHERE a.ArtistId = :artist GROUP BY a.AlbumId
""",
    "who.sql": "-- returns one\nSELECT header('traceparent') AS traceparent, method() AS method\n",
}


def install(name, make):
    """A folder of the build with the client in it, made once; `make` fills a new one."""
    folder = ROOT / "build" / "clients" / name.replace("/", "-")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "lock", "w") as lock:  # for the other workers
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            new = pathlib.Path(tempfile.mkdtemp(dir=folder.parent))
            done = make(new)
            if done.returncode != 0:
                shutil.rmtree(new)
                pytest.fail(f"cannot install {name}: {(done.stdout + done.stderr)[-600:]}")
            new.rename(folder)
    return folder


def run_quietly(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def server(tmp_path_factory, chinook_sql):
    folder = tmp_path_factory.mktemp("clients")
    (folder / "queries").mkdir()
    for name, text in QUERIES.items():
        (folder / "queries" / name).write_text(text)
    with sqlite3.connect(folder / "test.db") as db:
        db.executescript(chinook_sql)
    server = Server(folder, "--queries", folder / "queries", "--base-path", "/rest/v1", "--default-return", "minimal",
                    migrations="none")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def javascript(server):
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not on this machine")
    folder = install(JAVASCRIPT, lambda new: run_quietly("npm", "install", "--no-audit", "--no-fund", "--no-save", JAVASCRIPT, cwd=new))
    script = folder / f"{server.port}.mjs"  # modules are looked for beside it
    shutil.copy(CLIENTS / "supabase_js.mjs", script)
    done = run_quietly("node", script, server.url, cwd=folder)
    script.unlink()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def python(server):
    try:
        import ensurepip, venv  # noqa: F401, E401
    except ImportError:
        pytest.skip("this Python makes no virtual environments: python3-venv is not on this machine")

    def make(new):
        made = run_quietly(sys.executable, "-m", "venv", new)
        return made if made.returncode else run_quietly(new / "bin" / "python", "-m", "pip", "install", "-q", PYTHON)
    folder = install(PYTHON, make)
    done = run_quietly(folder / "bin" / "python", CLIENTS / "postgrest_py.py", server.url + "/rest/v1")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows(path, sql):
    """As objects; a column whose name ends in "{}" is JSON."""
    with sqlite3.connect(path) as db:
        cursor = db.execute(sql)
        names = [c[0] for c in cursor.description]
        return [{n.removesuffix("{}"): json.loads(v) if n.endswith("{}") and v else v
                 for n, v in zip(names, row)} for row in cursor]


ALBUMS_OF_90 = """SELECT AlbumId, Title, (SELECT count(*) FROM Track t WHERE t.AlbumId = a.AlbumId) tracks
               FROM Album a WHERE ArtistId = 90"""

# What SQLite says of each call.
PYTHON_ROWS = {
    "all": "SELECT * FROM Genre",
    "columns": "SELECT Name, GenreId FROM Genre",
    "eq": "SELECT * FROM Artist WHERE ArtistId = 50",
    "neq": "SELECT * FROM MediaType WHERE MediaTypeId <> 3",
    "gt": "SELECT * FROM Genre WHERE GenreId > 20",
    "lte": "SELECT * FROM Genre WHERE GenreId <= 3",
    "like": "SELECT Name FROM Artist WHERE Name GLOB 'A*' ORDER BY 1",
    "ilike": "SELECT Name FROM Artist WHERE Name LIKE '%metal%' ORDER BY 1",
    "like_any": "SELECT Name FROM Artist WHERE Name GLOB 'Aeri*' OR Name GLOB 'Metal*' ORDER BY 1",
    "is_null": "SELECT CustomerId FROM Customer WHERE Company IS NULL ORDER BY 1",
    "not_null": "SELECT CustomerId FROM Customer WHERE Company IS NOT NULL ORDER BY 1",
    "in": "SELECT Name FROM Artist WHERE Name IN ('Low/High Owls 9', 'Ocean & Citadel, Part 1 13') ORDER BY 1",
    "or": "SELECT * FROM Genre WHERE GenreId = 1 OR Name = 'Jazz'",
    "match": "SELECT TrackId FROM Track WHERE GenreId = 1 AND AlbumId = 1 ORDER BY 1",
    "order": "SELECT Company, CustomerId FROM Customer ORDER BY 1 DESC NULLS FIRST, 2 LIMIT 60",
    "range": "SELECT TrackId FROM Track ORDER BY 1 LIMIT 10 OFFSET 10",
    "to_one": """SELECT Title, json_object('Name', Name) "Artist{}" FROM Album JOIN Artist USING (ArtistId)
              ORDER BY AlbumId LIMIT 3""",
    "to_many": """SELECT Name, (SELECT json_group_array(json_object('Title', Title)) FROM (SELECT * FROM Album
               WHERE ArtistId = a.ArtistId ORDER BY AlbumId)) "Album{}" FROM Artist a ORDER BY ArtistId LIMIT 3""",
    "inner": """SELECT Name, json_array(json_object('Title', Title)) "Album{}" FROM Artist JOIN Album
             USING (ArtistId) WHERE Title = 'Only Seven'""",
    "count": "SELECT TrackId FROM Track WHERE GenreId = 1 LIMIT 1",
    "rpc": ALBUMS_OF_90,
    "rpc_get": ALBUMS_OF_90,
}
PYTHON_DATA = {
    "csv": "GenreId,Name\n1,Rock\n2,Jazz\n3,Metal",
    "insert": [{"ArtistId": 3001, "Name": "One"}],
    "insert_many": [{"ArtistId": 3002, "Name": "Two"}, {"ArtistId": 3003, "Name": "Three"}],
    "insert_minimal": [],
    "upsert": [{"ArtistId": 3001, "Name": "One again"}, {"ArtistId": 3005, "Name": "Five"}],
    "upsert_ignored": [],
    "update": [{"ArtistId": 3002, "Name": "Changed"}, {"ArtistId": 3003, "Name": "Changed"}],
    "delete": [{"ArtistId": 3001, "Name": "One again"}, {"ArtistId": 3002, "Name": "Changed"},
               {"ArtistId": 3003, "Name": "Changed"}, {"ArtistId": 3004, "Name": "Four"},
               {"ArtistId": 3005, "Name": "Five"}],
    "asyncio": [1, 2, 3, 4, 5, 6, 7, 8],
}
PYTHON_REFUSED = {"single_of_none": "PGRST116", "unknown_column": "42703", "insert_twice": "23505", "rpc_unknown": "PGRST202"}


@pytest.mark.parametrize("name", sorted(PYTHON_ROWS))
def test_postgrest_py_rows(python, server, name):
    expected = rows(server.db, PYTHON_ROWS[name])
    assert expected and python[name]["data"] == expected


@pytest.mark.parametrize("name", sorted(PYTHON_DATA))
def test_postgrest_py_data(python, name):
    assert python[name]["data"] == PYTHON_DATA[name]


@pytest.mark.parametrize("name", sorted(PYTHON_REFUSED))
def test_postgrest_py_refused(python, name):
    assert python[name] == {"code": PYTHON_REFUSED[name]}


def test_postgrest_py_the_rest(python, server):
    assert python["single"]["data"] == rows(server.db, "SELECT * FROM Artist WHERE ArtistId = 1")[0]
    assert python["count"]["count"] == rows(server.db, "SELECT count(*) n FROM Track WHERE GenreId = 1")[0]["n"]
    assert set(python) == {*PYTHON_ROWS, *PYTHON_DATA, *PYTHON_REFUSED, "single"}


def test_supabase_js(javascript, server):
    one = {"ArtistId": 2001, "Name": "Two Thousand One"}
    must = {
        "list": (200, rows(server.db, "SELECT * FROM Genre LIMIT 3")),
        "embedded": (200, rows(server.db, """SELECT Title, json_object('Name', Name) "Artist{}",
            (SELECT json_group_array(json_object('Name', Name)) FROM (SELECT Name FROM Track WHERE AlbumId = 7
            ORDER BY TrackId)) "Track{}" FROM Album JOIN Artist USING (ArtistId) WHERE AlbumId = 7""")[0]),
        "none": (200, None),
        "counted": (200, None),
        "insert": (201, one),
        "upsert": (201, [{"ArtistId": 2001, "Name": "Again"}, {"ArtistId": 2002, "Name": "New"}]),
        "update": (200, [{"Name": "Changed"}]),
        "remove": (200, [{"ArtistId": 2001}, {"ArtistId": 2002}]),
        "rpc": (200, rows(server.db, ALBUMS_OF_90.replace("WHERE ArtistId", "WHERE tracks > 9 AND ArtistId") + " LIMIT 2")),
        "traced": (200, {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "method": "GET"}),
    }
    assert {name: (javascript[name]["status"], javascript[name]["data"]) for name in must} == must
    assert all(javascript[name]["error"] is None for name in must)
    assert javascript["counted"]["count"] == rows(server.db, "SELECT count(*) n FROM Track WHERE GenreId = 1")[0]["n"]
    assert javascript["gone"]["status"] == 406 and javascript["gone"]["error"]["code"] == "PGRST116"
    assert set(javascript) == {*must, "gone"}

"""@supabase/postgrest-js, as npm has it, against tests/chinook_like: every answer is compared with rows
that SQLite gives itself."""
import json
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from conftest import ROOT, Server

PACKAGE = "@supabase/postgrest-js@2.119.1"
FOLDER = ROOT / "tests" / "http" / "postgrest_js"

QUERIES = {
    "albums_of.sql": """-- The albums of an artist.
-- :artist integer
SELECT a.AlbumId, a.Title, count(t.TrackId) AS tracks
FROM Album a LEFT JOIN Track t ON t.AlbumId = a.AlbumId
WHERE a.ArtistId = :artist GROUP BY a.AlbumId
""",
    "how_long.sql": """-- returns scalar
-- :album integer
SELECT sum(Milliseconds) AS ms FROM Track WHERE AlbumId = :album
""",
}

# What SQLite says before any call: a list of rows. A column whose name ends in "{}" is JSON.
BEFORE = {
    "all": "SELECT * FROM Genre",
    "columns": "SELECT Name, GenreId FROM Genre",
    "alias": "SELECT GenreId id, Name label FROM Genre LIMIT 3",
    "cast": "SELECT CAST(TrackId AS TEXT) TrackId, 1 UnitPrice FROM Track t ORDER BY t.TrackId LIMIT 2",
    "eq": "SELECT * FROM Artist WHERE ArtistId = 50",
    "neq": "SELECT * FROM MediaType WHERE MediaTypeId <> 3",
    "gt": "SELECT * FROM Genre WHERE GenreId > 20",
    "gte": "SELECT * FROM Genre WHERE GenreId >= 20",
    "lt": "SELECT * FROM Genre WHERE GenreId < 3",
    "lte": "SELECT * FROM Genre WHERE GenreId <= 3",
    "between": "SELECT InvoiceId, Total FROM Invoice WHERE Total >= 10 AND Total < 12 ORDER BY 1",
    "like": "SELECT Name FROM Artist WHERE Name GLOB 'A*' ORDER BY 1",
    "likeAllOf": "SELECT Name FROM Artist WHERE Name GLOB '*a*' AND Name GLOB '*z*' ORDER BY 1",
    "likeAnyOf": "SELECT Name FROM Artist WHERE Name GLOB 'Aeri*' OR Name GLOB 'Metal*' ORDER BY 1",
    "ilike": "SELECT Name FROM Artist WHERE Name LIKE '%metal%' ORDER BY 1",
    "ilikeAllOf": "SELECT Name FROM Artist WHERE Name LIKE '%a%' AND Name LIKE '%z%' ORDER BY 1",
    "ilikeAnyOf": "SELECT Name FROM Artist WHERE Name LIKE 'aeri%' OR Name LIKE 'metal%' ORDER BY 1",
    "regexMatch": "SELECT Name FROM Artist WHERE Name GLOB 'The *s' ORDER BY 1",
    "regexIMatch": "SELECT Name FROM Artist WHERE Name LIKE 'the %s' ORDER BY 1",
    "isNull": "SELECT CustomerId FROM Customer WHERE Company IS NULL ORDER BY 1",
    "isDistinct": "SELECT CustomerId FROM Customer WHERE Company IS NOT 'Company 7 Inc.' ORDER BY 1",
    "in": "SELECT * FROM Genre WHERE GenreId IN (1, 3, 5)",
    "inQuoted": "SELECT Name FROM Artist WHERE Name IN ('Low/High Owls 9', 'Azure Citadel 12', "
                "'Ocean & Citadel, Part 1 13', 'Zénith Citadel 14') ORDER BY 1",
    "not": "SELECT * FROM Genre WHERE GenreId > 3",
    "notIs": "SELECT CustomerId FROM Customer WHERE Company IS NOT NULL ORDER BY 1",
    "or": "SELECT * FROM Genre WHERE GenreId = 1 OR Name = 'Jazz'",
    "orNested": "SELECT TrackId FROM Track WHERE Milliseconds > 5000000 OR GenreId = 25 ORDER BY 1",
    "match": "SELECT TrackId FROM Track WHERE GenreId = 1 AND AlbumId = 1 ORDER BY 1",
    "filter": "SELECT * FROM Genre WHERE Name = 'Jazz'",
    "order": "SELECT * FROM Genre ORDER BY Name DESC",
    "orderNulls": "SELECT Company, CustomerId FROM Customer ORDER BY 1 NULLS FIRST, 2 LIMIT 60",
    "orderTwo": "SELECT BillingCountry, Total, InvoiceId FROM Invoice ORDER BY 1, 2 DESC, 3 LIMIT 20",
    "limit": "SELECT TrackId FROM Track ORDER BY 1 LIMIT 7",
    "range": "SELECT TrackId FROM Track ORDER BY 1 LIMIT 10 OFFSET 10",
    "countExact": "SELECT TrackId FROM Track WHERE GenreId = 1 LIMIT 3",
    "countPlanned": "SELECT TrackId FROM Track LIMIT 1",
    "countEstimated": "SELECT TrackId FROM Track LIMIT 1",
    "toOne": "SELECT Title, json_object('Name', Name) \"Artist{}\" FROM Album JOIN Artist "
             "USING (ArtistId) ORDER BY AlbumId LIMIT 3",
    "toMany": "SELECT Name, (SELECT json_group_array(json_object('Title', Title)) FROM Album "
              "WHERE ArtistId = a.ArtistId) \"Album{}\" FROM Artist a ORDER BY ArtistId LIMIT 3",
    "threeDeep": """SELECT Name, (SELECT json_group_array(json_object('Title', Title, 'Track', (
                 SELECT json_group_array(json_object('Name', t.Name, 'Genre',
                        json_object('Name', g.Name))) FROM Track t JOIN Genre g USING (GenreId)
                 WHERE t.AlbumId = b.AlbumId))) FROM Album b WHERE ArtistId = a.ArtistId) "Album{}"
                 FROM Artist a ORDER BY ArtistId LIMIT 2""",
    "manyToMany": """SELECT Name, (SELECT json_group_array(json_object('Name', t.Name)) FROM
                  PlaylistTrack pt JOIN Track t USING (TrackId) WHERE pt.PlaylistId = p.PlaylistId)
                  "Track{}" FROM Playlist p WHERE PlaylistId = 17""",
    "selfParent": """SELECT e.LastName, CASE WHEN m.EmployeeId THEN json_object('LastName',
                  m.LastName) END "manager{}" FROM Employee e LEFT JOIN Employee m
                  ON m.EmployeeId = e.ReportsTo ORDER BY e.EmployeeId""",
    "selfChildren": """SELECT LastName, (SELECT json_group_array(json_object('LastName', LastName))
                    FROM Employee WHERE ReportsTo = e.EmployeeId) "reports{}"
                    FROM Employee e ORDER BY EmployeeId""",
    "hint": """SELECT c.LastName, json_object('LastName', e.LastName) "rep{}" FROM Customer c
            JOIN Employee e ON EmployeeId = SupportRepId ORDER BY CustomerId LIMIT 3""",
    "inner": """SELECT Name, json_array(json_object('Title', Title)) "Album{}"
             FROM Artist JOIN Album USING (ArtistId) WHERE Title = 'Only Seven'""",
    "innerExists": "SELECT Name FROM Artist a WHERE EXISTS (SELECT 1 FROM Album WHERE ArtistId = "
                   "a.ArtistId) ORDER BY ArtistId LIMIT 5",
    "withoutAny": "SELECT Name FROM Artist a WHERE NOT EXISTS (SELECT 1 FROM Album WHERE ArtistId "
                  "= a.ArtistId) ORDER BY ArtistId LIMIT 5",
    "embeddedOrder": """SELECT Name, (SELECT json_group_array(json_object('Title', Title)) FROM
                     (SELECT Title FROM Album WHERE ArtistId = 90 ORDER BY 1 DESC)) "Album{}"
                     FROM Artist WHERE ArtistId = 90""",
    "embeddedLimit": """SELECT Name, (SELECT json_group_array(json_object('Title', Title)) FROM
                     (SELECT Title FROM Album WHERE ArtistId = 90 ORDER BY AlbumId LIMIT 2))
                     "Album{}" FROM Artist WHERE ArtistId = 90""",
    "embeddedRange": """SELECT Name, (SELECT json_group_array(json_object('AlbumId', AlbumId)) FROM
                     (SELECT AlbumId FROM Album WHERE ArtistId = 90 ORDER BY 1 LIMIT 3 OFFSET 2))
                     "Album{}" FROM Artist WHERE ArtistId = 90""",
    "embeddedOr": """SELECT Name, (SELECT json_group_array(json_object('Title', Title)) FROM Album
                  WHERE ArtistId = 1 AND Title LIKE 'Let%') "Album{}"
                  FROM Artist WHERE ArtistId = 1""",
    "orderByParent": """SELECT Title, json_object('Name', Name) "Artist{}" FROM Album JOIN Artist
                     USING (ArtistId) ORDER BY Name DESC, AlbumId LIMIT 3""",
    "spread": "SELECT Title, Name artist FROM Album JOIN Artist USING (ArtistId) "
              "ORDER BY AlbumId LIMIT 3",
    "spreadMany": """SELECT Name, (SELECT json_group_array(Title) FROM Album WHERE ArtistId =
                  a.ArtistId) "titles{}" FROM Artist a ORDER BY ArtistId LIMIT 2""",
    "embeddedCount": """SELECT Name, (SELECT json_array(json_object('count', count(*))) FROM Album
                     WHERE ArtistId = a.ArtistId) "Album{}" FROM Artist a
                     ORDER BY ArtistId LIMIT 3""",
    "aggregates": "SELECT BillingCountry, max(Total) max, count(*) n FROM Invoice GROUP BY 1 "
                  "ORDER BY 1 LIMIT 4",
    "deleteSelect": "SELECT * FROM PlaylistTrack WHERE PlaylistId = 18",
    "rpc": """SELECT AlbumId, Title, (SELECT count(*) FROM Track t WHERE t.AlbumId = a.AlbumId)
           tracks FROM Album a WHERE ArtistId = 90 ORDER BY AlbumId""",
    "rpcFiltered": """SELECT Title FROM Album a WHERE ArtistId = 90 AND (SELECT count(*) FROM Track
                   t WHERE t.AlbumId = a.AlbumId) > 9 ORDER BY 1 LIMIT 3""",
    "schema": "SELECT Name FROM Genre WHERE GenreId = 1",
}
BEFORE["selfByHint"] = BEFORE["selfChildren"]
BEFORE["rpcGet"] = BEFORE["rpc"]

# One object.
BEFORE_ONE = {
    "single": "SELECT * FROM Artist WHERE ArtistId = 1",
    "maybeSingleThere": "SELECT * FROM Artist WHERE ArtistId = 2",
    "deleteEmbedded": """SELECT TrackId, json_object('Name', Name) "Track{}" FROM PlaylistTrack
                      JOIN Track USING (TrackId) WHERE PlaylistId = 9""",
    "rpcSingle": """SELECT AlbumId, Title, (SELECT count(*) FROM Track t WHERE t.AlbumId =
                 a.AlbumId) tracks FROM Album a WHERE AlbumId = 1""",
}

# What SQLite says after all calls.
AFTER = {
    "insertUneven": "SELECT ArtistId, CASE ArtistId WHEN 1006 THEN 'Six' END Name FROM Artist "
                    "WHERE ArtistId IN (1006, 1007)",
    "insertEmbedded": """SELECT 'Nine' Title, json_object('Name', Name) "Artist{}"
                      FROM Album JOIN Artist USING (ArtistId) WHERE AlbumId = 9002""",
    "upsert": "SELECT * FROM Artist WHERE ArtistId = 1001",
    "upsertMany": "SELECT * FROM Artist WHERE ArtistId IN (1002, 1011)",
    "upsertIgnore": "SELECT * FROM Artist WHERE ArtistId = 1012",
    "upsertOnConflict": "SELECT * FROM Genre WHERE GenreId = 25",
    "updateSelect": "SELECT * FROM Artist WHERE ArtistId = 1005",
}
AFTER_ONE = {
    "insertSingle": "SELECT * FROM Artist WHERE ArtistId = 1003",
    "updateEmbedded": """SELECT Title, json_object('Name', Name) "Artist{}" FROM Album JOIN Artist
                      USING (ArtistId) WHERE AlbumId = 9002""",
}

# Refused: status and code.
REFUSED = {
    "contains": (400, "0A000"), "singleOfMany": (406, "PGRST116"), "unknownColumn": (400, "42703"),
    "unknownTable": (404, "PGRST205"), "ranked": (400, "0A000"), "noRelation": (400, "PGRST200"),
    "insertTwice": (409, "23505"), "insertNoParent": (409, "23503"),
    "updateMaxAffected": (400, "PGRST124"), "rpcMissing": (404, "PGRST202"),
    "rpcUnknown": (404, "PGRST202"), "noSchema": (406, "PGRST106"),
}

COUNTS = {"countExact": "SELECT count(*) FROM Track WHERE GenreId = 1",
          "countHead": "SELECT count(*) FROM Track", "countPlanned": "SELECT count(*) FROM Track",
          "countEstimated": "SELECT count(*) FROM Track", "rpcHead":
          "SELECT count(*) FROM Album WHERE ArtistId = 90", "insertCount": "SELECT 1",
          "updateCount": "SELECT 2", "deleteCount": "SELECT 2"}

STATUSES = {"insert": 201, "insertSelect": 201, "insertCount": 201, "upsert": 200,
            "upsertMany": 201, "upsertOnConflict": 200, "update": 204, "updateSelect": 200,
            "delete": 204, "deleteSelect": 200, "countExact": 206, "single": 200}

# Literal answers.
DATA = {
    "insert": {"ArtistId": 1001, "Name": "One"}, "update": None, "delete": None, "maybeSingle": None, "countHead": None,
    "insertSelect": [{"ArtistId": 1002, "Name": "Two"}],
    "insertMany": [{"Name": "Four"}, {"Name": "Five"}],
    "insertDefaults": [{"ArtistId": 1008, "Name": "Eight"}, {"ArtistId": 1009, "Name": None}],
    "rollback": [{"ArtistId": 1013, "Name": "never"}],
    "csv": "GenreId,Name\n1,Rock\n2,Jazz\n3,Metal",
    "stripNulls": [{"EmployeeId": 1}, {"EmployeeId": 2, "ReportsTo": 1}],
}


@pytest.fixture(scope="module")
def package():
    """The client, installed once into the build folder."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not on this machine")
    folder = ROOT / "build" / "npm" / PACKAGE.replace("/", "-")
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = pathlib.Path(tempfile.mkdtemp(dir=folder.parent))
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", PACKAGE],
                              cwd=new, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            pytest.fail("npm cannot install " + PACKAGE + ": " + done.stderr[-400:])
        shutil.copy(FOLDER / "calls.mjs", new)
        try:
            new.rename(folder)
        except OSError:  # another worker was first
            shutil.rmtree(new)
    shutil.copy(FOLDER / "calls.mjs", folder)
    return folder


class Results(dict):
    """The calls' results, and SQLite's answers before and after."""


@pytest.fixture(scope="module")
def results(package, tmp_path_factory, chinook_sql):
    folder = tmp_path_factory.mktemp("js")
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_chinook.sql").write_text(chinook_sql)
    (folder / "queries").mkdir()
    for name, text in QUERIES.items():
        (folder / "queries" / name).write_text(text)
    server = Server(folder, "--queries", folder / "queries", "--aggregates", "--allow-tx",
                    "--allow-plan", migrations=folder / "migrations")
    found = Results()
    found.before = {name: rows(server.db, sql) for name, sql in {**BEFORE, **BEFORE_ONE}.items()}
    done = subprocess.run(["node", "calls.mjs", server.url], cwd=package, capture_output=True,
                          text=True, timeout=120)
    found.after = {name: rows(server.db, sql) for name, sql in {**AFTER, **AFTER_ONE}.items()}
    found.counts = {name: next(iter(rows(server.db, sql)[0].values()))
                    for name, sql in COUNTS.items()}
    found.album_length = rows(server.db, "SELECT sum(Milliseconds) n FROM Track WHERE AlbumId = 1")[0]["n"]
    found.rolled_back = rows(server.db, "SELECT * FROM Artist WHERE ArtistId = 1013")
    server.stop()
    assert done.returncode == 0, done.stderr
    found.update(json.loads(done.stdout))
    return found


def rows(path, sql):
    with sqlite3.connect(path) as db:
        cursor = db.execute(sql)
        names = [c[0] for c in cursor.description]
        return [{n.removesuffix("{}"): json.loads(v) if n.endswith("{}") and v else v
                 for n, v in zip(names, row)} for row in cursor]


def data_of(results, name):
    assert results[name]["error"] is None, results[name]
    if name in STATUSES:
        assert results[name]["status"] == STATUSES[name], results[name]
    return results[name]["data"]


@pytest.mark.parametrize("name", sorted(BEFORE))
def test_rows(results, name):
    assert results.before[name], "the comparison must have rows"
    assert data_of(results, name) == results.before[name]


@pytest.mark.parametrize("name", sorted(BEFORE_ONE))
def test_one(results, name):
    assert data_of(results, name) == results.before[name][0]


@pytest.mark.parametrize("name", sorted(AFTER))
def test_written_rows(results, name):
    assert results.after[name], "the comparison must have rows"
    assert data_of(results, name) == results.after[name]


@pytest.mark.parametrize("name", sorted(AFTER_ONE))
def test_written_one(results, name):
    assert data_of(results, name) == results.after[name][0]


@pytest.mark.parametrize("name", sorted(DATA))
def test_data(results, name):
    assert data_of(results, name) == DATA[name]


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_count(results, name):
    assert results[name]["error"] is None and results[name]["count"] == results.counts[name]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(results, name):
    status, code = REFUSED[name]
    assert results[name]["status"] == status and results[name]["error"]["code"] == code


def test_the_rest(results):
    assert data_of(results, "rpcScalar") == results.album_length
    assert results.rolled_back == []
    assert "SEARCH" in json.dumps(data_of(results, "explain"))
    known = {*BEFORE, *BEFORE_ONE, *AFTER, *AFTER_ONE, *DATA, *COUNTS, *REFUSED, "rpcScalar",
             "explain"}
    assert set(results) == known and len(known) >= 60

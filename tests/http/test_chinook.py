"""A schema as other programs write it (tests/chinook_like): as it is, and as a migration."""
import sqlite3

import pytest

TABLES = ["Album", "Artist", "Customer", "Employee", "Genre", "Invoice", "InvoiceLine", "MediaType",
          "Playlist", "PlaylistTrack", "Track"]


@pytest.fixture(params=["as it is", "as a migration"])
def server(request, serve, tmp_path, chinook_sql):
    if request.param == "as it is":
        db = sqlite3.connect(tmp_path / "test.db")
        db.executescript(chinook_sql)
        db.close()
        return serve(migrations="none")
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_chinook.sql").write_text(chinook_sql)
    return serve(migrations=migrations)


def test_tables(server):
    paths = server.get("/").json()["paths"]
    assert sorted(p[1:] for p in paths if p[1:] in TABLES) == TABLES


def test_reads(server):
    db = sqlite3.connect(server.db)
    db.row_factory = sqlite3.Row
    reply = server.get("/Track?select=TrackId,Name,UnitPrice&AlbumId=eq.1&order=TrackId.desc&limit=3")
    assert reply.status == 200
    assert reply.json() == [dict(r) for r in db.execute(
        "SELECT TrackId, Name, UnitPrice FROM Track WHERE AlbumId = 1 ORDER BY TrackId DESC LIMIT 3")]
    assert server.get("/PlaylistTrack/1,1600").json() == {"PlaylistId": 1, "TrackId": 1600}
    for table in TABLES:
        rows = server.get(f"/{table}?limit=1000").json()
        expected = [dict(r) for r in db.execute(f'SELECT * FROM "{table}" LIMIT 1000')]
        assert rows == expected, table


def test_writes(server):
    made = server.post("/Artist", {"Name": "Somebody"})
    assert made.status == 201
    path = made.headers["Location"]
    assert server.patch(path, {"Name": "Somebody Else"}).json()["Name"] == "Somebody Else"
    assert server.delete(path).status == 204
    assert server.get(path).status == 404


def test_artist_with_albums_stays(server):
    reply = server.delete("/Artist/1")
    assert reply.status == 409
    assert reply.json()["errors"][0]["constraint"] == "Album_ArtistId_fkey"
    assert "Album" in reply.json()["details"]

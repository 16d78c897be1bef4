"""Restrictive policies hold beside the permissive ones: for rows that are seen, changed, and as they become."""
import pytest

from conftest import Server, write_files

SCHEMA = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, rank INTEGER NOT NULL, open BOOLEAN NOT NULL DEFAULT TRUE);
INSERT INTO notes VALUES (1, 1, TRUE), (2, 13, TRUE), (3, 3, FALSE);
"""
ACCESS = """
CREATE ROLE anon;
GRANT ALL ON notes TO anon;
CREATE POLICY everything ON notes USING (TRUE);
CREATE POLICY never ON notes AS RESTRICTIVE USING (rank <> 13);
CREATE POLICY small ON notes AS RESTRICTIVE FOR INSERT WITH CHECK (rank < 100);
CREATE POLICY kept ON notes AS RESTRICTIVE FOR UPDATE USING (open) WITH CHECK (rank < 50);
CREATE POLICY closed ON notes AS RESTRICTIVE FOR DELETE USING (NOT open);
"""


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path, "--access", write_files(tmp_path / "access", {"a.sql": ACCESS}), "--anon-role", "anon",
                    migrations=write_files(tmp_path / "schema", {"0001_a.sql": SCHEMA}))
    yield server
    server.stop()


def ranks(server):
    return {row["id"]: row["rank"] for row in server.get("/notes").json()}


def test_rows_that_are_seen(server):
    assert ranks(server) == {1: 1, 3: 3}


@pytest.mark.parametrize("rank,status", [(5, 201), (13, 401), (100, 401), (60, 201)])
def test_rows_as_they_are_made(server, rank, status):
    reply = server.request("POST", "/notes", {"id": 9, "rank": rank})
    assert reply.status == status and (status == 201 or reply.json()["code"] == "42501")
    assert (9 in ranks(server)) == (status == 201)


@pytest.mark.parametrize("row,rank,status", [(1, 5, 200), (1, 13, 401), (1, 60, 401), (2, 5, 404), (3, 5, 404)])
def test_rows_as_they_become(server, row, rank, status):
    before = ranks(server)
    reply = server.request("PATCH", f"/notes/{row}", {"rank": rank})
    assert reply.status == status, reply
    assert ranks(server) == (before | {row: rank} if status == 200 else before)


@pytest.mark.parametrize("row,status", [(1, 404), (2, 404), (3, 204)])
def test_rows_that_go(server, row, status):
    assert server.delete(f"/notes/{row}").status == status


def test_an_upsert_is_held_to_them(server):
    merge = {"Prefer": "resolution=merge-duplicates"}
    for body in ({"id": 1, "rank": 13}, {"id": 1, "rank": 60}, {"id": 3, "rank": 4, "open": True}, {"id": 2, "rank": 4}):
        assert server.request("POST", "/notes", body, merge).status == 401, body
    assert server.request("POST", "/notes", {"id": 1, "rank": 4}, merge).status == 200
    assert ranks(server) == {1: 4, 3: 3}

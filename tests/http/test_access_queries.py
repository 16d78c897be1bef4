"""Named queries that read what their caller may not."""
import pytest

from conftest import write_files

ACCESS = """
CREATE ROLE anon;
GRANT SELECT (id, title) ON book TO anon;
GRANT EXECUTE ON FUNCTION titles, prices, authors, prices_of_all TO anon;
"""
QUERIES = {
    "titles.sql": "SELECT id, title FROM book ORDER BY id\n",
    "prices.sql": "SELECT id, price FROM book ORDER BY id\n",
    "authors.sql": "SELECT name FROM author\n",
    "prices_of_all.sql": "-- security definer\nSELECT count(price) AS n FROM book\n",
}


@pytest.fixture
def server(serve, tmp_path):
    return serve("--access", write_files(tmp_path / "access", {"a.sql": ACCESS}), "--queries", write_files(tmp_path / "queries", QUERIES),
                 "--anon-role", "anon")


@pytest.mark.parametrize("name", ["prices", "authors"])
def test_it_is_denied(server, name):
    """The schema is not broken, and no other table is named."""
    for reply in (server.get(f"/rpc/{name}"), server.post(f"/rpc/{name}", {}), server.get(f"/rpc/{name}?select=id")):
        assert reply.status in (400, 401), reply
        if reply.status == 401:
            assert reply.json()["code"] == "42501" and reply.json()["message"].startswith("permission denied for"), reply
            assert b"broken" not in reply.body and b"trigger" not in reply.body and reply.json()["details"] is None, reply
    assert server.get(f"/rpc/{name}").status == 401


def test_what_it_may_read_it_reads(server):
    assert server.get("/rpc/titles").json()[0].keys() == {"id", "title"}
    assert server.get("/rpc/prices_of_all").status == 200

"""Roles and what is long: lists that are sent in pieces, bodies past --max-body, bodies line by line."""
import json
import socket
import signal
import sqlite3

import pytest

from conftest import Server, write_files
from test_access_words import SECRET
from test_tokens import eventually, token

ROWS = 6000
SCHEMA = f"""
CREATE TABLE big (id INTEGER PRIMARY KEY, owner TEXT, pad TEXT, secret TEXT);
CREATE INDEX big_owner ON big (owner);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {ROWS})
INSERT INTO big SELECT i, 'u' || (i % 2), printf('%.3000c', 'x'), 'hidden' || i FROM c;
CREATE TABLE notes (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, v TEXT UNIQUE, hid TEXT DEFAULT 'h', n INTEGER CHECK (n < 10));
INSERT INTO notes VALUES (1, 'u0', 'a', 'h', 1), (2, 'u1', 'b', 'h', 2);
"""
ACCESS = """
CREATE ROLE anon; CREATE ROLE member; CREATE ROLE courier;
GRANT SELECT (id, owner, pad) ON big TO member;
GRANT EXECUTE ON FUNCTION everything TO member;
CREATE POLICY own ON big TO member USING (owner = claim('sub'));
GRANT SELECT (id, owner, n), INSERT (id, v, n, owner DEFAULT claim('sub')), UPDATE (n, v) ON notes TO member;
GRANT INSERT (id, v, n, owner) ON notes TO courier;
CREATE POLICY own ON notes TO member USING (owner = claim('sub')) WITH CHECK (owner = claim('sub') AND n <> 7);
CREATE POLICY theirs ON notes FOR INSERT TO courier WITH CHECK (owner = 'u0');
"""
NDJSON = "application/x-ndjson"


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path, "--access", write_files(tmp_path / "access", {"a.sql": ACCESS}), "--anon-role", "anon", "--jwt-secret", SECRET,
                    "--threads", "1", "--max-body", "64KiB", "--queries", write_files(tmp_path / "queries", {"everything.sql": "SELECT id, owner, pad FROM big"}),
                    migrations=write_files(tmp_path / "schema", {"0001_a.sql": SCHEMA}))
    yield server
    server.stop()


def who(role="member", sub="u0", **claims):
    return {"Authorization": "Bearer " + token({"role": role, "sub": sub, **claims}, secret=SECRET)}


def stream(server, path, headers):
    """A list that is begun, and not yet read: its socket."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.settimeout(60)
    client.connect((server.host, server.port))
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "localhost", "Accept": NDJSON, **headers}.items())
    client.sendall(f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode())
    return client, client.recv(4096)


def rest(client, begun):
    while not begun.endswith(b"\r\n0\r\n\r\n"):
        more = client.recv(1 << 20)
        assert more, begun[-200:]
        begun += more
    client.close()
    return begun


@pytest.mark.parametrize("path", ["/big", "/big?select=id,owner,pad&order=pad", "/rpc/everything"])
@pytest.mark.parametrize("accept", [NDJSON, "text/csv"])
def test_a_long_list_has_the_roles_rows(server, path, accept):
    reply = server.request("GET", path, headers={**who(), "Accept": accept})
    assert reply.status == 200 and "hidden" not in reply.body.decode()
    rows = [line for line in reply.body.decode().splitlines() if "u0" in line]
    assert len(rows) == ROWS // 2 and b"u1" not in reply.body


@pytest.mark.parametrize("path,role", [("/big?select=id,secret", "member"), ("/big?secret=like.hidden*&select=id", "member"), ("/big", "courier"), ("/big", "anon")])
def test_what_may_not_be_read_is_not_begun(server, path, role):
    reply = server.request("GET", path, headers={**who(role), "Accept": NDJSON})
    assert reply.status == 403 or role == "anon" and reply.status == 401
    assert reply.json()["code"] == "42501"


def test_what_is_begun_goes_on_with_the_rights_that_it_began_with(server):
    """Others ask meanwhile, the rights change, the token expires, rows go."""
    client, begun = stream(server, "/big", who(exp=2_000_000_000))
    other, others = stream(server, "/big", who(sub="u1"))
    assert begun.startswith(b"HTTP/1.1 200") and others.startswith(b"HTTP/1.1 200")
    (server.dir / "access" / "a.sql").write_text(ACCESS.replace("(id, owner, pad) ON big", "(id) ON big").replace("(owner = claim('sub'));", "(owner = 'u1');", 1))
    server.signal(signal.SIGHUP)
    eventually(lambda: server.request("GET", "/big?select=pad&limit=1", headers=who()).status == 403)
    with sqlite3.connect(server.db, timeout=20) as db:
        db.execute("DELETE FROM big WHERE id > 10")
    assert server.request("GET", "/big?limit=100", headers=who()).json() == [{"id": i} for i in (1, 3, 5, 7, 9)]
    for client, begun, mine, theirs in ((client, begun, b"u0", b"u1"), (other, others, b"u1", b"u0")):
        whole = rest(client, begun)
        assert theirs not in whole and b"hidden" not in whole
        assert whole.count(b'"owner":"' + mine) >= ROWS // 2 - 40  # a piece may end within the word


def lines(rows):
    return "\n".join(map(json.dumps, rows))


def stored(server):
    with sqlite3.connect(server.db, timeout=20) as db:
        return dict(db.execute("SELECT owner, count(*) FROM notes GROUP BY 1"))


@pytest.mark.parametrize("role,change,status", [
    ("member", {}, 201), ("member", {"owner": "u1"}, 403), ("member", {"hid": "x"}, 403), ("anon", {}, 403), ("courier", {"owner": "u0"}, 201), ("courier", {"owner": "u1"}, 403)])
def test_a_body_past_the_limit(server, role, change, status):
    rows = [{"id": 100 + i, "v": f"v{i}", "n": 1, **change} for i in range(4000)]
    reply = server.request("POST", "/notes", lines(rows), {**who(role), "Content-Type": NDJSON, "Prefer": "return=minimal"})
    assert reply.status == status or reply.status == 401 and role == "anon"
    assert stored(server) == ({"u0": 4001, "u1": 1} if status == 201 else {"u0": 1, "u1": 1})
    if status == 201:
        return
    assert reply.json()["code"] == "42501"


@pytest.mark.parametrize("role,last,change", [("member", {"n": 7}, {}), ("courier", {"owner": "u1"}, {"owner": "u0"})])
def test_its_last_row_is_looked_at(server, role, last, change):
    rows = [{"id": 100 + i, "v": f"v{i}", "n": 1, **change} for i in range(4000)]
    rows[-1].update(last)
    reply = server.request("POST", "/notes", lines(rows), {**who(role), "Content-Type": NDJSON, "Prefer": "return=minimal"})
    assert (reply.status, reply.json()["code"]) == (403, "42501") and "row-level security" in reply.json()["message"]
    assert stored(server) == {"u0": 1, "u1": 1}


def test_rejects_tell_no_values(server):
    rows = [{"id": 10, "v": "q", "n": 1}, {"id": 2, "v": "z", "n": 1}, {"id": 11, "v": "b", "n": 1}, {"id": 12, "v": "c", "n": 7}, {"id": 13, "v": "d", "n": 70}]
    for resolution, code in (("", "23505"), (",resolution=merge-duplicates", "42501")):
        reply = server.request("POST", "/notes", lines(rows), {**who(), "Content-Type": NDJSON, "Prefer": "handling=lenient" + resolution})
        rejects = {one["line"]: one for one in reply.json()["rejects"]}
        assert [rejects[n]["code"] for n in (2, 3, 4, 5)] == [code, "23505", "42501", "23514"]
        assert rejects[3]["details"] is None and rejects[2]["details"] in (None, "Key (id)=(2) already exists.")
    assert stored(server) == {"u0": 2, "u1": 1}


def test_kept_plans_are_a_roles_own(server):
    for _ in range(4):
        for sub in ("u0", "u1"):
            reply = server.request("GET", "/big?id=lt.30&select=id,owner&limit=5", headers=who(sub=sub))
            assert {row["owner"] for row in reply.json()} == {sub}
            assert server.request("GET", "/big/3?select=id", headers=who(sub=sub)).status == (200 if sub == "u1" else 404)
        for path in ("/big?id=lt.30&select=id,owner&limit=5", "/big/3?select=id"):
            assert server.request("GET", path, headers=who("courier")).status == 403

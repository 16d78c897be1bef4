"""API keys: made, listed and revoked by `thimble key`, while the database is served and when it is not."""
import hashlib
import re
import sqlite3
import time

import pytest

from conftest import Server, run

MIGRATION = """CREATE TABLE notes(id INTEGER PRIMARY KEY, owner TEXT NOT NULL, body TEXT NOT NULL);
INSERT INTO notes(owner, body) VALUES ('robot', 'one'), ('robot', 'two'), ('7', 'three');
"""
ACCESS = """CREATE ROLE member;
CREATE ROLE admin BYPASSRLS;
GRANT SELECT ON notes TO member;
GRANT ALL ON notes TO admin;
CREATE POLICY own ON notes TO member USING (owner = claim('sub'));
"""
SHAPE = re.compile(r"thk_[a-km-np-z2-9]{8}_[a-km-np-z2-9]{38}\n")
WAIT = 20


def tree(folder):
    for name, text in (("migrations/0001_notes.sql", MIGRATION), ("access/0001_roles.sql", ACCESS)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tree(tmp_path_factory.mktemp("keys"))
    server = Server(folder, "--access", folder / "access", "--queries", "none",
                    migrations=folder / "migrations")
    yield server
    server.stop()


def key(server, *words):
    code, out, err = run("key", *words, "--db", server.db)
    assert code == 0, err
    return out


def add(server, *words):
    out = key(server, "add", *words)
    assert SHAPE.fullmatch(out), out
    return out.strip()


def bodies(reply):
    assert reply.status == 200, reply
    return [note["body"] for note in reply.json()]


def until(what):
    """What it gives as soon as that is true; the last of it when time is over."""
    end = time.monotonic() + WAIT
    while not (got := what()) and time.monotonic() < end:
        time.sleep(0.1)
    return got


def get(server, secret, field="apikey"):
    return server.request("GET", "/notes?order=id", headers={field: secret})


def test_a_key_is_sent_in_three_ways(server):
    secret = add(server, "--role", "member", "--name", "robot")
    for field, value in (("apikey", secret), ("X-API-Key", secret), ("Authorization", f"Bearer {secret}")):
        assert bodies(get(server, value, field)) == ["one", "two"]
    assert get(server, "nothing", "X-Other").status == 401


def test_claims_are_what_policies_ask_for(server):
    assert bodies(get(server, add(server, "--role", "member", "--claims", '{"sub": "7", "org": {"id": 1}}'))) == ["three"]
    assert bodies(get(server, add(server, "--role", "member"))) == []
    assert bodies(get(server, add(server, "--role", "admin"))) == ["one", "two", "three"]


def with_checksum(text):
    symbols = "abcdefghijkmnpqrstuvwxyz23456789"
    return text + "".join(symbols[byte & 31] for byte in hashlib.sha256(text.encode()).digest()[:6])


def failure(server, secret):
    reply = get(server, secret)
    assert reply.status == 401 and reply.json()["code"] == "PGRST301", reply
    challenge = reply.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer error="invalid_token"') and secret not in challenge
    assert secret not in reply.body.decode() and secret not in server.log()
    return {name: value for name, value in reply.json().items() if name != "instance"}


def test_unknown_and_revoked_are_told_alike(server, tmp_path):
    secret = add(server, "--role", "member", "--name", "gone")
    assert get(server, secret).status == 200
    assert "is revoked" in key(server, "revoke", "gone")
    assert until(lambda: get(server, secret).status == 401)
    time.sleep(0.2)  # each event loop keeps its snapshot for 50 ms

    # One that was never here: of another database.
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t(a)")
    unknown = run("key", "add", "--role", "member", "--db", tmp_path / "other.db")[1].strip()
    assert failure(server, secret) == failure(server, unknown)

    # The prefix of a good key, and another's secret.
    good = add(server, "--role", "member", "--name", "good")
    assert get(server, good).status == 200
    assert failure(server, with_checksum(good[:12] + unknown[12:45])) == failure(server, unknown)
    assert get(server, good).status == 200


def test_a_revoked_key_stays_out(server):
    secret = add(server, "--role", "member", "--name", "twice")
    identity = re.search(r"^(\d+) +twice ", key(server, "list"), re.M).group(1)
    assert until(lambda: get(server, secret).status == 200)
    key(server, "revoke", identity)
    assert until(lambda: get(server, secret).status == 401)
    time.sleep(0.2)  # another event loop's snapshot is kept for 50 ms
    assert all(get(server, secret).status == 401 for _ in range(20))
    assert run("key", "revoke", "twice", "--db", server.db)[0] == 1
    assert get(server, add(server, "--role", "member", "--name", "twice")).status == 200


def test_a_key_expires(server):
    secret = add(server, "--role", "member", "--expires", "3s")
    assert get(server, secret).status == 200
    assert until(lambda: get(server, secret).status == 401)
    assert failure(server, secret)["message"] == "the API key has expired"
    assert " expired" in next(line for line in key(server, "list").splitlines() if secret[:12] in line)


def test_typos_are_told(server):
    secret = add(server, "--role", "member")
    for wrong in (secret[:-1], secret + "a", "thk_none", secret[:20] + ("a" if secret[20] != "a" else "b") + secret[21:]):
        assert failure(server, wrong)["message"] == "the API key is mistyped or cut short"


def test_a_role_that_is_not_there(server):
    reply = get(server, add(server, "--role", "nobody"))
    assert reply.status in (401, 403) and reply.json()["code"] == "22023", reply


def test_last_use_is_noted(server):
    secret = add(server, "--role", "member", "--name", "used")

    def line():
        return next(line for line in key(server, "list").splitlines() if " used " in line)

    assert line().split()[-2] == "never"
    assert get(server, secret).status == 200
    assert until(lambda: line().split()[-2] != "never")
    with sqlite3.connect(server.db) as db:
        noted = db.execute("SELECT used_at FROM thimble_api_keys WHERE name='used'").fetchone()
    for _ in range(30):
        get(server, secret)
    with sqlite3.connect(server.db) as db:
        assert db.execute("SELECT used_at FROM thimble_api_keys WHERE name='used'").fetchone() == noted


def test_no_secret_is_kept(server):
    secret = add(server, "--role", "member", "--name", "secretive")
    assert get(server, secret).status == 200
    with sqlite3.connect(server.db) as db:
        dump = "\n".join(db.iterdump())
    assert secret[:12] in dump and secret[13:] not in dump
    listed = key(server, "list")
    assert "secretive" in listed and secret[13:] not in listed


def test_the_table_is_not_served(server):
    admin = add(server, "--role", "admin")
    reply = server.request("GET", "/thimble_api_keys", headers={"apikey": admin})
    assert reply.status == 404
    assert "thimble_" not in server.request("GET", "/", headers={"apikey": admin}).body.decode()


@pytest.mark.parametrize("words, code, said", [
    ([], 2, "key takes add, list or revoke"),
    (["make"], 2, "key takes add, list or revoke"),
    (["add"], 2, "--role"),
    (["add", "more", "--role", "member"], 2, 'does not take "more"'),
    (["add", "--role", "member", "--name", "12"], 2, "is a number"),
    (["add", "--role", "member", "--name", "a\nb"], 2, "control characters"),
    (["add", "--role", "member", "--claims", "[1]"], 2, "JSON object"),
    (["add", "--role", "member", "--claims", "{"], 2, "JSON object"),
    (["add", "--role", "member", "--claims", '{"role": "admin"}'], 2, "--role"),
    (["add", "--role", "member", "--claims", '{"\\u0072ole": "admin"}'], 2, "--role"),
    (["add", "--role", "member", "--expires", "soon"], 2, "--expires"),
    (["revoke"], 2, "id or name"),
    (["revoke", "nobody"], 1, 'no key "nobody"'),
])
def test_wrong_commands(server, words, code, said):
    found, _, err = run("key", *words, "--db", server.db)
    assert (found, said in err) == (code, True), err


def test_a_role_that_the_files_do_not_create(server):
    words = ("--db", server.db, "--access", server.dir / "access")
    code, _, err = run("key", "add", "--role", "nobody", *words)
    assert code == 2 and 'no role "nobody"' in err
    assert run("key", "add", "--role", "member", *words)[0] == 0


def test_names_are_taken_once(server):
    add(server, "--role", "member", "--name", "only")
    code, _, err = run("key", "add", "--role", "member", "--name", "only", "--db", server.db)
    assert code == 1 and "already" in err


def test_without_a_table_or_a_database(tmp_path):
    assert run("key", "list", "--db", tmp_path / "none.db")[0] == 1
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE t(a)")
    code, out, err = run("key", "list", "--db", tmp_path / "empty.db")
    assert (code, len(out.splitlines()), err) == (0, 1, "")
    assert run("key", "revoke", "x", "--db", tmp_path / "empty.db")[0] == 1


def test_before_any_key_is_made(tmp_path):
    folder = tree(tmp_path)
    server = Server(folder, "--access", folder / "access", "--queries", "none",
                    migrations=folder / "migrations")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t(a)")
    unknown = run("key", "add", "--role", "member", "--db", tmp_path / "other.db")[1].strip()
    assert failure(server, unknown)["message"] == "the API key is not valid"
    assert until(lambda: get(server, add(server, "--role", "admin")).status == 200)
    server.stop()


def test_a_database_that_is_only_read(tmp_path):
    folder = tree(tmp_path)
    Server(folder, migrations=folder / "migrations").stop()
    secret = run("key", "add", "--role", "admin", "--db", folder / "test.db")[1].strip()
    server = Server(folder, "--access", folder / "access", "--queries", "none", "--read-only",
                    migrations=folder / "migrations")
    assert bodies(get(server, secret)) == ["one", "two", "three"]
    server.stop()
    assert " never " in run("key", "list", "--db", folder / "test.db")[1]

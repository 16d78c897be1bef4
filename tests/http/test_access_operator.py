"""What the operator has for access control: commands over a database of other programs, an account that is deleted, how
many passwords wait, a stop while they do."""
import concurrent.futures
import http.client
import json
import time

import pytest

from conftest import Server, make_database, run, write_files

FOREIGN = "CREATE TABLE letters (id INTEGER PRIMARY KEY, owner TEXT, text TEXT); CREATE INDEX letters_owner ON letters (owner);"
ACCESS = "CREATE ROLE member;\nGRANT SELECT ON letters TO member;\nCREATE POLICY own ON letters TO member USING (owner = claim('sub'));\n"
LEFT_OUT = "thimble: the built-in queries are left out: the database is not of the built-in migrations\n"


@pytest.fixture
def foreign(tmp_path):
    make_database(tmp_path / "a.db", FOREIGN)
    return ["--db", tmp_path / "a.db", "--access", write_files(tmp_path / "access", {"a.sql": ACCESS})]


def test_check_of_a_database_of_others(foreign):
    code, out, err = run("access", "check", *foreign)
    assert (code, out, err) == (0, "nothing is wrong\n", LEFT_OUT)


def test_explain_over_a_database_of_others(foreign):
    code, out, err = run("access", "explain", *foreign, "--role", "member", "GET /letters")
    assert code == 0 and err == LEFT_OUT and "POLICY own" in out, out + err


def test_queries_of_ones_own_are_not_left_out(foreign, tmp_path):
    queries = write_files(tmp_path / "queries", {"wrong.sql": "SELECT nothing FROM letters"})
    code, _, err = run("access", "check", *foreign, "--queries", queries)
    assert code == 1 and "the query wrong" in err and "left out" not in err


def test_the_built_in_schema_has_its_queries(tmp_path):
    code, out, err = run("access", "check", "--db", tmp_path / "none.db", "--access", "builtin")
    assert code == 0 and "left out" not in err, out + err


# ---- accounts

ROLES = """CREATE ROLE anon; CREATE ROLE authenticated;
GRANT SELECT ON letters TO authenticated;
CREATE POLICY own ON letters USING (owner = claim('sub'));
"""


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path, "--access", write_files(tmp_path / "access", {"a.sql": ROLES}), "--anon-role", "anon", "--accounts", "open",
                    "--password-queue", "16", "--threads", "1", migrations=write_files(tmp_path / "schema", {"0001_a.sql": FOREIGN}))
    yield server
    if server.process.poll() is None:
        server.stop()


def sign(server, how, email="ann@example.org"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", f"/auth/v1/{how}", json.dumps({"email": email, "password": "correct horse"}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body)


def test_an_account_is_deleted(server):
    session = sign(server, "signup")[1]
    assert run("user", "delete", "ann@example.org", "--db", server.db)[0] == 0
    assert sign(server, "token?grant_type=password")[0] == 400
    assert "ann@example.org" not in run("user", "list", "--db", server.db)[1]
    code, _, err = run("user", "delete", "ann@example.org", "--db", server.db)
    assert code == 1 and "there is no account of ann@example.org" in err
    status, again = sign(server, "signup")
    assert status == 200 and again["user"]["id"] != session["user"]["id"]


def waiting(server):
    return int(next(line for line in server.get("/metrics").body.decode().splitlines() if line.startswith("thimble_passwords_waiting ")).split()[1])


def test_passwords_that_wait_are_counted(server):
    assert waiting(server) == 0
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(sign, server, "token?grant_type=password", f"x{i}@example.org") for i in range(8)]
        seen = 0
        while not all(one.done() for one in asked):
            seen = max(seen, waiting(server))
    assert seen > 0
    end = time.monotonic() + 20
    while waiting(server) > 0:  # the last is answered before it is counted out
        assert time.monotonic() < end


def test_a_stop_while_passwords_wait(server):
    """All are answered, right or with 503, and the process ends."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(sign, server, "token?grant_type=password", f"x{i}@example.org") for i in range(8)]
        end = time.monotonic() + 20
        while waiting(server) == 0 and time.monotonic() < end:
            pass
        server.stop()
        statuses = {one.result()[0] for one in asked if one.exception() is None}
    assert statuses and statuses <= {400, 429, 503}, statuses

"""--rate-limit where access files say who may do what: a principal is a client, wherever it asks from, whatever its token."""
import pytest

from test_access_who import ACCESS, Folder, bearer
from test_trusted_proxies import ENDLESS, ask_without_end, until_lane_runs


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(*flags):
        started.append(Folder(tmp_path).serve("--anon-role", "anon", *flags))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


def member(sub, **claims):
    return bearer({"role": "member", "sub": sub, **claims})


def statuses(server, n, headers, path="/notes"):
    return [server.request("GET", path, None, headers).status for _ in range(n)]


def test_each_principal_has_a_bucket_and_the_anonymous_another(start):
    server = start("--rate-limit", "3/h", "--rate-limit-anonymous", "2/h")
    assert statuses(server, 4, member("7")) == [200, 200, 200, 429]
    assert statuses(server, 1, member("8")) == [200], "another user at the same address"
    assert statuses(server, 3, {}) == [200, 200, 429], "the address's"
    reply = server.request("GET", "/notes", None, member("8"))
    assert reply.headers["RateLimit-Policy"] == '"default";q=3;w=3600' and ";r=1;" in reply.headers["RateLimit"]
    assert server.get("/notes").headers["RateLimit-Policy"] == '"anonymous";q=2;w=3600'


def test_a_new_token_is_no_new_client(start):
    server = start("--rate-limit", "2/h")
    assert [status for i in range(4) for status in statuses(server, 1, member("7", jti=str(i), n=i))] == [200, 200, 429, 429]
    # Without a subject the claims are all that tells.
    assert [status for i in range(3) for status in statuses(server, 1, bearer(role="member", n=i))] == [200] * 3


def test_who_guesses_is_stopped(start):
    """A token that does not hold counts for the address: after some, nothing is said of it any more."""
    server = start("--rate-limit", "100/h", "--rate-limit-anonymous", "3/h")
    wrong = bearer({"role": "member", "sub": "7"}, secret="another secret of thirty-two bytes")
    assert statuses(server, 5, wrong) == [401, 401, 401, 429, 429]
    reply = server.request("GET", "/notes", None, wrong)
    assert reply.json()["code"] == "TH429" and "WWW-Authenticate" not in reply.headers
    assert statuses(server, 2, member("7")) == [200, 200], "who says rightly who it is has its own"


def test_what_is_forbidden_counts_too(start):
    server = start("--rate-limit", "2/h")
    assert statuses(server, 3, member("7"), "/hidden") == [403, 403, 429]


def test_principals_at_one_address_take_turns(tmp_path):
    """One has all threads of the reader lane but one, and half of its queue: the next is served meanwhile."""
    folder = Folder(tmp_path, ACCESS + "\nGRANT EXECUTE ON FUNCTION endless TO member;")
    (folder.queries / "endless.sql").write_text(ENDLESS)
    server = folder.serve("--readers", "2", "--reader-lane", "all", "--reader-queue", "8")
    try:
        asked = [ask_without_end(server, member("7")) for _ in range(4)]
        until_lane_runs(server)
        reply = server.request("GET", "/tasks", None, member("8"))
        assert reply.status == 200 and [row["owner"] for row in reply.json()] == ["8"]
        for connection in asked:
            connection.close()
    finally:
        server.stop()

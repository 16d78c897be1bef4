"""Who asks: from a request's credentials to what its role may know, and what is said to whoever has none
or others."""
import base64
import hashlib
import hmac
import json
import re
import signal
import time

import pytest

from conftest import Server, run, write_files

SECRET = "a secret of at least thirty-two bytes"
MIGRATIONS = {"0001_tasks.sql": """
CREATE TABLE tasks (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, title TEXT);
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE hidden (id INTEGER PRIMARY KEY, text TEXT);
INSERT INTO tasks (owner, title) VALUES ('7', 'seven'), ('8', 'eight'), ('7', 'seventeen');
INSERT INTO notes (text) VALUES ('for everybody');
"""}
QUERIES = {"whoami.sql": """
SELECT role() AS role, claim('sub') AS sub, claim('role') AS claimed, claim('org.id') AS org,
       header('Authorization') AS authorization, header('apikey') AS apikey,
       header('X-API-Key') AS x_api_key, header('x-name') AS name
""", "record.sql": """
-- write
-- :title text
INSERT INTO tasks (owner, title) VALUES (coalesce(claim('sub'), role()), :title) RETURNING *
"""}
ACCESS = """
CREATE ROLE anon;
CREATE ROLE member;
CREATE ROLE service BYPASSRLS;
CREATE ROLE empty;
GRANT SELECT ON notes TO anon, member;
GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO member;
GRANT ALL ON ALL TABLES IN SCHEMA public TO service;
GRANT EXECUTE ON FUNCTION whoami TO anon, member;
GRANT EXECUTE ON FUNCTION record TO member;
CREATE POLICY own ON tasks TO member USING (owner = claim('sub')) WITH CHECK (owner = claim('sub'));
"""


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims=None, secret=SECRET, header=None, **more):
    """A JWT signed with HS256 (RFC 7515)."""
    claims = {**(claims or {}), **more}
    text = part(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode()) + "." \
        + part(json.dumps(claims).encode())
    return text + "." + part(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))


def bearer(*args, **claims):
    return {"Authorization": f"Bearer {token(*args, **claims)}"}


MEMBER = {"role": "member", "sub": "7"}


class Folder:
    """Files for a server, each kind in a folder of its own."""

    def __init__(self, path, access=ACCESS):
        self.path = path
        self.access = write_files(path / "access", {"1.sql": access}) if access else None
        self.migrations = write_files(path / "migrations", MIGRATIONS)
        self.queries = write_files(path / "queries", QUERIES)
        (path / "secret").write_text(SECRET)

    def serve(self, *args, **options):
        access = ["--access", self.access] if self.access else []
        return Server(self.path, *access, "--queries", self.queries, "--jwt-secret",
                      f"@{self.path / 'secret'}", "--access-log", "--log-level", "debug", *args,
                      migrations=self.migrations, **options)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("who")
    server = Folder(path).serve("--anon-role", "anon", "--cors-origins", "https://page.example",
                                "--backup-dir", path)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """No anonymous role."""
    server = Folder(tmp_path_factory.mktemp("closed")).serve("--cors-origins", "*")
    yield server
    server.stop()


def get(server, path, headers=None):
    return server.request("GET", path, headers=headers)


def figure(server, name, **labels):
    text = ",".join(f'{k}="{v}"' for k, v in labels.items())
    page = server.get("/metrics").body.decode()
    return int(re.search(rf"^{name}{{{text}}} (\d+)$", page, re.M)[1])


# ---- from credentials to a role

def whoami(server, headers=None):
    reply = get(server, "/rpc/whoami", headers)
    assert reply.status == 200, reply
    return reply.json()[0]


def test_whoever_says_nothing_has_the_anonymous_role(server):
    me = whoami(server, {"x-name": "n"})
    assert (me["role"], me["sub"], me["claimed"], me["name"]) == ("anon", None, "anon", "n")
    assert get(server, "/notes").json() == [{"id": 1, "text": "for everybody"}]


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_a_token_says_the_role_and_its_claims(server, scheme):
    text = token(role="member", sub="7", org={"id": 9})
    me = whoami(server, {"Authorization": scheme + text})
    assert (me["role"], me["sub"], me["claimed"], me["org"]) == ("member", "7", "member", 9)


@pytest.mark.parametrize("field", ["apikey", "X-API-Key", "x-api-key"])
def test_a_token_may_come_as_a_key(server, field):
    assert whoami(server, {field: token(MEMBER)})["sub"] == "7"


def test_the_bearer_decides_where_there_are_both(server):
    """supabase-js sends its key as apikey, and as the bearer, too, until somebody signs in."""
    anon = token(role="anon")
    assert whoami(server, {"apikey": anon, "Authorization": f"Bearer {anon}"})["role"] == "anon"
    assert whoami(server, {"apikey": anon, **bearer(MEMBER)})["sub"] == "7"
    assert whoami(server, {"apikey": token(MEMBER), **bearer(role="anon")})["role"] == "anon"
    wrong = get(server, "/notes", {"apikey": token(MEMBER), "Authorization": "Bearer x.y.z"})
    assert wrong.status == 401


def test_another_scheme_is_none_of_ours(server):
    """A proxy may ask for a password of its own; PostgREST passes it over, too."""
    assert whoami(server, {"Authorization": "Basic dXNlcjpwYXNz"})["role"] == "anon"
    both = {"Authorization": "Basic dXNlcjpwYXNz", "apikey": token(MEMBER)}
    assert whoami(server, both)["sub"] == "7"


def test_a_token_without_a_role_has_the_anonymous_one(server, closed):
    me = whoami(server, bearer(sub="9"))
    assert (me["role"], me["sub"]) == ("anon", "9")
    reply = get(closed, "/notes", bearer(sub="9"))
    assert (reply.status, reply.json()["code"]) == (401, "PGRST302")


def test_two_bearers_are_none(server):
    sock = server.raw(f"GET /notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token(MEMBER)}\r\n"
                      f"Authorization: Bearer {token(MEMBER)}\r\nConnection: close\r\n\r\n".encode())
    assert sock.makefile("rb").readline().split()[1] == b"401"
    sock.close()


def test_queries_cannot_read_the_credentials(server, tmp_path):
    headers = {**bearer(MEMBER), "apikey": token(MEMBER), "X-API-Key": token(MEMBER)}
    me = whoami(server, headers)
    assert (me["authorization"], me["apikey"], me["x_api_key"]) == (None, None, None)
    open_server = Folder(tmp_path, access=None).serve()
    me = whoami(open_server, {"Authorization": "Basic x", "apikey": "k", "X-API-Key": "x"})
    assert (me["authorization"], me["apikey"], me["x_api_key"]) == ("Basic x", "k", "x")
    open_server.stop()


# ---- what is said to the others: PostgREST's status, code and challenge

BEARER = "Bearer"
NOW = int(time.time())


def invalid(message):
    return f'Bearer error="invalid_token", error_description="{message}"'


REFUSED = {
    "nothing": ({}, 401, "PGRST302", "Anonymous access is disabled", BEARER),
    "an empty token": ({"Authorization": "Bearer "}, 401, "PGRST301",
                       "Empty JWT is sent in Authorization header", invalid),
    "no token": ({"Authorization": "Bearer x"}, 401, "PGRST301", "Expected 3 parts in JWT; got 1",
                 invalid),
    "garbage": ({"Authorization": "Bearer a.b.c"}, 401, "PGRST301", "JWT couldn't be decoded",
                invalid),
    "another secret": (bearer(MEMBER, "another secret of thirty-two bytes and more"), 401,
                       "PGRST301", "No suitable key or wrong key type", invalid),
    "no algorithm": ({"Authorization": "Bearer " + token(MEMBER, header={"alg": "none"})}, 401,
                     "PGRST301", "Wrong or unsupported encoding algorithm", invalid),
    "expired": (bearer(MEMBER, exp=NOW - 3600), 401, "PGRST303", "JWT expired", invalid),
    "not yet": (bearer(MEMBER, nbf=NOW + 3600), 401, "PGRST303", "JWT not yet valid", invalid),
    "of the future": (bearer(MEMBER, iat=NOW + 3600), 401, "PGRST303", "JWT issued at future",
                      invalid),
    "a role that is not there": (bearer(role="stranger"), 401, "22023",
                                 'role "stranger" does not exist', BEARER),
    "no key": ({"apikey": "x"}, 401, "PGRST301", "Expected 3 parts in JWT; got 1", invalid),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_refusals(closed, case, method):
    headers, status, code, message, challenge = REFUSED[case]
    reply = closed.request(method, "/tasks", {"title": "x"} if method == "POST" else None, headers)
    assert reply.status == status, reply
    assert reply.headers["WWW-Authenticate"] == (challenge if challenge is BEARER
                                                 else challenge(message))
    assert reply.headers["Proxy-Status"] == f"thimble; error={code}"
    assert reply.headers["Cache-Control"] == "no-store"
    if method != "HEAD":
        assert (reply.json()["code"], reply.json()["message"]) == (code, message)


@pytest.mark.parametrize("path", ["/notes", "/notes/1", "/", "/openapi.json", "/rpc/whoami",
                                  "/hidden", "/not-there", "/not/there/at-all", "/_backup"])
def test_nothing_is_answered_to_nobody(closed, path):
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]:
        reply = closed.request(method, path)
        assert reply.status == 401, (method, path, reply)
        assert "Allow" not in reply.headers


def test_the_anonymous_role_is_told_to_say_who_it_is(server):
    """42501 is 401 for it, 403 for the others (PostgREST)."""
    anonymous = get(server, "/tasks")
    assert (anonymous.status, anonymous.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert anonymous.json()["code"] == "42501"
    assert anonymous.json()["message"] == "permission denied for table tasks"
    as_token = get(server, "/tasks", bearer(role="anon"))
    assert as_token.status == 401
    known = get(server, "/hidden", bearer(MEMBER))
    assert (known.status, known.json()["code"]) == (403, "42501")
    assert "WWW-Authenticate" not in known.headers
    assert server.request("POST", "/notes", {"text": "x"}).status == 401
    assert server.request("POST", "/notes", {"text": "x"}, bearer(MEMBER)).status == 403


def test_a_server_without_a_secret_says_so(tmp_path):
    folder = Folder(tmp_path)
    server = Server(folder.path, "--access", folder.access, "--anon-role", "anon", "--queries",
                    folder.queries, migrations=folder.migrations)
    reply = get(server, "/notes", bearer(MEMBER))
    assert (reply.status, reply.json()["code"]) == (500, "PGRST300")
    assert "WWW-Authenticate" not in reply.headers
    assert get(server, "/notes").status == 200
    server.stop()


# ---- who needs nobody

def test_probes_and_metrics_answer_anybody(closed):
    for headers in ({}, {"Authorization": "Bearer x"}, bearer(role="stranger")):
        for path in ["/healthz", "/livez", "/readyz", "/metrics"]:
            assert get(closed, path, headers).status == 200, (path, headers)


def test_a_preflight_has_no_credentials(server, closed):
    for which in (server, closed):
        reply = which.request("OPTIONS", "/tasks", headers={
            "Origin": "https://page.example", "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, apikey"})
        assert reply.status == 204, reply
        assert reply.headers["Access-Control-Allow-Headers"] == "authorization, apikey"
    refused = get(closed, "/tasks", {"Origin": "https://page.example"})
    assert refused.status == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


# ---- each role its own

def test_each_sees_its_own_rows(server):
    ids = [row["id"] for row in get(server, "/tasks", bearer(MEMBER)).json()]
    assert ids == [1, 3]
    assert [r["id"] for r in get(server, "/tasks", bearer(role="member", sub="8")).json()] == [2]
    assert get(server, "/tasks", bearer(role="member")).json() == []
    assert len(get(server, "/tasks", bearer(role="service")).json()) == 3


def test_writes_are_of_who_asks(server):
    made = server.request("POST", "/tasks", {"owner": "w", "title": "x"},
                          bearer(role="member", sub="w"))
    assert made.status == 201, made
    other = server.request("POST", "/tasks", {"owner": "7", "title": "x"},
                           bearer(role="member", sub="w"))
    assert (other.status, other.json()["code"]) == (403, "42501")
    mine = server.request("POST", "/rpc/record", {"title": "x"}, bearer(role="member", sub="w"))
    assert (mine.status, mine.json()[0]["owner"]) == (200, "w")
    gone = server.request("DELETE", "/tasks?owner=in.(w,7)&select=owner", headers={
        **bearer(role="member", sub="w"), "Prefer": "return=representation"})
    assert gone.json() == [{"owner": "w"}, {"owner": "w"}]


def test_the_description_is_the_role_s(server, closed):
    def paths(which, headers=None):
        reply = get(which, "/", headers)
        assert reply.status == 200, reply
        return reply.json()

    anonymous, member = paths(server), paths(server, bearer(MEMBER))
    assert "/notes" in anonymous["paths"] and "/tasks" not in anonymous["paths"]
    assert "/tasks" in member["paths"] and "/hidden" not in member["paths"]
    assert "/rpc/record" in member["paths"] and "/rpc/record" not in anonymous["paths"]
    assert "/hidden" in paths(server, bearer(role="service"))["paths"]
    assert "tasks" not in json.dumps(anonymous)
    schemes = member["components"]["securitySchemes"]
    assert schemes["bearer"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert schemes["apikey"] == {"type": "apiKey", "in": "header", "name": "apikey"}
    assert member["security"] == [{"bearer": []}, {"apikey": []}]
    assert anonymous["security"] == [{"bearer": []}, {"apikey": []}, {}]


def test_without_access_files_the_description_asks_for_nothing(tmp_path):
    server = Folder(tmp_path, access=None).serve()
    description = server.get("/").json()
    assert "security" not in description and "securitySchemes" not in description["components"]
    server.stop()


def test_hints_name_what_the_role_knows(server):
    assert "notes" in get(server, "/note").json()["hint"]
    assert get(server, "/hiden").json()["hint"] is None
    assert get(server, "/task").json()["hint"] is None
    assert "tasks" in get(server, "/task", bearer(MEMBER)).json()["hint"]


# ---- answers that are kept, here and by others

def until_kept(server, path, headers):
    """Asks until the answer is a kept one."""
    deadline = time.monotonic() + 30
    before = figure_of_kept(server)
    while figure_of_kept(server) == before:
        reply = get(server, path, headers)
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return reply


def figure_of_kept(server):
    page = server.get("/metrics").body.decode()
    return int(re.search(r"^thimble_http_answer_cache_hits_total (\d+)$", page, re.M)[1])


def test_a_kept_answer_is_of_who_asked(tmp_path):
    server = Folder(tmp_path).serve("--anon-role", "anon", "--threads", "1")
    rows = {}
    for sub in ["7", "8", "9"]:
        until_kept(server, "/tasks?select=id", bearer(role="member", sub=sub))
        rows[sub] = until_kept(server, "/tasks?select=id", bearer(role="member", sub=sub)).json()
    assert rows == {"7": [{"id": 1}, {"id": 3}], "8": [{"id": 2}], "9": []}
    assert get(server, "/tasks?select=id").status == 401
    all_rows = until_kept(server, "/tasks?select=id", bearer(role="service", sub="7"))
    assert len(all_rows.json()) == 3
    until_kept(server, "/notes", {})
    assert get(server, "/notes", bearer(role="empty")).status == 403
    assert get(server, "/notes", bearer(MEMBER, exp=1)).status == 401
    server.stop()


def test_a_kept_answer_does_not_outlive_the_rights(tmp_path):
    folder = Folder(tmp_path)
    server = folder.serve("--anon-role", "anon", "--threads", "1")
    until_kept(server, "/notes", {})
    (folder.access / "1.sql").write_text(ACCESS + "REVOKE SELECT ON notes FROM anon;")
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + 30
    while not [line for line in server.log_lines() if line["msg"] == "reloaded"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert get(server, "/notes").status == 401
    server.stop()


def test_caches_elsewhere_are_told(server):
    own = get(server, "/tasks", bearer(MEMBER))
    assert own.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in own.headers["Vary"] and "apikey" in own.headers["Vary"]
    anonymous = get(server, "/notes")
    assert anonymous.headers["Cache-Control"] == "no-cache"
    assert "Authorization" in anonymous.headers["Vary"]
    again = get(server, "/tasks", {**bearer(MEMBER), "If-None-Match": own.headers["ETag"]})
    assert again.status == 304
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in again.headers["Vary"]
    other = get(server, "/tasks", {**bearer(role="member", sub="8"),
                                   "If-None-Match": own.headers["ETag"]})
    assert other.status == 200
    head = server.request("HEAD", "/tasks", headers=bearer(MEMBER))
    assert (head.headers["ETag"], head.body) == (own.headers["ETag"], b"")
    written = server.request("POST", "/tasks", {"owner": "c"}, bearer(role="member", sub="c"))
    assert written.headers["Cache-Control"] == "private"
    assert "Authorization" not in (get(server, "/healthz").headers["Vary"] or "")


# ---- backups

def test_a_backup_is_for_whom_no_row_is_hidden(server, closed):
    def back_up(headers=None):
        return server.request("POST", "/_backup", headers=headers)

    assert back_up().status == 401
    refused = back_up(bearer(MEMBER))
    assert (refused.status, refused.json()["code"]) == (403, "42501")
    assert back_up(bearer(role="service")).status == 201
    assert closed.request("POST", "/_backup", headers=bearer(role="service")).status == 404


# ---- logs and figures

def test_no_credentials_are_in_the_log_or_in_an_answer(server):
    good, forged = token(MEMBER, secret_claim="not-to-be-told"), token(MEMBER, "x" * 40)
    old = token(MEMBER, exp=NOW - 3600, other="not-to-be-told")
    replies = []
    for text in (good, forged, old, "a.b.c", "hunter2-not-to-be-told", "thk_hunter2"):
        for headers in ({"Authorization": f"Bearer {text}"}, {"apikey": text}, {"X-API-Key": text},
                        {"Authorization": f"Basic {text}"}):
            for method, path in [("GET", "/tasks"), ("GET", "/tasks?select=nothing"),
                                 ("POST", "/tasks"), ("GET", "/nowhere"), ("GET", "/rpc/whoami")]:
                replies.append(server.request(method, path, headers=headers))
    said = server.log() + "".join(f"{dict(r.headers)} {r.body}" for r in replies)
    for text in (good, forged, old):
        for piece in text.split("."):
            assert piece not in said or piece == good.split(".")[0], piece
    assert good.split(".")[0] not in said
    assert "hunter2" not in said and "not-to-be-told" not in said


def test_the_log_says_who_asked(server):
    get(server, "/tasks?select=id,owner", bearer(role="member", sub="logged-sub"))
    get(server, "/notes?select=text")
    get(server, "/healthz")
    long = "s" * 5000
    get(server, "/tasks", bearer(role="member", sub=long))
    deadline = time.monotonic() + 20
    while '"sub":"sss' not in server.log():  # it is written when the answer is on its way
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.01)
    lines = [line for line in server.log_lines() if line["msg"] == "request"]
    mine = [line for line in lines if line.get("sub") == "logged-sub"]
    assert len(mine) == 1 and mine[0]["role"] == "member"
    assert any(line.get("role") == "anon" and "sub" not in line for line in lines)
    assert all("role" not in line for line in lines if line["path"] == "/healthz")
    assert all(len(line.get("sub", "")) < 200 for line in lines)


def test_refusals_are_counted_by_their_reason(closed):
    reasons = {"missing": "nothing", "token": "garbage", "claims": "expired",
               "role": "a role that is not there"}
    for reason, case in reasons.items():
        before = figure(closed, "thimble_auth_failures_total", reason=reason)
        get(closed, "/notes", REFUSED[case][0])
        deadline = time.monotonic() + 20
        while figure(closed, "thimble_auth_failures_total", reason=reason) != before + 1:
            assert time.monotonic() < deadline, reason
            time.sleep(0.01)
    assert "stranger" not in closed.get("/metrics").body.decode()


# ---- the setting

def test_an_anonymous_role_that_is_not_there(tmp_path):
    folder = Folder(tmp_path)
    args = ["serve", "--db", tmp_path / "x.db", "--migrations", folder.migrations, "--queries",
            folder.queries, "--listen", "127.0.0.1:0", "--access", folder.access, "--anon-role"]
    code, out, err = run(*args, "anom")
    assert code == 2 and 'no role "anom"; perhaps you mean "anon"' in err, err
    code, out, err = run(*args, "x" * 200)
    assert code == 2 and "--anon-role" in err, err


def test_an_anonymous_role_without_access_files_is_told(tmp_path):
    server = Folder(tmp_path, access=None).serve("--anon-role", "anon")
    assert [line for line in server.log_lines() if "--anon-role" in line["msg"]]
    assert get(server, "/tasks").status == 200
    server.stop()


def test_an_anonymous_role_may_not_be_taken_away(tmp_path):
    folder = Folder(tmp_path)
    server = folder.serve("--anon-role", "anon")
    (folder.access / "1.sql").write_text("CREATE ROLE other; GRANT SELECT ON notes TO other;")
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + 30
    while not [line for line in server.log_lines() if "anon-role" in json.dumps(line)]:
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.01)
    assert get(server, "/notes").status == 200
    server.stop()

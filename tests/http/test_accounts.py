"""Accounts: email and password, in the form of supabase-js's auth client, which is driven here as npm has it."""
import base64
import concurrent.futures
import hmac
import json
import re
import shutil
import sqlite3
import time

import pytest

from conftest import ROOT, Server, run
from test_clients import JAVASCRIPT, install, run_quietly

pytestmark = pytest.mark.threads  # the one that hashes, those that answer

MIGRATION = """CREATE TABLE notes(id INTEGER PRIMARY KEY, owner TEXT NOT NULL, body TEXT NOT NULL);
INSERT INTO notes(owner, body) VALUES ('nobody', 'of nobody');
"""
ACCESS = """CREATE ROLE anon;
CREATE ROLE authenticated;
CREATE ROLE staff;
GRANT SELECT (id, owner, body), INSERT (body, owner DEFAULT claim('sub')), UPDATE (body), DELETE ON notes TO authenticated;
GRANT SELECT ON notes TO staff;
CREATE POLICY own ON notes TO authenticated USING (owner = claim('sub'));
CREATE POLICY everything ON notes FOR SELECT TO staff USING (claim('app_metadata.org') = 7);
"""
PASSWORD = "correct horse"


def tree(folder):
    for name, text in (("migrations/0001_notes.sql", MIGRATION), ("access/0001_roles.sql", ACCESS)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def serve(folder, *words):
    return Server(folder, "--access", folder / "access", "--queries", "none", "--base-path", "/rest/v1",
                  *words, migrations=folder / "migrations")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = serve(tree(tmp_path_factory.mktemp("accounts")), "--accounts", "open", "--anon-role", "anon")
    yield server
    server.stop()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body!r}"


def ask(server, method, path, body=None, token=None, **headers):
    """A request whose failures are GoTrue's, not problem documents."""
    connection = server.connect()
    fields = {"Content-Type": "application/json", **headers}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
    connection.request(method, f"/auth/v1/{path}", body=body, headers=fields)
    reply = connection.getresponse()
    answer = Answer(reply.status, reply.headers, reply.read())
    connection.close()
    return answer


def signup(server, email, password=PASSWORD, **more):
    answer = ask(server, "POST", "signup", {"email": email, "password": password, **more})
    assert answer.status == 200, answer
    return answer.json()


def login(server, email, password=PASSWORD):
    return ask(server, "POST", "token?grant_type=password", {"email": email, "password": password})


def refresh(server, token):
    return ask(server, "POST", "token?grant_type=refresh_token", {"refresh_token": token})


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def fault(answer, status, code):
    assert answer.status == status, answer
    said = answer.json()
    assert (said["code"], said["error_code"]) == (status, code) and said["msg"], answer
    return said


def user(server, *words, code=0):
    found, out, err = run("user", *words, "--db", server.db)
    assert found == code, err
    return out if code == 0 else err


def test_signup_gives_a_session(server):
    before = time.time()
    made = signup(server, "  First@Example.ORG ", data={"name": "First"})
    assert made["token_type"] == "bearer" and made["expires_in"] == 3600
    assert before + 3500 < made["expires_at"] < time.time() + 3700
    person = made["user"]
    assert person["email"] == "first@example.org" and person["user_metadata"] == {"name": "First"}
    assert person["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert (person["aud"], person["role"], person["is_anonymous"]) == ("authenticated", "authenticated", False)
    assert person["identities"][0]["user_id"] == person["id"]
    said = claims(made["access_token"])
    assert said["sub"] == person["id"] and said["role"] == "authenticated" and said["aud"] == "authenticated"
    assert said["email"] == "first@example.org" and said["exp"] == made["expires_at"] and said["exp"] - said["iat"] == 3600
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", said["session_id"])
    assert "user_metadata" not in said  # users write it themselves


def test_answers_are_kept_nowhere(server):
    answer = ask(server, "POST", "signup", {"email": "kept@example.org", "password": PASSWORD})
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Content-Type"] == "application/json"
    assert login(server, "kept@example.org", "wrong horse").headers["Cache-Control"] == "no-store"


def rows(server, token):
    reply = server.request("GET", "/rest/v1/notes?select=body,owner&order=id", headers={"Authorization": f"Bearer {token}"})
    assert reply.status == 200, reply
    return [note["body"] for note in reply.json()]


def test_the_token_is_a_role_and_a_sub(server):
    one, two = signup(server, "one@example.org"), signup(server, "two@example.org")
    made = server.request("POST", "/rest/v1/notes", {"body": "of one"},
                          {"Authorization": f"Bearer {one['access_token']}", "Prefer": "return=representation"})
    assert made.status == 201 and made.json()[0]["owner"] == one["user"]["id"], made
    assert rows(server, one["access_token"]) == ["of one"] and rows(server, two["access_token"]) == []


@pytest.mark.parametrize("body, status, code", [
    ({"email": "first@example.org", "password": ""}, 422, "weak_password"),
    ({"email": "x@example.org", "password": "1234567"}, 422, "weak_password"),
    ({"email": "x@example.org", "password": "p" * 1025}, 422, "validation_failed"),
    ({"email": "x@example.org"}, 400, "validation_failed"),
    ({"password": PASSWORD}, 400, "validation_failed"),
    ({}, 400, "validation_failed"),
    ({"email": "example.org", "password": PASSWORD}, 400, "validation_failed"),
    ({"email": "a@b@example.org", "password": PASSWORD}, 400, "validation_failed"),
    ({"email": "a b@example.org", "password": PASSWORD}, 400, "validation_failed"),
    ({"email": "a@" + "b" * 260, "password": PASSWORD}, 400, "validation_failed"),
    ({"email": "a\0@example.org", "password": PASSWORD}, 400, "validation_failed"),
    ({"email": 1, "password": PASSWORD}, 400, "bad_json"),
    ({"email": "x@example.org", "password": PASSWORD, "data": [1]}, 400, "bad_json"),
    ({"email": "x@example.org", "password": PASSWORD, "data": {"a": "b" * 2100}}, 400, "bad_json"),
    ("[]", 400, "bad_json"),
    ("{", 400, "bad_json"),
    ("", 400, "bad_json"),
    ('{"email": "\\ud800@example.org", "password": "correct horse"}', 400, "bad_json"),
])
def test_signups_that_will_not_do(server, body, status, code):
    fault(ask(server, "POST", "signup", body), status, code)


def test_an_address_has_one_account(server):
    signup(server, "same@example.org")
    for spelled in ("same@example.org", "SAME@example.org"):
        fault(ask(server, "POST", "signup", {"email": spelled, "password": "other horse"}), 422, "user_already_exists")
    assert login(server, "Same@Example.org").status == 200
    fault(login(server, "same@example.org", "other horse"), 400, "invalid_credentials")


def test_a_wrong_password_is_told_as_an_unknown_address(server):
    signup(server, "known@example.org")
    answers = [login(server, "known@example.org", "wrong horse"), login(server, "unknown@example.org", "wrong horse"),
               login(server, "no address", "wrong horse"), login(server, "known@example.org", "p" * 3000),
               login(server, "known@example.org", "")]
    fault(answers[0], 400, "invalid_credentials")
    for answer in answers[1:]:
        assert (answer.status, answer.body) == (answers[0].status, answers[0].body)
        same = [{name: value for name, value in a.headers.items() if name != "Date"} for a in (answers[0], answer)]
        assert same[0] == same[1]


def test_grants_that_are_none(server):
    fault(ask(server, "POST", "token", {}), 400, "unsupported_grant_type")
    fault(ask(server, "POST", "token?grant_type=pkce", {}), 400, "unsupported_grant_type")
    fault(ask(server, "POST", "token?grant_type=password", {"email": "x@example.org"}), 400, "validation_failed")
    fault(ask(server, "POST", "token?grant_type=refresh_token", {}), 400, "refresh_token_not_found")


def age(server, token, seconds):
    """As if the session had been refreshed so long ago."""
    with sqlite3.connect(server.db, timeout=20) as db:
        db.execute("UPDATE thimble_sessions SET refreshed_at=refreshed_at-? WHERE id=?", (seconds, token[:36]))


def test_refresh_tokens_rotate(server):
    first = signup(server, "rotate@example.org")["refresh_token"]
    tokens = [first]
    for _ in range(4):
        answer = refresh(server, tokens[-1])
        assert answer.status == 200, answer
        assert answer.json()["user"]["email"] == "rotate@example.org"
        assert claims(answer.json()["access_token"])["session_id"] == first[:36]
        tokens.append(answer.json()["refresh_token"])
    assert len(set(tokens)) == 5


def test_a_token_that_comes_again_at_once_is_a_retry(server):
    first = signup(server, "retry@example.org")["refresh_token"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(server, first), range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert refresh(server, answers[0].json()["refresh_token"]).status == 200


def test_a_token_that_is_used_twice_ends_its_family(server):
    first = signup(server, "twice@example.org")["refresh_token"]
    second = refresh(server, first).json()["refresh_token"]
    age(server, first, 60)
    fault(refresh(server, first), 400, "refresh_token_already_used")
    fault(refresh(server, second), 400, "refresh_token_not_found")
    assert login(server, "twice@example.org").status == 200


def test_a_grandparent_ends_the_family_at_once(server):
    first = signup(server, "grandparent@example.org")["refresh_token"]
    second = refresh(server, first).json()["refresh_token"]
    third = refresh(server, second).json()["refresh_token"]
    fault(refresh(server, first), 400, "refresh_token_already_used")
    fault(refresh(server, third), 400, "refresh_token_not_found")


def test_forged_refresh_tokens_end_nothing(server):
    token = signup(server, "forged@example.org")["refresh_token"]
    session, counter, mac = token.split(".")
    for forged in (f"{session}.{int(counter) + 1}.{mac}", f"{session}.{counter}.{mac[:-1]}", f"{session}.-1.{mac}", "x" * 500,
                   f"{session}.{counter}.", session, "", f"{session}.0{counter}.{mac}", token + "\n"):
        fault(refresh(server, forged), 400, "refresh_token_not_found")
    assert refresh(server, token).status == 200


def test_sessions_end(server):
    token = signup(server, "ends@example.org")["refresh_token"]
    with sqlite3.connect(server.db, timeout=20) as db:
        db.execute("UPDATE thimble_sessions SET expires_at=1 WHERE id=?", (token[:36],))
    fault(refresh(server, token), 400, "session_expired")
    fault(refresh(server, token), 400, "refresh_token_not_found")


def test_a_user_has_so_many_sessions(server):
    made = signup(server, "many@example.org")
    with sqlite3.connect(server.db, timeout=20) as db:
        db.executemany("INSERT INTO thimble_sessions VALUES(?,?,0,?,?)",
                       [(f"old-{i}", made["user"]["id"], i, 1 << 40) for i in range(200)])
    assert login(server, "many@example.org").status == 200
    with sqlite3.connect(server.db) as db:
        left = [row[0] for row in db.execute("SELECT refreshed_at FROM thimble_sessions WHERE user_id=?", (made["user"]["id"],))]
    assert len(left) == 100 and min(left) > 100
    assert refresh(server, made["refresh_token"]).status == 200


def test_user_is_read_and_changed(server):
    made = signup(server, "change@example.org", data={"name": "A", "more": 1})
    token = made["access_token"]
    assert ask(server, "GET", "user", token=token).json() == made["user"]
    answer = ask(server, "PUT", "user", {"data": {"name": "B", "more": None}}, token)
    assert answer.status == 200 and answer.json()["user_metadata"] == {"name": "B"}, answer
    assert ask(server, "GET", "user", token=token).json()["user_metadata"] == {"name": "B"}
    for i in range(3):
        answer = ask(server, "PUT", "user", {"data": {f"long{i}": "x" * 2000}}, token)
    fault(answer, 422, "validation_failed")
    fault(ask(server, "PUT", "user", {"email": "other@example.org"}, token), 422, "email_address_not_authorized")
    fault(ask(server, "PUT", "user", {"password": "short"}, token), 422, "weak_password")
    assert ask(server, "PUT", "user", {"email": "Change@example.org"}, token).status == 200


def test_a_new_password_ends_other_sessions(server):
    made = signup(server, "password@example.org")
    other = login(server, "password@example.org").json()
    assert ask(server, "PUT", "user", {"password": "better horse"}, made["access_token"]).status == 200
    fault(refresh(server, other["refresh_token"]), 400, "refresh_token_not_found")
    fault(ask(server, "GET", "user", token=other["access_token"]), 403, "session_not_found")
    assert refresh(server, made["refresh_token"]).status == 200
    fault(login(server, "password@example.org"), 400, "invalid_credentials")
    assert login(server, "password@example.org", "better horse").status == 200


def test_who_is_nobody(server):
    for method, path in (("GET", "user"), ("PUT", "user"), ("POST", "logout")):
        answer = ask(server, method, path, {} if method == "PUT" else None)
        fault(answer, 401, "no_authorization")
    assert ask(server, "GET", "user", token="x.y.z").status == 401


@pytest.mark.parametrize("scope, left", [("", ()), ("?scope=global", ()), ("?scope=local", ("b", "c")), ("?scope=others", ("a",))])
def test_logout(server, scope, left):
    email = f"logout{scope[7:]}@example.org"
    made = {"a": signup(server, email), "b": login(server, email).json(), "c": login(server, email).json()}
    answer = ask(server, "POST", "logout" + scope, token=made["a"]["access_token"])
    assert answer.status == 204 and answer.body == b"", answer
    for name, session in made.items():
        assert refresh(server, session["refresh_token"]).status == (200 if name in left else 400), name


def test_logout_of_something_else(server):
    token = signup(server, "scope@example.org")["access_token"]
    fault(ask(server, "POST", "logout?scope=all", token=token), 400, "validation_failed")


def test_disabled_accounts(server):
    made = signup(server, "disabled@example.org")
    user(server, "disable", "Disabled@example.org")
    fault(login(server, "disabled@example.org"), 400, "user_banned")
    fault(login(server, "disabled@example.org", "wrong horse"), 400, "invalid_credentials")
    assert refresh(server, made["refresh_token"]).status == 400
    assert ask(server, "GET", "user", token=made["access_token"]).status == 403
    user(server, "enable", "disabled@example.org")
    assert login(server, "disabled@example.org").status == 200


def test_the_operator_makes_accounts(server):
    made = user(server, "add", "staff@example.org", "--role", "staff", "--claims", '{"org": 7}').strip()
    assert re.fullmatch(r"[a-z2-9]{20}", made)
    session = login(server, "staff@example.org", made).json()
    assert session["user"]["role"] == "staff" and session["user"]["app_metadata"]["org"] == 7
    assert "of nobody" in rows(server, session["access_token"])
    assert user(server, "add", "given@example.org", "--password", "my own password") == ""
    assert login(server, "given@example.org", "my own password").status == 200
    listed = user(server, "list")
    assert re.search(r"^staff@example.org +staff +[0-9a-f-]{36} .* enabled$", listed, re.M), listed
    assert made not in listed and "argon2" not in listed


def test_recovery_is_the_operators_command(server):
    made = signup(server, "recover@example.org")
    password = user(server, "password", "recover@example.org").strip()
    fault(login(server, "recover@example.org"), 400, "invalid_credentials")
    fault(refresh(server, made["refresh_token"]), 400, "refresh_token_not_found")
    assert login(server, "recover@example.org", password).status == 200


@pytest.mark.parametrize("words, code, said", [
    ([], 2, "user takes add, list, password, disable, enable or delete"),
    (["add"], 2, "needs an address"),
    (["add", "nobody"], 2, "is no email address"),
    (["add", "x@example.org", "--password", "short"], 2, "8 to 1024 bytes"),
    (["add", "x@example.org", "--claims", "7"], 2, "JSON object"),
    (["disable", "nobody@example.org"], 1, "there is no account of nobody@example.org"),
    (["password", "nobody@example.org"], 1, "there is no account of nobody@example.org"),
])
def test_wrong_commands(server, words, code, said):
    assert said in user(server, *words, code=code)


def test_no_password_and_no_token_is_kept_or_logged(server):
    made = signup(server, "secret@example.org", "a very secret horse")
    assert refresh(server, made["refresh_token"]).status == 200
    login(server, "secret@example.org", "another secret horse")
    with sqlite3.connect(server.db) as db:
        dump = "\n".join(db.iterdump())
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in dump
    for text in (dump, server.log()):
        for secret in ("secret horse", made["refresh_token"].split(".")[2], made["access_token"].split(".")[2]):
            assert secret not in text


def test_tables_of_accounts_are_not_served(server):
    token = signup(server, "tables@example.org")["access_token"]
    for table in ("thimble_users", "thimble_sessions", "thimble_secrets"):
        reply = server.request("GET", f"/rest/v1/{table}", headers={"Authorization": f"Bearer {token}"})
        assert reply.status == 404, reply


def test_invitations_are_the_operators(tmp_path):
    server = serve(tree(tmp_path), "--accounts", "invite", "--anon-role", "anon")
    fault(ask(server, "POST", "signup", {"email": "x@example.org", "password": PASSWORD}), 422, "signup_disabled")
    password = user(server, "add", "x@example.org").strip()
    session = login(server, "x@example.org", password)
    assert session.status == 200
    assert ask(server, "PUT", "user", {"password": PASSWORD}, session.json()["access_token"]).status == 200
    assert login(server, "x@example.org").status == 200

    # The secret stays: so does a session, past a restart.
    token = session.json()
    server.stop()
    server = serve(tmp_path, "--accounts", "invite", "--anon-role", "anon")
    assert rows(server, token["access_token"]) == []
    assert refresh(server, token["refresh_token"]).status == 200
    server.stop()


def test_off_is_not_there(tmp_path):
    server = serve(tree(tmp_path), "--anon-role", "anon")
    for path in ("signup", "token?grant_type=password", "user"):
        assert ask(server, "POST", path, {}).status == 404
    with sqlite3.connect(server.db) as db:
        assert not db.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'thimble_users'").fetchall()
    server.stop()


def refuse(folder, *words):
    return run("serve", "--db", folder / "test.db", "--listen", "127.0.0.1:0", "--queries", "none",
               "--migrations", folder / "migrations", *words)


def test_settings_that_do_not_go_together(tmp_path):
    folder = tree(tmp_path)
    access = ("--access", folder / "access")
    for words, said in (
            (("--accounts", "open"), "needs access files"),
            ((*access, "--accounts", "open", "--accounts-role", "nobody"), 'no role "nobody"'),
            ((*access, "--accounts", "open", "--jwt-role-claim", ".app.role"), "--jwt-role-claim"),
            ((*access, "--accounts", "yes"), "none of: off invite open")):
        code, _, err = refuse(folder, *words)
        assert code != 0 and said in err, err
    Server(folder, migrations=folder / "migrations").stop()
    code, _, err = refuse(folder, *access, "--accounts", "open", "--read-only")
    assert code != 0 and "can be written" in err, err


def test_many_at_once(tmp_path):
    """More than may wait are told so, and all others are answered right."""
    server = serve(tree(tmp_path), "--accounts", "open", "--anon-role", "anon", "--password-queue", "4")
    signup(server, "queue@example.org")
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda i: login(server, "queue@example.org", PASSWORD if i % 2 else "wrong horse"), range(48)))
    for i, answer in enumerate(answers):
        if answer.status == 429:
            fault(answer, 429, "over_request_rate_limit")
            assert answer.headers["Retry-After"] == "1"
        else:
            assert answer.status == (200 if i % 2 else 400), answer
    statuses = {answer.status for answer in answers}
    assert 429 in statuses and len(statuses) > 1, statuses
    assert server.get("/healthz").status == 200
    server.stop()


def test_guesses_are_counted_by_address(tmp_path):
    server = serve(tree(tmp_path), "--accounts", "open", "--anon-role", "anon", "--rate-limit-anonymous", "4/h")
    signup(server, "guessed@example.org")
    answers = [login(server, "guessed@example.org", f"wrong horse {i}").status for i in range(5)]
    assert answers == [400, 400, 400, 429, 429]
    server.stop()


def test_the_token_lives_as_long_as_is_said(tmp_path):
    server = serve(tree(tmp_path), "--accounts", "open", "--anon-role", "anon", "--access-token-lifetime", "5m",
                   "--session-lifetime", "1h")
    made = signup(server, "short@example.org")
    assert made["expires_in"] == 300
    with sqlite3.connect(server.db) as db:
        begun, end = db.execute("SELECT refreshed_at, expires_at FROM thimble_sessions").fetchone()
    assert end - begun == 3600
    server.stop()


def signature(token, secret):
    mac = hmac.digest(secret.encode(), token.rpartition(".")[0].encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=") == token.rpartition(".")[2]


def test_a_secret_that_is_given_signs(tmp_path):
    secret = "a secret that others have as well, of 32 bytes or more"
    words = ("--accounts", "open", "--anon-role", "anon", "--jwt-secret", secret, "--jwt-aud", "api", "--jwt-iss", "here")
    server = serve(tree(tmp_path), *words)
    made = signup(server, "given@example.org")
    assert signature(made["access_token"], secret)
    assert (claims(made["access_token"])["aud"], claims(made["access_token"])["iss"]) == ("api", "here")
    assert rows(server, made["access_token"]) == []
    server.stop()
    with sqlite3.connect(server.db) as db:
        assert db.execute("SELECT count(*) FROM thimble_secrets").fetchone()[0] == 0
        assert secret not in "\n".join(db.iterdump())

    # Another secret: the tokens of before are nobody's.
    server = serve(tmp_path, *words[:4])
    assert ask(server, "GET", "user", token=made["access_token"]).status == 401
    fault(refresh(server, made["refresh_token"]), 400, "refresh_token_not_found")
    again = login(server, "given@example.org").json()
    assert not signature(again["access_token"], secret) and rows(server, again["access_token"]) == []
    server.stop()


@pytest.fixture(scope="module")
def javascript(tmp_path_factory):
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not on this machine")
    folder = install(JAVASCRIPT, lambda new: run_quietly("npm", "install", "--no-audit", "--no-fund", "--no-save", JAVASCRIPT, cwd=new))
    server = serve(tree(tmp_path_factory.mktemp("js")), "--accounts", "open", "--default-return", "minimal")
    code, key, err = run("key", "add", "--role", "anon", "--db", server.db)
    assert code == 0, err
    script = folder / f"accounts-{server.port}.mjs"  # modules are looked for beside it
    shutil.copy(ROOT / "tests" / "clients" / "accounts_js.mjs", script)
    done = run_quietly("node", script, server.url, key.strip(), cwd=folder)
    script.unlink()
    server.stop()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_supabase_js_signs_up_and_in(javascript):
    said = javascript
    assert said["weak"]["error"]["name"] == "AuthWeakPasswordError"
    person = said["signUp"]["data"]["user"]
    assert said["signUp"]["error"] is None and said["signUp"]["data"]["session"]["user"] == person
    assert person["email"] == "ann@example.org" and person["user_metadata"] == {"name": "Ann"}
    assert said["again"]["error"]["code"] == "user_already_exists"
    assert said["user"]["data"]["user"] == person
    assert said["update"]["error"] is None and said["update"]["data"]["user"]["user_metadata"] == {"name": "Anna"}
    assert said["signOut"]["error"] is None
    assert said["wrong"] == said["nobody"] and said["wrong"]["error"]["code"] == "invalid_credentials"
    assert said["signIn"]["error"] is None


def test_supabase_js_has_the_rows_of_whoever_is_signed_in(javascript):
    said = javascript
    ann = said["signUp"]["data"]["user"]["id"]
    own = [{"body": "of ann", "owner": ann}]
    assert said["before"]["error"]["code"] == "42501" and said["after"]["error"]["code"] == "42501"
    assert said["insert"] == {"data": own[0], "error": None}
    assert said["insertBob"]["data"]["owner"] == said["bob"]["data"]["user"]["id"]
    assert said["ann"]["data"] == said["annAgain"]["data"] == said["annRefreshed"]["data"] == own
    assert said["updateOther"] == {"data": [], "error": None}


def test_supabase_js_refreshes(javascript):
    said = javascript
    assert said["refresh"]["error"] is None and not said["sameToken"]
    assert said["setSession"]["error"] is None
    assert said["globalOut"]["error"] is None
    assert said["refreshGone"]["error"]["code"] == "refresh_token_not_found"

"""Tokens: which are believed, what is said of the others, and keys that change while they are in use."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import signal
import socket
import socketserver
import threading
import time

import pytest

from conftest import ROOT, run, write_files

SCHEMA = {"0001_note.sql": "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT);\n"
                           "INSERT INTO note VALUES (1, 'a'), (2, 'b');\n"}
ACCESS = {"1.sql": "CREATE ROLE anon; CREATE ROLE member; CREATE ROLE \"other role\";\n"
                   "GRANT SELECT ON note TO anon, member;\n"}
SECRET = "the-first-secret-of-forty-bytes-or-so-it-says"
SECOND = "another-secret-that-nobody-has-seen-until-now"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims=None, secret=SECRET, header=None, kid=None):
    header = dict(header or {"alg": "HS256", "typ": "JWT"})
    if kid:
        header["kid"] = kid
    claims = {"role": "member"} if claims is None else claims
    text = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    data = b64(json.dumps(header).encode()) + "." + b64(text)
    return data + "." + b64(hmac.new(secret.encode(), data.encode(), "sha256").digest())


def jwk(secret, kid=None):
    return {"kty": "oct", "alg": "HS256", "k": b64(secret.encode()), **({"kid": kid} if kid else {})}


def put_file(path, keys):
    """As a deployment does: written beside it, and moved into its place."""
    fresh = path.with_suffix(".new")
    fresh.write_text(keys if isinstance(keys, str) else json.dumps(keys))
    os.replace(fresh, path)


@pytest.fixture
def start(serve, tmp_path):
    migrations = write_files(tmp_path / "m", SCHEMA)
    access = write_files(tmp_path / "access", ACCESS)

    def begin(*args, **options):
        return serve("--queries", "none", "--access", access, "--anon-role", "anon", *args,
                     migrations=migrations, **options)

    return begin


def bearer(text):
    return {"Authorization": "Bearer " + text}


def ask(server, text, connection=None):
    return server.request("GET", "/note?id=eq.1", headers=bearer(text), connection=connection)


def assert_refused(reply, code, message):
    assert (reply.status, reply.json()["code"], reply.json()["message"]) == (401, code, message), reply
    assert reply.headers["WWW-Authenticate"] == \
        f'Bearer error="invalid_token", error_description="{message}"', reply


def eventually(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# ---- what is believed

def test_claims(start):
    server = start("--jwt-secret", SECRET, "--jwt-aud", "us", "--jwt-iss", "them")
    now = int(time.time())
    good = {"role": "member", "aud": "us", "iss": "them"}
    for more in ({}, {"exp": now + 600}, {"exp": now - 5}, {"nbf": now + 5}, {"iat": now + 5.5},
                 {"aud": ["you", "us"]}, {"exp": None}, {"role": None}):
        for _ in range(2):  # the second time it is remembered
            assert ask(server, token({**good, **more})).status == 200
    wrong = {
        "JWT expired": {"exp": now - 60}, "JWT not yet valid": {"nbf": now + 600},
        "JWT issued at future": {"iat": now + 600}, "JWT not in audience": {"aud": "you"},
        "JWT not from the expected issuer": {"iss": "theirs"},
        "The JWT 'exp' claim must be a number": {"exp": "soon"},
        "The JWT 'aud' claim must be a string or an array of strings": {"aud": {"us": 1}},
    }
    for message, more in wrong.items():
        for _ in range(2):
            assert_refused(ask(server, token({**good, **more})), "PGRST303", message)
    for missing, message in (("aud", "JWT not in audience"), ("iss", "JWT not from the expected issuer")):
        claims = {k: v for k, v in good.items() if k != missing}
        assert_refused(ask(server, token(claims)), "PGRST303", message)
    assert_refused(ask(server, token({**good, "aud": []})), "PGRST303", "JWT not in audience")


def test_malformed(start):
    server = start("--jwt-secret", SECRET)
    good = token()
    assert ask(server, good).status == 200
    assert_refused(ask(server, ""), "PGRST301", "Empty JWT is sent in Authorization header")
    assert_refused(ask(server, "ey.ey"), "PGRST301", "Expected 3 parts in JWT; got 2")
    assert_refused(ask(server, good[:-1] + ("A" if good[-1] != "A" else "E")), "PGRST301",
                   "No suitable key or wrong key type")
    assert_refused(ask(server, token(header={"alg": "none"})), "PGRST301",
                   "Wrong or unsupported encoding algorithm")
    assert_refused(ask(server, token(secret=SECOND)), "PGRST301", "No suitable key or wrong key type")
    assert_refused(ask(server, token(b'{"role":"anon","role":"member"}')), "PGRST303", "Parsing claims failed")
    # Nothing of a token is in the log.
    for part in good.split(".")[1:]:
        assert part not in server.log()


def test_no_keys(start):
    server = start()
    reply = ask(server, token())
    assert (reply.status, reply.json()["code"]) == (500, "PGRST300") and "--jwt-secret" in reply.json()["hint"]
    assert server.get("/note").status == 200  # the anonymous role


def test_role_claim(start):
    server = start("--jwt-secret", SECRET, "--jwt-role-claim", "$['https://x/claims'].roles[?(@ ^== \"mem\")]",
                   "--access-log")
    assert ask(server, token({"https://x/claims": {"roles": ["a", "member"]}, "sub": "7"})).status == 200
    eventually(lambda: '"role":"member","sub":"7"' in server.log())
    assert ask(server, token({"role": "member"})).status == 200
    eventually(lambda: '"role":"anon"' in server.log())


def test_public_keys(start, tmp_path):
    """Each algorithm, by the vectors' keys: a token without a role is the anonymous role's."""
    rows = [line.rstrip("\n").split("\t") for line in open(ROOT / "tests" / "access" / "vectors.tsv")]
    good = [row for row in rows if row[0].endswith(" good")]
    keys = {"keys": [json.loads(row[1]) for row in good]}
    assert len(good) == 11
    put_file(tmp_path / "keys.json", keys)
    server = start("--jwks", tmp_path / "keys.json", "--token-failures", "0")
    for name, _, text, _ in good:
        assert ask(server, text).status == 200, name
        head, body, mac = text.split(".")
        assert_refused(ask(server, f"{head}.{body}.{mac[:20]}{'A' if mac[20] != 'A' else 'B'}{mac[21:]}"),
                       "PGRST301", "No suitable key or wrong key type")


def test_forgeries_are_limited(start, tmp_path):
    rows = [line.rstrip("\n").split("\t") for line in open(ROOT / "tests" / "access" / "vectors.tsv")]
    _, keys, good, _ = next(row for row in rows if row[0] == "ES256 good")
    put_file(tmp_path / "keys.json", keys)
    server = start("--jwks", tmp_path / "keys.json", "--jwt-secret", SECRET, "--threads", "1", "--token-failures", "1")
    assert ask(server, good).status == 200
    connection = server.connect()
    statuses = []
    for i in range(60):
        mac = b64(i.to_bytes(4, "big") + bytes(60))
        statuses.append(ask(server, ".".join(good.split(".")[:2] + [mac]), connection))
    limited = [reply for reply in statuses if reply.status == 429]
    assert limited and all(reply.status in (401, 429) for reply in statuses)
    assert int(limited[0].headers["Retry-After"]) >= 1
    assert ask(server, good).status == 200  # it is remembered
    assert ask(server, token()).status == 200  # and a secret's arithmetic is cheap
    metrics = server.get("/metrics").body.decode()
    assert f'thimble_tokens_total{{result="limited"}} {len(limited)}\n' in metrics
    assert 'thimble_tokens_total{result="known"} 1\n' in metrics
    assert 'thimble_tokens_total{result="verified"} 2\n' in metrics


# ---- how keys are given

@pytest.mark.parametrize("args, says", [
    (["--jwt-secret", "short"], "--jwt-secret: a secret has 32 bytes at least, this one has 5"),
    (["--jwt-secret", "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj"], "--jwt-secret: a PEM file is no secret"),
    (["--jwt-secret", '{"kty":"oct","k":"AAAA"}'], "--jwt-secret: key 1: a secret for HS256 has 32 bytes at least"),
    (["--jwt-secret", '{"keys":[]}'], "--jwt-secret: it has no key that signatures of tokens are checked with"),
    (["--jwt-secret", "?" * 40, "--jwt-secret-is-base64"], "--jwt-secret: it is not base64"),
    (["--jwks", "nowhere.json"], "--jwks: nowhere.json: cannot be read: No such file or directory"),
    (["--jwks", "."], "--jwks: .: cannot be read: Is a directory"),
    (["--jwks-url", "https://example.org/keys"], "--jwks-url: it is neither http://HOST:PORT/PATH nor unix:SOCKET:/PATH"),
    (["--jwt-role-claim", "role"], '--jwt-role-claim: "role": . or [ is expected at character 1'),
    (["--token-cache", "-1"], "--token-cache"),
])
def test_bad_settings_stop_the_start(tmp_path, args, says):
    code, out, err = run("serve", "--db", tmp_path / "x.db", "--listen", "127.0.0.1:0", "--log-level", "error",
                         *args, cwd=tmp_path)
    assert code == 2 and out == "" and says in err and err.count("\n") == 1, err


def test_secret_is_shown_to_nobody(tmp_path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    code, out, _ = run("config", "--jwt-secret", f"@{tmp_path}/secret")
    assert code == 0 and SECRET not in out and "(not shown)" in out


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode,
                                    lambda data: base64.b64encode(data).rstrip(b"=")])
def test_base64(start, encode):
    server = start("--jwt-secret-is-base64", env={"THIMBLE_JWT_SECRET": encode(SECRET.encode()).decode()})
    assert ask(server, token()).status == 200


def test_secret_may_be_keys(start, tmp_path):
    (tmp_path / "keys").write_text(json.dumps({"keys": [jwk(SECRET, "a"), jwk(SECOND, "b")]}))
    server = start("--jwt-secret", f"@{tmp_path}/keys")
    assert ask(server, token(kid="a")).status == 200
    assert ask(server, token(secret=SECOND, kid="b")).status == 200
    assert ask(server, token(secret=SECOND)).status == 200  # without a name each of them is tried
    assert ask(server, token(kid="b")).status == 401
    assert ask(server, token(kid="c")).status == 401


# ---- keys that change

def test_file_is_read_anew(start, tmp_path):
    path = tmp_path / "keys.json"
    put_file(path, jwk(SECRET))
    server = start("--jwks", path)
    new = token(secret=SECOND)
    assert ask(server, token()).status == 200 and ask(server, new).status == 401
    put_file(path, jwk(SECOND))
    eventually(lambda: ask(server, new).status == 200)
    assert ask(server, token()).status == 401  # remembered no more: its key is gone
    put_file(path, "{}")
    eventually(lambda: "keys for tokens stay as they were" in server.log())
    assert ask(server, new).status == 200
    put_file(path, {"keys": [jwk(SECOND), jwk(SECRET)]})
    server.signal(signal.SIGHUP)
    eventually(lambda: ask(server, token()).status == 200)
    assert server.log().count("keys for tokens stay as they were") == 1


@pytest.mark.threads
def test_rotation_under_load(start, tmp_path):
    """New keys come, are used, and the old ones go: no request fails."""
    path = tmp_path / "keys.json"
    secrets = [f"secret number {i:02} of forty bytes, or more" for i in range(6)]
    put_file(path, {"keys": [jwk(secrets[0], "k0")]})
    server = start("--jwks", path)
    current, failures, n, stop = [0], [], [0], threading.Event()

    def client():
        connection = server.connect()
        while not stop.is_set():
            at = current[0]
            reply = ask(server, token({"role": "member", "n": n[0] % 50}, secrets[at], kid=f"k{at}"), connection)
            n[0] += 1
            if reply.status != 200:
                failures.append(reply)

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for at in range(1, len(secrets)):
            put_file(path, {"keys": [jwk(secrets[at - 1], f"k{at - 1}"), jwk(secrets[at], f"k{at}")]})
            eventually(lambda: ask(server, token(secret=secrets[at], kid=f"k{at}")).status == 200)
            current[0] = at
            seen = n[0]
            eventually(lambda: n[0] > seen + 20)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures and n[0] > 100


class Issuer:
    """Gives keys by HTTP, and counts who asks."""

    def __init__(self, keys, path=None):
        self.keys, self.status, self.asked = keys, 200, 0
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                body = json.dumps(issuer.keys).encode()
                self.send_response(issuer.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                if self.path == "/keys":
                    self.wfile.write(body)

            def address_string(self):
                return ""

            def log_message(self, *args):
                pass

        class Unix(socketserver.ThreadingUnixStreamServer):
            pass

        self.server = Unix(path, Handler) if path else http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"unix:{path}:/keys" if path else f"http://127.0.0.1:{self.server.server_address[1]}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def issuer(tmp_path):
    made = []

    def make(keys, **options):
        made.append(Issuer(keys, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_url(start, issuer):
    source = issuer({"keys": [jwk(SECRET, "a")]})
    server = start("--jwks-url", source.url)
    eventually(lambda: ask(server, token(kid="a")).status == 200)
    # A name that is not known is asked for at once, and once.
    source.keys = {"keys": [jwk(SECRET, "a"), jwk(SECOND, "b")]}
    reply = ask(server, token(secret=SECOND, kid="b"))
    assert reply.status in (200, 503) and (reply.status == 200 or reply.headers["Retry-After"] == "1"), reply
    eventually(lambda: ask(server, token(secret=SECOND, kid="b")).status == 200)
    asked = source.asked
    for _ in range(20):
        assert ask(server, token(kid="c")).status == 401
    assert source.asked == asked
    # What fails leaves in force what was.
    source.status = 500
    server.signal(signal.SIGHUP)
    eventually(lambda: "answers 500, not 200" in server.log())
    assert ask(server, token(kid="a")).status == 200
    source.status, source.keys = 200, {"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}]}
    asked = source.asked
    eventually(lambda: source.asked > asked)
    assert ask(server, token(kid="a")).status == 200


def test_url_that_comes_later(start, tmp_path, issuer):
    path = str(tmp_path / "issuer.sock")
    server = start("--jwks-url", f"unix:{path}:/keys")
    reply = ask(server, token())
    assert reply.status == 503 and reply.headers["Retry-After"] == "1", reply
    assert server.get("/note").status == 200
    issuer(jwk(SECRET), path=path)
    server.signal(signal.SIGHUP)
    eventually(lambda: ask(server, token()).status == 200)


def test_url_far_away(start):
    server = start("--jwks-url", "http://203.0.113.7/keys")
    eventually(lambda: "neither this machine nor on a private network" in server.log())


def test_url_that_says_nothing(start, tmp_path):
    """A connection that is accepted and never answered holds up nobody, nor the end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = start("--jwks-url", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert ask(server, token()).status == 503
        assert server.get("/note").status == 200
        server.stop()

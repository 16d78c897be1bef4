"""What nobody may read of a role's requests: /metrics has no word of them, and the log no claim but sub, no credentials
and no value."""
import base64
import hashlib
import hmac
import json
import re

import pytest

from conftest import Server, write_files

SECRET = "a secret of the tests that is long enough"
SCHEMA = """
CREATE TABLE parcels (id INTEGER PRIMARY KEY, owner TEXT, label TEXT, pin TEXT UNIQUE);
INSERT INTO parcels VALUES (1, 'seven', 'quartz', 'zinc'), (2, 'eight', 'basalt', 'cobalt');
"""
ACCESS = """
CREATE ROLE anon; CREATE ROLE member;
GRANT SELECT (id, owner, label), INSERT, UPDATE, DELETE ON parcels TO member;
GRANT EXECUTE ON FUNCTION labels TO member;
CREATE POLICY own ON parcels TO member USING (owner = claim('sub'));
"""
CLAIMS = {"role": "member", "sub": "seven", "org": {"name": "granite"}, "email": "gneiss"}
HIDDEN = ["basalt", "cobalt", "zinc", "granite", "gneiss"]


def token():
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    body = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(CLAIMS).encode())
    return (body + b"." + part(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())).decode()


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    server = Server(folder, "--access", write_files(folder / "access", {"a.sql": ACCESS}), "--anon-role", "anon", "--access-log",
                    "--jwt-secret", SECRET, "--queries", write_files(folder / "queries", {"labels.sql": "SELECT label FROM parcels"}),
                    migrations=write_files(folder / "schema", {"0001_a.sql": SCHEMA}))
    who = {"Authorization": f"Bearer {token()}"}
    answers = [server.request(method, path, body, {**who, **more}) for method, path, body, more in [
        ("GET", "/", None, {}),
        ("GET", "/parcels", None, {}),
        ("GET", "/parcels?label=eq.marble", None, {"Prefer": "count=exact"}),
        ("GET", "/parcels/2", None, {}),
        ("GET", "/parcels?pin=eq.slate", None, {}),
        ("GET", "/rpc/labels", None, {}),
        ("GET", "/gravel", None, {}),
        ("POST", "/parcels", {"owner": "seven", "label": "flint", "pin": "cobalt"}, {}),
        ("POST", "/parcels", {"id": 2, "owner": "seven", "label": "flint"}, {"Prefer": "resolution=merge-duplicates"}),
        ("PATCH", "/parcels?id=eq.2", {"label": "flint"}, {}),
        ("PATCH", "/parcels?id=eq.1", {"owner": "chalk"}, {}),
        ("DELETE", "/parcels?id=eq.2", None, {}),
    ]]
    metrics = server.get("/metrics").body.decode()
    server.stop()
    return answers, metrics, server.log()


def test_answers(asked):
    text = b"".join(reply.body for reply in asked[0]).decode()
    assert "quartz" in text and [word for word in HIDDEN if word in text and word != "cobalt"] == []


def test_metrics(asked):
    labels = set(re.findall(r'="([^"]*)"', asked[1]))
    assert "GET" in labels
    told = [label for label in labels for word in [*HIDDEN, "parcels", "labels", "gravel", "marble", "slate", "flint", "seven", "member", "quartz"] if word in label]
    assert told == []


def test_the_log(asked):
    lines = [json.loads(line) for line in asked[2].splitlines()]
    requests = [line for line in lines if line["msg"] == "request" and line.get("role") == "member"]
    assert len(requests) == len(asked[0]) and all(line["sub"] == "seven" for line in requests)
    assert {line["path"] for line in requests} == {"/parcels", "/parcels/2", "/rpc/labels", "/gravel", "/"}
    told = [word for word in [*HIDDEN, "marble", "slate", "flint", "chalk", "quartz", token().split(".")[2], SECRET] if word in asked[2]]
    assert told == []

"""Tokens as they come to a deployment: keys in the layout of issuers' documents, tokens through nginx and Caddy."""
import json
import pathlib
import shutil

import pytest

from conftest import ROOT, Server, write_files
from test_proxy import caddy, nginx, proxy  # noqa: F401
from test_tokens import ACCESS, SCHEMA, SECRET, ask, bearer, eventually, issuer, start, token  # noqa: F401

VECTORS = [line.rstrip("\n").split("\t") for line in open(ROOT / "tests" / "access" / "vectors.tsv")]
KEY, TOKEN = next((json.loads(row[1]), row[2]) for row in VECTORS if row[0].endswith(" good") and json.loads(row[1]).get("kty") == "RSA"
                  and json.loads(row[1]).get("alg", "RS256") == "RS256")
OTHER = next(json.loads(row[1]) for row in VECTORS if row[0].endswith(" good") and json.loads(row[1]).get("kty") == "EC")
CHAIN = {"x5c": ["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"], "x5t": "q83vEjRWeJA"}
BARE = {name: KEY[name] for name in ("kty", "n", "e")}
KID = {"kid": KEY["kid"]} if "kid" in KEY else {"kid": "1"}

LAYOUTS = {
    "Keycloak": [{"kid": "enc", **BARE, "alg": "RSA-OAEP", "use": "enc", **CHAIN, "x5t#S256": "AAAA"},
                 {**KID, **BARE, "alg": "RS256", "use": "sig", **CHAIN, "x5t#S256": "AAAA"}],
    "Auth0": [{**BARE, **KID, "use": "sig", "alg": "RS256", **CHAIN}],
    "Entra ID": [{**BARE, "use": "sig", **KID, **CHAIN, "issuer": "https://login.example/{tenantid}/v2.0", "cloud_instance_name": "example"}],
    "Google": [{**BARE, "alg": "RS256", "use": "sig", **KID}, {**{n: OTHER[n] for n in ("kty", "crv", "x", "y")}, "alg": "ES256", "use": "sig", "kid": "2"}],
    "verify operations": [{**BARE, **KID, "key_ops": ["verify"], "alg": "RS256"}],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_keys_of_issuers(start, issuer, layout):  # noqa: F811
    source = issuer({"keys": LAYOUTS[layout]})
    server = start("--jwks-url", source.url)
    eventually(lambda: ask(server, TOKEN).status == 200)
    head, body, mac = TOKEN.split(".")
    forged = ask(server, f"{head}.{body}.{mac[:20]}{'A' if mac[20] != 'A' else 'B'}{mac[21:]}")
    assert (forged.status, forged.json()["code"]) == (401, "PGRST301")


def test_a_key_for_encryption_checks_nothing(start, tmp_path):  # noqa: F811
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [LAYOUTS["Keycloak"][0], {"kty": "oct", "alg": "HS256", "k": "A" * 43}]}))
    server = start("--jwks", tmp_path / "keys.json")
    assert ask(server, TOKEN).status == 401


@pytest.mark.parametrize("which", [nginx, caddy], ids=["nginx", "caddy"])
def test_tokens_through_a_proxy(tmp_path, proxy, which):  # noqa: F811
    if not (shutil.which(which.__name__) or pathlib.Path(f"/usr/sbin/{which.__name__}").exists()):
        pytest.skip(f"{which.__name__} is not installed")
    server = Server(tmp_path, "--queries", "none", "--access", write_files(tmp_path / "access", ACCESS), "--jwt-secret", SECRET,
                    "--base-path", "/rest/v1", migrations=write_files(tmp_path / "m", SCHEMA), listen=f"unix:{tmp_path}/thimble.sock")
    connection, _ = which(tmp_path, proxy, f"{tmp_path}/thimble.sock")

    def get(headers):
        return server.request("GET", "/rest/v1/note?id=eq.1", headers=headers, connection=connection)

    assert get(bearer(token())).json() == [{"id": 1, "text": "a"}]
    assert get({"apikey": token()}).status == 200
    nobody = get({})
    assert (nobody.status, nobody.json()["code"], nobody.headers["WWW-Authenticate"]) == (401, "PGRST302", "Bearer")
    expired = get(bearer(token({"role": "member", "exp": 1})))
    assert expired.status == 401 and 'error_description="JWT expired"' in expired.headers["WWW-Authenticate"]
    assert get(bearer(token({"role": "nobody"}))).status in (401, 403)
    server.stop()

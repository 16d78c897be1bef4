"""Header fields, methods and targets as RFC 9110 and 9112, the Fetch standard and PostgREST have them."""
import os
import socket
import sqlite3
import stat

import pytest

from conftest import run


def exchange(server, head, body=b"", timeout=10):
    """Status, fields and body of one request that http.client would not send."""
    with server.raw(head.replace("\n", "\r\n").encode() + body, timeout=timeout) as sock:
        sock.settimeout(timeout)
        got = b""
        while True:
            part = sock.recv(65536)
            got += part
            if not part:
                break
    top, _, rest = got.partition(b"\r\n\r\n")
    lines = top.decode().split("\r\n")
    fields = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), fields, rest


def test_fields_for_caches_and_browsers(server):
    for path in ("/author", "/author/1", "/author?select=id", "/openapi.json", "/"):
        reply = server.get(path)
        assert reply.headers["Vary"] == "Accept, Prefer, Range", path
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cache-Control"] == "no-cache" and reply.headers["ETag"]
        again = server.get(path, If_None_Match=reply.headers["ETag"])
        assert again.status == 304 and again.headers["Vary"] == "Accept, Prefer, Range"
        assert again.headers["Cache-Control"] == "no-cache"
    for reply in (server.get("/nothing"), server.post("/author", {"no": 1}), server.get("/author?x=eq.1")):
        assert reply.status >= 400 and reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert server.get("/healthz").headers["Vary"] is None
    assert server.get("/author", Accept="text/csv").headers["X-Content-Type-Options"] == "nosniff"


def test_options_of_everything(server):
    for path, allow in [("/", "GET, HEAD, OPTIONS"), ("/openapi.json", "GET, HEAD, OPTIONS"),
                        ("/healthz", "GET, HEAD, OPTIONS"), ("/metrics", "GET, HEAD, OPTIONS"),
                        ("/readyz", "GET, HEAD, OPTIONS")]:
        reply = server.options(path)
        assert (reply.status, reply.headers["Allow"]) == (200, allow), (path, reply)
    reply = server.delete("/")
    assert reply.status == 405 and reply.headers["Allow"] == "GET, HEAD, OPTIONS"
    status, fields, _ = exchange(server, "OPTIONS * HTTP/1.1\nHost: x\nConnection: close\n\n")
    assert status == 200 and fields["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    assert exchange(server, "GET * HTTP/1.1\nHost: x\nConnection: close\n\n")[0] == 404


@pytest.mark.parametrize("target,path", [
    ("http://example.local/author?select=id&order=id&limit=1", None), ("HTTP://h:80/author?select=id&order=id&limit=1", None),
    ("https://u@h/author?select=id&order=id&limit=1", None), ("http://h", "/"), ("http://h?x=1", "/"), ("http://h/", "/"),
])
def test_targets_in_absolute_form(server, target, path):
    status, _, body = exchange(server, f"GET {target} HTTP/1.1\nHost: x\nConnection: close\n\n")
    expected = server.get(path or "/author?select=id&order=id&limit=1").body
    assert status == 200 and body == expected
    status, _, body = exchange(server, f"GET {target} HTTP/1.1\nHost: x\nConnection: close\n\n")
    assert status == 200 and body == expected


def test_a_write_in_absolute_form(server):
    head = ("POST http://x/author HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 16\n"
            "Connection: close\n\n")
    status, fields, _ = exchange(server, head, b'{"name": "Absy"}')
    assert status == 201 and fields["location"].startswith("/author/"), fields


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, deflate"])
def test_coded_bodies_are_not_understood(server, coding):
    reply = server.request("POST", "/author", b"\x1f\x8b\x08", {"Content-Encoding": coding,
                                                               "Content-Type": "application/json"})
    assert reply.status == 415 and "Content-Encoding" in reply.json()["hint"], reply
    assert reply.headers["Accept-Encoding"] == "identity"


def test_identity_is_no_coding(server):
    reply = server.post("/author", {"name": "Plain"}, Content_Encoding="identity")
    assert reply.status == 201, reply


def test_credentials_and_preflights(serve):
    server = serve("--cors-origins", "https://a.example, http://localhost:3000")
    ask = {"Origin": "https://a.example", "Access-Control-Request-Method": "PATCH",
           "Access-Control-Request-Headers": "x-anything,prefer, authorization"}
    reply = server.request("OPTIONS", "/author", headers=ask)
    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Headers"] == "x-anything,prefer, authorization"
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert reply.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert "Origin" in reply.headers["Vary"]
    reply = server.get("/author", Origin="https://a.example")
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert reply.headers["Vary"] == "Accept, Prefer, Range, Origin"
    assert "Server-Timing" in reply.headers["Access-Control-Expose-Headers"]
    reply = server.get("/author", Origin="https://b.example")
    assert reply.headers["Access-Control-Allow-Origin"] is None
    assert reply.headers["Access-Control-Allow-Credentials"] is None
    bad = dict(ask, **{"Access-Control-Request-Headers": "x\tb<script>"})
    assert "<" not in (server.request("OPTIONS", "/author", headers=bad).headers["Access-Control-Allow-Headers"] or "")


def test_a_page_may_read_every_field_of_an_answer(serve):
    """Whatever the answer, the page sees what it says (Fetch, CORS-safelisted response-header names)."""
    server = serve("--cors-origins", "https://a.example", "--server-timing")
    safe = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
    frame = {"date", "vary", "x-content-type-options", "connection"}
    tag = server.get("/author").headers["ETag"]
    for method, path, body, headers, status in [
            ("GET", "/author", None, {"If-None-Match": tag}, 304), ("GET", "/author/99", None, {}, 404),
            ("HEAD", "/author/99", None, {"X-Request-Id": "a"}, 404), ("GET", "/rpc/nope", None, {}, 404),
            ("GET", "/author?select=b:book(id)&book.id=eq.1", None, {}, 200), ("DELETE", "/in_print", None, {}, 405),
            ("POST", "/author", {"name": "E"}, {"Prefer": "return=representation"}, 201),
            ("POST", "/author", "x", {"Content-Encoding": "gzip"}, 415), ("GET", "/healthz", None, {}, 200)]:
        reply = server.request(method, path, body, {**headers, "Origin": "https://a.example"})
        assert reply.status == status, reply
        assert reply.headers["Access-Control-Allow-Credentials"] == "true"
        exposed = {name.strip().lower() for name in reply.headers["Access-Control-Expose-Headers"].split(",")}
        shown = {name.lower() for name in reply.headers if not name.lower().startswith("access-control-")}
        assert shown <= exposed | safe | frame, shown - exposed
        assert "server-timing" in shown


def test_any_origin_sends_no_credentials(serve):
    server = serve("--cors-origins", "*")
    ask = {"Origin": "https://x.example", "Access-Control-Request-Method": "POST",
           "Access-Control-Request-Headers": "x-client-anything"}
    for reply in (server.request("OPTIONS", "/author", headers=ask), server.get("/author", Origin="https://x.example")):
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Access-Control-Allow-Credentials"] is None
    assert server.request("OPTIONS", "/author", headers=ask).headers["Access-Control-Allow-Headers"] == "x-client-anything"


@pytest.mark.parametrize("origins", ["https://a.example/,b.example", "b.example", "https://a.example/x", "https://",
                                     "https://A.example", "https://a.example:443", "http://a.example:80",
                                     "https://*.example", "https://a.example,,https://b.example", "https://a.example,",
                                     "*,https://b.example/"])
def test_origins_that_never_match_are_refused(tmp_path, origins):
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--listen", "127.0.0.1:0", "--cors-origins", origins)
    assert code == 2 and len(err.splitlines()) == 1 and "--cors-origins" in err, err
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize("origins", ["https://a.example", "http://localhost:3000", "*", "null", "capacitor://localhost",
                                     "https://a.example:8443, https://b.example", "http://[::1]:3000"])
def test_origins_that_match(serve, origins):
    server = serve("--cors-origins", origins)
    for origin in map(str.strip, origins.split(",")):
        assert server.get("/author", Origin=origin).headers["Access-Control-Allow-Origin"] == origin


def test_server_timing(serve):
    server = serve("--server-timing")
    for _ in range(3):
        assert server.get("/author").headers["Server-Timing"].startswith("total;dur=")
    assert server.post("/author", {"name": "T"}).headers["Server-Timing"]
    server.stop()


def test_no_server_timing_unless_asked(server):
    assert server.get("/author").headers["Server-Timing"] is None


def test_the_description_is_json(server):
    for accept in ("text/csv", "application/vnd.pgrst.object+json", "image/png"):
        reply = server.get("/", Accept=accept)
        assert reply.status == 406 and reply.json()["code"] == "PGRST107", reply
    for accept in ("application/openapi+json", "application/json", "*/*", "text/html,*/*;q=0.8"):
        assert server.get("/", Accept=accept).status == 200


@pytest.mark.parametrize("length", ["9223372036854775807", "9223372036854775808", "18446744073709551000",
                                    "99999999999999999999999"])
@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
def test_lengths_past_all_limits_do_not_wait(server, method, length):
    status, _, _ = exchange(server, f"{method} /author HTTP/1.1\nHost: x\nContent-Length: {length}\n\n", timeout=5)
    assert status in (400, 413)


def test_range_belongs_to_get(server):
    total = len(server.get("/author").json())
    assert total > 1
    reply = server.get("/author", Range="0-0")
    assert len(reply.json()) == 1 and reply.headers["Content-Range"] == "0-0/*"
    reply = server.head("/author", Range="0-0")
    assert reply.status == 200 and reply.headers["Content-Range"] == f"0-{total - 1}/*"


def test_range_and_queries(serve, tmp_path):
    queries = tmp_path / "q"
    queries.mkdir()
    (queries / "three.sql").write_text("SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3")
    server = serve("--queries", queries)
    assert server.get("/rpc/three", Range="0-1").json() == [{"n": 1}, {"n": 2}]
    assert len(server.post("/rpc/three", {}, Range="0-1").json()) == 3
    assert len(server.post("/rpc/three", {}, Range="5-1").json()) == 3


def test_limits_name_their_flags(serve):
    server = serve("--max-url", "200", "--max-headers", "1KiB", "--max-body", "100")
    reply = server.get("/author?name=eq." + "x" * 300)
    assert reply.status == 414 and "--max-url" in reply.json()["hint"] and "/rpc" in reply.json()["hint"]
    reply = server.get("/author", X_Long="y" * 2000)
    assert reply.status == 431 and "--max-headers" in reply.json()["hint"]
    reply = server.post("/author", {"name": "z" * 200})
    assert reply.status == 413 and "--max-body" in reply.json()["hint"]


def test_names_have_their_schema(server):
    problem = server.get("/authr").json()
    assert problem["message"] == "Could not find the table 'public.authr' in the schema cache"
    assert problem["hint"] == "Perhaps you meant the table 'public.author'"
    assert server.get("/rpc/nothing").json()["message"].startswith("Could not find the function public.nothing")


@pytest.fixture
def odd(tmp_path):
    path = tmp_path / "odd.db"
    db = sqlite3.connect(path)
    db.executescript("""
        CREATE TABLE k(name TEXT PRIMARY KEY, a);
        CREATE TABLE two(a TEXT, b TEXT, v, PRIMARY KEY(a, b));
        CREATE TABLE n(id INTEGER PRIMARY KEY, a);
        CREATE TABLE metrics(id INTEGER PRIMARY KEY);
        CREATE TABLE healthz(id INTEGER PRIMARY KEY);
        CREATE TABLE "openapi.json"(id INTEGER PRIMARY KEY);
        CREATE TABLE rpc(id INTEGER PRIMARY KEY, a);
        INSERT INTO rpc VALUES(1, 'r');
        INSERT INTO metrics VALUES(7);
    """)
    db.close()
    return path


def test_the_empty_key_is_a_key(serve, odd):
    server = serve(db=odd, migrations="none")
    reply = server.post("/k", {"name": "", "a": 1})
    assert reply.status == 201
    location = reply.headers["Location"]
    if location is not None:
        assert server.get(location).json() == {"name": "", "a": 1}
    assert server.get("/k/").json() == {"name": "", "a": 1}
    assert server.patch("/k/", {"a": 2}).json() == {"name": "", "a": 2}
    assert server.delete("/k/").status == 204
    assert server.get("/k/").status == 404
    server.post("/two", [{"a": "", "b": "", "v": 1}, {"a": "", "b": "x", "v": 2}, {"a": "x", "b": "", "v": 3}])
    assert [server.get(f"/two/{key}").json()["v"] for key in (",", ",x", "x,")] == [1, 2, 3]
    assert server.get("/n/").status == 404
    assert server.get("/k//").status == 404


def test_tables_behind_the_services_own_paths_are_told(serve, odd):
    server = serve(db=odd, migrations="none")
    for name in ("metrics", "healthz", "openapi.json"):
        assert f'the table \\"{name}\\" cannot be reached' in server.log() and "--base-path" in server.log()
    assert 'rows of the table \\"rpc\\" have no paths' in server.log()
    assert server.get("/rpc?id=eq.1").json() == [{"id": 1, "a": "r"}]
    server.stop()
    server = serve("--base-path", "/api", db=odd, migrations="none")
    assert server.get("/api/metrics").json() == [{"id": 7}] and server.get("/api/metrics/7").json() == {"id": 7}
    assert server.get("/metrics").body.startswith(b"# HELP")


def test_files_are_their_owners(tmp_path, serve):
    folder = tmp_path / "backups"
    folder.mkdir()
    server = serve()
    server.post("/author", {"name": "secret"})
    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE(os.stat(f"{server.db}{suffix}").st_mode) == 0o600, suffix
    assert run("backup", "--db", server.db, tmp_path / "copy.db")[0] == 0
    assert stat.S_IMODE(os.stat(tmp_path / "copy.db").st_mode) == 0o600
    server.stop()
    # What was there keeps its mode.
    os.chmod(server.db, 0o640)
    server = serve()
    server.post("/author", {"name": "shared"})
    for suffix in ("", "-wal"):
        assert stat.S_IMODE(os.stat(f"{server.db}{suffix}").st_mode) == 0o640, suffix

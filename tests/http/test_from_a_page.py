"""What a browser can be made to send: writes of pages of other origins, and hosts that are names of theirs."""
import itertools
import re
import socket

import pytest

from conftest import Server, run, write_files

EVIL = "https://evil.example"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What sends no preflight: a form, a Blob without a type, a beacon's text.
BODIES = [(FORM, b"name=evil"), ({}, b'{"name":"evil"}'), ({"Content-Type": "text/plain;charset=UTF-8"}, b'{"name":"evil"}'),
          (JSON, b'{"name":"evil"}')]


@pytest.fixture(scope="module")
def queries(tmp_path_factory):
    folder = tmp_path_factory.mktemp("queries")
    (folder / "rename.sql").write_text("-- write\n-- :name\nUPDATE author SET name = :name WHERE id = 1 RETURNING name;\n")
    (folder / "names.sql").write_text("SELECT name FROM author ORDER BY id;\n")
    return folder


def started(tmp_path_factory, queries, *args, **options):
    return Server(tmp_path_factory.mktemp("page"), "--queries", queries, "--threads", "1", *args, **options)


@pytest.fixture(scope="module")
def closed(tmp_path_factory, queries):
    """No origin is let in."""
    server = started(tmp_path_factory, queries)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def named(tmp_path_factory, queries):
    server = started(tmp_path_factory, queries, "--cors-origins", "https://a.example, http://b.example:8080, null")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def anybody(tmp_path_factory, queries):
    server = started(tmp_path_factory, queries, "--cors-origins", "*")
    yield server
    server.stop()


def everything(server):
    """All that a write could have changed."""
    return [server.get(path).body for path in ("/author?order=id", "/book?order=id", "/rpc/names")]


def ask(server, method, path, body=None, headers=None, host=None):
    """Of a browser: nothing in the header section but what is said here."""
    fields = dict(headers or {})
    fields["Host"] = host or f"127.0.0.1:{server.port}"
    return server.request(method, path, body, fields)


WRITES = [("POST", "/author"), ("POST", "/rpc/rename"), ("POST", "/rpc/names"), ("POST", "/nothing"), ("POST", "/_backup"),
          ("POST", "/healthz"), ("PUT", "/author/1"), ("PATCH", "/author/1"), ("PATCH", "/author?id=gt.0"), ("DELETE", "/book/1"),
          ("DELETE", "/book?id=gt.0"), ("PUT", "/author?id=eq.1")]

# Sec-Fetch-Site, Origin ("own": that of the host asked).
STRANGERS = [("cross-site", EVIL), ("cross-site", None), ("cross-site", "null"), ("cross-site", "own"), ("same-site", EVIL),
             ("same-site", None), ("anything", EVIL), ("CROSS-SITE", None), (None, EVIL), (None, "null"), (None, "file://"),
             (None, "http://127.0.0.1"), (None, "http://127.0.0.1:1"), (None, "http://localhost:{port}"),
             (None, "http://127.0.0.1:{port}.evil.example"), (None, "http://127.0.0.1.evil.example:{port}"),
             (None, "http://evil.example/127.0.0.1:{port}"), (None, "http://x@127.0.0.1:{port}"),
             (None, "chrome-extension://abcdefghijklmnop"), (None, "127.0.0.1:{port}"), (None, "http://"), (None, "*")]
FRIENDS = [("same-origin", "own"), ("same-origin", None), ("none", None), (None, None), (None, "own"), ("same-origin", "null"),
           (None, "https://127.0.0.1:{port}"), (None, "HTTP://127.0.0.1:{port}")]


def browser(server, site, origin):
    headers = {}
    if site is not None:
        headers["Sec-Fetch-Site"] = site
    if origin == "own":
        headers["Origin"] = f"http://127.0.0.1:{server.port}"
    elif origin is not None:
        headers["Origin"] = origin.format(port=server.port)
    return headers


@pytest.mark.parametrize("site,origin", STRANGERS)
def test_a_page_of_another_origin_changes_nothing(closed, site, origin):
    before = everything(closed)
    for (method, path), (headers, body) in itertools.product(WRITES, BODIES):
        reply = ask(closed, method, path, body, {**headers, **browser(closed, site, origin)})
        assert reply.status == 403 and reply.json()["code"] == "TH403", (method, path, headers, reply)
        assert "--cors-origins" in reply.json()["hint"]
        assert reply.headers["Access-Control-Allow-Origin"] is None
    assert everything(closed) == before


@pytest.mark.parametrize("site,origin", FRIENDS)
def test_others_are_not_asked(closed, site, origin):
    """The page itself, the user, and what is no browser."""
    headers = browser(closed, site, origin)
    for kind, body in BODIES:
        expected = 415 if "text/plain;charset=UTF-8" in kind.values() else 201
        reply = ask(closed, "POST", "/author", body, {**kind, **headers})
        assert reply.status == expected, (kind, reply)
        assert ask(closed, "DELETE", "/author?name=eq.evil", None, headers).status in (200, 204)
    assert ask(closed, "POST", "/rpc/rename", b'{"name":"own"}', {**JSON, **headers}).status == 200
    assert ask(closed, "PATCH", "/author/2", b'{"born":1900}', {**JSON, **headers}).status == 200


@pytest.mark.parametrize("site,origin", STRANGERS)
def test_reading_is_free_and_no_page_sees_it(closed, site, origin):
    """What is read is the page's only if the answer says so."""
    headers = browser(closed, site, origin)
    for method, path, status in [("GET", "/author", 200), ("HEAD", "/author", 200), ("GET", "/rpc/names", 200), ("GET", "/healthz", 200),
                                 ("OPTIONS", "/author", 200), ("GET", "/rpc/rename?name=evil", 405)]:
        reply = ask(closed, method, path, None, {**headers, "Access-Control-Request-Method": "POST"})
        assert reply.status == status, (method, path, reply)
        assert reply.headers["Access-Control-Allow-Origin"] is None
        assert reply.headers["Access-Control-Allow-Methods"] is None
        if method == "GET":
            assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("origin", ["https://a.example", "http://b.example:8080", "null"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
def test_named_origins_write(named, site, origin):
    headers = {**browser(named, site, origin), "Content-Type": "application/json"}
    reply = ask(named, "POST", "/author", b'{"name":"from afar"}', headers)
    assert reply.status == 201 and reply.headers["Access-Control-Allow-Origin"] == origin
    credentials = None if origin == "null" else "true"
    assert reply.headers["Access-Control-Allow-Credentials"] == credentials
    with_cookie = ask(named, "POST", "/author", b'{"name":"from afar, again"}', {**headers, "Cookie": "session=1"})
    assert with_cookie.status == (403 if origin == "null" else 201), with_cookie
    assert ask(named, "DELETE", "/author?name=like.from afar*", None, headers).status in (200, 204)


@pytest.mark.parametrize("origin", ["https://b.example", "https://a.example.org", "https://a.example:443", "http://a.example",
                                    "https://A.example", "https://a.example, http://b.example:8080", "http://b.example", None])
def test_others_than_the_named_do_not(named, origin):
    before = everything(named)
    for kind, body in BODIES:
        reply = ask(named, "POST", "/author", body, {**kind, **browser(named, "cross-site", origin)})
        assert reply.status == 403 and reply.headers["Access-Control-Allow-Origin"] is None
    assert everything(named) == before


def test_any_origin_writes_without_what_a_browser_adds(anybody):
    headers = {**browser(anybody, "cross-site", EVIL), "Content-Type": "application/json"}
    assert ask(anybody, "POST", "/author", b'{"name":"one"}', headers).status == 201
    assert ask(anybody, "POST", "/author", b'{"name":"two"}', {**headers, "Authorization": "bearer x"}).status == 201
    before = everything(anybody)
    for own in ({"Cookie": "session=1"}, {"Authorization": "Basic dTpw"}, {"Authorization": "Negotiate x"}, {"Authorization": "Bearer"}):
        reply = ask(anybody, "POST", "/author", b'{"name":"evil"}', {**headers, **own})
        assert reply.status == 403 and reply.json()["code"] == "TH403", reply
    assert everything(anybody) == before
    # Without an Origin nothing says whose page it is.
    assert ask(anybody, "POST", "/author", b'{"name":"evil"}', {"Sec-Fetch-Site": "cross-site"}).status == 403
    assert "--cors-origins lets every web page in" in anybody.log()
    # A page of its own comes with its cookies.
    own = {**browser(anybody, "same-origin", "own"), "Cookie": "session=1", "Content-Type": "application/json"}
    assert ask(anybody, "POST", "/author", b'{"name":"public"}', own).status == 201


@pytest.mark.parametrize("host,origin,status", [
    ("api.local", "https://api.local", 201), ("api.local", "http://api.local", 201), ("api.local:443", "https://api.local", 201),
    ("api.local:80", "http://api.local", 201), ("API.local.", "https://api.local", 201), ("api.local:8443", "https://api.local:8443", 201),
    ("[::1]:8080", "http://[::1]:8080", 201), ("api.local:80", "https://api.local", 403), ("api.local:443", "http://api.local", 403),
    ("api.local", "https://api.local:8443", 403), ("api.local:8443", "https://api.local", 403), ("api.local", "https://www.api.local", 403),
    ("api.local", "https://api.local.evil.example", 403)])
def test_behind_a_proxy_host_and_port_decide(closed, host, origin, status):
    headers = {"Origin": origin, "Content-Type": "application/json"}
    reply = ask(closed, "POST", "/author", b'{"name":"proxied"}', headers, host)
    assert reply.status == status, reply
    ask(closed, "DELETE", "/author?name=eq.proxied")


# ---- Host

LOCAL = ["127.0.0.1", "127.0.0.1:8080", "10.1.2.3:80", "192.168.1.20", "8.8.8.8", "[::1]", "[::1]:8080", "[fe80::1]", "[::ffff:10.0.0.1]:1",
         "localhost", "LocalHost:3000", "localhost.", "thimble", "thimble:8080", "my_service-1", "app.localhost", "printer.local", "PRINTER.LOCAL.:1",
         "host.docker.internal", "thimble.default.svc", "thimble.default.svc.cluster.local:80", "localhost:", "x", "2130706433", "local."]
FOREIGN = ["evil.test", "evil.test:8080", "127.0.0.1.evil.test", "localhost.evil.test", "evil.local.test", "local.evil", "svc.evil",
           "a.svcs", "a.notlocal", "256.1.1.1", "127.0.0.1.1", "1.2.3", "evil.internal.com", "thimble.default", "evil.test.", "xn--80ak6aa92e.com"]
NOT_A_HOST = ["a b", "a/b", "x@127.0.0.1", "127.0.0.1:x", "127.0.0.1:123456", "[::1", "::1", "[::1]x", "[1.2.3.4]", "a,b", ".local", "a..local", ".",
              "http://localhost", "\xe9vil", "[]", "[", "localhost..", "a" * 254]


@pytest.mark.parametrize("host", LOCAL)
def test_hosts_that_nobody_else_can_own(closed, host):
    assert ask(closed, "GET", "/author/1", host=host).status == 200
    assert ask(closed, "GET", "/author/1", host=host).status == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_a_rebound_name_reads_and_writes_nothing(closed, host):
    before = everything(closed)
    same = {"Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}", "Content-Type": "application/json"}
    for method, path in [*WRITES, ("GET", "/author"), ("HEAD", "/author"), ("OPTIONS", "/author"), ("GET", "/"), ("GET", "/healthz"), ("GET", "/metrics"),
                         ("GET", "/rpc/names"), ("BREW", "/author")]:
        body = b'{"name":"evil"}' if method in ("POST", "PUT", "PATCH") else None
        reply = ask(closed, method, path, body, same, host)
        assert reply.status == 421, (method, path, reply)
        if method != "HEAD":
            assert reply.json()["code"] == "TH421" and "--allowed-hosts" in reply.json()["hint"], reply
    assert everything(closed) == before


@pytest.mark.parametrize("host", NOT_A_HOST)
def test_what_is_no_host(closed, host):
    reply = ask(closed, "GET", "/author/1", host=host)
    assert reply.status == 400 and reply.json()["code"] == "TH400", reply


def test_one_connection_may_ask_by_many_names(closed):
    connection = closed.connect()
    for host, status in [("thimble", 200), ("evil.test", 421), ("thimble", 200), ("evil.test", 421), ("Thimble", 200), ("thimble.evil.test", 421),
                         ("thimbl", 200), ("a.b", 421)]:
        assert closed.request("GET", "/author/1", None, {"Host": host}, connection).status == status


def raw(server, text):
    with socket.create_connection((server.host, server.port), 30) as sock:
        sock.sendall(text.encode())
        data = b""
        while chunk := sock.recv(65536):
            data += chunk
    return int(data.split()[1]), data


@pytest.mark.parametrize("line,fields,status", [
    ("GET http://evil.test/author/1 HTTP/1.1", ["Host: localhost"], 421), ("GET http://localhost/author/1 HTTP/1.1", ["Host: evil.test"], 200),
    ("GET HTTP://EVIL.test:80?x=1 HTTP/1.1", ["Host: localhost"], 421), ("GET http://localhost@evil.test/author/1 HTTP/1.1", ["Host: localhost"], 421),
    ("GET http://evil.test@localhost/author/1 HTTP/1.1", ["Host: localhost"], 200), ("GET http://evil.test HTTP/1.1", ["Host: localhost"], 421),
    ("GET /author/1 HTTP/1.1", [], 400), ("GET /author/1 HTTP/1.1", ["Host: localhost", "Host: localhost"], 400),
    ("GET /author/1 HTTP/1.1", ["Host: localhost", "Host: evil.test"], 400), ("GET /author/1 HTTP/1.1", ["Host:"], 200),
    ("GET /author/1 HTTP/1.0", [], 200), ("GET /author/1 HTTP/1.0", ["Host: evil.test"], 421), ("GET /author/1 HTTP/1.1", ["host:evil.test"], 421),
    ("OPTIONS * HTTP/1.1", ["Host: evil.test"], 421)])
def test_where_the_host_is(closed, line, fields, status):
    found, data = raw(closed, "\r\n".join([line, *fields, "Connection: close", "", ""]))
    assert found == status, data


def test_allowed_hosts(serve):
    server = serve("--allowed-hosts", "api.example.org, .example.net,UPPER.example,my.lan")
    for host, status in [("api.example.org", 200), ("API.Example.ORG.:8080", 200), ("x.api.example.org", 421), ("example.org", 421), ("example.net", 200),
                         ("a.example.net:1", 200), ("a.b.EXAMPLE.net", 200), ("badexample.net", 421), ("example.net.evil.test", 421),
                         ("upper.example", 200), ("my.lan", 200), ("lan", 200), ("127.0.0.1", 200)]:
        assert ask(server, "GET", "/author/1", host=host).status == status, host


def test_any_host(serve):
    server = serve("--allowed-hosts", "*")
    assert ask(server, "GET", "/author/1", host="evil.test").status == 200
    assert ask(server, "GET", "/author/1", host="a b").status == 400


@pytest.mark.parametrize("hosts", ["https://api.example.org", "api.example.org:8080", "*.example.org", "a b.example", ",", "example.org.", "a.example,", "api.example.org/",
                                   ".", "b\xfccher.example", "[::1]:80", "..example.org"])
def test_hosts_that_never_match_are_refused(tmp_path, hosts):
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--listen", "127.0.0.1:0", "--allowed-hosts", hosts)
    assert code == 2 and len(err.splitlines()) == 1 and "--allowed-hosts" in err, err
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize("origins", ["ht tp://a.example", "1http://a.example", "https:// a.example", "https://a.example:", "https://a.example:x",
                                     "https://a.example.", "https://u@a.example", "https://a..example", "https://a.example:123456", "https:/a.example",
                                     "HTTPS://a.example", "https://a.example?", "https://[::1", "://a.example", "https://b\xfccher.example"])
def test_more_origins_that_never_match(tmp_path, origins):
    code, _, err = run("serve", "--db", tmp_path / "x.db", "--listen", "127.0.0.1:0", "--cors-origins", origins)
    assert code == 2 and len(err.splitlines()) == 1 and "--cors-origins" in err, err


def test_every_address_looks_at_the_host(serve):
    """There are no access files: whoever reaches a published port reaches it by a rebound name as well."""
    for listen in ("0.0.0.0:0", ":0", "[::1]:0", "[::ffff:127.0.0.1]:0", "127.8.8.8:0"):
        try:
            server = serve(listen=listen)
        except AssertionError as failure:
            if "cannot listen" in str(failure) or "not an address of this machine" in str(failure):
                continue  # a machine without IPv6
            raise
        assert ask(server, "GET", "/author/1", host="evil.test").status == 421, listen
        assert ask(server, "GET", "/author/1", host="10.0.0.5").status == 200, listen
        server.stop()


def test_with_access_files_a_loopback_listener_looks_all_the_same(serve, tmp_path):
    """Elsewhere names are free, as the rights guard what is there; a change of a page of another origin is refused anywhere."""
    access = write_files(tmp_path / "access", {"a.sql": "CREATE ROLE anon; GRANT ALL ON ALL TABLES IN SCHEMA public TO anon;"})
    for listen, status in (("127.0.0.1:0", 421), ("0.0.0.0:0", 200)):
        server = serve("--access", access, "--anon-role", "anon", "--cors-origins", "*", listen=listen)
        assert ask(server, "GET", "/author/1", host="evil.test").status == status
        assert ask(server, "GET", "/author/1", host="thimble").status == 200
        assert ask(server, "POST", "/author", b'{"name":"evil"}', {**JSON, "Origin": EVIL, "Cookie": "a=1"}).status == 403
        assert "lets every web page in" not in server.log()
        server.stop()


def test_a_unix_socket_is_reached_by_no_browser(serve):
    server = serve(listen="unix:t.sock")
    assert server.request("GET", "/author/1", headers={"Host": "evil.test"}).status == 200
    assert server.request("GET", "/author/1", headers={"Host": "a b"}).status == 200
    # A proxy's clients have browsers.
    refused = server.request("POST", "/author", {"name": "evil"}, {"Host": "api.example.org", "Origin": EVIL})
    assert refused.status == 403
    assert server.request("POST", "/author", {"name": "own"}, {"Host": "api.example.org", "Origin": "https://api.example.org"}).status == 201


def operators(server):
    """Another Server, at the operators' listener of the same process."""
    other = object.__new__(Server)
    other.url = re.findall(r"http://\S+", server.ready_line)[1]
    other.host, port = other.url[7:].rsplit(":", 1)
    other.port = int(port)
    return other


def test_the_operators_listener(serve, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    server = serve("--metrics-listen", "127.0.0.1:0", "--backup-dir", folder, "--cors-origins", "*,https://a.example")
    apart = operators(server)
    for headers in ({"Sec-Fetch-Site": "cross-site", "Origin": EVIL}, {"Origin": EVIL}, {"Origin": "https://a.example"},
                    {"Sec-Fetch-Site": "same-site", "Origin": "https://a.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        reply = ask(apart, "POST", "/_backup", b"", headers)
        assert reply.status == 403 and reply.json()["code"] == "TH403", reply
        seen = ask(apart, "GET", "/metrics", None, headers)
        assert seen.status == 200 and seen.headers["Access-Control-Allow-Origin"] is None
    for method, path in [("POST", "/_backup"), ("GET", "/metrics"), ("GET", "/readyz")]:
        assert ask(apart, method, path, host="evil.test").status == 421
    assert list(folder.iterdir()) == []
    assert ask(apart, "POST", "/_backup", b"").status == 201
    assert ask(apart, "GET", "/healthz", host="10.244.1.7:9090").status == 200

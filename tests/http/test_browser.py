"""A real Chromium on pages of other origins: whatever they try, nothing is written and nothing is read.

The pages are served by this file, under names that the browser is told to find on this machine. A name that
is rebound is a server of this file's that hands what the browser sends on to thimble, byte for byte as far as HTTP
tells: the browser sees one origin, thimble sees its Host.
"""
import http.client
import http.server
import json
import queue
import shutil
import subprocess
import threading
import time

import pytest

from conftest import Server

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = next((path for path in map(shutil.which, BROWSERS) if path), None)
SECONDS = 120

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium is installed")

# What a page tries at TARGET, one after the other; `seen` is what it could read, or did.
SCRIPT = """
const seen = [];
const json = JSON.stringify({name: 'evil'});
const settle = async (name, promise) => {
  try { const r = await promise; seen.push([name, r && r.type !== 'opaque' ? `${r.status} ${await r.text()}` : 'opaque']); }
  catch (e) { seen.push([name, 'refused']); }
};
const framed = (sandbox) => new Promise((done) => {
  const frame = document.createElement('iframe');
  if (sandbox) frame.sandbox = 'allow-forms allow-scripts';
  frame.name = 'f' + Math.random();
  frame.onload = () => done(frame);
  frame.srcdoc = '<p>';
  document.body.append(frame);
});
const form = async (path, enctype, fields) => {
  const frame = await framed(false), f = document.createElement('form');
  f.method = 'post'; f.action = TARGET + path; f.enctype = enctype; f.target = frame.name;
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input'); input.name = name; input.value = value; f.append(input);
  }
  document.body.append(f);
  await new Promise((done) => { frame.onload = done; frame.onerror = done; f.submit(); setTimeout(done, 5000); });
};
const sandboxed = () => new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.sandbox = 'allow-scripts';
  addEventListener('message', done, {once: true});
  frame.srcdoc = `<script>fetch('${TARGET}/author', {method: 'POST', mode: 'no-cors', body: new Blob(['{"name":"evil"}'])})
    .finally(() => parent.postMessage('done', '*'))</` + `script>`;
  document.body.append(frame);
  setTimeout(done, 5000);
});
const tries = async () => {
  const post = (path, body, more) => fetch(TARGET + path, {method: 'POST', mode: 'no-cors', body, ...more});
  await form('/author', 'application/x-www-form-urlencoded', {name: 'evil'});
  await form('/author', 'multipart/form-data', {name: 'evil'});
  await form('/author', 'text/plain', {'{"name":"evil","born":"': '1"}'});
  await form('/rpc/rename', 'application/x-www-form-urlencoded', {name: 'evil'});
  await settle('no-cors text', post('/author', json));
  await settle('no-cors form', post('/author', new URLSearchParams({name: 'evil'})));
  await settle('no-cors blob', post('/author', new Blob([json])));
  await settle('no-cors bytes', post('/author', new TextEncoder().encode(json)));
  await settle('no-cors rpc', post('/rpc/rename', new Blob([json])));
  await settle('no-cors credentials', post('/author', new Blob([json]), {credentials: 'include'}));
  await settle('no-cors keepalive', post('/author', new Blob([json]), {keepalive: true}));
  await settle('no-cors get', fetch(TARGET + '/author', {mode: 'no-cors'}));
  await settle('redirected', fetch('/redirect', {method: 'POST', mode: 'no-cors', body: new Blob([json])}));
  navigator.sendBeacon(TARGET + '/author', new Blob([json]));
  navigator.sendBeacon(TARGET + '/author', new URLSearchParams({name: 'evil'}));
  await sandboxed();
  await settle('cors get', fetch(TARGET + '/author?id=eq.2&select=id,name'));
  await settle('cors simple post', fetch(TARGET + '/author', {method: 'POST', body: new Blob([json])}));
  await settle('cors post', fetch(TARGET + '/author', {method: 'POST', body: json.replace('evil', 'asked'), headers: {'Content-Type': 'application/json'}}));
  await settle('cors patch', fetch(TARGET + '/author?id=eq.2', {method: 'PATCH', body: '{"born":1}', headers: {'Content-Type': 'application/json'}}));
  await settle('cors put', fetch(TARGET + '/author/2', {method: 'PUT', body: '{"id":2,"name":"put"}', headers: {'Content-Type': 'application/json'}}));
  await settle('cors delete', fetch(TARGET + '/review?id=gt.0', {method: 'DELETE'}));
  await settle('cors metrics', fetch(TARGET + '/metrics'));
  await new Promise((done) => setTimeout(done, 300));
  await fetch('/done', {method: 'POST', body: JSON.stringify(seen)});
};
tries();
"""
# A form of the page itself, which the browser follows as if the user had pressed its button.
TOP_FORM = """<form method=post action="TARGET_URL/author"><input name=name value=evil></form><script>document.forms[0].submit()</script>"""


class Pages(http.server.ThreadingHTTPServer):
    """Serves the pages of whatever host it is asked as; what a rebound name is asked goes to thimble."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        self.results = queue.Queue()
        self.target = self.behind = None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", kind="text/html", fields=()):
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), *fields]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self):
        if self.path == "/page":
            target = json.dumps(self.server.target)
            self.answer(200, f"<body><script>const TARGET = {target};{SCRIPT}</script>".encode())
        elif self.path == "/form":
            self.answer(200, TOP_FORM.replace("TARGET_URL", self.server.target).encode())
        else:
            self.elsewhere()

    def do_POST(self):
        if self.path == "/done":
            self.server.results.put(json.loads(self.body()))
            self.answer(204)
        elif self.path == "/redirect":
            self.body()
            self.answer(307, fields=[("Location", self.server.target + "/author")])
        else:
            self.elsewhere()

    def elsewhere(self):
        """What a browser sends to a rebound name, with the Host that it says."""
        if not self.server.behind or self.path == "/favicon.ico":
            self.body()
            self.answer(404)
            return
        connection = http.client.HTTPConnection(*self.server.behind, timeout=30)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(self.body() or None)
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        fields = [(name, value) for name, value in reply.getheaders() if name.lower() not in ("content-type", "content-length", "date", "connection")]
        self.answer(reply.status, data, reply.getheader("Content-Type") or "text/plain", fields)

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = elsewhere


@pytest.fixture(scope="module")
def pages():
    server = Pages()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browse(tmp_path, pages):
    """browse(url) opens it; browse.done() is what its page says at its end."""
    running = []
    pages.results.queue.clear()

    def start(url):
        log = open(tmp_path / "browser.log", "wb")
        running.append(subprocess.Popen(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             "--disable-features=LocalNetworkAccessChecks", f"--user-data-dir={tmp_path}/profile", "--remote-debugging-port=0",
             "--host-resolver-rules=MAP *.test 127.0.0.1", "--no-proxy-server", url],
            stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}))
        log.close()

    def done():
        try:
            return dict(pages.results.get(timeout=SECONDS))
        except queue.Empty:
            raise AssertionError((tmp_path / "browser.log").read_text(errors="replace")) from None

    start.done = done
    yield start
    for process in running:
        process.terminate()
        process.wait(30)


@pytest.fixture
def thimble(tmp_path):
    """A factory: thimble(*flags); all that it answers is in its log."""
    queries = tmp_path / "queries"
    queries.mkdir()
    (queries / "rename.sql").write_text("-- write\n-- :name\nUPDATE author SET name = :name WHERE id = 1 RETURNING name;\n")
    running = []

    def start(*flags, access=False):
        if access:
            (tmp_path / "access").mkdir()
            (tmp_path / "access" / "anybody.sql").write_text(
                "CREATE ROLE anon; GRANT ALL ON ALL TABLES IN SCHEMA public TO anon; GRANT EXECUTE ON FUNCTION rename TO anon;")
            flags = (*flags, "--access", tmp_path / "access", "--anon-role", "anon")
        running.append(Server(tmp_path, "--queries", queries, "--threads", "1", "--access-log", *flags))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def everything(server):
    return [server.get(path).body for path in ("/author?order=id", "/review?order=id")]


def requests(server, *methods):
    """The status of each request of those methods that a page sent."""
    found = [(line["method"], line["path"], line["status"]) for line in server.log_lines() if line.get("msg") == "request"]
    return [one for one in found if one[0] in methods]


def status_of(server, method, path, count=1):
    """Of a request that a browser sends when it comes to it."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = [status for m, p, status in requests(server, method) if p == path]
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {method} {path} came: {server.log()}")


# By the page's host, and by thimble's: another site, another port of the same host.
@pytest.mark.parametrize("page,host,access", [("evil.test", "127.0.0.1", False), ("localhost", "localhost", False), ("evil.test", "127.0.0.1", True)])
def test_nothing_from_another_origin(thimble, pages, browse, page, host, access):
    """With access files whatever anybody may do without a token: a page must not do it in somebody's network all the same."""
    server = thimble(access=access)
    before = everything(server)
    pages.target, pages.behind = f"http://{host}:{server.port}", None
    browse(f"http://{page}:{pages.port}/page")
    seen = browse.done()
    assert everything(server) == before
    posts = requests(server, "POST")
    assert len(posts) >= 15 and {status for _, _, status in posts} == {403}, posts
    assert requests(server, "PUT", "PATCH", "DELETE") == []  # the preflight says nothing
    assert {name for name, what in seen.items() if what not in ("opaque", "refused")} == set(), seen
    assert seen["cors get"] == seen["cors post"] == "refused" and seen["no-cors blob"] == "opaque"


def test_a_form_of_the_page_itself(thimble, pages, browse):
    server = thimble()
    before = everything(server)
    pages.target, pages.behind = f"http://127.0.0.1:{server.port}", None
    browse(f"http://evil.test:{pages.port}/form")
    assert status_of(server, "POST", "/author") == [403]
    assert everything(server) == before


@pytest.mark.parametrize("access", [False, True])
def test_a_rebound_name(thimble, pages, browse, access):
    """The page's own origin is thimble now: no CORS, no preflight, and all methods."""
    server = thimble("--cors-origins", "*", access=access)
    before = everything(server)
    origin = f"http://rebound.test:{pages.port}"
    pages.target, pages.behind = origin, (server.host, server.port)
    browse(f"{origin}/page")
    seen = browse.done()
    assert everything(server) == before
    sent = requests(server, "POST", "PUT", "PATCH", "DELETE")
    assert len(sent) >= 15 and {status for _, _, status in sent} == {421}, sent
    for name in ("cors get", "cors post", "cors patch", "cors put", "cors delete", "cors metrics"):
        assert seen[name].startswith("421 ") and "TH421" in seen[name], seen


def test_a_name_that_points_here(thimble, pages, browse):
    """Without any page: the browser goes to the name and its port."""
    server = thimble()
    browse(f"http://evil.test:{server.port}/author")
    assert set(status_of(server, "GET", "/author")) == {421}


def test_the_same_page_where_it_is_let_in(thimble, pages, browse):
    origin = f"http://app.test:{pages.port}"
    server = thimble("--cors-origins", origin)
    pages.target, pages.behind = f"http://127.0.0.1:{server.port}", None
    browse(f"{origin}/page")
    seen = browse.done()
    assert seen["cors get"].startswith('200 [{"id":2,"name":'), seen
    assert seen["cors post"].startswith("201 ") and '"name":"asked"' in seen["cors post"], seen
    assert [seen[f"cors {method}"][:3] for method in ("patch", "put", "delete")] == ["204", "200", "204"], seen
    assert server.get("/author?name=eq.asked").json()[0]["name"] == "asked"
    assert server.get("/review").json() == []
    assert server.get("/author?name=eq.evil").json(), "what needs no preflight wrote, too: the page does what it says"


def test_its_own_page(thimble, pages, browse):
    """What a page of the same origin sends is let through, as behind a proxy that passes Host on."""
    server = thimble("--allowed-hosts", "own.test")
    origin = f"http://own.test:{pages.port}"
    pages.target, pages.behind = origin, (server.host, server.port)
    browse(f"{origin}/page")
    seen = browse.done()
    assert seen["cors get"].startswith("200 ") and seen["cors post"].startswith("201 "), seen
    # But a redirection, and a page in a sandbox, are nobody's.
    assert 403 in status_of(server, "POST", "/author", 5)

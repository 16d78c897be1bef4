"""Behind nginx and Caddy over a unix socket, with the snippets of docs/vm.md as they stand there."""
import concurrent.futures
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import time

import pytest

from conftest import ROOT

PAGE = (ROOT / "docs" / "vm.md").read_text()


def snippet(language):
    """The fenced block of that language, with the paths and ports of a test."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert found, f"docs/vm.md has no {language} block"
    return found.group(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def proxy(tmp_path, request):
    started = []

    def start(command, port, **options):
        log = open(tmp_path / "proxy.log", "wb")
        process = subprocess.Popen(command, stdout=log, stderr=log, **options)
        started.append(process)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            except OSError:
                time.sleep(0.05)
        raise AssertionError((tmp_path / "proxy.log").read_text())

    yield start
    for process in started:
        process.terminate()
        process.wait(20)


def nginx(tmp_path, proxy, path, address=None):
    port = free_port()
    site = snippet("nginx").replace("/run/thimble.sock", path).replace("listen 80;",
                                                                      f"listen 127.0.0.1:{port};")
    assert f"unix:{path}" in site and str(port) in site
    if address:
        site = site.replace(f"unix:{path}", address)
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr; user root;\n"
                    f"worker_processes 2;\nevents {{}}\nhttp {{ access_log off;\n"
                    + "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in
                              ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
                    + site + "}\n")
    return proxy(["nginx", "-p", str(tmp_path), "-c", str(conf)], port), port


def caddy(tmp_path, proxy, path, address=None):
    port = free_port()
    site = snippet("caddy").replace("/run/thimble.sock", path).replace("api.example.org",
                                                                      f"http://127.0.0.1:{port}")
    assert path in site and str(port) in site
    if address:
        site = site.replace(f"unix/{path}", address)
    conf = tmp_path / "Caddyfile"
    conf.write_text("{\n admin off\n}\n" + site)
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    return proxy(["caddy", "run", "--config", str(conf), "--adapter", "caddyfile"], port,
                 env=home), port


@pytest.mark.parametrize("which", [nginx, caddy], ids=["nginx", "caddy"])
def test_behind_a_proxy(serve, tmp_path, proxy, which):
    if not (shutil.which(which.__name__) or pathlib.Path(f"/usr/sbin/{which.__name__}").exists()):
        pytest.skip(f"{which.__name__} is not installed")
    server = serve("--threads", "2", "--base-path", "/rest/v1",
                   listen=f"unix:{tmp_path}/thimble.sock")
    connection, port = which(tmp_path, proxy, f"{tmp_path}/thimble.sock")

    def ask(method, path, body=None, headers=None, connection=connection):
        return server.request(method, path, body, headers, connection=connection)

    assert ask("GET", "/rest/v1/author/1").json()["id"] == 1
    made = ask("POST", "/rest/v1/author", {"name": "through a proxy"})
    assert made.status == 201
    assert ask("PATCH", f"/rest/v1/author/{made.json()['id']}", {"name": "again"}).status == 200
    listed = ask("GET", "/rest/v1/author?select=name&name=eq.again&limit=1",
                 headers={"Prefer": "count=exact"})
    assert listed.json() == [{"name": "again"}]
    assert listed.headers["Content-Range"] == "0-0/1"
    assert ask("GET", "/rest/v1/nothing").status == 404
    large = ask("POST", "/rest/v1/note", {"body": "x" * 900000})
    assert large.status == 201, large
    # Caddy streams a body until it is over its limit: thimble may have closed by then.
    assert ask_status(port, "POST", "/rest/v1/note", json.dumps({"body": "x" * 1100000})) in \
        ((413,) if which is nginx else (413, 502))

    def many(i):
        own = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(20):
            assert ask("GET", "/rest/v1/author/1", connection=own).status == 200
        own.close()

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(many, range(16)))
    server.stop()
    assert ask_status(port) in (502, 503)


@pytest.mark.parametrize("which", [nginx, caddy], ids=["nginx", "caddy"])
def test_the_client_is_whom_the_proxy_saw(serve, tmp_path, proxy, which):
    """Whatever it writes itself. The snippets drop or overwrite what they do not add to."""
    if not (shutil.which(which.__name__) or pathlib.Path(f"/usr/sbin/{which.__name__}").exists()):
        pytest.skip(f"{which.__name__} is not installed")
    server = serve("--access-log", "--trusted-proxies", "unix", listen=f"unix:{tmp_path}/thimble.sock")
    connection, _ = which(tmp_path, proxy, f"{tmp_path}/thimble.sock")
    for i, forged in enumerate(({}, {"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"},
                                {"X-Forwarded-For": "192.0.2.1, nonsense", "Forwarded": 'for="'})):
        headers = {"X-Request-Id": f"forged-{i}", **forged}
        assert server.request("GET", f"/author/{i + 1}", None, headers, connection=connection).status == 200
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        clients = [line["client"] for line in server.log_lines() if line.get("id", "").startswith("forged")]
        if len(clients) == 4:
            break
        time.sleep(0.05)
    assert clients == ["127.0.0.1"] * 4


@pytest.mark.parametrize("which", [nginx, caddy], ids=["nginx", "caddy"])
@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_pages_behind_a_proxy(serve, tmp_path, proxy, which, tcp):
    """Host comes through: it is the page's origin, whatever the proxy's port and scheme are."""
    if not (shutil.which(which.__name__) or pathlib.Path(f"/usr/sbin/{which.__name__}").exists()):
        pytest.skip(f"{which.__name__} is not installed")
    server = serve("--allowed-hosts", "api.example.org", listen="127.0.0.1:0" if tcp else f"unix:{tmp_path}/thimble.sock")
    connection, port = which(tmp_path, proxy, f"{tmp_path}/thimble.sock", server.url[7:] if tcp else None)

    def post(origin, host=f"127.0.0.1:{port}", **more):
        headers = {"Host": host, "Origin": origin, **more}
        return server.request("POST", "/author", {"name": f"{origin} {host} {more}"}, headers, connection).status

    assert post(f"http://127.0.0.1:{port}") == 201
    assert post(f"https://127.0.0.1:{port}") == 201  # as if it ended TLS
    assert post("https://evil.example") == post("null") == post("http://127.0.0.1:1") == post("http://127.0.0.1") == 403
    assert post(f"http://127.0.0.1:{port}", **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert post("null", **{"Sec-Fetch-Site": "same-origin"}) == 201
    if which is nginx:  # Caddy's site is of its address alone
        assert post("https://api.example.org", "api.example.org") == 201
        assert server.request("GET", "/author", headers={"Host": "evil.test"}, connection=connection).status == (421 if tcp else 200)


def ask_status(port, method="GET", path="/rest/v1/author/1", body=None):
    """Of an answer that may be the proxy's own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body)
    except BrokenPipeError:
        pass  # answered before all of it was sent
    return connection.getresponse().status

"""Bodies past --max-body on their way into a file: who may send one, how it comes, how it ends."""
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import Server, make_database
from exposition import parse

KIB = 1 << 10
MIB = 1 << 20
NDJSON = "application/x-ndjson"
TABLE = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"


def rows(n, size=100):
    """n rows as lines of JSON, `size` bytes each."""
    line = '{"name": "%s"}\n' % ("x" * (size - 13))
    return (line * n).encode()


def start(folder, *args, **more):
    if not (folder / "test.db").exists():
        make_database(folder / "test.db", TABLE)
    args = ("--max-body", "64KiB", *args)
    return Server(folder, *args, migrations="none", **more)


@pytest.fixture
def server(tmp_path):
    server = start(tmp_path, "--max-upload", "8MiB")
    yield server
    server.stop()


def head(server, length=None, path="/item", kind=NDJSON, method="POST", more=()):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {server.host}", f"Content-Type: {kind}", *more]
    lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def answer(sock):
    reply = http.client.HTTPResponse(sock)
    reply.begin()
    body = reply.read()
    return reply.status, dict(reply.headers), body


def problem(sock):
    status, headers, body = answer(sock)
    return status, headers, json.loads(body)


def count(server):
    return server.get("/item?select=id&limit=1", Prefer="count=exact").headers["Content-Range"].split("/")[1]


def metrics(server):
    families = parse(server.get("/metrics").body.decode())
    return lambda name, **labels: families[name].value(**labels)


def ended(server, how, n=1, seconds=60):
    """Waits until n uploads have ended so, and no file is left."""
    until = time.monotonic() + seconds
    while True:
        seen = metrics(server)
        if seen("thimble_uploads_total", end=how) == n and seen("thimble_uploads") == 0 \
                and seen("thimble_upload_bytes") == 0:
            return
        assert time.monotonic() < until, [seen("thimble_uploads_total", end=e) for e in
                                          ("complete", "failed", "timeout", "gone", "shutdown")]
        time.sleep(0.05)


def names(server):
    return sorted(p.name for p in server.dir.iterdir())


def begin(server, bytes_now=MIB, length=4 * MIB, **more):
    """An upload that has begun: what it has sent is in a file."""
    sock = server.raw(head(server, length, **more))
    sock.sendall(rows(bytes_now // 100 + 1)[:bytes_now])
    until = time.monotonic() + 60
    while metrics(server)("thimble_upload_bytes") < 256 * KIB:
        assert time.monotonic() < until
        time.sleep(0.02)
    return sock


# ---- what is taken


def test_past_max_body_with_a_length(server):
    before = names(server)
    reply = server.post("/item", rows(40000), Content_Type=NDJSON)
    assert reply.status == 201, reply
    assert count(server) == "40000"
    ended(server, "complete")
    assert [n for n in names(server) if n not in before] in ([], ["test.db-shm", "test.db-wal"])


def test_past_max_body_in_chunks_of_every_size(server):
    data = rows(20000)
    sizes = [1, 7, 100, 4096, 70000, 300000]
    sock = server.raw(head(server))
    at = i = 0
    while at < len(data):
        sock.sendall(chunk(data[at:at + sizes[i % len(sizes)]]))
        at += sizes[i % len(sizes)]
        i += 1
    sock.sendall(b"0\r\n\r\n")
    assert answer(sock)[0] == 201
    assert count(server) == "20000"
    ended(server, "complete")


@pytest.mark.threads
def test_many_small_chunks(server):
    """Chunks that come while a part is written to the file wait for it."""
    data = rows(10000)
    sock = server.raw(head(server))
    sock.sendall(b"".join(chunk(data[at:at + 50]) for at in range(0, len(data), 50)) + b"0\r\n\r\n")
    assert answer(sock)[0] == 201
    assert count(server) == "10000"


def test_a_body_of_max_body_is_kept_in_memory(server):
    data = rows(655)  # 64 KiB are 65,536
    data += b" " * (64 * KIB - len(data))
    assert server.post("/item", data, Content_Type=NDJSON).status == 201
    assert metrics(server)("thimble_uploads_total", end="complete") == 0
    assert server.post("/item", data + b" ", Content_Type=NDJSON).status == 201
    ended(server, "complete")


def test_csv_and_arrays(server):
    csv = b"name\n" + b"abc\n" * 50000
    assert server.post("/item", csv, Content_Type="text/csv").status == 201
    array = json.dumps([{"name": "abc"}] * 10000).encode()
    assert server.post("/item", array, Content_Type="application/json").status == 201
    assert count(server) == "60000"
    ended(server, "complete", 2)


def test_one_connection_for_several(server):
    connection = server.connect()
    for _ in range(3):
        reply = server.request("POST", "/item", rows(2000), {"Content-Type": NDJSON}, connection)
        assert reply.status == 201, reply
        assert server.request("GET", "/item?limit=1", connection=connection).status == 200
    assert count(server) == "6000"


def test_continue_comes_before_the_body(server):
    data = rows(2000)
    sock = server.raw(head(server, len(data), more=["Expect: 100-continue"]))
    assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    sock.sendall(data)
    assert answer(sock)[0] == 201


def test_max_upload_itself(server):
    data = rows(80000) + b"\n" * (8 * MIB - 8000000)
    assert len(data) == 8 * MIB
    assert server.post("/item", data, Content_Type=NDJSON).status == 201
    assert count(server) == "80000"


def test_memory_stays_flat(tmp_path):
    """A body of 200 MB takes a quarter of a MiB."""
    server = start(tmp_path)
    try:
        symbols = subprocess.run(["nm", server.process.args[0]], capture_output=True, text=True).stdout
        if "__asan" in symbols or "__tsan" in symbols:
            pytest.skip("the sanitizers' memory is not ours")
        sock = server.raw(head(server, 200 * MIB), timeout=120)
        piece, left, most = rows(10000)[:MIB - MIB % 100], 200 * MIB, 0
        while left:
            n = min(len(piece), left)
            sock.sendall(piece[:n] if n == len(piece) else b"\n" * n)
            left -= n
            if left // len(piece) % 40 == 0:
                most = max(most, metrics(server)("process_resident_memory_bytes"))
        assert answer(sock)[0] == 201
        most = max(most, metrics(server)("process_resident_memory_bytes"))
        assert most < 25 * 10**6, most
    finally:
        server.stop()


# ---- what is not


@pytest.mark.parametrize("method,path,kind", [
    ("PATCH", "/item?id=eq.1", "application/json"),
    ("PUT", "/item", "application/json"),
    ("POST", "/rpc/add", "application/json"),
    ("POST", "/item", "application/x-www-form-urlencoded"),
    ("POST", "/item", "text/plain"),
    ("POST", "/item/1", "application/json"),
    ("POST", "/metrics", NDJSON),
    ("DELETE", "/item?id=eq.1", NDJSON),
])
def test_other_bodies_are_held_to_max_body(server, method, path, kind):
    status, _, said = problem(server.raw(head(server, 2 * MIB, path, kind, method)))
    assert status == 413 and "--max-body" in said["hint"] and "65536" in said["message"], said
    sock = server.raw(head(server, None, path, kind, method))
    sock.sendall(chunk(b"x" * 70000) + b"0\r\n\r\n")
    status, _, said = problem(sock)
    assert status == 413 and "--max-body" in said["hint"], said
    assert metrics(server)("thimble_uploads_total", end="failed") == 0


def test_json_that_is_no_array_is_held_to_max_body(server):
    """Known as soon as it begins: it is not kept in a file."""
    for begins in (b'{"name": "', b' \n\t\r "', b"\xef\xbb\xbf  7"):
        sock = server.raw(head(server, 2 * MIB, kind="application/json"))
        sock.sendall(begins + b"x" * (2 * MIB - len(begins)))
        status, _, said = problem(sock)
        assert status == 413 and "--max-body" in said["hint"], said
    ended(server, "failed", 3)
    sock = server.raw(head(server, 2 * MIB, kind="application/json"))
    sock.sendall(b" " * 200 * KIB + b'[{"name": "late"}]')
    sock.sendall(b"\n" * (2 * MIB - 200 * KIB - 18))
    assert answer(sock)[0] == 201


@pytest.mark.parametrize("kind,begins,fills", [
    (NDJSON, b"", b"\n"), (NDJSON, b'{"name": "', b"x"), ("text/csv", b"", b"\r\n"), ("text/csv", b'"', b"\n"),
    ("application/json", b"[", b" "), ("application/json", b"[", b"["),
])
def test_a_body_that_does_not_begin(server, kind, begins, fills):
    """What is at the beginning is looked at on an event loop: it looks no further than at two rows or so."""
    data = begins + fills * ((4 * MIB - len(begins)) // len(fills))
    reply = server.post("/item", data, Content_Type=kind)
    assert reply.status == 413 and "--max-body" in reply.json()["hint"], reply
    assert count(server) == "0"


def test_past_max_upload(server):
    status, _, said = problem(server.raw(head(server, 8 * MIB + 1)))
    assert status == 413 and "--max-upload" in said["hint"] and str(8 * MIB) in said["message"], said
    sock = server.raw(head(server))
    data = rows(10000)
    for _ in range(8):
        sock.sendall(chunk(data))
    sock.sendall(chunk(rows(4500)) + b"0\r\n\r\n")
    status, _, said = problem(sock)
    assert status == 413 and "--max-upload" in said["hint"], said
    assert count(server) == "0"
    ended(server, "failed")


def test_far_past_max_upload_is_cut(server):
    sock = server.raw(head(server))
    data = chunk(rows(10000))
    with pytest.raises(OSError):
        for _ in range(100):
            sock.sendall(data)
    ended(server, "failed")


def test_off(tmp_path):
    for value in ("0", "64KiB"):
        server = start(tmp_path, "--max-upload", value)
        try:
            status, _, said = problem(server.raw(head(server, 64 * KIB + 1)))
            assert status == 413 and "--max-body" in said["hint"], said
            assert metrics(server)("thimble_uploads_max") == 0
        finally:
            server.stop()


def test_no_such_table_is_said_before_a_byte_comes(server):
    assert problem(server.raw(head(server, 2 * MIB, "/nowhere")))[0] == 404


def test_a_content_coding_is_refused(server):
    sock = server.raw(head(server, 2 * MIB, more=["Content-Encoding: gzip"]))
    assert problem(sock)[0] == 415


def test_read_only_says_so_first(tmp_path):
    server = start(tmp_path, "--read-only")
    try:
        status, _, said = problem(server.raw(head(server, 2 * MIB)))
        assert status == 405 and said["code"] == "25006", said
    finally:
        server.stop()


def test_who_asks_is_looked_at_first(tmp_path):
    access = tmp_path / "access"
    access.mkdir()
    (access / "a.sql").write_text("CREATE ROLE guest; CREATE ROLE member;"
                                  "GRANT select ON item TO guest; GRANT insert ON item TO member;")
    secret = "s" * 32
    server = start(tmp_path, "--access", access, "--anon-role", "guest", "--jwt-secret", secret)
    try:
        assert problem(server.raw(head(server, 2 * MIB)))[0] == 401  # the guest may only read
        sock = server.raw(head(server, 2 * MIB, more=["Authorization: Bearer a.b.c"]))
        assert problem(sock)[0] == 401
        sock = server.raw(head(server, None))  # without a length, once it is past --max-body
        sock.sendall(chunk(rows(1000)) + b"0\r\n\r\n")
        assert problem(sock)[0] == 401
        assert metrics(server)("thimble_uploads_total", end="failed") == 0
    finally:
        server.stop()


def test_origin_and_host_are_looked_at_first(server):
    sock = server.raw(head(server, 2 * MIB, more=["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"]))
    assert problem(sock)[0] == 403
    bad = head(server, 2 * MIB).replace(b"Host: 127.0.0.1", b"Host: evil.example")
    assert problem(server.raw(bad))[0] == 421


# ---- how many


def test_as_many_as_max_uploads(tmp_path):
    server = start(tmp_path, "--max-uploads", "2", "--max-upload", "8MiB")
    try:
        first = begin(server)
        status, headers, said = problem(server.raw(head(server, 2 * MIB)))  # one client has half of two
        assert status == 503 and headers["Retry-After"] and "--max-uploads" in said["hint"], said
        sock = server.raw(head(server))
        sock.sendall(chunk(rows(20000)) + b"0\r\n\r\n")
        assert problem(sock)[0] == 503
        seen = metrics(server)
        assert seen("thimble_uploads") == 1 and seen("thimble_uploads_max") == 2
        assert server.post("/item", rows(10), Content_Type=NDJSON).status == 201
        first.close()
        ended(server, "gone")
        assert server.post("/item", rows(20000), Content_Type=NDJSON).status == 201
        ended(server, "complete")
    finally:
        server.stop()


@pytest.mark.threads
def test_eight_at_once_and_two_of_them_at_a_time(tmp_path):
    """Each is told to come again until it is its turn; no row is lost, none comes twice."""
    server = start(tmp_path, "--max-uploads", "3", "--max-upload", "8MiB")
    statuses = []

    def send(data):
        while True:
            try:
                reply = server.post("/item", data, Content_Type=NDJSON)
            except OSError:  # refused while it was still sending
                time.sleep(0.05)
                continue
            statuses.append(reply.status)
            if reply.status != 503:
                return
            time.sleep(0.05)

    try:
        threads = [threading.Thread(target=send, args=(rows(20000),)) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert statuses.count(201) == 8 and set(statuses) <= {201, 503}, statuses
        assert count(server) == "160000"
        ended(server, "complete", 8)
    finally:
        server.stop()


# ---- how they end


@pytest.mark.threads
def test_a_client_that_goes_away(server):
    sock = begin(server)
    sock.close()
    ended(server, "gone")
    assert count(server) == "0"


def test_a_client_that_goes_with_its_last_bytes(server):
    """The end comes in the same read as what is before it."""
    sock = server.raw()
    sock.sendall(head(server, 4 * MIB) + rows(10000))
    sock.shutdown(socket.SHUT_WR)
    sock.close()
    ended(server, "gone")


def test_a_client_that_is_slow(tmp_path):
    server = start(tmp_path, "--upload-timeout", "1s", "--request-timeout", "500ms")
    try:
        sock = begin(server)
        at = time.monotonic()
        with pytest.raises(OSError):
            while True:
                sock.sendall(b"\n")
                if time.monotonic() - at > 60:
                    break
                time.sleep(0.02)
        ended(server, "timeout")
        assert count(server) == "0"
    finally:
        server.stop()


def test_an_upload_has_more_time_than_a_request(tmp_path):
    server = start(tmp_path, "--request-timeout", "300ms")
    try:
        data = rows(20000)
        sock = server.raw(head(server, len(data)))
        for i in range(10):
            sock.sendall(data[len(data) * i // 10:len(data) * (i + 1) // 10])
            time.sleep(0.1)
        assert answer(sock)[0] == 201
        assert count(server) == "20000"
    finally:
        server.stop()


@pytest.mark.threads
def test_sigterm_waits_for_what_is_on_its_way(server):
    data = rows(20000)
    sock = begin(server, MIB, len(data))
    server.signal(signal.SIGTERM)
    time.sleep(0.2)
    sock.sendall(data[MIB:])
    assert answer(sock)[0] == 201
    assert server.wait() == 0
    server = start(server.dir)
    assert count(server) == "20000"
    server.stop()


def test_sigterm_cuts_off_what_does_not_come(tmp_path):
    server = start(tmp_path, "--drain-timeout", "300ms")
    sock = begin(server)
    server.signal(signal.SIGTERM)
    assert server.wait() in (0, 1)
    assert "Sanitizer" not in server.log()
    sock.close()
    server = start(tmp_path)
    assert count(server) == "0"
    server.stop()


def test_kill_leaves_no_file(tmp_path):
    server = start(tmp_path)
    before = names(server)
    sock = begin(server)
    assert names(server) == before
    server.kill()
    sock.close()
    assert [n for n in names(server) if not n.startswith("test.db")] == ["stderr.log"]


def test_a_full_disk_in_the_middle(tmp_path):
    """RLIMIT_FSIZE stands in for a full disk: writes past it fail as they would."""
    server = start(tmp_path, "--max-upload", "32MiB")
    try:
        sock = begin(server, MIB, 8 * MIB)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (3 * MIB, resource.RLIM_INFINITY))
        data = rows(90000)
        sock.sendall(data[MIB:8 * MIB])
        status, _, said = problem(sock)
        assert status == 507 and said["code"] == "53100", said
        ended(server, "failed")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert server.get("/readyz").status == 200
        assert count(server) == "0"
        assert server.post("/item", rows(20000), Content_Type=NDJSON).status == 201
    finally:
        server.stop()


def test_a_disk_without_room_for_it(tmp_path):
    """What is announced and cannot fit is refused before the disk is full of its beginning."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("takes the right to mount a tmpfs")
    try:
        server = start(small, "--max-upload", "32MiB")
        sock = server.raw(head(server, 16 * MIB))
        sock.sendall(rows(10000))
        until = time.monotonic() + 60
        while metrics(server)("thimble_uploads_total", end="failed") == 0:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert shutil.disk_usage(small).free > 3 * MIB
        sock.close()
        sock = server.raw(head(server))  # no length: until it is full
        data = rows(10000)
        for _ in range(6):
            sock.sendall(chunk(data))
        sock.sendall(b"0\r\n\r\n")
        status, _, said = problem(sock)
        assert status == 507 and said["code"] == "53100", said
        ended(server, "failed", 2)
        assert server.post("/item", {"name": "a small one"}).status == 201
        server.stop()
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def test_no_descriptor_left(server):
    """As many as are open, and one for the connection."""
    pid = server.process.pid
    sock = server.raw(head(server, 2 * MIB))
    time.sleep(0.3)
    n = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")) + 1
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (n, before[1]))
    sock.sendall(rows(21000)[:2 * MIB])
    status, headers, _ = problem(sock)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    assert status == 503 and headers["Retry-After"]
    ended(server, "failed")


def test_a_folder_that_has_become_read_only(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    server = start(tmp_path)
    try:
        os.chmod(tmp_path, 0o555)
        reply = server.post("/item", rows(20000), Content_Type=NDJSON)
        assert reply.status == 500, reply
    finally:
        os.chmod(tmp_path, 0o755)
        server.stop()


def test_no_memory_for_a_piece(tmp_path):
    """Where others have all of it, an upload is told to come again, and small requests are answered."""
    server = start(tmp_path, "--memory", "16MiB", "--max-uploads", "64")
    socks, statuses = [], []
    try:
        for _ in range(32):
            sock = server.raw(head(server, 4 * MIB))
            sock.sendall(rows(2200))
            socks.append(sock)
        time.sleep(0.5)
        assert server.get("/item?limit=1").status == 200
        for sock in socks:
            try:
                sock.sendall(b"\n" * (4 * MIB - 220000))
                statuses.append(answer(sock)[0])
            except OSError:
                statuses.append(0)
        assert set(statuses) <= {0, 201, 503, 400}, statuses
    finally:
        for sock in socks:
            sock.close()
        server.stop()


def test_the_access_log_has_its_bytes(tmp_path):
    server = start(tmp_path, "--access-log")
    data = rows(20000)
    assert server.post("/item", data, Content_Type=NDJSON).status == 201
    server.stop()
    line = next(x for x in server.log_lines() if x.get("method") == "POST")
    assert line["upload_bytes"] == len(data) and line["status"] == 201, line

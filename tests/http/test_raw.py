"""Bytes on a socket: split, slow, pipelined, malformed, half-closed."""
import re
import socket
import time


def read_all(sock):
    data = b""
    try:
        while chunk := sock.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    return data


def statuses(data):
    return re.findall(rb"HTTP/1\.1 (\d+) ", data)


def test_headers_in_single_bytes(server):
    request = b"GET /author/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with server.raw() as sock:
        for byte in request:
            sock.sendall(bytes([byte]))
        assert statuses(read_all(sock)) == [b"200"]


def test_body_in_pieces(server):
    body = b'{"name":"Piecewise"}'
    with server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body)) as sock:
        for i in range(0, len(body), 5):
            sock.sendall(body[i:i + 5])
            time.sleep(0.01)
        assert statuses(read_all(sock)) == [b"201"]


def test_chunked_body(server):
    with server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n"
                    b'9\r\n{"name":"\r\n7\r\nChunks"\r\n1\r\n}\r\n0\r\n\r\n') as sock:
        assert statuses(read_all(sock)) == [b"201"]


def test_pipelined_requests_are_answered_in_order(server):
    one = b"GET /author/%d?select=id HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /author/4?select=id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with server.raw(one % 1 + one % 2 + one % 3 + last) as sock:
        data = read_all(sock)
    assert statuses(data) == [b"200"] * 4
    places = [data.index(b'{"id":%d}' % i) for i in (1, 2, 3, 4)]
    assert places == sorted(places)


def test_pipelined_writes_and_reads(server):
    post = b'POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s'
    body = b'{"id":100,"name":"Pipe"}'
    get = b"GET /author/100 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with server.raw(post % (len(body), body) + get) as sock:
        assert statuses(read_all(sock)) == [b"201", b"200"]


def test_keep_alive_serves_many_on_one_connection(server):
    connection = server.connect()
    for i in range(50):
        assert server.request("GET", "/author/1", connection=connection).status == 200
        assert server.request("GET", "/nothing", connection=connection).status == 404
        assert server.request("POST", "/author", {"name": f"k{i}"}, connection=connection).status == 201
        assert server.request("POST", "/author", "{", connection=connection).status == 400
    connection.close()


def test_half_close_still_gets_its_answer(server):
    with server.raw(b"GET /author/1 HTTP/1.1\r\nHost: x\r\n\r\n") as sock:
        sock.shutdown(socket.SHUT_WR)
        assert statuses(read_all(sock)) == [b"200"]


def test_client_that_leaves_during_a_write(server):
    body = b'{"name":"Gone before the answer"}'
    sock = server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                      % (len(body), body))
    sock.close()
    for _ in range(100):
        if server.get("/author?name=like.Gone*").json():
            break
        time.sleep(0.05)
    assert server.get("/author?name=like.Gone*").json()


def test_client_that_leaves_in_the_middle_of_a_body(server):
    for _ in range(20):
        server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").close()
    assert server.get("/author/1").status == 200


def test_lengths_that_disagree(server):
    for head in (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: -1\r\n",
                 b"Content-Length: 1x\r\n", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                 b"Content-Length: 99999999999999999999\r\n"):
        with server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n{}") as sock:
            sock.shutdown(socket.SHUT_WR)
            data = read_all(sock)
        assert not data or statuses(data)[0][:1] == b"4", (head, data)
    assert server.get("/author/1").status == 200


def test_expect_continue(server):
    body = b'{"name":"Expecting"}'
    with server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body)) as sock:
        assert sock.recv(100).startswith(b"HTTP/1.1 100")
        sock.sendall(body)
        assert statuses(read_all(sock)) == [b"201"]


def test_http_1_0(server):
    with server.raw(b"GET /author/1 HTTP/1.0\r\n\r\n") as sock:
        data = read_all(sock)
    assert data.split(b" ")[1] == b"200"


def test_slow_request_is_cut_off(serve):
    server = serve("--request-timeout", "1s", "--idle-timeout", "1s")
    start = time.monotonic()
    with server.raw(b"POST /author HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", timeout=15) as sock:
        sock.settimeout(0.2)
        data = None
        while time.monotonic() - start < 12:
            try:
                sock.sendall(b" ")
                if sock.recv(10) == b"":
                    data = b""
                    break
            except socket.timeout:
                continue
            except OSError:
                data = b""
                break
        assert data == b"", "a dripping body must not hold its connection"
    assert time.monotonic() - start < 10
    assert server.get("/author/1").status == 200


def test_slow_headers_are_cut_off(serve):
    server = serve("--request-timeout", "1s", "--idle-timeout", "1s")
    start = time.monotonic()
    with server.raw(b"GET /author/1 HTT", timeout=15) as sock:
        closed = False
        while time.monotonic() - start < 12 and not closed:
            try:
                sock.sendall(b"P")
                sock.settimeout(0.2)
                closed = sock.recv(10) == b""
            except socket.timeout:
                pass
            except OSError:
                closed = True
        assert closed
    assert time.monotonic() - start < 10


def test_idle_connection_is_closed(serve):
    server = serve("--idle-timeout", "1s")
    with server.raw() as sock:
        start = time.monotonic()
        assert sock.recv(10) == b""
        assert time.monotonic() - start < 10

"""A client that reads a million rows as they come, and counts them."""
import http.client
import time


def read(port, path, fields, seconds):
    """Reads an answer of lines until it ends, or for so long: what came, and how."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    buffer, lines, size, first = bytearray(1 << 18), 0, 0, None
    view = memoryview(buffer)
    began = time.monotonic()
    try:
        link.request("GET", path, headers=fields)
        answer = link.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {answer.read(300)}")
        whole = False
        while time.monotonic() - began < seconds:
            n = answer.readinto(buffer)
            if n == 0:
                whole = True
                break
            first = first or bytes(view[:n])
            lines += buffer.count(b"\n", 0, n)
            size += n
        return {"lines": lines, "bytes": size, "seconds": time.monotonic() - began, "whole": whole,
                "first": (first or b"").split(b"\n")[0].decode()}
    finally:
        link.close()


def read_pages(pages, seconds):
    """The same of a peer that gives pages."""
    began, lines, whole = time.monotonic(), 0, True
    for n in pages:
        lines += n
        if time.monotonic() - began > seconds:
            whole = False
            break
    return {"lines": lines, "bytes": 0, "seconds": time.monotonic() - began, "whole": whole, "first": ""}

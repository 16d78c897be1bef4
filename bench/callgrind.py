"""Instructions for one request, by callgrind: the one measure that a busy machine does not disturb."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import measure
import stacks
import works

WORKS = ("healthz", "row", "list", "insert")
FEW, MANY = 100, 500


def table():
    """Of thimble and of libmicrohttpd alone, for each work; {} without valgrind or where it fails."""
    if not shutil.which("valgrind"):
        return {}
    try:
        return {"thimble": {work: of_thimble(stacks.ROOT / "build" / "thimble", work) for work in WORKS},
                "libmicrohttpd": {work: of_library(work) for work in WORKS if work != "insert"}}
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        stacks.say(f"instructions: {error}")
        return {}


def of_thimble(binary, work, flags=()):
    def command(folder, port):
        return [binary, "serve", "--db", f"{folder}/items.db", "--migrations", "none", "--queries", "none", "--listen",
                f"127.0.0.1:{port}", "--threads", "1", "--log-level", "error", "--answer-cache", "0", *flags]
    return per_request(command, work)


def of_library(work):
    def command(folder, port):
        return [stacks.BUILD / "microhttpd", port, "1", stacks.BUILD / f"answer-{work}"]
    return per_request(command, work)


def per_request(command, work):
    few, many = (count(command, work, n) for n in (FEW, MANY))
    return round((many - few) / (MANY - FEW))


def request_of(work, number):
    _, method, path, *body = works.THIMBLE.lines(work)[0].split(" ", 3)
    head = f"{method} {path.replace('{key}', '77')} HTTP/1.1\r\nHost: localhost\r\n"
    if not body:
        return (head + "\r\n").encode()
    text = body[0].replace("{n}", str(number))
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


def count(command, work, requests):
    """Of the whole life of a server that answers so many."""
    folder, port = tempfile.mkdtemp(prefix="bench-"), measure.free_port()
    stacks.place_file(folder)
    out = pathlib.Path(folder, "out")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("THIMBLE_")}
    process = subprocess.Popen(
        [str(c) for c in ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command(folder, port))],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        with connect(port) as s:
            for number in range(requests):
                s.sendall(request_of(work, number))
                answer = s.recv(1 << 16)
                if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
                    raise RuntimeError(f"{work} is answered {answer[:100]} under valgrind")
        process.terminate()
        process.wait(60)
        return next(int(line.split()[1]) for line in out.read_text().splitlines()
                    if line.startswith(("summary:", "totals:")))
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def connect(port):
    for _ in range(300):
        try:
            return socket.create_connection(("127.0.0.1", port), 30)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not listen under valgrind")

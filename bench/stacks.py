"""The peers: how each is built, started, and how large it is. Why each is as it is: peers/README.md."""
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

import works

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILD = ROOT / "build" / "bench"


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def sh(*command, cwd=None, env=None, timeout=1200):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True,
                          timeout=timeout)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout)[-800:]}")
    return done.stdout


def place_file(folder, rows="items"):
    """A copy, named as ever: 10,000 rows, or a million where `rows` is big."""
    sh("cp", "--reflink=auto", BUILD / f"{rows}.db", f"{folder}/items.db")


class Peer:
    """`only`: the works that it can do, all if None. `alone`: a server for each work, as the limits are.
    `place` brings the rows to a new folder. `pages`: it streams nothing, and is read page by page."""

    def __init__(self, name, language, build, command, size=None, only=None, dialect=works.PLAIN,
                 alone=False, place=place_file, pages=None):
        self.name, self.language, self.build, self.command = name, language, build, command
        self.size, self.only, self.dialect, self.alone = size, only, dialect, alone
        self.place, self.pages = place, pages
        self.version = None

    def can(self, work):
        return self.only is None or work in self.only


def tree_size(*paths):
    total = 0
    for path in paths:
        for folder, _, files in os.walk(path):
            total += sum(os.lstat(os.path.join(folder, f)).st_size for f in files)
    return total


def build_thimble():
    if not (ROOT / "build" / "thimble").exists():
        sh("make", "-C", ROOT, "all")
    return sh(ROOT / "build" / "thimble", "version").split()[1]


def build_limit():
    sh("gcc", "-O2", "-D_GNU_SOURCE", BENCH / "peers/limit/limit.c", "-o", BUILD / "limit", "-lpthread")
    return "epoll"


def build_microhttpd():
    """Against the libraries of the product, by their make rule."""
    sh("make", "-C", ROOT, "--no-print-directory", "bench-limit")
    return next(line.split()[1] for line in (ROOT / "deps.lock").read_text().splitlines()
                if line.startswith("libmicrohttpd "))


def build_go(name, module):
    def build():
        source = BENCH / "peers/go"
        sh("go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", BUILD / name, "./" + name, cwd=source,
           env={**os.environ, "CGO_ENABLED": "1"})
        found = sh("go", "list", "-m", module, cwd=source).split()
        return found[1]
    return build


def build_python(name, package):
    def build():
        venv, source = BUILD / f"venv-{name}", BENCH / "peers" / name
        lock = (source / "requirements.txt").read_text()
        ready = venv / "ready"  # what it was made from
        if not ready.exists() or ready.read_text() != lock:
            shutil.rmtree(venv, ignore_errors=True)
            sh(sys.executable, "-m", "venv", venv)
            sh(venv / "bin/pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r",
               source / "requirements.txt")
            ready.write_text(lock)
        return sh(venv / "bin/python", "-c",
                  f"import importlib.metadata as m; print(m.version('{package}'))").strip()
    return build


def build_express():
    source, folder = BENCH / "peers/express", BUILD / "express"
    folder.mkdir(exist_ok=True)
    lock, made = source / "package-lock.json", folder / "package-lock.json"
    shutil.copy(source / "server.js", folder)
    if not (folder / "ready").exists() or not made.exists() or made.read_bytes() != lock.read_bytes():
        shutil.copy(source / "package.json", folder)
        shutil.copy(lock, made)
        sh("npm", "ci", "--no-audit", "--no-fund", "--omit=dev", cwd=folder)
        (folder / "ready").touch()
    sh("node", "-e", "require('better-sqlite3')(':memory:')", cwd=folder)
    return sh("node", "-p", "require('express/package.json').version", cwd=folder).strip()


def build_pocketbase():
    """Built without cgo: its SQLite is Go. The collections are made by itself, the rows are copied in."""
    source = BENCH / "peers/pocketbase"
    sh("go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", BUILD / "pocketbase", ".",
       cwd=source, env={**os.environ, "CGO_ENABLED": "0"})
    for rows in ("items", "big"):
        shutil.rmtree(BUILD / f"pocketbase-{rows}", ignore_errors=True)
    fill_pocketbase("items")
    return sh("go", "list", "-m", "github.com/pocketbase/pocketbase", cwd=source).split()[1]


def fill_pocketbase(rows):
    data = BUILD / f"pocketbase-{rows}"
    sh(BUILD / "pocketbase", "--dir", data, "seed", env={**os.environ, "SYNC": "FULL"})
    with contextlib.closing(sqlite3.connect(data / "data.db", isolation_level=None)) as db:
        db.execute("ATTACH ? AS source", (str(BUILD / f"{rows}.db"),))
        for table, columns, taken in (
                ("items", "id, name, price, stock, created", "CAST(id AS TEXT), name, price, stock, created"),
                ("customers", "id, name, city", "CAST(id AS TEXT), name, city"),
                ("orders", "id, customer, placed", "CAST(id AS TEXT), CAST(customer_id AS TEXT), placed"),
                ("order_lines", 'id, "order", item_id, quantity, price',
                 "CAST(id AS TEXT), CAST(order_id AS TEXT), item_id, quantity, price")):
            db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {taken} FROM source.{table} ORDER BY source.{table}.id")
        db.execute("DETACH source")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def place_pocketbase(folder, rows="items"):
    if not (BUILD / f"pocketbase-{rows}").exists():
        fill_pocketbase(rows)
    sh("cp", "-r", "--reflink=auto", BUILD / f"pocketbase-{rows}", f"{folder}/data")


def pages_of_pocketbase(ask):
    """Rows as they come, by a page of a thousand, the most that it gives, each after the last one's key."""
    last = ""
    while True:
        page = ask("GET", "/api/collections/items/records?perPage=1000&skipTotal=1&sort=id&filter=id%3E%22"
                   f"{last}%22")[1]["items"]
        yield len(page)
        if len(page) < 1000:
            return
        last = page[-1]["id"]


def pocketbase(env):
    return [BUILD / "pocketbase", "--dir", os.path.dirname(env["DB"]) + "/data", "serve", "--http",
            f"127.0.0.1:{env['PORT']}"]


def thimble_command(env):
    return [ROOT / "build/thimble", "serve", "--db", env["DB"], "--migrations", "none", "--listen",
            f"127.0.0.1:{env['PORT']}", "--synchronous", env["SYNC"].lower(), "--log-level", "error",
            "--max-connections-per-address", "0"]


def thimble_uncached(env):
    return [*thimble_command(env), "--answer-cache", "0"]


def gunicorn(name):
    def command(env):
        return [BUILD / f"venv-{name}/bin/gunicorn", "--chdir", BENCH / "peers" / name, "--pythonpath",
                BENCH / "peers", "-b", f"127.0.0.1:{env['PORT']}", "-w", env["WORKERS"], "-k", "gthread",
                "--threads", "8", "--worker-connections", "2000", "--keep-alive", "60", "--log-level",
                "critical", "app:app"]
    return command


def uvicorn(name):
    return lambda env: [
        BUILD / f"venv-{name}/bin/uvicorn", "--app-dir", BENCH / "peers" / name, "--host", "127.0.0.1",
        "--port", env["PORT"], "--workers", env["WORKERS"], "--loop", "uvloop", "--http", "httptools",
        "--no-access-log", "--log-level", "critical", "--backlog", "4096", "app:app"]


def go_command(name):
    return lambda env: [BUILD / name]


def venv_size(name):
    return lambda: tree_size(BUILD / f"venv-{name}/lib")


def file_size(path):
    return lambda: path.stat().st_size if path.exists() else 0


def go_peer(name, module):
    return Peer(name, "Go", build_go(name.lower(), module), go_command(name.lower()),
                file_size(BUILD / name.lower()))


PEERS = [
    Peer("thimble", "C", build_thimble, thimble_uncached, file_size(ROOT / "build/thimble"),
         dialect=works.THIMBLE),
    Peer("thimble (cached)", "C", build_thimble, thimble_command, only={"healthz", *works.READS, "mix"},
         dialect=works.THIMBLE),
    Peer("libmicrohttpd", "C", build_microhttpd,
         lambda env: [BUILD / "microhttpd", env["PORT"], env["WORKERS"], env["ANSWER"]],
         only={"healthz", *works.READS}, dialect=works.THIMBLE, alone=True),
    Peer("limit", "C", build_limit, lambda env: [BUILD / "limit", env["PORT"], env["WORKERS"], env["ANSWER"]],
         only={"healthz", *works.READS}, dialect=works.THIMBLE, alone=True),
    go_peer("Gin", "github.com/gin-gonic/gin"),
    go_peer("Fiber", "github.com/gofiber/fiber/v3"),
    go_peer("Echo", "github.com/labstack/echo/v5"),
    Peer("PocketBase", "Go", build_pocketbase, pocketbase, file_size(BUILD / "pocketbase"),
         dialect=works.POCKETBASE, place=place_pocketbase, pages=pages_of_pocketbase),
    Peer("FastAPI", "Python", build_python("fastapi", "fastapi"), uvicorn("fastapi"), venv_size("fastapi")),
    Peer("Django", "Python", build_python("django", "django"), gunicorn("django"), venv_size("django")),
    Peer("Flask", "Python", build_python("flask", "flask"), gunicorn("flask"), venv_size("flask")),
    Peer("Datasette", "Python", build_python("datasette", "datasette"), uvicorn("datasette"),
         venv_size("datasette"), only=(works.READS - {"embeds"}) | set(works.LONG), dialect=works.DATASETTE),
    Peer("Express", "Node", build_express, lambda env: ["node", BUILD / "express/server.js"],
         lambda: tree_size(BUILD / "express")),
]
# What is known not to be here, and why. Printed with the results.
NOT_MEASURED = {
    "soul (npm)": "REST over SQLite in PostgREST's manner; its native modules (better-sqlite3 8, bcrypt 5) "
                  "are compiled at the install; given up after five minutes on a busy machine",
    "PostgREST": "serves PostgreSQL alone",
}

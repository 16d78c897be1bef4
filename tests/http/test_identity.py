"""SQL that knows who asks: header(), method(), path(), claim(), in queries, views, triggers and defaults."""
import concurrent.futures
import sqlite3

import pytest

from conftest import run

SCHEMA = """
CREATE TABLE note (
    id     INTEGER PRIMARY KEY,
    body   TEXT,
    tenant TEXT DEFAULT (header('X-Tenant')),
    sub    TEXT DEFAULT (claim('sub'))
);
CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT, who TEXT, via TEXT);
CREATE TRIGGER note_made AFTER INSERT ON note BEGIN
    INSERT INTO audit (what, who, via) VALUES (new.body, header('x-tenant'), method() || ' ' || path());
END;
CREATE TRIGGER note_gone BEFORE DELETE ON note BEGIN
    SELECT RAISE(ABORT, 'PT403 Notes are kept') WHERE header('x-may-delete') IS NULL;
END;
CREATE TRIGGER note_changed BEFORE UPDATE ON note WHEN new.body = 'pay' BEGIN
    SELECT fail(402, 'No money left', 'You have ' || old.id, 'Earn some');
END;
CREATE TRIGGER note_plain BEFORE UPDATE ON note WHEN new.body LIKE 'raise%' BEGIN
    SELECT CASE new.body WHEN 'raise 200' THEN RAISE(ABORT, 'PT200 x') WHEN 'raise 4020' THEN
        RAISE(FAIL, 'PT4020 x') WHEN 'raise bare' THEN RAISE(ROLLBACK, 'PT409') END;
END;
CREATE VIEW own AS SELECT id, body, method() AS via FROM note WHERE tenant IS header('X-TENANT');
INSERT INTO note (id, body) VALUES (1, 'made by a migration');
"""

QUERIES = {
    "who.sql": "-- returns one\nSELECT header('User-Agent') AS agent, header('x-none') AS none, "
               "header(NULL) AS absent, method() AS method, path() AS path, claim('sub') AS sub",
    "echo.sql": "-- returns scalar\n-- :name text\nSELECT header(:name)",
    "add.sql": "-- write\n-- :body text\nINSERT INTO note (body) VALUES (:body) RETURNING body, tenant",
    "pay.sql": "-- :status integer\n-- :message text = 'No money left'\n"
               "SELECT fail(:status, :message, 'You have 3', 'Earn some') AS x",
    "pay_later.sql": "-- write\n-- :body text\nINSERT INTO note (body) VALUES (:body);\nSELECT fail(409, 'Twice')",
    "badly.sql": "SELECT fail(400) AS x",
}


@pytest.fixture
def server(serve, tmp_path):
    (tmp_path / "queries").mkdir()
    for name, text in QUERIES.items():
        (tmp_path / "queries" / name).write_text(text)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "0001_a.sql").write_text(SCHEMA)
    return serve("--queries", tmp_path / "queries", migrations=tmp_path / "m")


def tenant(name):
    return {"X-Tenant": name}


def test_queries(server):
    who = {"agent": "me", "none": None, "absent": None, "method": "GET", "path": "/rpc/who", "sub": None}
    assert server.get("/rpc/who?select=*", **{"User-Agent": "me"}).json() == who
    assert server.request("POST", "/rpc/who", None, {"user-agent": "me"}).json() == {**who, "method": "POST"}
    for name, value in [("accept", "*/*;q=1"), ("ACCEPT", "*/*;q=1"), ("authorization", "Bearer x"),
                        ("", None), ("x" * 5000, None), ("accept%0d", None)]:
        reply = server.get(f"/rpc/echo?name={name}", Accept="*/*;q=1", Authorization="Bearer x")
        assert reply.json() == value, name


def test_repeated_and_odd_fields(server):
    sock = server.raw(b"GET /rpc/echo?name=x-a HTTP/1.1\r\nHost: a\r\nX-A: one\r\nx-a: two\r\nX-A: three\r\n"
                      b"Connection: close\r\n\r\n")
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    assert data.endswith(b'"one, two, three"')
    sock = server.raw(b"GET /rpc/echo?name=x-a HTTP/1.1\r\nHost: a\r\nX-A: J\xc3\xbcrgen\r\n"
                      b"Connection: close\r\n\r\n")
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    assert data.endswith('"Jürgen"'.encode())


def test_tables_triggers_defaults(server):
    reply = server.post("/note", {"body": "a"}, **tenant("acme"))
    assert reply.json() == {"id": 2, "body": "a", "tenant": "acme", "sub": None}
    reply = server.post("/rpc/add", {"body": "b"}, **tenant("beta"))
    assert reply.json() == [{"body": "b", "tenant": "beta"}]
    server.put("/note/9", {"body": "c"})
    assert server.get("/audit?select=what,who,via&order=id").json() == [
        {"what": "made by a migration", "who": None, "via": None},
        {"what": "a", "who": "acme", "via": "POST /note"},
        {"what": "b", "who": "beta", "via": "POST /rpc/add"},
        {"what": "c", "who": None, "via": "PUT /note/9"}]


def test_views_are_never_kept(server):
    server.post("/note", {"body": "a"}, **tenant("acme"))
    server.post("/note", {"body": "b"}, **tenant("beta"))
    for _ in range(5):
        assert server.get("/own?select=body,via", **tenant("acme")).json() == [{"body": "a", "via": "GET"}]
        assert server.get("/own?select=body,via", **tenant("beta")).json() == [{"body": "b", "via": "GET"}]
        assert server.get("/own?select=id").json() == [{"id": 1}]
    first = server.get("/own", **tenant("acme"))
    again = server.get("/own", **tenant("beta"), **{"If-None-Match": first.headers["ETag"]})
    assert again.status == 200


def test_every_request_has_its_own(server):
    def post(n):
        name = f"tenant{n % 7}"
        reply = server.post("/note", {"body": str(n)}, **tenant(name))
        seen = server.get("/rpc/echo?name=x-tenant", **tenant(name)).json()
        return reply.json()["tenant"], seen, name

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for written, seen, name in pool.map(post, range(200)):
            assert written == name and seen == name
    server.post("/note", {"body": "after"})
    assert server.get("/note?body=eq.after&select=tenant").json() == [{"tenant": None}]


def test_failures_choose_their_status(server):
    problem = server.get("/rpc/pay?status=402").json()
    assert (problem["status"], problem["code"], problem["title"]) == (402, "PT402", "Payment Required")
    assert (problem["message"], problem["details"], problem["hint"]) == (
        "No money left", "You have 3", "Earn some")
    for status in (400, 418, 451, 499, 500, 503, 599):
        assert server.get(f"/rpc/pay?status={status}").status == status
    for status in (0, -1, 200, 302, 399, 600, 4020):
        reply = server.get(f"/rpc/pay?status={status}")
        assert reply.status == 500 and "400 to 599" in reply.json()["message"], status
    assert server.get("/rpc/badly").status == 400
    reply = server.post("/rpc/pay_later", {"body": "undone"})
    assert (reply.status, reply.json()["message"]) == (409, "Twice")
    assert server.get("/note?body=eq.undone").json() == []


def test_triggers_choose_their_status(server):
    reply = server.delete("/note/1")
    assert (reply.status, reply.json()["code"], reply.json()["message"]) == (403, "PT403", "Notes are kept")
    problem = server.patch("/note/1", {"body": "pay"}).json()
    assert (problem["status"], problem["details"], problem["hint"]) == (402, "You have 1", "Earn some")
    for body, status, code in [("raise 200", 400, "P0001"), ("raise 4020", 400, "P0001"),
                               ("raise bare", 409, "PT409")]:
        reply = server.patch("/note/1", {"body": body})
        assert (reply.status, reply.json()["code"]) == (status, code), body
    assert server.delete("/note/1", **{"X-May-Delete": "yes"}).status == 204


def test_elsewhere_it_is_null(server, tmp_path):
    server.stop()
    code, out, err = run("export", "--db", server.db, "own")
    assert code == 0, err
    db = sqlite3.connect(server.db)
    assert db.execute("SELECT count(*) FROM note").fetchone() == (1,)
    with pytest.raises(sqlite3.OperationalError, match="no such function"):
        db.execute("SELECT * FROM own")

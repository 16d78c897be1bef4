"""Named queries that are whole answers: HTML, images, redirects, with their status and header fields."""
import pytest

from conftest import assert_query_is_refused, write_files

QUERIES = {
    "page.sql": "-- returns file text/html; charset=utf-8\n-- :name text = world\n"
                "SELECT '<h1>Hello, ' || :name || '</h1>' AS html",
    "pixel.sql": "-- returns file image/png\nSELECT x'89504e470d0a1a0a00ff' AS body, "
                 "'max-age=60' AS header_cache_control",
    "download.sql": "-- returns file\n-- :kind text = null\nSELECT 'a,b' AS body, :kind AS content_type, "
                    "'attachment; filename=\"a.csv\"' AS header_content_disposition, NULL AS header_x_none, "
                    "7 AS header_x_number",
    "go.sql": "-- returns file text/plain\nSELECT NULL AS body, 303 AS status, '/elsewhere' AS header_location",
    "status.sql": "-- returns file application/json\n-- :s = null\nSELECT json_object('s', :s) AS body, "
                  "CAST(:s AS INTEGER) AS status",
    "status_text.sql": "-- returns file text/plain\nSELECT 'x' AS body, 'teapot' AS status",
    "field.sql": "-- returns file text/plain\n-- :v text\nSELECT 'x' AS body, :v AS header_x_v",
    "type.sql": "-- returns file\n-- :v text\nSELECT 'x' AS body, :v AS content_type",
    "none.sql": "-- returns file text/plain\nSELECT name AS body FROM author WHERE id < 0",
    "make.sql": "-- write\n-- returns file text/plain\n-- :name text\n"
                "INSERT INTO tag (name) VALUES (:name) RETURNING 'made ' || name AS body, 201 AS status, "
                "'/tag/' || id AS header_location",
    "make_badly.sql": "-- write\n-- returns file text/plain\n-- :name text\n"
                      "INSERT INTO tag (name) VALUES (:name) RETURNING 'made' AS body, 99 AS status",
    "make_none.sql": "-- write\n-- returns file text/plain\nUPDATE tag SET name = 'gone' WHERE id = 1; "
                     "SELECT name AS body FROM tag WHERE id < 0",
}


@pytest.fixture
def server(serve, tmp_path):
    return serve("--queries", write_files(tmp_path / "queries", QUERIES))


def test_page(server):
    reply = server.get("/rpc/page?name=J%C3%BCrgen")
    assert (reply.status, reply.body.decode()) == (200, "<h1>Hello, Jürgen</h1>")
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    again = server.get("/rpc/page?name=J%C3%BCrgen", **{"If-None-Match": reply.headers["ETag"]})
    assert again.status == 304 and again.body == b""
    head = server.head("/rpc/page")
    assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == "21"
    assert server.post("/rpc/page", {"name": "you"}).body == b"<h1>Hello, you</h1>"
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
    assert server.get("/rpc/page", Accept=browser).status == 200
    for accept, status in [("text/*", 200), ("*/*", 200), ("TEXT/HTML;q=0.1", 200), ("application/json", 406),
                           ("text/html;q=0, */*", 406), ("image/png, text/plain", 406), ("text/htmlx", 406)]:
        reply = server.get("/rpc/page", Accept=accept)
        assert reply.status == status, accept
        assert status == 200 or reply.json()["code"] == "PGRST107"
    assert server.get("/rpc/page?select=html").json()["code"] == "PGRST202"
    assert server.post("/rpc/page?html=eq.x", {}).json()["code"] == "PGRST202"


def test_bytes_and_fields(server):
    reply = server.get("/rpc/pixel")
    assert reply.body == bytes.fromhex("89504e470d0a1a0a00ff")
    assert reply.headers["Content-Type"] == "image/png" and reply.headers["Cache-Control"] == "max-age=60"
    reply = server.get("/rpc/download?kind=text/csv")
    assert reply.headers["Content-Type"] == "text/csv" and reply.headers["X-Number"] == "7"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
    assert "X-None" not in reply.headers
    assert server.get("/rpc/download", Accept="text/csv").headers["Content-Type"] == "application/octet-stream"


def test_status(server):
    reply = server.get("/rpc/go")
    assert (reply.status, reply.body, reply.headers["Location"]) == (303, b"", "/elsewhere")
    for status in (200, 201, 204, 226, 304, 410, 451, 599):
        raw = server.connect()
        raw.request("GET", f"/rpc/status?s={status}")
        answer = raw.getresponse()
        body = answer.read()
        assert answer.status == status and (body == b"") == (status in (204, 304)), status
        assert (answer.headers["ETag"] is not None) == (status == 200), status
    assert server.get("/rpc/status").status == 200
    for path in ("status?s=100", "status?s=199", "status?s=600", "status?s=0", "status?s=-1", "status_text"):
        reply = server.get(f"/rpc/{path}")
        assert (reply.status, reply.json()["code"]) == (500, "PGRST112"), path


def test_nothing_is_smuggled_in(server):
    for value in ("a%0d%0aX-Evil: 1", "a%0aX-Evil: 1", "a%00b", "a%7fb", " a", "a ", ""):
        reply = server.get(f"/rpc/field?v={value.replace(' ', '%20')}")
        assert (reply.status, reply.json()["code"]) == (500, "PGRST111"), value
        assert "X-Evil" not in reply.headers and "X-V" not in reply.headers
    assert server.get("/rpc/field?v=J%C3%BCrgen").headers["X-V"].encode("latin-1").decode() == "Jürgen"
    for value in ("text/html%0d%0aX-Evil:%201", "text", "/", "text/", "te%20xt/html", "text/html;%0ax", ""):
        reply = server.get(f"/rpc/type?v={value}")
        assert (reply.status, reply.json()["code"]) == (500, "PGRST111"), value


def test_no_row(server):
    reply = server.get("/rpc/none")
    assert (reply.status, reply.json()["code"]) == (404, "PGRST116")


def test_writing(server):
    reply = server.post("/rpc/make", {"name": "new"})
    assert (reply.status, reply.body) == (201, b"made new")
    assert server.get(reply.headers["Location"]).json()["name"] == "new"
    reply = server.post("/rpc/make_badly", {"name": "bad"})
    assert (reply.status, reply.json()["code"]) == (500, "PGRST112")
    assert server.get("/tag?name=eq.bad").json() == []
    assert server.post("/rpc/make_none", {}).status == 404
    assert server.get("/tag?name=eq.gone").json() == []
    assert server.get("/rpc/make").status == 405


BROKEN = {
    "-- returns file text/html\nSELECT 1 AS status": "one column is its body",
    "-- returns file text/html\nSELECT 1 AS a, 2 AS b": "one column is its body",
    "-- returns file text/html\nSELECT 1 AS a, 2 AS header_content_length": "may not set the header field",
    "-- returns file text/html\nSELECT 1 AS a, 2 AS header_Transfer_Encoding": "may not set the header field",
    "-- returns file text/html\nSELECT 1 AS a, 2 AS \"header_a b\"": "may not set the header field",
    "-- returns file text/html\nSELECT 1 AS a, 2 AS header_access_control_allow_origin":
        "may not set the header field",
    "-- write\n-- returns file text/html\nDELETE FROM author": "one column is its body",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_files_do_not_start(tmp_path, text):
    assert_query_is_refused(tmp_path, text, BROKEN[text])

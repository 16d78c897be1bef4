"""Accept, Range, Prefer, cursors: how an answer is asked for."""
import csv
import io
import re

OBJECT = "application/vnd.pgrst.object+json"
ARRAY = "application/vnd.pgrst.array+json"


def test_object(server):
    reply = server.get("/author?id=eq.1&select=name", Accept=OBJECT)
    assert reply.json() == {"name": "Ada Lovelace"}
    assert reply.headers["Content-Type"].startswith(OBJECT)
    for query, n in [("id=gt.0", 4), ("id=eq.99", 0)]:
        reply = server.get("/author?" + query, Accept=OBJECT)
        assert reply.status == 406 and reply.json()["code"] == "PGRST116"
        assert reply.json()["details"] == f"The result contains {n} rows"


def test_nulls_stripped(server):
    rows = [{"id": 3, "born": 1906}, {"id": 4}]
    reply = server.get("/author?id=gt.2&select=id,born&order=id", Accept=ARRAY + ";nulls=stripped")
    assert reply.json() == rows
    assert reply.headers["Content-Type"].startswith(ARRAY + ";nulls=stripped")
    reply = server.get("/author?id=eq.4&select=id,born,book(id,price)", Accept=OBJECT + ";nulls=stripped")
    assert reply.json() == {"id": 4, "book": []}
    reply = server.get("/author?id=eq.2&select=book(id,price)&book.order=id",
                       Accept=ARRAY + "; nulls=stripped")
    assert reply.json() == [{"book": [{"id": 2, "price": 12.25}, {"id": 3}]}]


def test_csv(server):
    reply = server.get("/loan?select=id,note,days&order=id", Accept="text/csv")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.body.decode() == 'id,note,days\n1,"a, ""quoted"" note",7\n2,,30\n3,"",14\n4,late,21'
    rows = list(csv.reader(io.StringIO(server.get(
        "/book?select=title,in_print,meta,author(name)&id=eq.1", Accept="text/csv").body.decode())))
    assert rows == [["title", "in_print", "meta", "author"],
                    ["Notes", "t", '{"pages":66,"tags":["maths","engines"]}', '{"name":"Ada Lovelace"}']]
    assert server.get("/author/1?select=id,name", Accept="text/csv").body == b"id,name\n1,Ada Lovelace"
    assert server.get("/author?id=eq.99&select=id", Accept="text/csv").body == b"id"


def test_quality_decides(server):
    for accept, type in [("text/csv;q=0.5, application/json", "application/json"),
                         ("text/csv, application/json;q=0.9", "text/csv"),
                         ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
                         ("text/html;q=1, text/*;q=0.3", "text/csv"),
                         ("application/json;q=0, text/csv;q=0.1", "text/csv"),
                         ("text/csv, application/json", "text/csv"),
                         ("Application/JSON", "application/json")]:
        reply = server.get("/author", Accept=accept)
        assert reply.status == 200 and reply.headers["Content-Type"].startswith(type), (accept, reply)
    for accept in ["image/png", "application/json;q=0", "text/html, image/*",
                   "application/vnd.pgrst.plan+json"]:
        reply = server.get("/author", Accept=accept)
        assert reply.status == 406 and reply.json()["code"] == "PGRST107", (accept, reply)


def test_range_header(server):
    for range, status, content, ids in [
            ("0-1", 200, "0-1/*", [1, 2]), ("1-", 200, "1-3/*", [2, 3, 4]),
            ("items=2-2", 200, "2-2/*", [3]), ("nonsense", 200, "0-3/*", [1, 2, 3, 4])]:
        reply = server.get("/author?select=id&order=id", Range=range)
        assert (reply.status, reply.headers["Content-Range"]) == (status, content), (range, reply)
        assert [row["id"] for row in reply.json()] == ids
    reply = server.get("/author?select=id&order=id&limit=3&offset=1", Range="2-9")
    assert [row["id"] for row in reply.json()] == [3, 4]
    reply = server.get("/author", Range="0-1", Prefer="count=exact")
    assert reply.status == 206 and reply.headers["Content-Range"] == "0-1/4"
    for range in ["2-1", "5-9"]:
        reply = server.get("/author?limit=3", Range=range)
        assert reply.status == 416 and reply.json()["code"] == "PGRST103"
    assert server.get("/author", Range="9-", Prefer="count=exact").status == 416


def test_profiles(server):
    assert server.get("/author", Accept_Profile="public").status == 200
    assert server.post("/author", {"name": "p"}, Content_Profile="main").status == 201
    reply = server.get("/author", Accept_Profile="secret")
    assert reply.status == 406 and reply.json()["code"] == "PGRST106"
    assert server.get("/author", Content_Profile="secret").status == 200  # it is not about this


def test_strict_preferences(server):
    reply = server.get("/author", Prefer="handling=strict, colour=red, count=exact")
    assert reply.status == 400 and reply.json()["code"] == "PGRST122"
    assert reply.json()["details"] == "Invalid preferences: colour=red"
    reply = server.get("/author", Prefer="handling=lenient, colour=red")
    assert reply.status == 200 and reply.headers["Preference-Applied"] == "handling=lenient"
    reply = server.post("/author", {"name": "quoted"}, Prefer='return="minimal"')
    assert reply.body == b"" and reply.headers["Preference-Applied"] == "return=minimal"


# ---- cursors

def pages(server, path):
    """Follows Link: rel=next to the end; the ids of each page."""
    found = []
    while path:
        reply = server.get(path)
        assert reply.status == 200, reply
        found.append([row["id"] for row in reply.json()])
        link = reply.headers["Link"]
        path = re.fullmatch(r'<([^>]+)>; rel="next"', link).group(1) if link else None
        assert len(found) < 200
    return found


def test_cursor_pages_meet_every_row_once(server):
    for i in range(60):
        born = "null" if i % 5 == 0 else i % 7 + 1800
        server.request("POST", "/author", f'{{"name":"n{i}","born":{born}}}',
                       {"Content-Type": "application/json", "Prefer": "return=minimal"})
    for order in ["", "&order=id.desc", "&order=born", "&order=born.desc", "&order=born.nullsfirst,name.desc",
                  "&order=born.desc.nullslast,id", "&order=name"]:
        whole = [row["id"] for row in server.get(
            "/author?select=id&cursor=&limit=1000" + order).json()]
        assert sorted(whole) == list(range(1, 65))
        for limit in [1, 7, 64]:
            found = pages(server, f"/author?select=id&cursor=&limit={limit}{order}")
            assert sum(found, []) == whole, (order, limit)
    filtered = pages(server, "/author?select=id&born=is.null&order=name&limit=3&cursor=")
    assert sum(filtered, []) == [row["id"] for row in server.get(
        "/author?select=id&born=is.null&order=name").json()]


def test_link_is_a_uri(server):
    """A client may send '>' and quotes as they are; in a Link they would end it."""
    sock = server.raw(b'GET /person?select=id&info->>age=neq.x&name=not.in.("<x>")&limit=1&cursor= '
                      b"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = b"".join(iter(lambda: sock.recv(65536), b"")).decode()
    link = re.search(r"Link: <([^>]*)>; rel=\"next\"\r\n", answer).group(1)
    assert "info-%3E%3Eage=neq.x" in link and "%22%3Cx%3E%22" in link
    assert server.get(link).json() == [{"id": 2}]


def test_cursor_is_steady_while_rows_come(server):
    first = server.get("/author?select=id&order=name&limit=2&cursor=")
    path = re.match("<([^>]+)>", first.headers["Link"]).group(1)
    server.post("/author", {"name": "AAA, before every other"})
    assert server.get(path).json() == [{"id": 3}, {"id": 4}]


def test_cursor_over_a_restart(serve, tmp_path):
    server = serve()
    link = server.get("/pair?order=v.desc&limit=1&cursor=&select=a,b").headers["Link"]
    server.stop()
    again = serve()
    path = re.match("<([^>]+)>", link).group(1)
    assert again.get(path).json() == [{"a": "a,b", "b": "c/d"}]


def test_cursor_refused(server):
    link = server.get("/author?order=name&limit=1&cursor=").headers["Link"]
    cursor = re.search("cursor=([^>]+)>", link).group(1)
    assert re.fullmatch("[A-Za-z0-9_-]+", cursor)
    for path, code in [(f"/author?order=born&cursor={cursor}", "PGRST100"),
                       (f"/tag?order=name&cursor={cursor}", "PGRST100"),
                       (f"/author?order=name&cursor={cursor[:-3]}", "PGRST100"),
                       ("/author?cursor=%21", "PGRST100"), ("/shelf?cursor=", "0A000"),
                       ("/author?cursor=&offset=1", "0A000"),
                       ("/person?cursor=&order=info->age", "0A000")]:
        reply = server.get(path)
        assert (reply.status, reply.json()["code"]) == (400, code), (path, reply)
    assert server.get("/author?order=name&limit=1").headers["Link"] is None


# ---- browsers

def test_cors(serve):
    server = serve("--cors-origins", "https://a.example, https://b.example")
    reply = server.get("/author?limit=1", Origin="https://b.example")
    assert reply.headers["Access-Control-Allow-Origin"] == "https://b.example"
    assert "Content-Range" in reply.headers["Access-Control-Expose-Headers"]
    assert reply.headers["Vary"] == "Accept, Prefer, Range, Origin"
    reply = server.get("/author?nope=eq.1", Origin="https://a.example")
    assert reply.status == 400 and reply.headers["Access-Control-Allow-Origin"] == "https://a.example"
    for origin in ["https://c.example", "https://a.example.org", "null"]:
        reply = server.get("/author", Origin=origin)
        assert reply.status == 200 and reply.headers["Access-Control-Allow-Origin"] is None
    ask = {"Origin": "https://a.example", "Access-Control-Request-Method": "PATCH",
           "Access-Control-Request-Headers": "prefer"}
    reply = server.request("OPTIONS", "/author", headers=ask)
    assert reply.status == 204 and "PATCH" in reply.headers["Access-Control-Allow-Methods"]
    assert reply.headers["Access-Control-Allow-Headers"] == "prefer"
    reply = server.request("OPTIONS", "/author", headers={**ask, "Origin": "https://c.example"})
    assert reply.headers["Access-Control-Allow-Methods"] is None


def test_cors_is_off_by_default(server):
    reply = server.get("/author", Origin="https://a.example")
    assert reply.headers["Access-Control-Allow-Origin"] is None
    assert reply.headers["Vary"] == "Accept, Prefer, Range"


def test_cors_of_everybody(serve):
    reply = serve("--cors-origins", "*").get("/author", Origin="null")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"

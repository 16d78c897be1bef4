"""Entity tags, If-None-Match and If-Match (RFC 9110, 8.8.3 and 13)."""
import re
import sqlite3
import time

import pytest

from exposition import parse
from test_threads import in_threads

TAG = re.compile(r'"[0-9a-f]{16}"')


def tag_of(reply):
    tag = reply.headers["ETag"]
    assert TAG.fullmatch(tag), reply
    return tag


@pytest.fixture
def rows(server):
    assert server.post("/author?on_conflict=id", [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}],
                       Prefer="resolution=merge-duplicates").status in (200, 201)
    return server


@pytest.mark.parametrize("path", [
    "/author/1", "/author", "/author?select=name&order=name.desc&limit=1", "/author?id=eq.99", "/",
    "/openapi.json", "/author/1?select=name", "/book?select=title,author(name)",
])
def test_what_is_there_has_a_tag(rows, path):
    reply = rows.get(path)
    tag = tag_of(reply)
    assert tag_of(rows.get(path)) == tag
    head = rows.head(path)
    assert (head.status, head.headers["ETag"]) == (200, tag)
    again = rows.get(path, If_None_Match=tag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert "Content-Type" not in again.headers and "Content-Length" not in again.headers
    assert rows.head(path, If_None_Match=tag).status == 304
    other = rows.get(path, If_None_Match='"0123456789abcdef"')
    assert (other.status, other.body) == (200, reply.body)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_the_system_says_has_none(server, path):
    reply = server.get(path, If_None_Match="*")
    assert reply.status == 200 and "ETag" not in reply.headers


@pytest.mark.parametrize("field", ["{}", "W/{}", '"x", {}', '{}, "x"', '"a,b",  W/{} ,"y"', "*", ' , {}'])
def test_the_forms_of_if_none_match(rows, field):
    tag = tag_of(rows.get("/author/1"))
    assert rows.get("/author/1", If_None_Match=field.format(tag)).status == 304


@pytest.mark.parametrize("field", ['""', "W/", '"', "0", "{bare}", "x{}", '"{bare}', 'w/{}x"', "**", "W/*"])
def test_fields_that_name_it_not(rows, field):
    tag = tag_of(rows.get("/author/1"))
    field = field.format('"f"', bare=tag.strip('"'))
    assert rows.get("/author/1", If_None_Match=field).status == 200
    assert rows.get("/author/1", If_Match=field).status == 412


def test_the_tags_of_several_fields_are_one_list(rows):
    tag = tag_of(rows.get("/author/1"))
    for first, second, status in (('"a"', tag, 304), (tag, '"a"', 304), ('"a"', '"b"', 200)):
        with rows.raw(f"GET /author/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: {first}\r\n"
                      f"If-None-Match: {second}\r\n\r\n".encode()) as sock:
            assert sock.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())


def test_the_tag_follows_the_answer(rows):
    row, every = tag_of(rows.get("/author/1")), tag_of(rows.get("/author"))
    assert rows.patch("/author/2", {"name": "zwei"}).status == 200
    assert tag_of(rows.get("/author/1")) == row
    assert tag_of(rows.get("/author")) != every
    assert rows.patch("/author/2", {"name": "two"}).status == 200
    assert tag_of(rows.get("/author")) == every
    assert tag_of(rows.get("/author", Accept="text/csv")) != every
    assert tag_of(rows.get("/author/1?select=id,name")) != row


def test_the_total_is_part_of_the_tag(rows):
    page = "/author?order=id&limit=1"
    before = rows.get(page, Prefer="count=exact")
    assert rows.post("/author", {"name": "a new one"}).status == 201
    after = rows.get(page, Prefer="count=exact", If_None_Match=tag_of(before))
    assert after.status == 206 and after.headers["Content-Range"] != before.headers["Content-Range"]
    same = rows.get(page, Prefer="count=exact", If_None_Match=tag_of(after))
    assert same.status == 304


def test_a_tag_outlives_the_process_and_is_every_loops(serve):
    server = serve("--threads", "4")
    tags = {tag_of(server.get("/author/1")) for _ in range(20)}
    server.stop()
    server = serve("--threads", "2", "--answer-cache", "0")
    assert tags == {tag_of(server.get("/author/1"))}


def test_a_kept_answer_is_not_modified_without_a_query(serve):
    server = serve("--threads", "1")
    tag = tag_of(server.get("/author/1"))
    time.sleep(0.1)
    assert server.get("/author/1", If_None_Match=tag).status == 304  # and is kept from now on

    def hits():
        return parse(server.get("/metrics").body.decode())["thimble_http_answer_cache_hits_total"].value()
    before = hits()
    for _ in range(5):
        kept = server.get("/author/1", If_None_Match=tag)
        assert (kept.status, kept.body, kept.headers["ETag"]) == (304, b"", tag)
    whole = server.get("/author/1", If_None_Match='"x"')
    assert whole.status == 200 and tag_of(whole) == tag and whole.json()["id"] == 1
    assert hits() == before + 6
    assert server.patch("/author/1", {"name": "another"}).status == 200
    changed = server.get("/author/1", If_None_Match=tag)
    assert changed.status == 200 and changed.json()["name"] == "another"


def test_another_process_ends_a_tag(serve):
    server = serve("--threads", "1")
    tag = tag_of(server.get("/author/1"))
    time.sleep(0.1)
    assert server.get("/author/1", If_None_Match=tag).status == 304
    with sqlite3.connect(server.db) as db:
        db.execute("UPDATE author SET name = 'from elsewhere' WHERE id = 1")
    time.sleep(0.2)
    assert server.get("/author/1", If_None_Match=tag).status == 200


def test_a_write_tells_the_tag_of_what_it_wrote(rows):
    made = rows.post("/author", {"name": "made"})
    assert tag_of(made) == tag_of(rows.get(made.headers["Location"]))
    patched = rows.patch("/author/1", {"name": "patched"})
    assert tag_of(patched) == tag_of(rows.get("/author/1"))
    put = rows.put("/author/1", {"name": "put"})
    assert tag_of(put) == tag_of(rows.get("/author/1"))
    noted = rows.patch("/note/1", {"body": "a trigger counts this"})
    assert tag_of(noted) == tag_of(rows.get("/note/1"))
    for reply in (rows.post("/author?select=name", {"name": "part"}),
                  rows.post("/author", {"name": "none"}, Prefer="return=minimal"),
                  rows.post("/author", {"name": "rows"}, Prefer="return=representation")):
        assert reply.status == 201 and "ETag" not in reply.headers


@pytest.mark.parametrize("method, body", [("PATCH", {"name": "new"}), ("PATCH", {}), ("DELETE", None),
                                          ("PUT", {"name": "new"})])
def test_if_match(rows, method, body):
    tag = tag_of(rows.get("/author/4"))
    for field in ('"0123456789abcdef"', "W/" + tag, "junk"):
        refused = rows.request(method, "/author/4", body, {"If-Match": field})
        assert (refused.status, refused.json()["code"]) == (412, "TH412"), field
    assert rows.get("/author/4").json()["name"] == "Unborn"
    missing = rows.request(method, "/author/99", body, {"If-Match": "*"})
    assert (missing.status, missing.json()["code"]) == (412, "TH412")
    assert rows.get("/author/99").status == 404
    done = rows.request(method, "/author/4", body, {"If-Match": f'"other", {tag}'})
    assert done.status in (200, 204)
    if body:
        assert rows.request(method, "/author/4", body, {"If-Match": tag}).status == 412
        assert rows.request(method, "/author/4", body, {"If-Match": "*"}).status == 200


def test_if_match_of_a_part(rows):
    """The tag is that of a GET of the same target."""
    part = tag_of(rows.get("/author/1?select=name"))
    assert rows.patch("/author/1", {"born": 1900}, If_Match=part).status == 412
    assert rows.patch("/author/1?select=name", {"born": 1900}, If_Match=part).status == 200
    assert rows.patch("/author/1?select=name", {"name": "x"}, If_Match=part).status == 200
    assert rows.patch("/author/1?select=name", {"name": "y"}, If_Match=part).status == 412


def test_if_match_reads(rows):
    tag = tag_of(rows.get("/author/1"))
    assert rows.get("/author/1", If_Match=tag).status == 200
    assert rows.get("/author/1", If_Match='"x"').status == 412
    assert rows.get("/author/99", If_Match="*").status == 412
    assert rows.head("/author/1", If_Match='"x"').status == 412


def test_put_only_what_is_not_there(rows):
    assert rows.put("/author/7", {"name": "seven"}, If_None_Match="*").status == 201
    refused = rows.put("/author/7", {"name": "again"}, If_None_Match="*")
    assert (refused.status, refused.json()["code"]) == (412, "TH412")
    assert rows.get("/author/7").json()["name"] == "seven"


@pytest.mark.parametrize("method, path, body", [
    ("POST", "/author", {"name": "n"}), ("PATCH", "/author?id=eq.1", {"name": "n"}),
    ("DELETE", "/author?id=eq.1", None), ("PUT", "/author?id=eq.1", {"id": 1, "name": "n"}),
])
@pytest.mark.parametrize("field", ["If-Match", "If-None-Match"])
def test_lists_are_not_changed_on_conditions(rows, method, path, body, field):
    before = rows.get("/author").body
    refused = rows.request(method, path, body, {field: "*"})
    assert (refused.status, refused.json()["code"]) == (400, "0A000")
    assert rows.get("/author").body == before


def test_a_condition_costs_the_others_nothing(rows):
    """Writes of one batch: a condition that fails is its own request's failure."""
    def work(i):
        for k in range(10):
            if i % 2:
                assert rows.patch("/author/1", {"born": k + 1}, If_Match='"x"').status == 412
            else:
                assert rows.post("/author", {"name": f"{i} {k}"}).status == 201
    before = len(rows.get("/author").json())
    in_threads(8, work)
    assert len(rows.get("/author").json()) == before + 40


@pytest.mark.threads
def test_no_update_is_lost(serve):
    """Counting up by read, change and If-Match, from eight sides at once."""
    server = serve("--threads", "4")
    assert server.put("/author/500", {"name": "counter", "born": 1}).status == 201

    def work(_):
        connection, done = server.connect(), 0
        while done < 25:
            row = server.request("GET", "/author/500", connection=connection)
            reply = server.request("PATCH", "/author/500", {"born": row.json()["born"] + 1},
                                   {"If-Match": row.headers["ETag"]}, connection=connection)
            assert reply.status in (200, 412), reply
            done += reply.status == 200
    in_threads(8, work)
    assert server.get("/author/500").json()["born"] == 201

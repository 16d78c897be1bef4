"""POST, PUT, PATCH, DELETE, OPTIONS."""
import sqlite3

import pytest

READ_WRITE_LIST = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
READ_WRITE_ROW = {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}


def rows(server, sql, *values):
    return sqlite3.connect(server.db).execute(sql, values).fetchall()


def allowed(reply):
    return {m.strip() for m in reply.headers["Allow"].split(",")}


def test_post_an_object(server):
    reply = server.post("/author", {"name": "Alan Turing", "born": 1912})
    assert reply.status == 201
    assert reply.json() == {"id": 5, "name": "Alan Turing", "born": 1912}
    assert reply.headers["Location"] == "/author/5"
    assert server.get("/author/5").json() == reply.json()
    assert rows(server, "SELECT name FROM author WHERE id = 5") == [("Alan Turing",)]


def test_post_takes_defaults_for_what_is_not_there(server):
    assert server.post("/book", {"title": "T", "author_id": 1}).json()["in_print"] is True
    assert server.post("/pair", {"a": "n", "b": "m"}).json() == {"a": "n", "b": "m", "v": "fresh"}


def test_post_location_of_composite_and_text_keys(server):
    reply = server.post("/pair", {"a": "p,q", "b": "r/s"})
    assert reply.headers["Location"] == "/pair/p%2Cq,r%2Fs"
    assert server.get(reply.headers["Location"]).json()["a"] == "p,q"
    assert server.post("/code", {"code": "ä b"}).headers["Location"] == "/code/%C3%A4%20b"
    assert "Location" not in server.post("/keyless", {"v": "third"}).headers


def test_post_an_array(server):
    reply = server.post("/author", [{"name": "A"}, {"name": "B"}])
    assert reply.status == 201 and reply.body == b""
    assert rows(server, "SELECT count(*) FROM author") == [(6,)]
    reply = server.post("/author", [{"name": "C"}, {"name": "D"}], Prefer="return=representation")
    assert [r["name"] for r in reply.json()] == ["C", "D"]
    assert "return=representation" in reply.headers["Preference-Applied"]


def test_post_an_array_is_all_or_nothing(server):
    before = rows(server, "SELECT count(*) FROM author")
    reply = server.post("/author", [{"name": "E"}, {"name": "Ada Lovelace"}])
    assert reply.status == 409
    assert reply.json()["errors"][0]["pointer"] == "/1/name"
    assert rows(server, "SELECT count(*) FROM author") == before


def test_post_an_empty_array_creates_nothing(server):
    assert server.post("/author", []).status == 201
    assert rows(server, "SELECT count(*) FROM author") == [(4,)]


def test_post_an_array_with_unequal_keys(server):
    reply = server.post("/author", [{"name": "E"}, {"born": 1}])
    assert reply.status == 400 and reply.json()["code"] == "PGRST102"


def test_post_return_preferences(server):
    minimal = server.post("/author", {"name": "M"}, Prefer="return=minimal")
    assert minimal.status == 201 and minimal.body == b""
    headers = server.post("/author", {"name": "H"}, Prefer="return=headers-only")
    assert headers.body == b"" and headers.headers["Location"] == "/author/6"
    explicit = server.post("/author?select=name", {"name": "R"}, Prefer="return=representation")
    assert explicit.json() == [{"name": "R"}]


def test_put_creates_and_replaces(server):
    created = server.put("/author/40", {"name": "New", "born": 1900})
    assert created.status == 201
    assert created.headers["Location"] == "/author/40"
    replaced = server.put("/author/40", {"name": "Newer"})
    assert replaced.status == 200
    assert replaced.json() == {"id": 40, "name": "Newer", "born": None}, "what is not said is reset"
    assert server.put("/pair/x,y", {}).json() == {"a": "x", "b": "y", "v": "fresh"}


def test_put_checks_the_key(server):
    assert server.put("/author/40", {"id": 41, "name": "x"}).status == 400
    assert server.put("/author/40", {"id": 40, "name": "x"}).status == 201
    assert server.put("/author/abc", {"name": "x"}).status == 400


def test_put_keeps_rows_that_refer_to_it(server):
    server.post("/review", {"book_id": 1, "stars": 5})
    assert server.put("/book/1", {"title": "Notes II", "author_id": 1}).status == 200
    assert rows(server, "SELECT count(*) FROM review") == [(1,)], "no delete behind the scenes"


def test_patch_a_row(server):
    reply = server.patch("/author/1", {"born": None})
    assert reply.status == 200
    assert reply.json() == {"id": 1, "name": "Ada Lovelace", "born": None}
    assert server.patch("/author/99", {"born": 1}).status == 404
    assert server.patch("/author/2", {}).json()["name"] == "Charles Babbage"


def test_patch_merges_json_columns(server):
    """RFC 7396: members merge, null removes, anything else replaces."""
    reply = server.patch("/book/1", {"meta": {"pages": 67, "tags": None, "new": {"a": 1}}},
                         Content_Type="application/merge-patch+json")
    assert reply.json()["meta"] == {"pages": 67, "new": {"a": 1}}
    assert server.patch("/book/1", {"meta": {"new": {"b": 2}}}).json()["meta"] == {
        "pages": 67, "new": {"a": 1, "b": 2}}
    assert server.patch("/book/1", {"meta": [1]}).json()["meta"] == [1]
    assert server.patch("/book/3", {"meta": {"a": {"b": None, "c": 1}}}).json()["meta"] == {
        "a": {"c": 1}}, "an array is replaced, and nulls go"
    assert server.patch("/book/2", {"meta": {"x": 1}}).json()["meta"] == {"x": 1}
    assert server.patch("/book/2", {"meta": None}).json()["meta"] is None


def test_patch_can_change_the_key(server):
    reply = server.patch("/code/de", {"code": "at"})
    assert reply.json()["code"] == "at"
    assert server.get("/code/de").status == 404
    assert server.patch("/note/1", {"id": 77, "body": "moved"}).json()["id"] == 77


def test_delete_a_row(server):
    assert server.delete("/review/1").status == 404
    assert server.delete("/code/de").status == 204
    assert server.get("/code/de").status == 404
    gone = server.delete("/pair/x,y", Prefer="return=representation")
    assert gone.status == 200 and gone.json()[0]["v"] == "one"


def test_change_of_many_needs_a_filter(server):
    for method in ("PATCH", "DELETE"):
        reply = server.request(method, "/counter", {"n": 1} if method == "PATCH" else None)
        assert reply.status == 400, reply
        assert "all=true" in reply.json()["hint"]
    assert server.patch("/counter?all=true", {"n": 5}).status == 204
    assert rows(server, "SELECT n FROM counter") == [(5,)]
    assert server.delete("/counter?all=true").status == 204


def test_filtered_patch_and_delete(server):
    reply = server.patch("/book?author_id=eq.2", {"price": 1.5}, Prefer="return=representation")
    assert reply.status == 200 and len(reply.json()) == 2
    assert server.patch("/book?id=eq.99", {"price": 1}).status == 204
    assert server.delete("/pair?a=eq.x").status == 204
    assert rows(server, "SELECT count(*) FROM pair") == [(1,)]


def test_what_triggers_did_is_in_the_answer(server):
    made = server.post("/note", {"body": "first"}).json()
    assert made["created_at"] and made["revision"] == 1
    assert server.patch(f"/note/{made['id']}", {"body": "second"}).json()["revision"] == 2


def test_options_and_allow(server):
    assert allowed(server.options("/author")) == READ_WRITE_LIST
    assert allowed(server.options("/author/1")) == READ_WRITE_ROW
    assert allowed(server.options("/in_print")) == {"GET", "HEAD", "OPTIONS"}
    assert allowed(server.options("/shelf")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert allowed(server.options("/book_text")) == {"GET", "HEAD", "OPTIONS"}
    assert server.options("/nothing").status == 404


def test_methods_that_are_not_allowed(server):
    for method, path, body in [("POST", "/author/1", {"name": "x"}), ("PUT", "/author?born=eq.1", {}),
                               ("POST", "/in_print", {"id": 1}), ("DELETE", "/shelf?id=eq.1", None),
                               ("DELETE", "/healthz", None), ("POST", "/", {})]:
        reply = server.request(method, path, body)
        assert reply.status == 405, (method, path, reply)
        assert method not in allowed(reply)
    assert server.request("BREW", "/author").status == 405


def test_a_view_with_triggers_takes_rows(server):
    reply = server.post("/shelf", {"title": "Through the view", "author": "Somebody New"},
                        Prefer="return=minimal")
    assert reply.status == 201
    assert server.get("/shelf?title=eq.Through%20the%20view").json()[0]["author"] == "Somebody New"


def test_body_of_another_type(server):
    reply = server.request("POST", "/author", "name=x", {"Content-Type": "text/plain"})
    assert reply.status == 415
    assert server.request("POST", "/author", '{"name":"no type"}').status == 201


@pytest.mark.parametrize("body,pointer", [
    ('{"nam":"x"}', "/nam"), ('{"name":1.5,"born":"x"}', "/born"), ('{"name":null}', "/name"),
    ('{"name":"x","born":0}', None), ('[{"name":"x"},{"name":null}]', "/1/name")])
def test_bad_values_are_named(server, body, pointer):
    reply = server.request("POST", "/author", body)
    assert reply.status == 400, reply
    if pointer:
        assert reply.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("body", ["", "{", "[1]", "1", '"x"', "null", "[[]]", '{"name":"a","name":"b"}',
                                  '{"name":"x"} {}', '{"name":"\\ud800"}', "[" * 5000])
def test_bodies_that_are_no_rows(server, body):
    assert server.request("POST", "/author", body).status == 400


def test_generated_columns_cannot_be_written(server):
    assert server.post("/kinds", {"i": 4}).json()["g"] == 8
    reply = server.post("/kinds", {"g": 4})
    assert reply.status == 400 and reply.json()["errors"][0]["pointer"] == "/g"


def test_unknown_column_is_suggested(server):
    assert "name" in server.post("/author", {"nmae": "x"}).json()["hint"]
    assert "author" in server.get("/auhtor").json()["hint"]
    assert "born" in server.get("/author?bron=eq.1").json()["hint"]

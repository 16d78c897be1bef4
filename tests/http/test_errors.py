"""Failures: the status, the code, the words, and what they name."""
import pathlib
import sqlite3

import pytest

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "corpus"


def test_problem_document(server):
    reply = server.get("/nothing")
    problem = reply.json()
    assert reply.status == 404
    assert problem["type"] == "about:blank"
    assert problem["title"] == "Not Found"
    assert problem["status"] == 404
    assert problem["instance"] == "/nothing"
    assert problem["code"] == "PGRST205"
    assert set(problem) >= {"detail", "message", "details", "hint"}
    assert reply.headers["X-Request-Id"]


def test_unique(server):
    reply = server.post("/author", {"name": "Ada Lovelace"})
    assert reply.status == 409
    problem = reply.json()
    assert problem["code"] == "23505"
    assert problem["errors"][0]["pointer"] == "/name"
    assert problem["errors"][0]["constraint"] == "author_name_key"
    assert problem["sqlite"] == {"code": 2067, "name": "SQLITE_CONSTRAINT_UNIQUE"}


def test_primary_key(server):
    reply = server.post("/author", {"id": 1, "name": "Other"})
    assert reply.status == 409 and reply.json()["code"] == "23505"
    assert server.post("/pair", {"a": "x", "b": "y"}).status == 409


def test_not_null(server):
    reply = server.post("/book", {"author_id": 1})
    assert reply.status == 400 and reply.json()["code"] == "23502"
    assert reply.json()["errors"][0]["pointer"] == "/title"


def test_check(server):
    reply = server.post("/book", {"author_id": 1, "title": ""})
    assert reply.status == 400 and reply.json()["code"] == "23514"
    assert reply.json()["errors"][0]["constraint"] == "title_is_not_empty"


def test_missing_parent(server):
    reply = server.post("/book", {"author_id": 99, "title": "x"})
    assert reply.status == 409 and reply.json()["code"] == "23503"
    assert reply.json()["errors"][0]["constraint"] == "book_author_id_fkey"
    assert reply.json()["details"] == 'Key (author_id)=(99) is not present in table "author".'
    assert server.patch("/book/1", {"author_id": 99}).json()["errors"][0][
        "constraint"] == "book_author_id_fkey"


def test_row_still_referenced(server):
    reply = server.delete("/author/1")
    assert reply.status == 409 and reply.json()["code"] == "23503"
    assert reply.json()["errors"][0]["constraint"] == "book_author_id_fkey"
    assert reply.json()["details"] == 'Key (id)=(1) is still referenced from table "book".'
    assert server.get("/author/1").status == 200


def test_cascade_is_not_an_error(server):
    server.post("/review", {"book_id": 5, "stars": 5})
    assert server.delete("/barcode?book_id=eq.5").status == 204
    assert server.delete("/book/5").status == 204
    assert server.get("/review").json() == []


def test_deferred_key_fails_its_own_request(server):
    assert server.post("/late", {"parent": 99}).status == 409
    assert server.post("/late", {"parent": 1}).status == 201


def test_trigger_raise(server):
    reply = server.post("/note", {"body": "refuse me"})
    assert reply.status == 400 and reply.json()["code"] == "P0001"
    assert reply.json()["message"] == "this note is refused"


def test_trigger_rollback_takes_no_other_request_with_it(server):
    assert server.post("/note", {"body": "roll it all back"}).status == 400
    assert server.post("/note", {"body": "fine"}).status == 201


@pytest.mark.parametrize("query", [
    "nothing=eq.1", "select=nothing", "order=nothing", "id=foo.1", "id=eq", "id", "limit=x", "limit=1x",
    "offset=x", "order=id.sideways", "or=(id.eq.1", "and=id.eq.1", "id=in.1", "id=in.(1", "id=is.maybe",
    "select=%zz", "id=eq.%f", "or=()", "order=", "name=eq.%ff", "id=cs.{1}", "id=ov.(1)", "id=sl.1"])
def test_query_strings_that_are_refused(server, query):
    reply = server.get(f"/author?{query}")
    assert reply.status == 400, (query, reply)
    assert server.get("/author/1").status == 200


def test_unknown_operator_lists_the_known(server):
    assert "ilike" in server.get("/author?id=foo.1").json()["hint"]


def test_and_or_nesting_is_limited(server):
    deep = "and=(" + "or(id.eq.1," * 40 + "id.eq.2" + ")" * 41
    assert server.get(f"/author?{deep}").status == 400


@pytest.mark.parametrize("path", ["/author/1'--", "/author?id=eq.1;DROP TABLE author".replace(" ", "%20"),
                                  '/author?select=%22id%22%20FROM%20author--', "/author?name=eq.x'%20OR%201=1--",
                                  "/author?order=id%3B--", "/%22author%22"])
def test_injection_finds_nothing(server, path):
    assert server.get(path).status in (200, 400, 404)
    assert sqlite3.connect(server.db).execute("SELECT count(*) FROM author").fetchone() == (4,)
    if "OR" in path:
        assert server.get(path).json() == []


def corpus_cases():
    return sorted(CORPUS.glob("*.http"))


@pytest.mark.parametrize("case", corpus_cases(), ids=lambda p: p.name)
def test_corpus_of_invalid_requests(server, case):
    """Each file is a request as bytes; its name begins with the status it deserves, or with
    "close" where the connection may just end."""
    expected = case.name.split("-")[0]
    with server.raw(case.read_bytes()) as sock:
        sock.shutdown(1)
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    if expected == "close":
        assert answer == b"" or answer.split()[1][:1] in (b"4", b"5"), answer[:200]
    else:
        assert answer.split(b" ")[1].decode() == expected, answer[:400]
    assert server.get("/author/1").status == 200


def test_corpus_is_there():
    assert len(corpus_cases()) >= 30

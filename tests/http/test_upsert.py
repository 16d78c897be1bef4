"""Writes as PostgREST's clients ask for them."""
import sqlite3

FULL = "return=representation"
MERGE = "resolution=merge-duplicates,return=representation"
IGNORE = "resolution=ignore-duplicates,return=representation"


def test_merge_duplicates(server):
    reply = server.post("/tag", [{"id": 1, "name": "changed"}, {"id": 9, "name": "new"}], Prefer=MERGE)
    assert reply.status == 201 and reply.json() == [{"id": 1, "name": "changed"}, {"id": 9, "name": "new"}]
    assert reply.headers["Preference-Applied"] == "resolution=merge-duplicates, return=representation"
    reply = server.post("/tag", [{"id": 1, "name": "again"}], Prefer=MERGE)
    assert reply.status == 200 and reply.json() == [{"id": 1, "name": "again"}]
    reply = server.post("/tag?on_conflict=name", {"name": "utopia", "id": 2}, Prefer=MERGE)
    assert reply.status == 200 and reply.json() == [{"id": 2, "name": "utopia"}]
    # Columns that are not sent stay.
    assert server.post("/loan", {"id": 1, "days": 3, "book_id": 1, "lender": 1, "borrower": 2},
                       Prefer=MERGE).json()[0]["note"] == 'a, "quoted" note'
    assert server.post("/pair", {"a": "x", "b": "y"}, Prefer=MERGE).json() == [
        {"a": "x", "b": "y", "v": "one"}]
    assert server.post("/keyless", {"v": "third"}, Prefer=MERGE).status == 201


def test_ignore_duplicates(server):
    reply = server.post("/tag", [{"id": 1, "name": "x"}, {"id": 9, "name": "nine"}], Prefer=IGNORE)
    assert reply.status == 201 and reply.json() == [{"id": 9, "name": "nine"}]
    assert server.get("/tag/1").json()["name"] == "anarchism"
    assert server.post("/tag?on_conflict=name", {"name": "prize"}, Prefer=IGNORE).json() == []
    assert server.post("/tag", {"id": 1, "name": "prize"}, Prefer="resolution=ignore-duplicates").status == 201


def test_conflict_target_refused(server):
    reply = server.post("/author?on_conflict=born", {"name": "x", "born": 1}, Prefer=MERGE)
    assert reply.status == 400 and reply.json()["code"] == "42P10"
    reply = server.post("/author?on_conflict=nme", {"name": "x"}, Prefer=MERGE)
    assert reply.status == 400 and reply.json()["code"] == "PGRST204"
    assert server.post("/shelf", {"title": "x", "author": "y"}, Prefer=MERGE).json()["code"] == "0A000"
    # Another key than the one that is named still refuses.
    reply = server.post("/tag?on_conflict=id", {"id": 77, "name": "prize"}, Prefer=MERGE)
    assert reply.status == 409 and reply.json()["code"] == "23505"


def test_columns(server):
    rows = [{"name": "a", "born": 1, "junk": 5}, {"name": "b"}]
    assert server.post("/author", rows).json()["code"] == "PGRST204"
    assert server.post("/author", [{"name": "a", "born": 1}, {"name": "b"}]).json()["code"] == "PGRST102"
    reply = server.post('/author?columns="name",born&select=name,born', rows, Prefer=FULL)
    assert reply.json() == [{"name": "a", "born": 1}, {"name": "b", "born": None}]
    reply = server.post("/author?columns=name&select=name,born", {"name": "c", "born": 3}, Prefer=FULL)
    assert reply.json() == [{"name": "c", "born": None}]
    assert server.post("/author?columns=nme", rows).json()["code"] == "PGRST204"
    server.patch("/author?id=eq.1&columns=born", {"born": 1, "name": "not looked at"})
    assert server.get("/author/1").json() == {"id": 1, "name": "Ada Lovelace", "born": 1}


def test_missing_default(server):
    rows = [{"a": "d1", "b": "x"}, {"a": "d2", "b": "x", "v": "given"}, {"a": "d3", "b": "x", "v": None}]
    path = "/pair?columns=a,b,v&select=v"
    reply = server.post(path, rows, Prefer="missing=default," + FULL)
    assert reply.json() == [{"v": "fresh"}, {"v": "given"}, {"v": None}]
    assert reply.headers["Preference-Applied"] == "missing=default, return=representation"
    server.delete("/pair?a=like.d*")
    assert server.post(path, rows, Prefer=FULL).json() == [{"v": None}, {"v": "given"}, {"v": None}]
    reply = server.patch("/pair?a=eq.d2&b=eq.x&columns=v&select=v", {}, Prefer="missing=default," + FULL)
    assert reply.json() == [{"v": "fresh"}]
    reply = server.patch("/pair?a=eq.d2&b=eq.x&columns=v&select=v", {}, Prefer=FULL)
    assert reply.json() == [{"v": None}]
    # No default but NULL, which the column refuses; a rowid is made.
    reply = server.post("/note?columns=id,body", [{"body": "x"}, {}], Prefer="missing=default")
    assert reply.status == 400 and reply.json()["code"] == "23502"
    reply = server.post("/note?columns=id,body,revision", [{"body": "x"}, {"body": "y", "revision": 7}],
                        Prefer="missing=default," + FULL)
    assert [row["revision"] for row in reply.json()] == [1, 7]


def test_csv_body(server):
    body = 'name,born\n"Quoted, ""name""",1800\r\nPlain,NULL\n"NULL",7\n'
    reply = server.request("POST", "/author?select=name,born", body,
                           {"Content-Type": "text/csv", "Prefer": FULL})
    assert reply.status == 201, reply
    assert reply.json() == [{"name": 'Quoted, "name"', "born": 1800}, {"name": "Plain", "born": None},
                            {"name": "NULL", "born": 7}]
    for body, code in [("name,nope\na,b", "PGRST204"), ("name\na,b", "PGRST102"), ("name,born\na", "PGRST102"),
                       ('name\n"a', "PGRST102"), ('name\n"a"b', "PGRST102"), ("name,born\na,x", "22P02"),
                       ("name,name\na,b", "PGRST102"), ("", "PGRST102"), ("\xff", "PGRST102")]:
        reply = server.request("POST", "/author", body.encode("latin-1"), {"Content-Type": "text/csv"})
        assert reply.status == 400 and reply.json()["code"] == code, (body, reply)
    reply = server.request("POST", "/person?select=info,id", 'name,info\nx,"{""a"":[1]}"\n',
                           {"Content-Type": "text/csv", "Prefer": FULL})
    assert reply.json()[0]["info"] == {"a": [1]}
    answer = server.request("POST", "/author?select=name", "name\nz\n",
                            {"Content-Type": "text/csv", "Accept": "text/csv", "Prefer": FULL})
    assert answer.body == b"name\nz" and answer.status == 201


def test_csv_lines_end_in_any_way(server):
    """\\n, \\r\\n, and \\r alone; many of them, so that a miscount is an overflow."""
    names = [f"n{i}" for i in range(8000)]
    for end in ["\r", "\n", "\r\n"]:
        reply = server.request("POST", "/author", end.join(["name", *names]),
                               {"Content-Type": "text/csv", "Prefer": "return=minimal"})
        assert reply.status == 201, reply
        assert server.delete("/author?name=like.n*").status == 204


def test_csv_rows_are_limited(serve):
    server = serve("--max-elements", "3")
    reply = server.request("POST", "/author", "name\n" + "x\n" * 4, {"Content-Type": "text/csv"})
    assert reply.status == 413
    assert server.get("/author", Prefer="count=exact").headers["Content-Range"] == "0-3/4"


def test_form_body(server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = server.request("POST", "/author", "name=A+%26+B&born=5", form)
    assert reply.status == 201 and reply.json()["name"] == "A & B" and reply.json()["born"] == 5
    for body, code in [("nope=1", "PGRST204"), ("name", "PGRST102"), ("name=%ff", "PGRST102"),
                       ("born=x&name=y", "22P02"), ("name=a&name=b", "PGRST102")]:
        reply = server.request("POST", "/author", body, form)
        assert reply.status == 400 and reply.json()["code"] == code, (body, reply)
    assert server.request("PATCH", "/author/1", "born=6", form).json()["born"] == 6


def test_representation_embeds(server):
    reply = server.post("/book?select=title,author(name),tag(name)", {"author_id": 1, "title": "T"},
                        Prefer=FULL)
    assert reply.status == 201
    assert reply.json() == [{"title": "T", "author": {"name": "Ada Lovelace"}, "tag": []}]
    reply = server.patch("/book?id=lt.3&select=id,author(name)", {"price": 1}, Prefer=FULL)
    assert reply.json() == [{"id": 1, "author": {"name": "Ada Lovelace"}},
                            {"id": 2, "author": {"name": "Charles Babbage"}}]
    reply = server.delete("/loan?book_id=eq.1&select=id,lender(name)&order=id.desc", Prefer=FULL)
    assert reply.json() == [{"id": 2, "lender": {"name": "Ben"}}, {"id": 1, "lender": {"name": "Ada"}}]
    assert server.get("/loan?book_id=eq.1").json() == []
    assert server.post("/author?select=name,book(count)", {"name": "counted"}).json() == {
        "name": "counted", "book": [{"count": 0}]}
    assert server.post("/keyless?select=count", {"v": "x"}, Prefer=FULL).status == 201


def test_limited_changes(server):
    reply = server.patch("/book?order=id.desc&limit=2&select=id", {"price": 7}, Prefer=FULL)
    assert [row["id"] for row in reply.json()] == [5, 4]
    assert [row["id"] for row in server.get("/book?price=eq.7&order=id").json()] == [4, 5]
    reply = server.delete("/pair?order=a.desc,b.desc&limit=1&offset=1&select=a,b", Prefer=FULL)
    assert reply.json() == [{"a": "x", "b": "y"}]
    assert server.delete("/keyless?order=v&limit=1&select=v", Prefer=FULL).json() == [{"v": "first"}]
    assert server.delete("/loan?id=gt.1&order=id&limit=1&select=id", Prefer=FULL).json() == [{"id": 2}]
    reply = server.delete("/book?limit=1")
    assert reply.status == 400 and reply.json()["code"] == "PGRST109"
    assert len(server.get("/book").json()) == 5


def test_put_on_a_filter(server):
    reply = server.put("/tag?id=eq.50", {"id": 50, "name": "fifty"}, Prefer=FULL)
    assert reply.status == 201 and reply.json() == [{"id": 50, "name": "fifty"}]
    reply = server.put("/tag?id=eq.50", [{"id": 50, "name": "five zero"}])
    assert reply.status == 200 and reply.json() == {"id": 50, "name": "five zero"}
    assert server.put("/pair?b=eq.y&a=eq.x", {"a": "x", "b": "y"}).json() == {
        "a": "x", "b": "y", "v": "fresh"}
    for path, body, status, code in [
            ("/tag?id=gt.1", {"name": "x"}, 405, "PGRST105"), ("/tag?id=eq.1&name=eq.x", {}, 405, "PGRST105"),
            ("/pair?a=eq.x", {}, 405, "PGRST105"), ("/tag", {"id": 1}, 405, "PGRST105"),
            ("/tag?id=eq.1&limit=1", {"name": "x"}, 400, "PGRST114"),
            ("/tag?id=eq.1", {"id": 2, "name": "x"}, 400, "PGRST115"),
            ("/tag?id=eq.1", [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}], 400, "PGRST102")]:
        reply = server.put(path, body)
        assert (reply.status, reply.json()["code"]) == (status, code), (path, reply)


def test_max_affected(server):
    strict = "handling=strict, max-affected=2"
    reply = server.patch("/book?id=gt.1", {"price": 0}, Prefer=strict)
    assert reply.status == 400 and reply.json()["code"] == "PGRST124"
    assert reply.json()["details"] == "The query affects 4 rows"
    assert server.get("/book?price=eq.0").json() == []
    reply = server.patch("/book?id=gt.3", {"price": 0}, Prefer=strict)
    assert reply.status == 204
    assert reply.headers["Preference-Applied"] == "handling=strict, max-affected=2"
    assert server.patch("/book?id=gt.1", {"price": 0}, Prefer="max-affected=2").status == 204
    assert server.delete("/loan?id=gt.0", Prefer=strict).json()["code"] == "PGRST124"


def test_singular_writes(server):
    object = "application/vnd.pgrst.object+json"
    reply = server.patch("/book?id=eq.1&select=id", {"price": 3}, Prefer=FULL, Accept=object)
    assert reply.json() == {"id": 1}
    reply = server.patch("/book?id=lt.3", {"price": 4}, Prefer=FULL, Accept=object)
    assert reply.status == 406 and reply.json()["details"] == "The result contains 2 rows"
    assert server.get("/book?price=eq.4").json() == []
    assert server.delete("/book?id=eq.99", Accept=object).status == 406
    # What is shown is counted: the loan's row goes with an inner resource that is not there.
    reply = server.delete("/loan?id=eq.1&select=id,book!inner(id)&book.id=eq.99", Prefer=FULL, Accept=object)
    assert reply.status == 406 and server.get("/loan/1").status == 200


def test_rollback(serve):
    server = serve("--allow-tx")
    reply = server.post("/tag", {"name": "never"}, Prefer="tx=rollback,return=representation")
    assert reply.status == 201 and reply.json()[0]["name"] == "never"
    assert reply.headers["Preference-Applied"] == "return=representation, tx=rollback"
    assert server.get("/tag?name=eq.never").json() == []
    assert server.post("/tag", {"name": "kept"}, Prefer="tx=commit").status == 201
    with sqlite3.connect(server.db) as db:
        assert db.execute("SELECT count(*) FROM tag WHERE name = 'kept'").fetchone() == (1,)


def test_rollback_is_off_by_default(server):
    reply = server.post("/tag", {"name": "kept"}, Prefer="tx=rollback")
    assert reply.headers["Preference-Applied"] is None
    assert len(server.get("/tag?name=eq.kept").json()) == 1


def test_default_return_minimal(serve):
    server = serve("--default-return", "minimal")
    reply = server.post("/tag", {"name": "x"})
    assert reply.status == 201 and reply.body == b"" and reply.headers["Location"] == "/tag/5"
    assert server.patch("/tag/5", {"name": "y"}).status == 204
    assert server.put("/tag/5", {"name": "z"}).status == 204
    assert server.post("/tag", {"name": "full"}, Prefer=FULL).json() == [{"id": 6, "name": "full"}]


def test_insert_counts(server):
    reply = server.post("/tag", [{"name": "c1"}, {"name": "c2"}], Prefer="count=exact")
    assert reply.headers["Content-Range"] == "*/2"


def test_a_key_that_is_spelled_otherwise_is_a_column_that_is_sent(serve):
    server = serve(migrations=None)
    with sqlite3.connect(server.db) as db:
        db.executescript("""CREATE TABLE n (id TEXT COLLATE NOCASE PRIMARY KEY, a); INSERT INTO n VALUES ('abc', 1);
            CREATE TABLE u (id PRIMARY KEY, a); INSERT INTO u VALUES (7.5, 1), (7.0, 1);""")
    assert server.post("/n", [{"id": "ABC", "a": 2}], Prefer=MERGE).json() == [{"id": "ABC", "a": 2}]
    assert server.post("/u", '[{"id": 7, "a": 2}]', Prefer=MERGE).body == b'[{"id":7,"a":2}]'


def test_the_smallest_rowid_is_new_or_there(serve):
    server = serve(migrations=None)
    with sqlite3.connect(server.db) as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    for n in (-2 ** 63, 2 ** 63 - 1, 0):
        assert server.post("/t", {"id": n, "a": 1}, Prefer=MERGE).status == 201, n
        assert server.post("/t", {"id": n, "a": 2}, Prefer=MERGE).status == 200, n
        assert server.put(f"/t/{n}", {"a": 3}).status == 200, n


def test_rows_of_one_request_may_be_each_others_parents(serve):
    server = serve(migrations=None)
    with sqlite3.connect(server.db) as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, parent REFERENCES t)")
    assert server.post("/t", [{"id": 2, "parent": 1}, {"id": 1, "parent": None}]).status == 201
    assert server.post("/t", [{"id": 3, "parent": 4}, {"id": 4, "parent": 3}], Prefer=MERGE).status == 201
    assert server.post("/t", "id,parent\n6,7\n7,\n", content_type="text/csv").status == 201
    reply = server.post("/t", [{"id": 8, "parent": 9}, {"id": 9, "parent": 99}])
    assert reply.status == 409 and reply.json()["details"] == 'Key (parent)=(99) is not present in table "t".'
    assert len(server.get("/t").json()) == 6
    assert server.post("/t", {"id": 8, "parent": 9}).status == 409

"""Related resources: in every direction, told apart, filtered, ordered, counted."""

ASKED = [
    # many-to-one, one-to-many, one-to-one, many-to-many, and deeper
    ("/book?select=id,author(name)&id=lt.3&order=id",
     [{"id": 1, "author": {"name": "Ada Lovelace"}}, {"id": 2, "author": {"name": "Charles Babbage"}}]),
    ("/author?select=name,book(id)&book.order=id.desc&id=gte.3&order=id",
     [{"name": "Grace Hopper", "book": [{"id": 5}, {"id": 4}]}, {"name": "Unborn", "book": []}]),
    ("/book?select=id,barcode(code)&id=lt.3&order=id",
     [{"id": 1, "barcode": {"code": "B1"}}, {"id": 2, "barcode": None}]),
    ("/barcode?select=code,book(title)&code=eq.B1", [{"code": "B1", "book": {"title": "Notes"}}]),
    ("/book?select=id,tag(name)&tag.order=name&id=eq.1",
     [{"id": 1, "tag": [{"name": "prize"}, {"name": "utopia"}]}]),
    ("/tag?select=name,book(title,author(name))&book.order=id&book.limit=1&id=eq.2",
     [{"name": "utopia", "book": [{"title": "Notes", "author": {"name": "Ada Lovelace"}}]}]),
    ("/book?select=id,book_tag(weight,tag(name))&book_tag.order=tag(name)&id=eq.1",
     [{"id": 1, "book_tag": [{"weight": 1, "tag": {"name": "prize"}},
                             {"weight": 1, "tag": {"name": "utopia"}}]}]),
    # themselves: the table's name is the children, with the column or without, the column the parent
    ("/person?select=name,person(name)&id=eq.1",
     [{"name": "Ada", "person": [{"name": "Ben"}, {"name": "Cleo"}]}]),
    ("/person?select=name,boss(name,boss(name))&id=eq.4",
     [{"name": "Dan", "boss": {"name": "Ben", "boss": {"name": "Ada"}}}]),
    ("/person?select=name,down:person!boss(name)&id=eq.2", [{"name": "Ben", "down": [{"name": "Dan"}]}]),
    # told apart by constraint and by column
    ("/loan?select=id,from:person!loan_lender(name),to:person!borrower(name)&id=eq.1",
     [{"id": 1, "from": {"name": "Ada"}, "to": {"name": "Ben"}}]),
    ("/loan?select=id,lender(name),loan_borrower(name)&id=eq.1",
     [{"id": 1, "lender": {"name": "Ada"}, "loan_borrower": {"name": "Ben"}}]),
    ("/person?select=name,loan!loan_lender(id)&id=eq.1",
     [{"name": "Ada", "loan": [{"id": 1}, {"id": 4}]}]),
    ("/book?select=id,tag!book_tag(name)&tag.name=eq.prize&id=eq.1",
     [{"id": 1, "tag": [{"name": "prize"}]}]),
    # inner, null and not null
    ("/author?select=name,book!inner(id)&book.price=gt.15",
     [{"name": "Grace Hopper", "book": [{"id": 5}]}]),
    ("/author?select=name,book!left!inner()&book.price=lt.1", [{"name": "Grace Hopper"}]),
    ("/author?select=name,book()&book=is.null", [{"name": "Unborn"}]),
    ("/author?select=name,book()&book=not.is.null&id=gt.2", [{"name": "Grace Hopper"}]),
    ("/author?select=id,book(),x:book()&or=(book.is.null,id.eq.1)&book.id=gt.0&order=id",
     [{"id": 1}, {"id": 4}]),
    ("/tag?select=name,book!inner(author!inner())&book.author.name=like.Ada*&order=name",
     [{"name": "prize"}, {"name": "utopia"}]),
    # filters and pages within
    ("/author?select=id,book(id)&book.or=(id.eq.4,title.like.*Pure*)&book.offset=1&book.order=id"
     "&id=eq.3", [{"id": 3, "book": [{"id": 5}]}]),
    ("/author?select=id,book(id)&book.not.or=(id.eq.4,id.eq.9)&id=eq.3",
     [{"id": 3, "book": [{"id": 5}]}]),
    ("/tag?select=id,b:book(id)&b.meta->>pages=eq.66&id=eq.2", [{"id": 2, "b": [{"id": 1}]}]),
    # spreads
    ("/book?select=id,...author(author:name,born)&id=eq.1",
     [{"id": 1, "author": "Ada Lovelace", "born": 1815}]),
    ("/loan?select=id,...book(title,...author(by:name))&id=eq.1",
     [{"id": 1, "title": "Notes", "by": "Ada Lovelace"}]),
    ("/author?select=name,...book(ids:id,title)&book.order=id&id=gte.3&order=id",
     [{"name": "Grace Hopper", "ids": [4, 5], "title": ["A-0 Manual", '100% Pure_Text (a,b) "c"']},
      {"name": "Unborn", "ids": [], "title": []}]),
    ("/tag?select=name,...book(...author(authors:name))&id=eq.2&book.id=lt.3&book.order=id",
     [{"name": "utopia", "authors": ["Ada Lovelace"]}]),
    ("/book?select=id,book_tag(...tag(name))&book_tag.order=tag(name).desc&id=eq.1",
     [{"id": 1, "book_tag": [{"name": "utopia"}, {"name": "prize"}]}]),
    ("/person?select=name,...boss!inner(boss:name)&id=gt.2&order=id",
     [{"name": "Cleo", "boss": "Ada"}, {"name": "Dan", "boss": "Ben"}]),
    # order by a related column
    ("/book?select=id,author()&order=author(name).desc,id&limit=2", [{"id": 4}, {"id": 5}]),
    ("/person?select=id,boss()&order=boss(name).nullsfirst,id", [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]),
    # views, through the columns of their tables
    ("/cheap?select=id,author(name),tag(name)&tag.name=eq.prize&id=eq.1",
     [{"id": 1, "author": {"name": "Ada Lovelace"}, "tag": [{"name": "prize"}]}]),
    ("/author?select=name,cheap(title)&id=eq.3",
     [{"name": "Grace Hopper", "cheap": [{"title": "A-0 Manual"}]}]),
    ("/loan?select=id,cheap(title)&order=id&limit=2",
     [{"id": 1, "cheap": {"title": "Notes"}}, {"id": 2, "cheap": {"title": "Notes"}}]),
    # kinds of values within
    ("/author?select=book(in_print,meta,price)&id=eq.1",
     [{"book": [{"in_print": True, "meta": {"pages": 66, "tags": ["maths", "engines"]},
                 "price": 9.5}]}]),
]

REFUSED = [
    ("/book?select=id,nope(*)", 400, "PGRST200"), ("/book?select=id,autor(*)", 400, "PGRST200"),
    ("/loan?select=id,person(*)", 300, "PGRST201"), ("/book?select=id,tag!nope(*)", 400, "PGRST200"),
    ("/book?tag.name=eq.x", 400, "PGRST108"),
    ("/book?select=a:author(*),b:author(id)&author.id=eq.1", 400, "PGRST108"),
    ("/book?select=id,tag(id)&order=tag(id)", 400, "PGRST118"),
    ("/book?order=tag(id)", 400, "PGRST108"), ("/author?select=book()&book=eq.1", 400, "PGRST120"),
    ("/book?select=author(nme)", 400, "42703"), ("/book?select=author(id", 400, "PGRST100"),
]


def test_embedded(server):
    for path, rows in ASKED:
        reply = server.get(path)
        assert reply.status == 200, (path, reply)
        assert reply.json() == rows, (path, reply)


def test_refused(server):
    for path, status, code in REFUSED:
        reply = server.get(path)
        assert (reply.status, reply.json()["code"]) == (status, code), (path, reply)


def test_ambiguity_lists_the_choices(server):
    problem = server.get("/loan?select=id,person(name)").json()
    assert problem["details"] == [
        {"cardinality": "many-to-one", "embedding": "loan with person",
         "relationship": "loan_lender using loan(lender) and person(id)"},
        {"cardinality": "many-to-one", "embedding": "loan with person",
         "relationship": "loan_borrower using loan(borrower) and person(id)"}]
    assert "'person!loan_lender', 'person!loan_borrower'" in problem["hint"]


def test_near_names(server):
    assert server.get("/book?select=autor(*)").json()["hint"] == \
        "Perhaps you meant 'author' instead of 'autor'."
    hint = server.get("/book?select=a:author(*),b:author(id)&author.id=eq.1").json()["hint"]
    assert hint == "Change 'author' to 'a' in filters, orders or limits."


def test_counts_see_inner(server):
    reply = server.get("/author?select=name,book!inner(id)&limit=1", Prefer="count=exact")
    assert reply.headers["Content-Range"] == "0-0/3" and reply.status == 206


def test_row_path_embeds(server):
    assert server.get("/author/1?select=name,book(title)").json() == {
        "name": "Ada Lovelace", "book": [{"title": "Notes"}]}


def test_limits(serve):
    server = serve("--max-rows", "1")
    assert server.get("/author?select=id,book(id)&id=eq.3").json() == [{"id": 3, "book": [{"id": 4}]}]
    deep = "person(" * 17 + "id" + ")" * 17
    assert server.get("/person?select=" + deep).status == 400
    many = ",".join(f"p{i}:person(id)" for i in range(40))
    assert server.get("/person?select=" + many).json()["message"] == "more than 32 resources are embedded"
    assert server.get("/person?select=" + ",".join(["id"] * 2000)).status == 200


def test_answers_have_a_limit_within(serve):
    server = serve("--max-answer", "2000")
    server.post("/author", [{"name": f"{i:04}" + "x" * 96} for i in range(40)])
    assert server.get("/author?select=id&limit=5").status == 200
    books = [{"author_id": 1, "title": "y" * 100} for _ in range(40)]
    assert server.post("/book", books, Prefer="return=minimal").status == 201
    reply = server.get("/author?select=book(title)&id=eq.1")
    assert reply.status == 400 and reply.json()["code"] == "54000"


def test_one_statement(serve):
    """The plan of an embedding is the plan of one SELECT."""
    server = serve("--allow-plan")
    reply = server.get("/author?select=name,book(title,tag(name))",
                       Accept="application/vnd.pgrst.plan+json")
    plan = reply.json()[0]
    assert plan["SQL"].count("thimble_rows") == 2 and plan["SQL"].startswith("SELECT t0.")
    assert any("book_author" in step["detail"] for step in plan["Plan"])
    text = server.get("/author?select=name", Accept="application/vnd.pgrst.plan").body
    assert text.startswith(b"SCAN")
    assert server.patch("/author?id=eq.1", {"name": "x"},
                        Accept="application/vnd.pgrst.plan+json").status == 200
    assert server.get("/author/1").json()["name"] == "Ada Lovelace"

"""What was written is what is answered: triggers, keys of every sort, defaults, orders, embeds."""
import sqlite3

import conftest
import pytest

FULL = {"Prefer": "return=representation"}
STRIPPED = "application/vnd.pgrst.array+json;nulls=stripped"

SCHEMA = """
CREATE TABLE made(k TEXT PRIMARY KEY, v INT);
CREATE TRIGGER made_i AFTER INSERT ON made WHEN new.k IS NULL
  BEGIN UPDATE made SET k='k'||new.rowid WHERE rowid=new.rowid; END;
CREATE TABLE drawn(k TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(4)))), v INT);
CREATE TABLE dk(id INTEGER PRIMARY KEY DESC, v INT);
CREATE TABLE nk(k TEXT PRIMARY KEY, v INT);
CREATE TABLE nocase(k TEXT PRIMARY KEY COLLATE NOCASE, v INT);
CREATE TABLE repl(k TEXT PRIMARY KEY, v INT, n INT DEFAULT 0);
CREATE TRIGGER repl_u AFTER UPDATE OF v ON repl WHEN new.n=0
  BEGIN REPLACE INTO repl(k,v,n) VALUES(new.k,new.v,new.n+1); END;
INSERT INTO repl(k,v) VALUES('x',1),('y',2);
CREATE TABLE moved(id INTEGER PRIMARY KEY, v INT);
CREATE TRIGGER moved_i AFTER INSERT ON moved BEGIN UPDATE moved SET id=new.id+100 WHERE id=new.id; END;
CREATE TABLE vanishing(id INTEGER PRIMARY KEY, v INT);
CREATE TRIGGER vanishing_i AFTER INSERT ON vanishing WHEN new.v<0
  BEGIN DELETE FROM vanishing WHERE id=new.id; END;
CREATE TRIGGER vanishing_u AFTER UPDATE ON vanishing WHEN new.v<0
  BEGIN DELETE FROM vanishing WHERE id=new.id; END;
CREATE TABLE picky(id INTEGER PRIMARY KEY, v INT);
CREATE TRIGGER picky_i BEFORE INSERT ON picky WHEN new.v<0 BEGIN SELECT RAISE(IGNORE); END;
CREATE TABLE team(id INTEGER PRIMARY KEY, n TEXT, note TEXT);
CREATE TABLE man(id INTEGER PRIMARY KEY, team INT REFERENCES team ON UPDATE CASCADE, n TEXT, note TEXT);
CREATE TABLE tree(id INTEGER PRIMARY KEY, up INT REFERENCES tree ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE keep(id INTEGER PRIMARY KEY, v INT);
CREATE TRIGGER keep_d BEFORE DELETE ON keep WHEN old.v=2 BEGIN SELECT RAISE(IGNORE); END;
CREATE TABLE wr(a TEXT, b INT, v INT, PRIMARY KEY(a,b)) WITHOUT ROWID;
CREATE TRIGGER wr_u AFTER UPDATE OF v ON wr
  BEGIN UPDATE wr SET v=v+100 WHERE a=new.a AND b=new.b AND v<100; END;
CREATE TABLE named(v INT, rowid TEXT);
CREATE TABLE named2(v INT, rowid TEXT, _rowid_ TEXT);
CREATE TABLE three(rowid, oid, _rowid_, v);
INSERT INTO three VALUES(1,1,1,1),(1,1,1,2);
CREATE TABLE threekey(rowid TEXT NOT NULL PRIMARY KEY, oid, _rowid_, v);
INSERT INTO threekey VALUES('a',1,1,1),('b',1,1,2);
CREATE TABLE loose(v);
CREATE TABLE counted(id INTEGER PRIMARY KEY, n INT DEFAULT 0, v INT);
CREATE TRIGGER counted_i AFTER INSERT ON counted BEGIN UPDATE counted SET n=new.v*10 WHERE id=new.id; END;
CREATE TRIGGER counted_u AFTER UPDATE OF v ON counted
  BEGIN UPDATE counted SET n=new.v*10 WHERE id=new.id; END;
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    conftest.make_database(folder / "test.db", SCHEMA)
    server = conftest.Server(folder, "--aggregates", "--allow-tx", migrations=None)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def rows(server):
    """The same rows before each test."""
    db = sqlite3.connect(server.db)
    db.executescript("""
DELETE FROM threekey WHERE v>2; DELETE FROM man; DELETE FROM team; DELETE FROM tree; DELETE FROM keep WHERE id<>2; DELETE FROM wr;
DELETE FROM named; DELETE FROM named2; DELETE FROM nk; DELETE FROM counted; DELETE FROM loose;
INSERT INTO team VALUES(1,'A',NULL),(2,'B',NULL);
INSERT INTO man VALUES(1,1,'a',NULL),(2,1,'b','x'),(3,2,'c',NULL);
INSERT INTO tree VALUES(1,NULL),(2,1),(3,2);
INSERT OR REPLACE INTO keep VALUES(1,1),(2,2),(3,3);
INSERT INTO wr VALUES('x',1,1),('x',2,2),('y',1,3);
INSERT INTO named VALUES(1,'a'),(2,'a'),(3,'b');
INSERT INTO named2 VALUES(1,'a','z'),(2,'a','z'),(3,'b','z');
INSERT INTO nk VALUES(NULL,1),('a',2),(NULL,3);
INSERT INTO counted(v) VALUES(1),(2),(3);
""")
    yield db
    db.close()


def located(server, reply):
    """The row at the answer's Location, which is never a 404."""
    found = server.get(reply.headers["Location"])
    assert found.status == 200, (reply, found)
    return found.json()


@pytest.mark.parametrize("returns", ["", "return=representation", "return=minimal",
                                     "return=headers-only"])
@pytest.mark.parametrize("path,body", [
    ("/made", {"v": 1}), ("/drawn", {"v": 1}), ("/dk", {"id": 5, "v": 1}), ("/nk", {"k": "é, /", "v": 1}),
    ("/wr", {"a": "new", "b": 7, "v": 1}), ("/counted", {"v": 4}), ("/team", {"n": "C"}),
    ("/threekey", {"rowid": "c", "v": 3}), ("/nocase", {"k": "ABC"})])
def test_location_is_the_row(server, rows, path, body, returns):
    rows.executescript("DELETE FROM dk; DELETE FROM threekey WHERE v=3; DELETE FROM nocase")
    reply = server.post(path, body, Prefer=returns)
    assert reply.status == 201, reply
    row = located(server, reply)
    assert {name: row[name] for name in body} == body
    if returns == "return=representation":
        assert reply.json() == [row]
    elif returns == "":
        assert reply.json() == row
    else:
        assert reply.body == b""


@pytest.mark.parametrize("path,body,shown", [
    ("/dk", {"v": 1}, {"id": None, "v": 1}), ("/nk", {"v": 1}, {"k": None, "v": 1})])
def test_a_null_key_has_no_path(server, path, body, shown):
    reply = server.post(path, body)
    assert (reply.status, reply.json()) == (201, shown) and reply.headers["Location"] is None
    assert server.post(path, body, **FULL).json() == [shown]
    assert server.post(path, [body, body], **FULL).json() == [shown, shown]
    assert server.patch(path + "?v=eq.1", {"v": 1}, **FULL).json().count(shown) >= 4


def test_what_cannot_be_found_is_not_claimed(server):
    reply = server.post("/moved", {"v": 1})
    assert (reply.status, reply.body, reply.headers["Location"]) == (201, b"", None)
    reply = server.post("/moved", {"v": 1}, **FULL)
    assert (reply.status, reply.json(), reply.headers["Location"]) == (201, [], None)
    reply = server.post("/vanishing", {"v": -1}, Prefer="return=headers-only")
    assert (reply.status, reply.headers["Location"]) == (201, None)
    assert server.post("/vanishing", [{"v": -1}, {"v": 5}], **FULL).json() == [{"id": 1, "v": 5}]
    assert server.patch("/vanishing?id=eq.1", {"v": -1}, **FULL).json() == []
    reply = server.post("/picky", {"v": -1})
    assert (reply.status, reply.headers["Location"]) == (204, None)
    assert server.post("/picky", [{"v": -1}, {"v": 2}], **FULL).json() == [{"id": 1, "v": 2}]


def test_rows_that_triggers_change(server):
    assert server.post("/counted", [{"v": 7}, {"v": 5}], **FULL).json() == [
        {"id": 4, "n": 70, "v": 7}, {"id": 5, "n": 50, "v": 5}]
    assert server.patch("/counted?id=lt.4", {"v": 9}, **FULL).json() == [
        {"id": i, "n": 90, "v": 9} for i in (1, 2, 3)]
    assert server.patch("/counted?id=lt.4&order=id.desc&select=i:id,n::text", {"v": 8}, **FULL).json() == [
        {"i": i, "n": "80"} for i in (3, 2, 1)]
    assert server.patch("/counted?order=id.desc&limit=2&select=id,n", {"v": 6}, **FULL).json() == [
        {"id": 5, "n": 60}, {"id": 4, "n": 60}]
    reply = server.patch("/counted?id=lt.3&order=id.desc", {"v": 2}, Accept="text/csv", **FULL)
    assert reply.body == b"id,n,v\n2,20,2\n1,20,2"
    reply = server.patch("/counted?id=eq.3", {"v": 3}, Accept="application/vnd.pgrst.object+json", **FULL)
    assert reply.json() == {"id": 3, "n": 30, "v": 3}
    assert server.put("/counted/3", {"v": 1}).json() == {"id": 3, "n": 10, "v": 1}
    assert server.patch("/counted/3", {"v": 4}).json() == {"id": 3, "n": 40, "v": 4}
    assert server.post("/counted", [{"id": 3, "v": 11}, {"id": 9, "v": 12}],
                       Prefer="resolution=merge-duplicates,return=representation").json() == [
        {"id": 3, "n": 110, "v": 11}, {"id": 9, "n": 120, "v": 12}]
    assert server.patch("/counted?id=gt.0&select=n.sum()", {"v": 1}, **FULL).json() == [{"sum": 60}]


def test_rows_that_triggers_replace(server):
    assert server.patch("/repl?v=gt.0&order=k.desc", {"v": 9}, **FULL).json() == [
        {"k": "y", "v": 9, "n": 1}, {"k": "x", "v": 9, "n": 1}]
    assert server.patch("/wr?v=gt.0&order=a.desc,b.desc", {"v": 9}, **FULL).json() == [
        {"a": "y", "b": 1, "v": 109}, {"a": "x", "b": 2, "v": 109}, {"a": "x", "b": 1, "v": 109}]


def test_cascades(server):
    assert server.patch("/tree?id=in.(1,2,3)&id=eq.1", {"id": 10}, **FULL).json() == [
        {"id": 10, "up": None}]
    assert server.get("/tree?order=id").json() == [{"id": 2, "up": 10}, {"id": 3, "up": 2},
                                                   {"id": 10, "up": None}]
    reply = server.delete("/tree?id=gt.0&order=id", Prefer="return=representation,count=exact")
    assert [row["id"] for row in reply.json()] == [2, 3, 10]
    assert reply.headers["Content-Range"] == "*/3"
    assert server.get("/tree").json() == []
    assert server.patch("/team/1?select=id,man(team)", {"id": 7}).json() == {
        "id": 7, "man": [{"team": 7}, {"team": 7}]}


def test_rows_that_stay(server):
    assert server.delete("/keep?id=gt.0&order=id.desc", **FULL).json() == [
        {"id": 3, "v": 3}, {"id": 1, "v": 1}]
    reply = server.delete("/keep?id=gt.0&order=id.desc", Accept="text/csv", **FULL)
    assert reply.body == b"id,v"
    assert server.get("/keep").json() == [{"id": 2, "v": 2}]


@pytest.mark.parametrize("method,path,body,prefer,shown", [
    ("PATCH", "/man?id=gt.0&order=id.desc&select=id,t:team(n)", {"n": "z"}, "",
     [{"id": 3, "t": {"n": "B"}}, {"id": 2, "t": {"n": "A"}}, {"id": 1, "t": {"n": "A"}}]),
    ("DELETE", "/man?id=gt.1&order=id.desc&select=id,t:team(n)", None, "",
     [{"id": 3, "t": {"n": "B"}}, {"id": 2, "t": {"n": "A"}}]),
    ("POST", "/man?order=id.desc&select=id,t:team(n)", [{"id": 8, "team": 2}, {"id": 9, "team": 1}], "",
     [{"id": 9, "t": {"n": "A"}}, {"id": 8, "t": {"n": "B"}}]),
    ("POST", "/man?order=n&select=id,n,t:team(n)", [{"id": 1, "n": "y"}, {"id": 9, "n": "x"}],
     "resolution=merge-duplicates", [{"id": 9, "n": "x", "t": None}, {"id": 1, "n": "y", "t": {"n": "A"}}]),
    ("POST", "/man?order=id.desc", [{"id": 1, "n": "y"}, {"id": 9, "n": "x"}],
     "resolution=ignore-duplicates", [{"id": 9, "team": None, "n": "x", "note": None}]),
    ("PUT", "/man?id=eq.1&select=id,t:team(n)", {"id": 1, "team": 2}, "", [{"id": 1, "t": {"n": "B"}}]),
    ("PATCH", "/team?id=gt.0&order=man(count).desc", {"n": "z"}, "", 400),
    ("PATCH", "/man?id=gt.0&order=team(n).desc,id.desc&select=id,team(n)", {"note": "z"}, "",
     [{"id": 3, "team": {"n": "B"}}, {"id": 2, "team": {"n": "A"}}, {"id": 1, "team": {"n": "A"}}])])
def test_order_and_embeds(server, method, path, body, prefer, shown):
    reply = server.request(method, path, body, {"Prefer": f"return=representation,{prefer}"})
    assert reply.status == shown if isinstance(shown, int) else reply.json() == shown, reply


@pytest.mark.parametrize("method,path,body,prefer,shown", [
    ("POST", "/man", [{"id": 8, "n": "x"}], "", [{"id": 8, "n": "x"}]),
    ("POST", "/man", {"id": 8, "n": "x"}, "", [{"id": 8, "n": "x"}]),
    ("POST", "/man", [{"id": 8, "n": "x"}], "resolution=merge-duplicates", [{"id": 8, "n": "x"}]),
    ("PATCH", "/man?id=eq.1", {"n": "q"}, "", [{"id": 1, "team": 1, "n": "q"}]),
    ("PATCH", "/man?id=eq.1&select=id,note,team(*)", {"n": "q"}, "",
     [{"id": 1, "team": {"id": 1, "n": "A"}}]),
    ("PATCH", "/man/1", {"n": "q"}, "", [{"id": 1, "team": 1, "n": "q"}]),
    ("PATCH", "/counted?id=eq.1", {"n": None}, "", [{"id": 1, "v": 1}]),
    ("PUT", "/man?id=eq.1", {"id": 1, "n": "q"}, "", [{"id": 1, "n": "q"}]),
    ("PUT", "/man/1", {"n": "q"}, "", [{"id": 1, "n": "q"}]),
    ("DELETE", "/man?id=eq.1", None, "", [{"id": 1, "team": 1, "n": "a"}]),
    ("DELETE", "/man?id=eq.1&select=id,note,team(*)", None, "", [{"id": 1, "team": {"id": 1, "n": "A"}}])])
def test_nulls_are_stripped(server, method, path, body, prefer, shown):
    reply = server.request(method, path, body, {"Prefer": f"return=representation,{prefer}",
                                                "Accept": STRIPPED})
    assert reply.json() == shown and "nulls=stripped" in reply.headers["Content-Type"], reply


@pytest.mark.parametrize("method,path,body,prefer", [
    ("POST", "/man", [{"n": "x"}, {"n": "y"}], ""), ("PATCH", "/man?id=gt.0", {"n": "x"}, ""),
    ("DELETE", "/man?id=gt.0", None, ""), ("DELETE", "/man?id=gt.0&select=id,team(n)", None, ""),
    ("POST", "/man", [{"id": 1, "n": "x"}, {"id": 2, "n": "y"}], "resolution=merge-duplicates,"),
    ("PATCH", "/counted?id=gt.0", {"v": 3}, "return=representation,")])
def test_max_affected(server, rows, method, path, body, prefer):
    before = rows.execute("SELECT * FROM man, counted").fetchall()
    reply = server.request(method, path, body, {"Prefer": prefer + "handling=strict,max-affected=1"})
    assert (reply.status, reply.json()["code"]) == (400, "PGRST124"), reply
    assert rows.execute("SELECT * FROM man, counted").fetchall() == before
    reply = server.request(method, path, body, {"Prefer": prefer + "handling=strict,max-affected=9"})
    assert reply.status < 300 and "max-affected=9" in reply.headers["Preference-Applied"]


def test_columns_called_rowid(server, rows):
    for path in ("/named", "/named2"):
        assert server.delete(path + "?order=v&limit=1&select=v", **FULL).json() == [{"v": 1}]
        assert server.patch(path + "?order=v.desc&limit=1&select=v", {"v": 9}, **FULL).json() == [{"v": 9}]
        assert [row["v"] for row in server.get(path + "?order=v").json()] == [2, 9]
        assert server.post(path, {"v": 5}).json()["v"] == 5
    reply = server.delete("/three?order=v&limit=1")
    assert (reply.status, reply.json()["code"]) == (400, "0A000") and "rowid" in reply.json()["hint"]
    assert len(server.get("/three").json()) == 2
    assert server.delete("/threekey?order=v.desc&limit=1&select=v", **FULL).json() == [{"v": 2}]
    assert server.delete("/nk?order=v&limit=2&select=v", **FULL).json() == [{"v": 1}, {"v": 2}]
    assert server.get("/nk").json() == [{"k": None, "v": 3}]


VIEWS = """
CREATE TABLE vb(id INTEGER PRIMARY KEY, n TEXT, gone INT DEFAULT 0);
CREATE TABLE vlog(id INTEGER PRIMARY KEY, w TEXT);
INSERT INTO vlog VALUES(50,'x');
CREATE TABLE vchild(id INTEGER PRIMARY KEY, vb INT REFERENCES vb);
CREATE VIEW v AS SELECT id, n, upper(n) AS u FROM vb WHERE gone=0;
CREATE TRIGGER v_i INSTEAD OF INSERT ON v BEGIN
  INSERT INTO vlog(w) VALUES('before'); INSERT INTO vb(n) VALUES(new.n||'!'); INSERT INTO vlog(w) VALUES('after'); END;
CREATE TRIGGER v_u INSTEAD OF UPDATE ON v BEGIN UPDATE vb SET n=new.n WHERE id=old.id; END;
CREATE TRIGGER v_d INSTEAD OF DELETE ON v WHEN old.n<>'kept' BEGIN UPDATE vb SET gone=1 WHERE id=old.id; END;
CREATE TABLE tk(k TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(4)))), n TEXT);
CREATE VIEW vk AS SELECT k, n FROM tk;
CREATE TRIGGER vk_i INSTEAD OF INSERT ON vk BEGIN INSERT INTO tk(n) VALUES(new.n); END;
CREATE VIEW twice AS SELECT id, n FROM vb;
CREATE TRIGGER twice_i INSTEAD OF INSERT ON twice BEGIN
  INSERT INTO vb(n) VALUES(new.n); INSERT INTO vb(n) VALUES(new.n); END;
CREATE VIEW plain AS SELECT n, upper(n) AS u FROM vb;
CREATE TRIGGER plain_i INSTEAD OF INSERT ON plain BEGIN INSERT INTO vb(n) VALUES(new.n); END;
"""


@pytest.fixture(scope="module")
def views(tmp_path_factory):
    folder = tmp_path_factory.mktemp("views")
    db = sqlite3.connect(folder / "test.db")
    db.executescript(VIEWS)
    db.close()
    server = conftest.Server(folder, migrations=None)
    yield server
    server.stop()


@pytest.fixture
def view(views):
    db = sqlite3.connect(views.db)
    db.executescript("DELETE FROM vchild; DELETE FROM vb; INSERT INTO vb(n) VALUES('a'),('b'),('kept');"
                     "INSERT INTO vchild VALUES(1,1)")
    db.close()
    return views


def test_what_a_views_trigger_made(view):
    reply = view.post("/v", {"n": "q"})
    assert (reply.status, reply.json()) == (201, {"id": 4, "n": "q!", "u": "Q!"})
    assert located(view, reply) == reply.json()
    assert view.post("/v", [{"n": "r"}, {"n": "s"}], **FULL).json() == [
        {"id": 5, "n": "r!", "u": "R!"}, {"id": 6, "n": "s!", "u": "S!"}]
    reply = view.post("/v?select=id,u,vchild(id)", {"n": "t"}, **FULL)
    assert reply.json() == [{"id": 7, "u": "T!", "vchild": []}]
    assert view.post("/v", {"n": "w"}, Prefer="return=headers-only").headers["Location"] == "/v/8"
    reply = view.post("/vk", {"n": "q"})
    assert located(view, reply) == reply.json() and reply.json()["n"] == "q"


def test_of_a_view_nothing_is_claimed_that_is_not_known(view):
    reply = view.post("/twice", {"n": "q"})
    assert (reply.status, reply.body, reply.headers["Location"]) == (201, b"", None)
    assert view.post("/twice", {"n": "q"}, **FULL).json() == []
    assert view.post("/plain", {"n": "q"}).json() == {"n": "q"}
    reply = view.post("/plain?order=n", [{"n": "q"}, {"n": "p"}], **FULL)
    assert (reply.status, reply.json()["code"]) == (400, "0A000")


def test_changes_of_a_view(view):
    assert view.patch("/v?id=lt.3&order=id.desc&select=id,u,vchild(id)", {"n": "k"}, **FULL).json() == [
        {"id": 2, "u": "K", "vchild": []}, {"id": 1, "u": "K", "vchild": [{"id": 1}]}]
    reply = view.patch("/v?id=lt.3", {"n": "l"}, Prefer="count=exact")
    assert (reply.status, reply.headers["Content-Range"]) == (204, "0-1/2")
    reply = view.patch("/v?id=lt.3", {"n": "m"}, Prefer="handling=strict,max-affected=1")
    assert (reply.status, reply.json()["code"]) == (400, "PGRST124")
    assert view.get("/v?id=eq.1").json() == [{"id": 1, "n": "l", "u": "L"}]
    assert view.patch("/v/2", {"n": "z"}).json() == {"id": 2, "n": "z", "u": "Z"}
    assert view.patch("/v/99", {"n": "z"}).status == 404
    assert [row["id"] for row in view.delete("/v?id=gt.0&order=id.desc", **FULL).json()] == [2, 1]
    assert view.get("/v").json() == [{"id": 3, "n": "kept", "u": "KEPT"}]
    assert view.delete("/v/1").status == 404

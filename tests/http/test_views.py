"""Views: what they relate to, and whose key their rows have, by what SQLite tells and by their text."""
import sqlite3

import pytest

from conftest import Server

SQL = """
CREATE TABLE emp(id INTEGER PRIMARY KEY, name TEXT, boss_id INTEGER REFERENCES emp(id));
INSERT INTO emp VALUES (1,'Ann',NULL), (2,'Bob',1), (3,'Cy',1);
CREATE TABLE list(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO list VALUES (1,'home'), (2,'work');
CREATE TABLE task(id INTEGER PRIMARY KEY, list_id INTEGER REFERENCES list(id), title TEXT,
                  boss INTEGER REFERENCES emp(id));
INSERT INTO task VALUES (1,1,'a',1), (2,1,'b',2), (3,2,'c',1);
CREATE TABLE tag(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO tag VALUES (1,'x'), (2,'y');
CREATE TABLE task_tag(task_id INTEGER REFERENCES task(id), tag_id INTEGER REFERENCES tag(id), at TEXT,
                      PRIMARY KEY(task_id,tag_id));
INSERT INTO task_tag VALUES (1,1,'n'), (1,2,NULL), (3,2,'n');
CREATE TABLE pair(a INTEGER, b INTEGER, note TEXT, PRIMARY KEY(a,b)) WITHOUT ROWID;
INSERT INTO pair VALUES (1,2,'p'), (3,4,'q');
CREATE TABLE of_pair(id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, FOREIGN KEY(x,y) REFERENCES pair(a,b));
INSERT INTO of_pair VALUES (1,1,2);
CREATE TABLE other(id INTEGER PRIMARY KEY, list_id INTEGER);

CREATE VIEW staff AS SELECT id, name, boss_id, boss_id AS boss2 FROM emp;
CREATE VIEW twice AS SELECT id, boss, boss AS boss2, title FROM task;
CREATE VIEW pairs AS SELECT id, x, y, y AS y2 FROM of_pair;
CREATE VIEW marked AS SELECT task_id, tag_id FROM task_tag WHERE at IS NOT NULL;
CREATE VIEW grouped AS SELECT list_id, count(*) AS n FROM task GROUP BY list_id;
CREATE VIEW counted AS SELECT l.id, l.name, count(t.id) AS n FROM list l LEFT JOIN task t ON t.list_id=l.id GROUP BY l.id;
CREATE VIEW sums AS SELECT list_id AS l, sum(n) AS s FROM (SELECT list_id, boss, count(*) AS n FROM task GROUP BY 1, 2) GROUP BY 1;

CREATE VIEW plain AS SELECT * FROM task;
CREATE VIEW renamed("Key", "The List") AS SELECT ID, LIST_ID FROM TASK AS T;
CREATE VIEW quoted AS SELECT "t x".id AS "i d", [list_id] FROM "main"."task" AS "t x" WHERE 1 ORDER BY 1 LIMIT 10;
CREATE VIEW chain AS SELECT k.Key AS id, k."The List" AS list_id FROM renamed AS k;
CREATE VIEW by_rowid AS SELECT rowid AS r, title FROM task;
CREATE VIEW wide AS SELECT *, lower(title) AS low, (SELECT count(*) FROM task_tag x WHERE x.task_id=task.id) AS n FROM task
    WHERE id IN (SELECT task_id FROM task_tag UNION SELECT 2);
CREATE VIEW two_keys AS SELECT note, b, a FROM pair -- with a comment, FROM list
    ;

CREATE VIEW half_key AS SELECT a, note FROM pair;
CREATE VIEW joined AS SELECT task.id, task.title, list.name, list.id AS lid FROM task JOIN list ON list.id=task.list_id;
CREATE VIEW left_joined AS SELECT t.*, l.name FROM task t LEFT JOIN list l ON l.id=t.list_id;
CREATE VIEW with_using AS SELECT id, name, title FROM (SELECT id AS list_id, name FROM list) JOIN task USING(list_id);
CREATE VIEW crossed AS SELECT task.id, list_id FROM task, tag;
CREATE VIEW in_from AS SELECT s.i AS id, s.l AS list_id FROM (SELECT id AS i, list_id AS l FROM task) s;
CREATE VIEW in_with AS WITH c AS (SELECT * FROM task) SELECT id, list_id FROM c;
CREATE VIEW different AS SELECT DISTINCT id, list_id FROM task;
CREATE VIEW elsewhere AS SELECT title, (SELECT u.id FROM task u WHERE u.id = 4 - task.id) AS id FROM task;
CREATE VIEW made AS SELECT id + 0 AS id, +list_id AS list_id FROM task;
CREATE VIEW on_joined AS SELECT id, title FROM joined;
CREATE VIEW united AS SELECT id, list_id FROM task UNION ALL SELECT id, list_id FROM other;
CREATE VIEW on_united AS SELECT id, list_id FROM united WHERE id > 0;
CREATE VIEW in_united AS SELECT * FROM (SELECT list_id FROM task UNION SELECT list_id FROM other);
CREATE VIEW walked AS WITH RECURSIVE w(id, list_id) AS (SELECT id, list_id FROM task WHERE id=1
    UNION ALL SELECT task.id, task.list_id FROM w JOIN task ON task.id = w.id + 1) SELECT * FROM w;
CREATE VIEW seq AS SELECT value AS id FROM json_each('[1,2]');
"""

RELATED = [
    # one column of the table in two of the view: both relate
    ("/twice?select=id,emp!boss(name)&id=eq.2", [{"id": 2, "emp": {"name": "Bob"}}]),
    ("/twice?select=id,emp!boss2(name)&id=eq.2", [{"id": 2, "emp": {"name": "Bob"}}]),
    ("/twice?select=id,boss2(name),boss(name)&id=eq.2", [{"id": 2, "boss2": {"name": "Bob"}, "boss": {"name": "Bob"}}]),
    ("/emp?select=name,twice!boss2(id)&id=eq.1", [{"name": "Ann", "twice": [{"id": 1}, {"id": 3}]}]),
    ("/staff?select=name,boss2(name)&id=eq.2", [{"name": "Bob", "boss2": {"name": "Ann"}}]),
    ("/staff?select=name,boss_id(name,boss2(name)),emp!boss2(name)&id=eq.2",
     [{"name": "Bob", "boss_id": {"name": "Ann", "boss2": None}, "emp": {"name": "Ann"}}]),
    ("/staff?select=name,staff!boss2(name)&id=eq.1", [{"name": "Ann", "staff": [{"name": "Bob"}, {"name": "Cy"}]}]),
    # a view between two
    ("/task?select=id,tag!marked(name)&order=id", [{"id": 1, "tag": [{"name": "x"}]}, {"id": 2, "tag": []},
                                                   {"id": 3, "tag": [{"name": "y"}]}]),
    ("/task?select=id,tag!task_tag(name)&id=eq.1", [{"id": 1, "tag": [{"name": "x"}, {"name": "y"}]}]),
    ("/plain?select=id,tag!marked(name)&id=eq.3", [{"id": 3, "tag": [{"name": "y"}]}]),
    # groups
    ("/grouped?select=n,list(name)&order=n", [{"n": 1, "list": {"name": "work"}}, {"n": 2, "list": {"name": "home"}}]),
    ("/list?select=name,grouped(n)&order=id", [{"name": "home", "grouped": [{"n": 2}]},
                                               {"name": "work", "grouped": [{"n": 1}]}]),
    ("/counted?select=n,task(title)&id=eq.2", [{"n": 1, "task": [{"title": "c"}]}]),
    ("/sums?select=s,list(name)&l=eq.1", [{"s": 2, "list": {"name": "home"}}]),
    # names, chains, joins
    ("/renamed?select=Key,list(name)&Key=eq.3", [{"Key": 3, "list": {"name": "work"}}]),
    ("/quoted?select=\"i d\",list(name)&\"i d\"=eq.3", [{"i d": 3, "list": {"name": "work"}}]),
    ("/chain?select=id,list(name),task_tag(tag_id)&id=eq.3", [{"id": 3, "list": {"name": "work"}, "task_tag": [{"tag_id": 2}]}]),
    ("/left_joined?select=id,list(name)&id=eq.3", [{"id": 3, "list": {"name": "work"}}]),
    ("/joined?select=id,task_tag(tag_id)&id=eq.3", [{"id": 3, "task_tag": [{"tag_id": 2}]}]),
    ("/with_using?select=id,task_tag(tag_id)&id=eq.3", [{"id": 3, "task_tag": [{"tag_id": 2}]}]),
    ("/in_from?select=id,list(name)&id=eq.3", [{"id": 3, "list": {"name": "work"}}]),
    ("/in_with?select=id,list(name)&id=eq.3", [{"id": 3, "list": {"name": "work"}}]),
    ("/wide?select=n,list(name)&id=eq.1", [{"n": 2, "list": {"name": "home"}}]),
    ("/two_keys?select=note,of_pair(id)&a=eq.1", [{"note": "p", "of_pair": [{"id": 1}]}]),
]

REFUSED = [
    ("/twice?select=id,emp(name)", 300, "PGRST201"), ("/task?select=id,tag(name)", 300, "PGRST201"),
    ("/pairs?select=id,pair(note)", 300, "PGRST201"),
    ("/united?select=id,list(name)", 400, "PGRST200"), ("/on_united?select=id,list(name)", 400, "PGRST200"),
    ("/in_united?select=list_id,list(name)", 400, "PGRST200"), ("/walked?select=id,list(name)", 400, "PGRST200"),
    ("/made?select=id,list(name)", 400, "PGRST200"), ("/joined?select=id,list(name)", 400, "PGRST200"),
]

KEYED = [("/plain/3", {"id": 3, "list_id": 2, "title": "c", "boss": 1}), ("/renamed/3", {"Key": 3, "The List": 2}),
         ("/quoted/3", {"i d": 3, "list_id": 2}), ("/chain/3", {"id": 3, "list_id": 2}), ("/by_rowid/3", {"r": 3, "title": "c"}),
         ("/wide/3?select=low,n", {"low": "c", "n": 1}), ("/two_keys/3,4", {"note": "q", "b": 4, "a": 3}),
         ("/staff/2?select=name,boss2(name)", {"name": "Bob", "boss2": {"name": "Ann"}}),
         ("/marked/3,2", {"task_id": 3, "tag_id": 2})]

KEYLESS = ["grouped", "counted", "half_key", "joined", "left_joined", "with_using", "crossed", "in_from", "in_with",
           "different", "elsewhere", "made", "on_joined", "united", "on_united", "walked", "seq"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("views")
    with sqlite3.connect(folder / "test.db") as db:
        db.executescript(SQL)
    server = Server(folder, migrations=None)
    yield server
    server.stop()


def test_relations(server):
    for path, rows in RELATED:
        reply = server.get(path)
        assert reply.status == 200, (path, reply)
        assert reply.json() == rows, (path, reply)


def test_refused(server):
    for path, status, code in REFUSED:
        reply = server.get(path)
        assert (reply.status, reply.json()["code"]) == (status, code), (path, reply)


def test_choices(server):
    """A key that is shown twice is told apart by its column, one of several columns cannot be."""
    problem = server.get("/twice?select=id,emp(name)").json()
    assert [d["relationship"] for d in problem["details"]] == [
        "task_boss_fkey using twice(boss) and emp(id)", "task_boss_fkey using twice(boss2) and emp(id)"]
    assert "'emp!boss', 'emp!boss2'" in problem["hint"]
    problem = server.get("/task?select=id,tag(name)").json()
    assert {d["relationship"].split()[0] for d in problem["details"]} == {"task_tag", "marked"}
    assert "'tag!task_tag'" in problem["hint"] and "'tag!marked'" in problem["hint"]
    problem = server.get("/pairs?select=id,pair(note)").json()
    assert [d["relationship"] for d in problem["details"]] == [
        "of_pair_x_y_fkey using pairs(x, y) and pair(a, b)", "of_pair_x_y_fkey using pairs(x, y2) and pair(a, b)"]
    near = server.get("/twice?select=id,enp(name)").json()
    assert near["hint"] == "Perhaps you meant 'emp' instead of 'enp'."


def test_rows_have_the_table_s_key(server):
    for path, row in KEYED:
        reply = server.get(path)
        assert reply.status == 200 and reply.json() == row, (path, reply)
    for name in KEYLESS:
        reply = server.get(f"/{name}/1")
        assert reply.status == 404 and reply.json()["code"] == "PGRST125", (name, reply)
        assert server.get(f"/{name}").status == 200


def test_pages_by_key(server):
    reply = server.get("/plain?select=title&order=boss.desc&limit=2&cursor=")
    assert reply.json() == [{"title": "b"}, {"title": "c"}]
    rest = reply.headers["Link"].split(">")[0][1:]
    assert server.get(rest).json() == [{"title": "a"}]


WRITTEN = """
CREATE TABLE task(id INTEGER PRIMARY KEY, list_id INTEGER, title TEXT DEFAULT 'none');
INSERT INTO task VALUES (1,1,'a'), (2,1,'b');
CREATE VIEW v AS SELECT id AS k, title FROM task;
CREATE TRIGGER v_i INSTEAD OF INSERT ON v BEGIN INSERT INTO task(id,title) VALUES(NEW.k,NEW.title); END;
CREATE TRIGGER v_u INSTEAD OF UPDATE ON v BEGIN UPDATE task SET title=NEW.title, id=NEW.k WHERE id=OLD.k; END;
CREATE TRIGGER v_d INSTEAD OF DELETE ON v BEGIN DELETE FROM task WHERE id=OLD.k; END;
CREATE TABLE pair(a TEXT, b INTEGER, note TEXT, PRIMARY KEY(a,b)) WITHOUT ROWID;
CREATE VIEW p AS SELECT * FROM pair;
CREATE TRIGGER p_i INSTEAD OF INSERT ON p BEGIN INSERT INTO pair VALUES(NEW.a,NEW.b,NEW.note); END;
CREATE TRIGGER p_u INSTEAD OF UPDATE ON p BEGIN UPDATE pair SET note=NEW.note WHERE a=OLD.a AND b=OLD.b; END;
CREATE VIEW r AS SELECT id, title FROM task;
"""


def test_rows_of_views_are_written(serve, tmp_path):
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.executescript(WRITTEN)
    server = serve(migrations=None)

    def told(method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = server.request(method, path, body, headers)
        return reply.status, reply.json() if reply.body else None, reply.headers["Location"]

    assert told("POST", "/v", {"k": 5, "title": "five"}) == (201, {"k": 5, "title": "five"}, "/v/5")
    assert told("POST", "/v", {"k": 6}, Prefer="return=minimal") == (201, None, "/v/6")
    assert told("PATCH", "/v/5", {"title": "FIVE"}) == (200, {"k": 5, "title": "FIVE"}, None)
    assert told("PATCH", "/v?k=eq.5", {"k": 50}, Prefer="return=representation") == (200, [{"k": 50, "title": "FIVE"}], None)
    assert told("PUT", "/v/7", {"title": "new"}) == (201, {"k": 7, "title": "new"}, "/v/7")
    assert told("PUT", "/v/7", {"title": "newer"}) == (200, {"k": 7, "title": "newer"}, None)
    assert told("PUT", "/v/7", {}) == (200, {"k": 7, "title": None}, None)
    assert told("PUT", "/v?k=eq.7", {"k": 7, "title": "q"}) == (200, {"k": 7, "title": "q"}, None)
    assert told("PUT", "/v?k=eq.7", {"k": 8, "title": "q"})[:1] == (400,)
    assert told("PUT", "/v/7", {"title": "x"}, If_Match='"x"')[0] == 412
    assert told("PUT", "/p/y%20z,1", {"note": "n"}) == (201, {"a": "y z", "b": 1, "note": "n"}, "/p/y%20z,1")
    assert told("PUT", "/p/y%20z,1", {"note": "m"}) == (200, {"a": "y z", "b": 1, "note": "m"}, None)
    assert told("DELETE", "/v/7")[0] == 204 and told("DELETE", "/v/7")[0] == 404
    assert server.request("PUT", "/r/1", {"title": "x"}).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert server.request("OPTIONS", "/v/1").headers["Allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert server.request("OPTIONS", "/p").headers["Allow"] == "GET, HEAD, POST, PUT, PATCH, OPTIONS"
    reply = server.request("POST", "/v", {"k": 1, "title": "a"}, {"Prefer": "resolution=merge-duplicates"})
    assert (reply.status, reply.json()["code"]) == (400, "0A000")
    paths = server.get("/openapi.json").json()["paths"]
    assert "put" in paths["/v/{key}"] and set(paths["/r/{key}"]) == {"get", "parameters"}
    server.stop()
    with sqlite3.connect(tmp_path / "test.db") as db:
        assert db.execute("SELECT id, title FROM task ORDER BY id").fetchall() == [(1, "a"), (2, "b"), (6, None), (50, "FIVE")]

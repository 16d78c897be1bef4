"""PostgREST's grammar in small: blanks, quotes, names, paths, itself, over tables of the test's own."""
import sqlite3

import pytest

from conftest import Server

SQL = """
CREATE TABLE emp(id INTEGER PRIMARY KEY, name TEXT, boss INTEGER REFERENCES emp(id), pay REAL, ok BOOLEAN);
INSERT INTO emp VALUES (1,'Ann',NULL,3,1), (2,'Bob',1,2,0), (3,'Cy',1,1,1), (4,'Di',2,1.5,NULL);
CREATE TABLE dep(id INTEGER PRIMARY KEY, head INTEGER REFERENCES emp(id), name TEXT, data JSON);
INSERT INTO dep VALUES (1,1,'ops','{"n":2,"a-b":[1,2,3]}'), (2,2,'dev','{"n":1}'), (3,NULL,'none',NULL);
CREATE TABLE badge(emp_id INTEGER PRIMARY KEY REFERENCES emp(id), code TEXT);
INSERT INTO badge VALUES (1,'A1'), (3,'C3');
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO person VALUES (1,'P'), (2,'Q'), (3,'R');
CREATE TABLE friend(a INTEGER REFERENCES person(id), b INTEGER REFERENCES person(id), PRIMARY KEY(a,b));
INSERT INTO friend VALUES (1,2), (1,3), (2,3);
CREATE TABLE odd(id INTEGER PRIMARY KEY, "order" INTEGER, "select" TEXT, "limit" INTEGER, "or" INTEGER,
    "a,b" TEXT, "a.b" TEXT, "a)b" TEXT, "x y" TEXT, "p->q" TEXT, "c:d" TEXT, "Ünï" TEXT, "a-b" TEXT,
    dep_id INTEGER REFERENCES dep(id));
INSERT INTO odd VALUES (1,5,'s',7,1,'comma','dot','paren','blank','arrow','colon','uni','dash',1),
    (2,9,'t',8,0,'{a,b}','"','%x%','null','1','2','3',' 1',1);
"""

ANN, BOB, CY, DI = ({"name": name} for name in ("Ann", "Bob", "Cy", "Di"))

ASKED = [
    # blanks where PostgREST's parser takes them; those around a number are none of its
    ("/emp?select=name&id=in.(1, 2)", [ANN, BOB]),
    ("/emp?select=name&id=in.( 1 , 2 )", [ANN, BOB]),
    ("/emp?select=name&id=in. (1)", [ANN]),
    ("/emp?select=name&id=in.(  )", []),
    ("/emp?select=name&id=in.()", []),
    ("/emp?select=name&name=in.(Ann, Bob)", [ANN]),
    ("/emp?select=name&id=eq. 1", [ANN]),
    ("/emp?select=name&id=eq.1 ", [ANN]),
    ("/emp?select=name&pay=eq. 1.5 ", [DI]),
    ("/emp?select=name&ok=eq. true", [ANN, CY]),
    ("/emp?select=name&ok=is.null ", [DI]),
    ("/emp?select=name&or=( id.eq.1 , id.eq.2 )", [ANN, BOB]),
    ("/emp?select=name&or= (id.eq.1)", [ANN]),
    ("/emp?select=name&and=( and (id.eq.1, name.eq.Ann) )", [ANN]),
    ("/emp?select=name&and=( and ( id.in.( 1, 2, 3 ) , id.eq.3 ) , or ( id.eq.2 , id.eq.3 ) )", [CY]),
    ("/emp?select=name&or=( ok.is.null , not.or (id.gt.1, id.eq.0) )&order=id", [ANN, DI]),
    ("/emp?select=name&or=(name.eq.\"Ann\", name.eq.\"Bob\")", [ANN, BOB]),
    ("/emp?select= name , pay &id=eq.1", [{"name": "Ann", "pay": 3.0}]),
    ("/emp?select=who : name&id=eq.1", [{"who": "Ann"}]),
    ("/emp?select=name,badge ( code )&id=eq.1", [{"name": "Ann", "badge": {"code": "A1"}}]),
    ("/emp?select=name&order= id.desc , name&limit= 1", [DI]),
    ("/emp?select=name&id=eq(any).{1, 2}", [ANN, BOB]),
    ("/emp?select=name&name=eq(any).{ Ann , \"Bob\" }", [ANN, BOB]),
    ("/emp?select=name&name=eq(any).{null,Ann}", [ANN]),
    ("/odd?select=id&a-b=eq. 1", [{"id": 2}]),
    # a quote that begins nothing, braces that hold commas
    ("/odd?select=id&\"a.b\"=in.(\")", [{"id": 2}]),
    ("/odd?select=id&\"a.b\"=in.(x\"y,\")", [{"id": 2}]),
    ("/odd?select=id&or=(\"a.b\".eq.\",id.eq.7)", [{"id": 2}]),
    ("/odd?select=id&\"a.b\"=in.(dot\",\"dot\")", [{"id": 1}]),
    ("/odd?select=id&or=(\"a,b\".eq.{a,b},id.eq.7)", [{"id": 2}]),
    ("/odd?select=id&or=(\"a,b\".eq.{a,id.eq.1)", [{"id": 1}]),
    ("/emp?select=name&or=(name.eq(any).{Ann,Bob},id.eq.3)", [ANN, BOB, CY]),
    # limits below zero, signs of per cent
    ("/emp?select=name&offset=-4&limit=1", [ANN]),
    ("/odd?select=id&\"a)b\"=like.%x%", [{"id": 2}]),
    ("/odd?select=id&\"a)b\"=like.%25x%25", [{"id": 2}]),
    ("/odd?select=id&\"a)b\"=eq.%x%", [{"id": 2}]),
    # names that are words of the grammar, and of other characters
    ("/odd?select=id&\"order\"=gt.5", [{"id": 2}]),
    ("/odd?select=id,order,select,limit&\"select\"=eq.s&\"limit\"=eq.7&\"or\"=eq.1",
     [{"id": 1, "order": 5, "select": "s", "limit": 7}]),
    ("/odd?select=id&or=(or.eq.1,order.eq.0)", [{"id": 1}]),
    ("/odd?select=id&order=order.desc,select", [{"id": 2}, {"id": 1}]),
    ("/dep?select=id,odd(id)&odd.\"order\"=eq.9&id=eq.1", [{"id": 1, "odd": [{"id": 2}]}]),
    ("/dep?select=id,odd(id)&odd.order=order.desc&odd.\"limit\"=gt.0&odd.limit=1&id=eq.1",
     [{"id": 1, "odd": [{"id": 2}]}]),
    ("/dep?select=id,\"o.o\":odd(id)&\"o.o\".id=eq.1&id=eq.1", [{"id": 1, "o.o": [{"id": 1}]}]),
    ("/dep?select=id,\"o.o\":odd(id)&\"o.o\".order=id.desc&\"o.o\".or=(id.eq.1,id.eq.2)&id=eq.1",
     [{"id": 1, "o.o": [{"id": 2}, {"id": 1}]}]),
    ("/odd?select=\"a,b\",\"a.b\",\"a)b\",x y,\"p->q\",\"c:d\",Ünï,a-b&id=eq.1",
     [{"a,b": "comma", "a.b": "dot", "a)b": "paren", "x y": "blank", "p->q": "arrow", "c:d": "colon",
       "Ünï": "uni", "a-b": "dash"}]),
    ("/odd?select=id&x y=eq.blank&\"c:d\"=eq.colon&\"p->q\"=eq.arrow&Ünï=eq.uni", [{"id": 1}]),
    ("/odd?select=\"q \\\" \\\\ü\":id&id=eq.1", [{"q \" \\ü": 1}]),
    ("/odd?select=id,id,x:id&id=eq.1", [{"id": 1, "x": 1}]),
    ("/odd?select=id&\"x y\"=eq.null", [{"id": 2}]),
    ("/dep?select=id,data->\"a-b\"->-1,data->a-b->>0&id=eq.1", [{"id": 1, "a-b": "1"}]),
    ("/dep?select=z:data->\"a-b\"->-1&id=eq.1", [{"z": 3}]),
    # of itself: the name and the hint are the rows below, the column the row above
    ("/emp?select=name,kids:emp!boss(name)&id=lt.3",
     [{"name": "Ann", "kids": [BOB, CY]}, {"name": "Bob", "kids": [DI]}]),
    ("/emp?select=name,emp(name)&id=eq.1", [{"name": "Ann", "emp": [BOB, CY]}]),
    ("/emp?select=name,emp!emp_boss_fkey(name)&id=eq.2", [{"name": "Bob", "emp": [DI]}]),
    ("/emp?select=name,up:boss(name,boss(name))&id=eq.4",
     [{"name": "Di", "up": {"name": "Bob", "boss": {"name": "Ann"}}}]),
    ("/emp?select=name,boss(name,kids:emp!boss(name))&id=eq.3",
     [{"name": "Cy", "boss": {"name": "Ann", "kids": [BOB, CY]}}]),
    # …many to many: the junction, in its order, or its column or key of those that are meant
    ("/person?select=name,friends:person!friend(name)&id=eq.1",
     [{"name": "P", "friends": [{"name": "Q"}, {"name": "R"}]}]),
    ("/person?select=name,of:person!a(name)&id=eq.3", [{"name": "R", "of": [{"name": "P"}, {"name": "Q"}]}]),
    ("/person?select=name,to:person!friend_b_fkey(name)&id=eq.2", [{"name": "Q", "to": [{"name": "R"}]}]),
    ("/person?select=name,friend!b(...person!a(name))&id=eq.2", [{"name": "Q", "friend": [{"name": "P"}]}]),
    ("/person?select=name,person!friend!inner()&person.name=eq.R&order=id", [{"name": "P"}, {"name": "Q"}]),
    # by the column of the other side, by the column that is referred to
    ("/emp?select=name,badge!emp_id(code)&id=eq.1", [{"name": "Ann", "badge": {"code": "A1"}}]),
    ("/badge?select=code,emp_id(name)&code=eq.A1", [{"code": "A1", "emp_id": ANN}]),
    ("/dep?select=name,id(id)&id=eq.1", [{"name": "ops", "id": [{"id": 1}, {"id": 2}]}]),
    # nothing is shown of what shows nothing
    ("/emp?select=name,dep(odd())&id=eq.1", [ANN]),
    ("/emp?select=name,dep(name,odd())&id=eq.1", [{"name": "Ann", "dep": [{"name": "ops"}]}]),
    ("/emp?select=name,dep(...odd())&id=eq.1", [ANN]),
    ("/dep?select=id,...emp(badge())&id=eq.1", [{"id": 1}]),
    ("/emp?select=name,dep!inner(odd!inner())", [ANN]),
    # ordered by what the other side shows, under its name there
    ("/dep?select=name,...emp(b:name)&order=emp(b).desc&limit=2", [{"name": "none", "b": None},
                                                                   {"name": "dev", "b": "Bob"}]),
    ("/dep?select=name,emp(b:name)&order=emp(b).desc.nullslast&limit=1", [{"name": "dev", "emp": {"b": "Bob"}}]),
    ("/dep?select=name,...emp(name:pay)&order=emp(name)&limit=1", [{"name": 2.0}]),
    ("/odd?select=id,...dep(...emp(chief:name))&order=dep(chief),id", [{"id": 1, "chief": "Ann"},
                                                                       {"id": 2, "chief": "Ann"}]),
    ("/odd?select=id,dep(d:data)&order=dep(d->n),id.desc", [{"id": 2, "dep": {"d": {"n": 2, "a-b": [1, 2, 3]}}},
                                                            {"id": 1, "dep": {"d": {"n": 2, "a-b": [1, 2, 3]}}}]),
    ("/dep?select=name&order=emp(name),id&select=name,emp()&head=not.is.null", [{"name": "ops"}, {"name": "dev"}]),
    # casts of several words
    ("/emp?select=p:pay::double precision,n:name::character varying(2),t:id::varchar(3)&id=eq.1",
     [{"p": 3.0, "n": "An", "t": "1"}]),
    ("/emp?select=boss,pay::numeric(10,2).sum()::text&boss=eq.1", [{"boss": 1, "sum": "3.0"}]),
]

REFUSED = [
    ("/emp?limit=-1", 416, "PGRST103"), ("/dep?select=emp(id)&emp.limit=-1", 416, "PGRST103"),
    ("/emp?offset=x", 400, "PGRST100"), ("/emp?limit=1.5", 400, "PGRST100"),
    ("/emp?name=eq(any).{a", 400, "PGRST100"), ("/emp?name=eq(any).a", 400, "PGRST100"),
    ("/emp?name=eq(any).{a,}", 400, "PGRST100"), ("/emp?name=eq(any).{\"a}", 400, "PGRST100"),
    ("/emp?or=(id.eq.1", 400, "PGRST100"), ("/emp?or=(and.eq.1)", 400, "42703"),
    ("/emp?or=()", 400, "PGRST100"), ("/emp?or=(id.eq.1)x", 400, "PGRST100"),
    ("/emp?name=eq.%ab%", 400, "PGRST100"), ("/emp?select=id::int(", 400, "PGRST100"),
    ("/emp?select=emp!nope(name)", 400, "PGRST200"), ("/person?select=person(name)", 300, "PGRST201"),
    ("/dep?select=x:emp(id),y:emp(name)&emp.id=eq.1", 400, "PGRST108"),
    ("/dep?select=x:emp(id)&emp=is.null", 400, "42703"), ("/dep?select=x:emp(id)&order=emp(id)", 400, "PGRST108"),
    ("/dep?select=name,emp(id)&order=emp(nope)", 400, "42703"),
]

HINTS = [
    ("/odd?order=gt.5", "\"order\"=gt.5"), ("/odd?order=not.eq.5", "\"order\"=not.eq.5"),
    ("/odd?select=eq.x", "\"select\"=eq.x"), ("/odd?limit=in.(1,2)", "\"limit\"=in.(1,2)"),
    ("/odd?offset=eq.5", "\"offset\"=eq.5"), ("/odd?or=eq.1", "\"or\"=eq.1"), ("/odd?and=is.true", "\"and\"=is.true"),
    ("/odd?columns=eq.1", "\"columns\"=eq.1"), ("/odd?on_conflict=like(any).{a}", "\"on_conflict\"=like(any).{a}"),
    ("/odd?cursor=eq.5", "\"cursor\"=eq.5"), ("/odd?all=eq.true", "\"all\"=eq.true"),
    ("/emp?id=eq.null", "id=is.null"), ("/emp?pay=gt.NULL", "pay=is.null"), ("/emp?ok=neq.null", "ok=is.null"),
    ("/emp?name=eq.%fe%", "%25"),
    ("/person?select=person(name)", "'person!friend_b_fkey', 'person!friend_a_fkey'"),
    ("/dep?select=x:emp(id),y:emp(name)&emp.id=eq.1", "'emp' to 'x'"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grammar")
    with sqlite3.connect(folder / "test.db") as db:
        db.executescript(SQL)
    server = Server(folder, "--aggregates", migrations=None)
    yield server
    server.stop()


def encoded(path):
    """What http.client does not take as it is, but for the '%' that a test means."""
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in path)


def test_asked(server):
    for path, rows in ASKED:
        reply = server.get(encoded(path))
        assert reply.status == 200, (path, reply)
        assert reply.json() == rows, (path, reply)


def test_refused(server):
    for path, status, code in REFUSED:
        reply = server.get(encoded(path))
        assert (reply.status, reply.json()["code"]) == (status, code), (path, reply)


def test_hints(server):
    for path, hint in HINTS:
        problem = server.get(encoded(path)).json()
        assert hint in problem["hint"], (path, problem)


def test_no_relation(server):
    problem = server.get("/dep?select=emp!nope(id)").json()
    assert problem["details"] == ("Searched for a foreign key relationship between 'dep' and 'emp' using the hint 'nope' "
                                  "in the schema 'public', but no matches were found.")
    assert server.get("/dep?select=enp(id)").json()["hint"] == "Perhaps you meant 'emp' instead of 'enp'."


def test_an_old_name_is_warned_of(server):
    reply = server.get("/dep?select=name,staff:emp(name)&emp.id=eq.1&order=id&limit=2")
    assert reply.json() == [{"name": "ops", "staff": ANN}, {"name": "dev", "staff": None}]
    assert reply.headers["Warning"].startswith("299 thimble \"select= gives emp the alias staff:")
    assert "Warning" not in server.get("/dep?select=name,staff:emp(name)&staff.id=eq.1").headers
    reply = server.get("/dep?select=name,emp:odd(id),x:emp(name)&emp.id=eq.1&id=eq.1")
    assert reply.json() == [{"name": "ops", "emp": [{"id": 1}], "x": ANN}]
    assert "Warning" not in reply.headers


def test_limits_are_settings(serve, tmp_path):
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.executescript(SQL)
    small = serve("--max-conditions", "3", "--max-nesting", "2", "--max-embeds", "1", "--max-parts", "20",
                  migrations=None)
    for path, flag in (("/emp?id=gt.1&id=gt.2&id=gt.3&id=gt.4", "conditions"), ("/emp?or=(id.eq.1,id.eq.2,id.eq.3)", "conditions"),
                       ("/emp?name=eq(any).{a,b,c}", "conditions"), ("/emp?or=(and(or(id.eq.1)))", "nesting"),
                       ("/emp?select=badge(code),dep(id)", "embeds"),
                       ("/emp?id=in.(" + ",".join("1" * 20) + ")", "parts")):
        reply = small.get(path)
        assert reply.status == 400 and f"--max-{flag} " in reply.json()["hint"], (path, reply)
    small.stop()
    large = serve("--max-conditions", "10000", "--max-nesting", "32", "--max-embeds", "60", "--max-parts", "100000",
                  "--max-url", "1MiB", migrations=None)
    members = ",".join(f"id.eq.{i}" for i in range(9990))
    assert large.get(f"/emp?select=name&or=({members})").json() == [ANN, BOB, CY, DI]
    assert large.get("/emp?select=name&id=in.(" + ",".join(map(str, range(2, 20000))) + ")").json() == [BOB, CY, DI]
    assert large.get("/emp?select=name&id=eq(any).{" + ",".join(map(str, range(9000))) + "}").status == 200
    assert large.get("/emp?select=name&and=" + "(or" * 31 + "(id.eq.1)" + ")" * 31).json() == [ANN]
    deep = "name,x:emp!boss(" * 31 + "name" + ")" * 31
    assert large.get(f"/emp?select={deep}&id=eq.1").status == 200
    spreads = ",".join(f"...boss(n{i}:name)" for i in range(60))
    assert large.get(f"/emp?select={spreads}&id=eq.2").json() == [{f"n{i}": "Ann" for i in range(60)}]

"""Databases that need what this program has not, or that look otherwise than a new one would: what can be
read is read, what cannot says so by name, and no answer asks to be tried again."""
import sqlite3
import urllib.parse

import pytest

from conftest import run


def fold(a, b):
    a, b = a.lower(), b.lower()
    return (a > b) - (a < b)


def connect(path):
    db = sqlite3.connect(path)
    db.create_function("gone", 1, lambda a: a, deterministic=True)
    db.create_collation("unicase", fold)
    return db


def virtual_of_another(db, name, module):
    """A virtual table as a program leaves it that has the module."""
    db.execute("PRAGMA writable_schema=ON")
    db.execute("INSERT INTO sqlite_schema VALUES ('table', ?, ?, 0, ?)",
               (name, name, f"CREATE VIRTUAL TABLE [{name}] USING {module}(a, b)"))
    db.execute("PRAGMA writable_schema=OFF")


def refused(reply, code, *words):
    problem = reply.json()
    assert reply.status in (400, 500) and "Retry-After" not in reply.headers, reply
    assert problem["code"] == code, reply
    for word in words:
        assert word in problem["message"] + str(problem["details"]), (word, reply)


# ---- shadow tables and modules

SHADOWS = {
    "fts3": ["content", "segments", "segdir"],
    "fts4": ["content", "segments", "segdir", "docsize", "stat"],
    "fts5": ["data", "idx", "content", "docsize", "config"],
    "rtree": ["node", "parent", "rowid"],
    "rtree_i32": ["node", "parent", "rowid"],
}
OF_OTHERS = {
    "fts1": ["content", "term"],
    "fts2": ["content", "segments", "segdir"],
    "geopoly": ["node", "parent", "rowid"],
    "spellfix1": ["vocab"],
    "vec0": ["info", "chunks", "rowids", "vector_chunks00", "vector_chunks01", "metadatachunks02", "auxiliary"],
    "VEC0": ["chunks"],
    "unheard_of": ["one", "Two"],
}


@pytest.fixture
def modules(serve, tmp_path):
    db = connect(tmp_path / "test.db")
    for module in SHADOWS:
        db.execute(f"CREATE VIRTUAL TABLE in_{module} USING {module}(id, a, b)")
    for n, (module, suffixes) in enumerate(OF_OTHERS.items()):
        virtual_of_another(db, f"o{n}", module)
        for suffix in suffixes:
            db.execute(f"CREATE TABLE o{n}_{suffix} (id INTEGER PRIMARY KEY, data BLOB)")
    virtual_of_another(db, 'odd "name"', "vec0")
    db.executescript("""
        CREATE TABLE "odd ""name""_chunks" (id INTEGER PRIMARY KEY);
        CREATE TABLE o4_people (id INTEGER PRIMARY KEY, n TEXT);
        CREATE TABLE o4_chunkss (id INTEGER PRIMARY KEY);
        CREATE TABLE in_fts5_more (id INTEGER PRIMARY KEY);
        CREATE TABLE f_content (id INTEGER PRIMARY KEY);
        CREATE TABLE kept (id INTEGER PRIMARY KEY, n TEXT);
        INSERT INTO kept VALUES (1, 'x');
        CREATE TRIGGER kept_ai AFTER INSERT ON kept BEGIN INSERT INTO o4 (a) VALUES (new.n); END;
        CREATE VIEW over_o4 AS SELECT * FROM o4;
    """)
    db.commit()
    db.close()
    return serve(migrations="none")


def test_shadow_tables_are_not_there(modules):
    listed = {path[1:] for path in modules.get("/").json()["paths"]}
    names = [f"in_{m}_{s}" for m, suffixes in SHADOWS.items() for s in suffixes]
    names += [f"o{n}_{s}" for n, suffixes in enumerate(OF_OTHERS.values()) for s in suffixes]
    for name in [*names, "odd%20%22name%22_chunks"]:
        assert modules.get(f"/{name}").json()["code"] == "PGRST205", name
        assert modules.delete(f"/{name}?id=eq.1").status == 404, name
        assert modules.post(f"/{name}", {"id": 1}).status == 404, name
        assert name not in listed
    assert {"kept", "o4_people", "o4_chunkss", "in_fts5_more", "f_content", "in_fts4", "in_rtree"} <= listed


def test_a_virtual_table_without_its_module_says_so(modules):
    for n, module in enumerate(OF_OTHERS):
        for method, body in [("GET", None), ("POST", {"a": 1}), ("DELETE", None), ("PATCH", {"a": 1})]:
            refused(modules.request(method, f"/o{n}?a=eq.1", body), "42704", f"no such module: {module}")
        assert f"no such module: {module}" in modules.log()
    refused(modules.get("/over_o4"), "42704", "no such module: vec0")
    assert "o6_one is not served" in modules.log() and "unheard_of" in modules.log()


def test_a_trigger_on_such_a_table_refuses_the_write_alone(modules):
    assert modules.get("/kept").json() == [{"id": 1, "n": "x"}]
    refused(modules.post("/kept", {"n": "y"}), "42704", "no such module: vec0")
    assert modules.patch("/kept/1", {"n": "z"}).status == 200
    assert modules.delete("/kept/1").status == 204


# ---- functions

@pytest.fixture
def functions(serve, tmp_path):
    db = connect(tmp_path / "test.db")
    db.executescript("""
        CREATE TABLE g (id INTEGER PRIMARY KEY, a, v AS (gone(a)) VIRTUAL, w AS (gone(a)) STORED, x AS (a || '!'),
                        vv AS (v + 1));
        INSERT INTO g (a) VALUES (1), (2);
        CREATE TABLE child (id INTEGER PRIMARY KEY, g INTEGER REFERENCES g);
        INSERT INTO child VALUES (7, 1);
        CREATE TABLE i (id INTEGER PRIMARY KEY, a TEXT, b);
        CREATE INDEX i_a ON i (gone(a));
        CREATE INDEX i_b ON i (b) WHERE gone(a) > '';
        INSERT INTO i (a, b) VALUES ('x', 1), ('y', 2);
        CREATE TABLE c (id INTEGER PRIMARY KEY, a, b, CHECK (gone(a)));
        INSERT INTO c (a) VALUES (1), (2);
        CREATE VIEW v AS SELECT id, gone(a) AS a FROM c;
        CREATE TABLE d (id INTEGER PRIMARY KEY, a DEFAULT (gone(1)), b);
    """)
    db.commit()
    db.close()
    return serve(migrations="none")


def test_a_column_that_cannot_be_computed_is_left_out(functions):
    assert functions.get("/g").json() == [{"id": 1, "a": 1, "w": 1, "x": "1!"}, {"id": 2, "a": 2, "w": 2, "x": "2!"}]
    assert functions.get("/g/2?select=x").json() == {"x": "2!"}
    assert functions.get("/g?w=eq.2&select=id,child(id)").json() == [{"id": 2, "child": []}]
    assert functions.get("/child?select=g(*)").json() == [{"g": {"id": 1, "a": 1, "w": 1, "x": "1!"}}]
    for query in ["select=v", "v=eq.1", "order=v", "select=vv", "or=(id.eq.1,v.gt.0)"]:
        refused(functions.get(f"/g?{query}"), "42883", "gone()")
    for reply in [functions.post("/g", {"a": 5}), functions.patch("/g/1", {"a": 5})]:
        refused(reply, "42883", "gone()")
    assert functions.delete("/g/2").status == 204, "there is nothing to compute"
    assert "the column v of g cannot be served: " in functions.log()


def test_an_index_or_a_check_does_not_stop_a_read(functions):
    assert functions.get("/i?order=a.desc").json() == [{"id": 2, "a": "y", "b": 2}, {"id": 1, "a": "x", "b": 1}]
    assert functions.get("/i?b=eq.2&select=a").json() == [{"a": "y"}]
    refused(functions.post("/i", {"a": "z"}), "42883", "gone")
    assert functions.get("/c?select=a").json() == [{"a": 1}, {"a": 2}]
    refused(functions.post("/c", {"a": 1}), "42883", "gone")
    assert functions.patch("/c/1", {"b": 5}).status == 200, "a CHECK of other columns is not asked"
    refused(functions.get("/v"), "42883", "gone")
    assert functions.post("/d", {"id": 1, "a": 2}).status == 201
    refused(functions.post("/d", {"id": 2}), "42883", "gone")


# ---- collations

@pytest.fixture(params=["UTF-8", "UTF-16le"])
def deck(request, serve, tmp_path):
    """As Anki makes them: names in a collation of its own."""
    db = connect(tmp_path / "test.db")
    db.execute(f"PRAGMA encoding='{request.param}'")
    db.executescript("""
        CREATE TABLE decks (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL COLLATE unicase, mtime INTEGER);
        CREATE UNIQUE INDEX idx_decks_name ON decks (name);
        INSERT INTO decks VALUES (1, 'Default', 5), (2, 'alpha', 6), (3, 'Beta', 7), (4, 'beta two', 8);
        CREATE TABLE tags (tag TEXT NOT NULL PRIMARY KEY COLLATE unicase, usn INTEGER) WITHOUT ROWID;
        INSERT INTO tags VALUES ('Foo', 1), ('bar', 2);
        CREATE TABLE cards (id INTEGER PRIMARY KEY, deck TEXT COLLATE unicase REFERENCES decks (name), n INTEGER);
        INSERT INTO cards VALUES (1, 'Default', 1), (2, 'alpha', 2), (3, 'Beta', 3);
        CREATE VIEW shown AS SELECT id, name FROM decks;
        CREATE VIEW sorted AS SELECT name FROM decks ORDER BY name;
        CREATE VIEW grouped AS SELECT deck, count(*) AS n FROM cards GROUP BY deck;
        CREATE VIEW found AS SELECT id FROM decks WHERE name = 'ALPHA';
        CREATE TABLE fine (id INTEGER PRIMARY KEY, a TEXT COLLATE nocase UNIQUE, b TEXT COLLATE RTRIM);
        INSERT INTO fine VALUES (1, 'A', 'b');
    """)
    db.commit()
    db.close()
    return serve("--aggregates", migrations="none")


READS = [
    ("decks?select=id&order=id", [1, 2, 3, 4]),
    ("decks?select=id&order=mtime.desc", [4, 3, 2, 1]),
    ("decks?select=id&order=name", [3, 1, 2, 4]),  # byte by byte
    ("decks?select=id&order=name.desc&limit=2", [4, 2]),
    ("decks?select=id&name=eq.Default", [1]),
    ("decks?select=id&name=eq.default", []),
    ("decks?select=id&name=in.(Default,alpha)&order=id", [1, 2]),
    ("decks?select=id&name=gt.Z&order=id", [2, 4]),
    ("decks?select=id&or=(name.eq.alpha,id.eq.3)&order=id", [2, 3]),
    ("decks?select=id&name=isdistinct.alpha&order=id", [1, 3, 4]),
    ("decks?select=id&name=like.B*", [3]),
    ("decks?select=id&name=ilike.B*&order=id", [3, 4]),
    ("decks?select=id&order=name&limit=2&cursor=", [3, 1]),
    ("shown?select=id&name=eq.alpha", [2]),
    ("shown?select=id&order=name", [3, 1, 2, 4]),
    ("cards?select=id&decks.name=eq.Beta&decks=not.is.null&select=id,decks()", [3]),
]


def test_reads_go_on_without_the_collation(deck):
    for query, expected in READS:
        reply = deck.get("/" + query)
        assert reply.status == 200 and [row["id"] for row in reply.json()] == expected, (query, reply)
    assert deck.get("/tags").json() == [{"tag": "bar", "usn": 2}, {"tag": "Foo", "usn": 1}]
    assert deck.get("/tags/Foo").json() == {"tag": "Foo", "usn": 1}
    assert deck.get("/tags/foo").status == 404
    assert [t["tag"] for t in deck.get("/tags?order=tag").json()] == ["Foo", "bar"]
    link = deck.get("/decks?select=id&order=name&limit=2&cursor=").headers["Link"].split(">")[0][1:]
    assert [row["id"] for row in deck.get(link).json()] == [2, 4]
    assert deck.get("/decks?select=name,cards(n)&order=id&limit=2").json() == [
        {"name": "Default", "cards": [{"n": 1}]}, {"name": "alpha", "cards": [{"n": 2}]}]
    assert deck.get("/cards?select=n,decks(mtime)&n=eq.3").json() == [{"n": 3, "decks": {"mtime": 7}}]
    assert deck.get("/decks?select=name,count()&order=name&limit=1").json() == [{"name": "Beta", "count": 1}]
    assert [r["name"] for r in deck.get("/sorted").json()] == ["alpha", "Beta", "beta two", "Default"]
    assert "the collation unicase of decks.name is not in this program" in deck.log()
    assert "fine" not in deck.log()


def test_what_needs_the_collation_names_it(deck):
    for path in ["/grouped", "/found"]:
        refused(deck.get(path), "42704", "unicase")
    for reply in [deck.post("/decks", {"name": "new"}), deck.patch("/decks/1", {"name": "x"}),
                  deck.delete("/decks/3"), deck.post("/tags", {"tag": "q"}), deck.patch("/tags/Foo", {"usn": 3}),
                  deck.delete("/tags/Foo"), deck.post("/cards", {"deck": "alpha"})]:
        refused(reply, "42704", "unicase")
    assert deck.patch("/decks/1", {"mtime": 9}).json()["mtime"] == 9
    assert deck.patch("/decks?name=eq.alpha", {"mtime": 1}).status == 204
    assert deck.patch("/cards/2", {"n": 4}).status == 200
    assert deck.get("/fine?a=eq.a&select=id").json() == [{"id": 1}], "NOCASE is as it was"
    again = connect(deck.db)
    assert again.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert again.execute("SELECT id FROM decks WHERE name = 'BETA'").fetchall() == [(3,)]


# ---- keys

KEYS = """
CREATE TABLE up (id INTEGER PRIMARY KEY, s);
CREATE TABLE down (id INTEGER PRIMARY KEY DESC, s);
CREATE TABLE apart (id INTEGER, s, PRIMARY KEY (id DESC));
CREATE TABLE int_key (id INT PRIMARY KEY, s);
CREATE TABLE text_key (id TEXT PRIMARY KEY, s);
CREATE TABLE two (a TEXT, b INTEGER, s, PRIMARY KEY (a DESC, b)) WITHOUT ROWID;
CREATE TABLE quoted (id "INTEGER" PRIMARY KEY, s);
CREATE TABLE replaced (id INTEGER NOT NULL PRIMARY KEY ON CONFLICT REPLACE, s);
CREATE TABLE named (id integer, s, CONSTRAINT pk PRIMARY KEY (id));
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, s);
CREATE TABLE unique_too (id INTEGER PRIMARY KEY UNIQUE, s);
"""


def test_keys_are_what_sqlite_makes_of_them(serve, tmp_path):
    db = sqlite3.connect(tmp_path / "test.db")
    db.executescript(KEYS)
    db.close()
    server = serve(migrations="none")
    for table in ["up", "apart", "quoted", "replaced", "named", "counted", "unique_too"]:  # the rowid
        made = server.post(f"/{table}", {"s": "x"})
        assert (made.status, made.headers["Location"]) == (201, f"/{table}/1"), made
        assert server.get(f"/{table}/1").json() == {"id": 1, "s": "x"}
    for table in ["down", "int_key", "text_key"]:  # columns as others are
        made = server.post(f"/{table}", {"id": 5, "s": "x"} if table != "text_key" else {"id": "5", "s": "x"})
        assert (made.status, made.headers["Location"]) == (201, f"/{table}/5"), made
        assert server.get(f"/{table}/5").json()["s"] == "x"
        assert server.post(f"/{table}", {"id": None, "s": "none"}).status == 201
        db = sqlite3.connect(server.db)
        rows = db.execute(f"SELECT id, s FROM {table} ORDER BY id NULLS LAST").fetchall()
        db.close()
        assert [(r["id"], r["s"]) for r in server.get(f"/{table}?order=id").json()] == rows
        assert server.get(f"/{table}?id=is.null").json() == [{"id": None, "s": "none"}]
    assert server.put("/two/a,1", {"s": "x"}).status == 201
    assert server.get("/two?order=a.desc").json() == [{"a": "a", "b": 1, "s": "x"}]


# ---- backups

def backup(path, tmp_path, expected=0):
    copy = tmp_path / "copy.db"
    code, out, err = run("backup", copy, "--db", path, "--force")
    assert code == expected, out + err
    return out + err


def test_a_sound_file_is_not_called_damaged(tmp_path):
    path = tmp_path / "lacks.db"
    db = connect(path)
    db.executescript("""
        CREATE TABLE c (id INTEGER PRIMARY KEY, a, CHECK (gone(a)));
        INSERT INTO c (a) VALUES (1);
        CREATE TABLE g (a, b AS (gone(a)) STORED, c AS (gone(a)));
        INSERT INTO g VALUES (1);
        CREATE TABLE fine (id INTEGER PRIMARY KEY, a UNIQUE);
        INSERT INTO fine VALUES (1, 1);
        PRAGMA ignore_check_constraints=ON;
        CREATE TABLE late (id INTEGER PRIMARY KEY, a CHECK (a > 1));
        INSERT INTO late VALUES (1, 0);
    """)
    virtual_of_another(db, "v", "vec0")
    db.commit()
    assert "checked" in backup(path, tmp_path) and "note" not in backup(path, tmp_path)
    db.executescript("""
        CREATE INDEX c_gone ON c (gone(a));
        CREATE TABLE n (name TEXT PRIMARY KEY COLLATE unicase) WITHOUT ROWID;
        INSERT INTO n VALUES ('a'), ('B');
        CREATE TABLE m (name TEXT COLLATE unicase UNIQUE, "odd ""name" INTEGER);
        INSERT INTO m VALUES ('a', 1), ('B', 2);
    """)
    db.close()
    said = backup(path, tmp_path)
    assert "of 3 tables" in said and "gone()" in said, said
    assert run("restore", tmp_path / "copy.db", "--db", tmp_path / "back.db")[0] == 0
    assert connect(tmp_path / "back.db").execute("SELECT count(*) FROM n").fetchone() == (2,)


def test_damage_is_found_where_functions_lack(tmp_path):
    path = tmp_path / "bad.db"
    db = connect(path)
    db.executescript("""
        PRAGMA page_size=1024;
        CREATE TABLE c (id INTEGER PRIMARY KEY, a TEXT COLLATE unicase UNIQUE, b CHECK (gone(b)));
        CREATE INDEX c_gone ON c (gone(b));
        CREATE TABLE fine (id INTEGER PRIMARY KEY, a TEXT);
        CREATE INDEX fine_a ON fine (a);
    """)
    db.executemany("INSERT INTO c (a, b) VALUES (?, 1)", [(f"{n}" * 20,) for n in range(200)])
    db.executemany("INSERT INTO fine (a) VALUES (?)", [(f"{n}" * 20,) for n in range(200)])
    db.commit()
    pages = {name: root for name, root in db.execute("SELECT name, rootpage FROM sqlite_schema")}
    db.close()
    good = path.read_bytes()
    assert backup(path, tmp_path)
    for name in ["c", "sqlite_autoindex_c_1", "fine_a"]:
        bad = bytearray(good)
        bad[(pages[name] - 1) * 1024:(pages[name] - 1) * 1024 + 40] = b"\xff" * 40
        path.write_bytes(bad)
        assert "damaged" in backup(path, tmp_path, 1), name


# ---- many columns, many tables

@pytest.mark.parametrize("n", [801, 2000])
def test_wide_tables(serve, tmp_path, n):
    db = sqlite3.connect(tmp_path / "test.db")
    names = [f"c{i}" for i in range(n - 2)]
    db.executescript(f"""
        CREATE TABLE one (id INTEGER PRIMARY KEY, n TEXT);
        CREATE TABLE wide (id INTEGER PRIMARY KEY, one INTEGER REFERENCES one, {', '.join(c + ' TEXT' for c in names)});
        INSERT INTO one VALUES (1, 'x');
    """)
    db.close()
    server = serve(migrations="none")
    row = {"id": 1, "one": 1, **{c: c for c in names}}
    assert server.post("/wide", row).json() == row
    assert server.get("/wide/1").json() == row
    assert server.get("/wide?select=*,one(n)").json() == [{**row, "one": {"n": "x"}}]
    assert server.get("/one?select=id,wide(*)").json() == [{"id": 1, "wide": [row]}]
    assert server.get(f"/wide?{names[-1]}=eq.{names[-1]}&order={names[-2]}&cursor=&limit=1").json() == [row]
    assert server.put("/wide/2", {**row, "id": 2}).json() == {**row, "id": 2}
    assert server.patch("/wide/2", {names[-1]: "new"}).json()[names[-1]] == "new"
    reply = server.request("POST", "/wide", [row, {**row, "id": 3}],
                           {"Prefer": "resolution=merge-duplicates,return=representation"})
    assert [r["id"] for r in reply.json()] == [1, 3]
    assert len(server.get("/wide", Accept="text/csv").body.splitlines()[0].split(b",")) == n


def test_many_tables(serve, tmp_path):
    db = sqlite3.connect(tmp_path / "test.db")
    db.executescript("".join(
        f"CREATE TABLE t{i} (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t{i // 2}, a TEXT);" for i in range(1500)))
    db.close()
    server = serve(migrations="none")
    assert len(server.get("/").json()["paths"]) > 1500
    assert server.post("/t0", {"id": 1, "a": "x"}).status == 201
    assert server.post("/t1", {"id": 2, "t": 1}).status == 201
    assert server.get("/t1?select=id,t0(a)").json() == [{"id": 2, "t0": {"a": "x"}}]


# ---- files and names

def test_virtual_tables_are_read_and_written_by_sql(serve, tmp_path):
    db = sqlite3.connect(tmp_path / "test.db")
    db.executescript("""
        CREATE VIRTUAL TABLE docs USING fts5 (title, body);
        INSERT INTO docs VALUES ('hello', 'world');
        CREATE VIRTUAL TABLE box USING rtree (id, x0, x1);
        CREATE VIRTUAL TABLE terms USING fts5vocab (docs, 'row');
        CREATE VIEW door AS SELECT title FROM docs;
        CREATE TRIGGER door_in INSTEAD OF INSERT ON door BEGIN INSERT INTO docs (title) VALUES (new.title); END;
    """)
    db.close()
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "add.sql").write_text("-- write\n-- :id integer\nINSERT INTO box VALUES (:id, 1, 2);\n"
                                            "INSERT INTO docs VALUES ('box', :id);\n")
    server = serve("--queries", tmp_path / "q", migrations="none")
    assert server.get("/docs?docs=fts.hello").json() == [{"title": "hello", "body": "world"}]
    for table in ["docs", "box"]:
        reply = server.post(f"/{table}", {"title": "x"})
        assert (reply.status, reply.json()["code"], reply.headers["Allow"]) == (405, "PGRST117", "GET, HEAD, OPTIONS")
    assert server.post("/rpc/add", {"id": 4}).status in (200, 204)
    assert server.post("/door", {"title": "knock"}).status == 201
    assert server.get("/box").json() == [{"id": 4, "x0": 1.0, "x1": 2.0}]
    assert [row["title"] for row in server.get("/docs").json()] == ["hello", "box", "knock"]
    assert {"term": "knock", "doc": 1, "cnt": 1} in server.get("/terms").json()


NAMES = ["select", "order", "a.b", "a/b", "a b", "ünï", "🚲", 'qu"ote', "it's", "a,b", "(x)", "-x", "and", "a%b", "a?b",
         "a\nb", "a::b", "x->y", "*", "count", "__proto__", "[x]", "`x`", "Case"]


def test_names_of_any_kind(serve, tmp_path):
    db = sqlite3.connect(tmp_path / "test.db")
    for name in [*NAMES, ""]:
        quoted = '"' + name.replace('"', '""') + '"'
        db.execute(f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted} TEXT, up INTEGER REFERENCES {quoted})")
        db.execute(f"INSERT INTO {quoted} VALUES (1, ?, NULL)", (name,))
    db.commit()
    db.close()
    server = serve(migrations="none")
    assert "empty name cannot be served" in server.log()
    assert len(server.get("/").json()["paths"]) >= 2 * len(NAMES)
    for name in NAMES:
        path = "/" + urllib.parse.quote(name, safe="")
        column = urllib.parse.quote('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"', safe="")
        value = urllib.parse.quote(name, safe="")
        assert server.get(f"{path}?select=id,{column}&{column}=eq.{value}").json() == [{"id": 1, name: name}], name
        assert server.post(path, {"id": 2, name: "v", "up": 1}).json() == {"id": 2, name: "v", "up": 1}, name


@pytest.mark.parametrize("size, journal, vacuum", [(512, "delete", 1), (1024, "wal", 2), (65536, "truncate", 0)])
def test_files_of_other_makes(serve, tmp_path, size, journal, vacuum):
    path = tmp_path / "test.db"

    def settings():
        asked = ["page_size", "auto_vacuum", "application_id", "user_version", "integrity_check"]
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]

    db = sqlite3.connect(path)
    db.executescript(f"""
        PRAGMA page_size={size}; PRAGMA auto_vacuum={vacuum}; PRAGMA journal_mode={journal};
        PRAGMA application_id=77; PRAGMA user_version=42;
        CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x');
    """)
    before = settings()
    db.close()
    server = serve(migrations="none")
    assert server.post("/t", {"a": "y" * 3000}).status == 201
    assert [row["id"] for row in server.get("/t").json()] == [1, 2]
    server.stop()
    backup(path, tmp_path)
    for file in [path, tmp_path / "copy.db"]:
        db = sqlite3.connect(file)
        assert settings() == before
        db.close()

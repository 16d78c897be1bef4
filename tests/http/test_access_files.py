"""--access: who may do what, from a folder of SQL files: read at the start and on SIGHUP, looked at by
thimble access check and explain, and compared by migrate --dry-run."""
import base64
import hashlib
import hmac
import json
import shutil
import signal
import sqlite3
import time

import pytest

from conftest import ROOT, SCHEMA, make_database, run, write_files

ROLES = "CREATE ROLE anon;\nCREATE ROLE member;\n"
GOOD = ROLES + "GRANT SELECT ON author TO anon;\n"


@pytest.fixture
def access(tmp_path):
    return write_files(tmp_path / "access", {"1_roles.sql": GOOD})


def messages(server, text):
    return [line for line in server.log_lines() if line["msg"].startswith(text)]


def reload(server, outcome="reloaded", seconds=30):
    """SIGHUP, and the line in the log that says what came of it."""
    before = len(messages(server, outcome))
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        lines = messages(server, outcome)
        if len(lines) > before:
            return lines[-1]
        time.sleep(0.01)
    raise AssertionError(server.log())


def refused(tmp_path, files, *args):
    """What a server says that does not start with these files."""
    folder = write_files(tmp_path / "refused", files)
    code, out, err = run("serve", "--db", tmp_path / "r.db", "--migrations", SCHEMA, "--listen", "127.0.0.1:0",
                         "--access", folder, *args, cwd=tmp_path)
    assert code in (1, 2) and out == "", (code, out, err)
    return err.splitlines()[-1]


# ---- the start

@pytest.mark.parametrize("text, says", [
    ("GRANT SELECT ON athor TO anon;",
     'a.sql:1:17: there is no table or view "athor", perhaps you meant author'),
    ("\n  GRANT SELECT (nam) ON author TO anon;",
     'a.sql:2:17: author has no column "nam", perhaps you meant name'),
    ("GRANT SELCT ON author TO anon;", "a.sql:1:7: SELCT is no privilege, perhaps you meant SELECT"),
    ("GRANT SELECT ON author TO nobody;", 'a.sql:1:27: role "nobody" was not created before this'),
    ("GRANT EXECUTE ON FUNCTION f TO anon;", 'a.sql:1:27: there is no query "f"'),
    ("CREATE VIEW v AS SELECT 1;", "a.sql:1:1: CREATE VIEW is not for an access file"),
    ("CREATE POLICY p ON author USING (id = 1", "a.sql:1:40: expected the closing parenthesis"),
])
def test_refusals_at_the_start(tmp_path, text, says):
    assert says in refused(tmp_path, {"0.sql": ROLES, "a.sql": text})


@pytest.mark.parametrize("text, says", [
    ("CREATE POLICY p ON author USING (nam = 1);", "a.sql:1:34: no such column: nam"),
    ("CREATE POLICY p ON author USING (name = = 1);", 'a.sql:1:41: near "=": syntax error'),
    ("CREATE POLICY p ON author USING (id = ?1);", "a.sql:1:39: there are no parameters here"),
    ("CREATE POLICY p ON author FOR INSERT WITH CHECK (id > nowhere);", "a.sql:1:55: no such column: nowhere"),
    ("CREATE POLICY p ON author USING (EXISTS (SELECT 1 FROM gone));", "no such table: gone"),
    ("CREATE POLICY p ON author USING (id IN (SELECT author_id FROM book));\n"
     "CREATE POLICY p ON book USING (author_id IN (SELECT id FROM author));",
     'infinite recursion detected in policy for relation "'),
    # What is wrong in one is told of that one, whatever mentions its table.
    ("CREATE POLICY p ON author USING (id IN (SELECT author_id FROM book));\n"
     "CREATE POLICY p ON book USING (titel = 1);", "a.sql:2:32: no such column: titel"),
    ("GRANT INSERT (name DEFAULT nope(1)) ON author TO anon;",
     "a.sql:1:15: the preset of author.name: no such function: nope"),
    ("GRANT UPDATE (id, name DEFAULT naem) ON author TO anon;",
     "a.sql:1:19: the preset of author.name: no such column: naem"),
    ("GRANT INSERT (name DEFAULT (SELECT label FROM code)) ON author TO anon;",
     "a.sql:1:15: the preset of author.name: permission denied for table code"),
])
def test_expressions_are_compiled_at_the_start(tmp_path, text, says):
    rights = "GRANT SELECT ON author, book TO anon;\n"
    assert says in refused(tmp_path, {"0.sql": ROLES + rights, "a.sql": text})


def test_a_folder_without_files(tmp_path):
    assert "holds no .sql file" in refused(tmp_path, {"readme.txt": ""})
    code, _, err = run("serve", "--db", tmp_path / "new.db", "--access", tmp_path / "nowhere", cwd=tmp_path)
    assert code == 1 and "cannot read the access files in" in err


def test_the_anonymous_role_is_one_of_them(tmp_path):
    assert "anom" in refused(tmp_path, {"0.sql": ROLES}, "--anon-role", "anom")


def test_files_are_read_in_the_order_of_their_names(serve, tmp_path):
    folder = write_files(tmp_path / "ordered", {"2.sql": "GRANT SELECT ON author TO late;",
                                                "1.sql": "CREATE ROLE late;", "notes.txt": "no SQL"})
    serve("--access", folder)


def test_a_folder_or_a_word(serve, tmp_path):
    """DIR,none: what an image has set, for a folder that may be mounted."""
    assert serve("--access", f"{tmp_path}/nowhere,none").get("/author").status == 200


# ---- SIGHUP

def test_a_reload_is_all_or_nothing(serve, access):
    server = serve("--access", access, "--anon-role", "anon")
    reload(server)
    (access / "2_bad.sql").write_text("GRANT SELECT ON athor TO anon;\n")
    line = reload(server, "reload failed")
    assert '2_bad.sql:1:17: there is no table or view "athor", perhaps you meant author' in line["msg"]
    assert "the queries and access files stay as they were" in line["msg"]
    (access / "2_bad.sql").write_text("GRANT SELECT ON book TO;\n")
    assert "2_bad.sql:1:24: expected the name of a role" in reload(server, "reload failed")["msg"]
    (access / "2_bad.sql").unlink()
    reload(server)


def test_a_reload_keeps_the_anonymous_role(serve, access):
    server = serve("--access", access, "--anon-role", "anon")
    (access / "1_roles.sql").write_text("CREATE ROLE member;")
    assert "anon" in reload(server, "reload failed")["msg"]


def test_a_folder_that_goes_away_opens_nothing(serve, access):
    server = serve("--access", f"{access},none", "--anon-role", "anon")
    shutil.move(access, access.with_name("away"))
    assert "access files come and go with a restart alone" in reload(server, "reload failed")["msg"]
    shutil.move(access.with_name("away"), access)
    reload(server)


def test_a_schema_that_changes_under_them(serve, tmp_path):
    """What is gone nobody has; the rest goes on."""
    make_database(tmp_path / "test.db", "CREATE TABLE a(id INTEGER PRIMARY KEY);"
                                        "CREATE TABLE b(id INTEGER PRIMARY KEY);")
    folder = write_files(tmp_path / "access", {"r.sql": "CREATE ROLE anon;\nGRANT SELECT ON a, b TO anon;"})
    server = serve("--access", folder, "--anon-role", "anon", migrations="none")
    assert server.get("/readyz").status == 200
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.execute("DROP TABLE b")
    db.close()
    deadline = time.monotonic() + 30
    while not messages(server, "the schema has changed") and time.monotonic() < deadline:
        server.get("/b")
        time.sleep(0.05)
    line = messages(server, "the schema has changed")[-1]
    assert line["level"] == "warn"
    assert 'r.sql:2:20: there is no table or view "b"' in line["msg"]
    assert server.get("/readyz").status == 200


def test_rights_that_come_and_go(serve, access):
    """Requests before and after a reload, on connections that stay open."""
    server = serve("--access", access, "--anon-role", "anon")
    kept = server.connect()

    def author():
        return [r["name"] for r in server.request("GET", "/author?order=id", connection=kept).json()]

    assert len(author()) == 4
    assert server.request("GET", "/book", connection=kept).status == 401
    (access / "2_own.sql").write_text("CREATE POLICY some ON author USING (id < 3);\nGRANT SELECT (id) ON book TO anon;\n")
    reload(server)
    assert author() == ["Ada Lovelace", "Charles Babbage"]
    assert server.request("GET", "/book?id=eq.1", connection=kept).json() == [{"id": 1}]
    (access / "2_own.sql").write_text("CREATE POLICY some ON author USING (id = 3);\nREVOKE SELECT ON author FROM anon;\n")
    reload(server)
    assert server.request("GET", "/author", connection=kept).status == 401
    (access / "2_own.sql").unlink()
    reload(server)
    assert len(author()) == 4
    kept.close()


# ---- the example

SECRET = b"0123456789abcdef0123456789abcdef"


def token(claims):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    signed = part(b'{"alg":"HS256"}') + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(SECRET, signed, hashlib.sha256).digest())).decode()


def test_the_example(serve):
    server = serve("--access", "builtin", "--anon-role", "anon", "--jwt-secret", SECRET.decode(), migrations=None)
    member = {"Authorization": "Bearer " + token({"role": "member", "sub": "7", "lists": [1]})}
    admin = {"Authorization": "Bearer " + token({"role": "admin"})}
    every = server.request("GET", "/tasks?select=id,list_id,done&order=id", headers=admin).json()
    assert {row["done"] for row in every} == {False, True} and len({row["list_id"] for row in every}) > 1
    # Whoever brings no token sees what is open, without the notes.
    assert server.get("/tasks?select=id,list_id,done&order=id").json() == [r for r in every if not r["done"]]
    assert "notes" not in server.get("/tasks?limit=1").json()[0]
    assert server.get("/tasks?select=notes").status == 401
    assert server.get("/open_tasks?select=id&order=id").json() == [{"id": r["id"]} for r in every if not r["done"]]
    assert server.post("/tasks", {"list_id": 1, "title": "x"}).status == 401
    # A member works on their lists, and sees what is open of others.
    seen = server.request("GET", "/tasks?select=id,list_id,done&order=id", headers=member).json()
    assert seen == [r for r in every if r["list_id"] == 1 or not r["done"]]
    made = server.request("POST", "/tasks", {"list_id": 1, "title": "mine"}, member)
    assert made.status == 201 and made.json()["title"] == "mine"
    assert server.request("POST", "/tasks", {"list_id": 2, "title": "not mine"}, member).status == 403
    other = next(r for r in every if r["list_id"] != 1 and not r["done"])
    assert server.request("PATCH", f"/tasks?id=eq.{other['id']}", {"done": True},
                          {**member, "Prefer": "return=representation"}).json() == []
    assert server.request("GET", f"/tasks/{other['id']}?select=done", headers=admin).json() == {"done": False}
    assert server.request("DELETE", f"/tasks/{made.json()['id']}", headers=member).status == 204
    assert server.request("DELETE", "/lists/1", headers=member).status == 403
    # The queries: one for everybody, one that writes for members.
    assert server.get("/rpc/list_summary").status == 200
    assert server.post("/rpc/finish_list", {"list_id": 1}).status in (401, 404)
    done = server.request("POST", "/rpc/finish_list", {"list_id": other["list_id"]}, member)
    assert server.request("GET", f"/tasks/{other['id']}?select=done", headers=admin).json() == {"done": False}, done


def test_the_example_is_what_the_folder_holds(serve):
    server = serve("--access", ROOT / "access", "--anon-role", "anon", migrations=None)
    assert server.get("/tasks?select=notes").status == 401


# ---- migrate --dry-run

def dry_run(tmp_path, schema, access):
    return run("migrate", "--dry-run", "--db", tmp_path / "d.db", "--migrations", schema, "--queries", "none",
               "--access", access, cwd=tmp_path)


def test_the_difference_of_rights(tmp_path):
    access = write_files(tmp_path / "a", {"a.sql": """
        CREATE ROLE reader; CREATE ROLE writer; CREATE ROLE boss BYPASSRLS;
        GRANT SELECT, DELETE ON old, changed TO reader;
        GRANT SELECT (id, due), INSERT (due DEFAULT 1), UPDATE ON changed TO writer;
        GRANT ALL ON quiet, kept TO boss;
        GRANT SELECT ON loud, held, seen TO PUBLIC;
        CREATE POLICY p ON held USING (id = 1);"""})
    schema = write_files(tmp_path / "m", {"1_a.sql": """
        CREATE TABLE old(id INTEGER PRIMARY KEY);
        CREATE TABLE changed(id INTEGER PRIMARY KEY, gone TEXT);
        CREATE TABLE kept(id INTEGER PRIMARY KEY);"""})
    assert run("migrate", "--db", tmp_path / "d.db", "--migrations", schema, cwd=tmp_path)[0] == 0
    (schema / "2_b.sql").write_text("""
        ALTER TABLE changed ADD COLUMN due TEXT; ALTER TABLE changed DROP COLUMN gone;
        CREATE TABLE quiet(id INTEGER PRIMARY KEY); CREATE TABLE hidden(id INTEGER PRIMARY KEY);
        CREATE TABLE loud(id INTEGER PRIMARY KEY); CREATE TABLE held(id INTEGER PRIMARY KEY);
        CREATE VIEW seen AS SELECT 1 AS one;""")
    code, out, err = dry_run(tmp_path, schema, access)
    assert code == 0, err
    rights = [line for line in out.splitlines() if ": " in line]
    everybody = [f"+ {role}: SELECT ON {table}" for role in ("reader", "writer", "boss")
                 for table in ("held", "loud", "seen")]
    assert sorted(rights) == sorted(everybody + [
        "- reader: SELECT (gone) ON changed",
        "+ reader: SELECT (due) ON changed",
        "- writer: UPDATE (gone) ON changed",
        "+ writer: SELECT (due) ON changed",
        "+ writer: INSERT (due) ON changed",
        "+ writer: UPDATE (due) ON changed",
        "+ boss: SELECT ON quiet", "+ boss: INSERT ON quiet", "+ boss: UPDATE ON quiet", "+ boss: DELETE ON quiet",
        "! hidden: no role has a right to it",
        "! loud: no policy, every right is on every row"])
    # What no longer fits is said before it is too late.
    (schema / "3_c.sql").write_text("DROP TABLE old;")
    code, out, err = dry_run(tmp_path, schema, access)
    assert code == 1 and 'a.sql:3:33: there is no table or view "old"' in err
    assert "- reader: SELECT ON old\n- reader: DELETE ON old\n" in out
    # Without access files there is nothing of rights in it.
    code, out, _ = dry_run(tmp_path, schema, "none")
    assert code == 0 and "+ quiet" in out and "reader" not in out and "!" not in out


# ---- access check

def check(tmp_path, schema, text, *args):
    folder = tmp_path / "check"
    if folder.exists():
        shutil.rmtree(folder)
    write_files(folder, {"a.sql": text})
    database = tmp_path / "check.db"
    if not database.exists():
        make_database(database, schema)
    code, out, err = run("access", "check", "--db", database, "--migrations", "none", "--queries", "none",
                         "--access", folder, *args, cwd=tmp_path)
    assert err == "", err
    return code, out.splitlines()


TWO = """CREATE TABLE tasks(id INTEGER PRIMARY KEY, owner TEXT, title TEXT, done BOOLEAN);
    CREATE INDEX tasks_owner ON tasks(owner);
    CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '');
    CREATE VIEW open AS SELECT id FROM tasks WHERE NOT done;"""
OWN = "CREATE ROLE member;\nGRANT SELECT ON tasks TO member;\n" \
      "CREATE POLICY own ON tasks TO member USING (owner = claim('sub'));\n" \
      "REVOKE ALL ON notes FROM PUBLIC;\n"


def test_nothing_is_wrong(tmp_path):
    assert check(tmp_path, TWO, OWN) == (0, ["nothing is wrong"])


@pytest.mark.parametrize("text, line", [
    ("GRANT SELECT ON notes TO member;", "notes: no policy, member's rights are on every row; if that is meant: "
     'ALTER TABLE "notes" DISABLE ROW LEVEL SECURITY'),
    ("CREATE ROLE idle;", "role idle (a.sql:5): it has no right to anything"),
    ("GRANT SELECT ON open TO member;", "open: a view that shows member rows that policies hide: "
     'ALTER VIEW "open" SET (security_invoker = true), or false, if that is meant'),
    ("GRANT SELECT ON notes TO member; ALTER TABLE notes ENABLE ROW LEVEL SECURITY;",
     "member on notes: it may SELECT, and no policy gives it a row"),
    ("CREATE POLICY late ON tasks FOR DELETE TO member USING (1);",
     "policy late on tasks (a.sql:5): no role that it is for has such a right"),
    ("CREATE POLICY off ON notes USING (1); ALTER TABLE notes DISABLE ROW LEVEL SECURITY;",
     "policy off on notes (a.sql:5): the table has DISABLE ROW LEVEL SECURITY"),
])
def test_what_looks_like_a_mistake(tmp_path, text, line):
    assert check(tmp_path, TWO, OWN + text) == (1, [line])


@pytest.mark.parametrize("text", [
    "GRANT SELECT ON notes TO member; ALTER TABLE notes DISABLE ROW LEVEL SECURITY;",
    "GRANT SELECT ON open TO member; ALTER VIEW open SET (security_invoker = false);",
    "GRANT SELECT ON open TO member; ALTER VIEW open SET (security_invoker);",
    "CREATE ROLE authenticator NOINHERIT; GRANT member TO authenticator;",
    "CREATE ROLE boss BYPASSRLS; GRANT ALL ON notes TO boss;",
    "GRANT SELECT ON notes TO member; CREATE POLICY every ON notes USING (true);",
])
def test_what_is_meant_is_not_told(tmp_path, text):
    assert check(tmp_path, TWO, OWN + text) == (0, ["nothing is wrong"])


def test_a_table_that_nobody_has(tmp_path):
    text = OWN.replace("REVOKE ALL ON notes FROM PUBLIC;\n", "")
    assert check(tmp_path, TWO, text) == (1, [
        'notes: no role has a right to it; if that is meant: REVOKE ALL ON "notes" FROM PUBLIC'])


def test_policies_that_no_index_serves(tmp_path):
    code, lines = check(tmp_path, TWO, OWN.replace("owner =", "title ="))
    assert (code, lines) == (0, ["note: member on tasks: no index serves own (a.sql:3)", "nothing is wrong"])


@pytest.mark.parametrize("column, replaces", [
    ("UNIQUE ON CONFLICT REPLACE", True), ("UNIQUE", False), ("NOT NULL ON CONFLICT REPLACE DEFAULT ''", False),
    (", UNIQUE (owner, title) ON CONFLICT REPLACE", True), ("DEFAULT 'ON CONFLICT REPLACE'", False),
])
def test_keys_that_replace(tmp_path, column, replaces):
    is_key = column.startswith(",")
    schema = TWO.replace("title TEXT, done BOOLEAN", f"title TEXT, done BOOLEAN{column}" if is_key
                         else f"title TEXT {column}, done BOOLEAN")
    code, lines = check(tmp_path, schema, OWN)
    told = any(line.startswith("tasks: ON CONFLICT REPLACE of a key deletes the row") for line in lines)
    assert told == replaces and code == int(replaces), lines


def test_the_example_is_checked(tmp_path):
    """Without a database the migrations make the schema."""
    code, out, err = run("access", "check", "--db", tmp_path / "none.db", "--access", "builtin", cwd=tmp_path)
    assert code == 0 and "nothing is wrong" in out, out + err
    assert not (tmp_path / "none.db").exists()
    code, _, err = run("access", "check", "--db", tmp_path / "none.db", cwd=tmp_path)
    assert code == 2 and "there are no access files" in err
    code, _, err = run("access", "look", cwd=tmp_path)
    assert code == 2 and "access takes check, or explain" in err


# ---- access explain

@pytest.fixture
def explain(tmp_path):
    make_database(tmp_path / "e.db", """
        CREATE TABLE lists(id INTEGER PRIMARY KEY, name TEXT, team TEXT);
        CREATE TABLE tasks(id INTEGER PRIMARY KEY, list INTEGER REFERENCES lists(id), title TEXT, owner TEXT, note TEXT);
        CREATE INDEX tasks_owner ON tasks(owner);
        CREATE TABLE teams(id TEXT PRIMARY KEY, member TEXT);""")
    folder = write_files(tmp_path / "explained", {
        "1.sql": "CREATE ROLE anyone;\nCREATE ROLE member IN ROLE anyone;\nCREATE ROLE boss BYPASSRLS;\n",
        "2.sql": """GRANT SELECT ON lists, teams TO anyone;
GRANT SELECT (id, list, title), INSERT (list, title, owner DEFAULT claim('sub')), UPDATE (title), DELETE ON tasks TO member;
GRANT ALL ON ALL TABLES IN SCHEMA public TO boss;
CREATE POLICY own ON tasks TO member USING (owner = claim('sub'));
CREATE POLICY never ON tasks AS RESTRICTIVE FOR DELETE USING (note IS NULL);
CREATE POLICY team ON lists TO anyone USING (team IN (SELECT id FROM teams WHERE member = claim('sub')));
"""})

    def ask(role, request, *body, claims='{"sub": "7"}', code=0):
        done, out, err = run("access", "explain", "--db", tmp_path / "e.db", "--migrations", "none", "--queries", "none",
                             "--access", folder, "--role", role, "--claims", claims, request, *body, cwd=tmp_path)
        assert done == code, out + err
        return out if code == 0 else err
    return ask


def test_what_applies_to_a_read(explain):
    out = explain("member", "GET /tasks?select=id,lists(name)&title=eq.x")
    assert out.startswith("role member\n")
    tasks, lists, teams = (out.split(f"\n\n{name}\n")[1].split("\n\n")[0] for name in ("tasks", "lists", "teams"))
    assert [line for line in tasks.splitlines() if "CREATE VIEW" not in line] == [
        "  GRANT DELETE, SELECT (id, list, title), INSERT (list, title, owner DEFAULT claim('sub')), UPDATE (title) "
        "ON tasks TO member  -- 2.sql:2",
        "  POLICY own FOR ALL TO member USING (owner = claim('sub'))  -- 2.sql:4"]
    assert [line for line in lists.splitlines() if "CREATE VIEW" not in line] == [
        "  GRANT SELECT ON lists TO anyone  -- 2.sql:1",
        "  POLICY team FOR ALL TO anyone USING (team IN (SELECT id FROM teams WHERE member = claim('sub')))  -- 2.sql:6"]
    assert teams.splitlines() == ["  GRANT SELECT ON teams TO anyone  -- 2.sql:1", "  no policy: every row"]
    sql = out.split("\nSQL:\n")[1].split("\n\n")[0]
    assert "SELECT" in sql and "title" in sql
    plan = out.split("\nPlan:\n")[1].split("\n\n")[0]
    assert "tasks USING INDEX tasks_owner (owner=?)" in plan
    assert "CREATE VIEW" in tasks and "owner = thimble_claim('sub')" in tasks.split("CREATE VIEW")[1]


def test_what_applies_to_writes(explain):
    out = explain("member", "DELETE /tasks?id=eq.1")
    assert "POLICY never AS RESTRICTIVE FOR DELETE TO PUBLIC USING (note IS NULL)  -- 2.sql:5" in out
    assert "DELETE FROM" in out.split("\nSQL:\n")[1]
    out = explain("member", "POST /tasks", '{"title": "x"}')
    assert "INSERT INTO" in out and "never" not in out
    out = explain("boss", "PATCH /tasks?id=eq.1", '{"title": "x"}')
    assert "  the role is BYPASSRLS: every row" in out and "POLICY" not in out
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES TO boss  -- 2.sql:3" in out


def test_what_is_refused_is_told(explain):
    assert "\nrefused: 42501 permission denied for table tasks" in explain("member", "GET /tasks?select=note")
    assert "\nrefused: PGRST205 " in explain("member", "GET /nothing")
    assert "\nrefused: 42501 " in explain("anyone", "GET /tasks")
    assert "takes a request" in explain("member", "tasks", code=2)
    assert "not a JSON object" in explain("member", "GET /tasks", claims="[7", code=2)
    assert "not a JSON object" in explain("member", "GET /tasks", claims="7", code=2)
    assert "needs a role" in explain("", "GET /tasks", code=2)
    assert "nobody" in explain("nobody", "GET /tasks")

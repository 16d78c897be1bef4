"""--access: who may do what, from a folder of SQL files: read at the start and on SIGHUP, looked at by
thimble access check and explain, and compared by migrate --dry-run."""
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


# ---- the example

def test_the_example_fits_the_default_schema(serve):
    serve("--access", "builtin", "--anon-role", "anon", migrations=None)


def test_the_example_is_what_the_folder_holds(serve):
    serve("--access", ROOT / "access", "--anon-role", "anon", migrations=None)


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

"""The command line: commands, flags, environment, files, exit codes."""
import hashlib
import re
import sqlite3

import pytest

from conftest import ROOT, SCHEMA, run


def one_line(err):
    assert err.count("\n") == 1 and err.startswith("thimble: "), err
    return err


def test_version():
    code, out, err = run("version")
    assert code == 0 and err == ""
    for name in ("thimble", "libmicrohttpd", "jansson", "SQLite", "mbedtls", "argon2"):
        assert name.lower() in out.lower(), name
    assert "argon2 20190702\n" in out
    assert run("--version")[1].split()[1] == (ROOT / "VERSION").read_text().strip()


def test_help():
    code, out, _ = run("help")
    assert code == 0
    for word in ("serve", "migrate", "healthcheck", "config", "version", "--listen", "--max-rows"):
        assert word in out
    assert max(map(len, out.splitlines())) <= 100
    assert run("--help")[0] == 0
    assert run("serve", "--help")[0] == 0


@pytest.mark.parametrize("args", [
    ["--nothing"], ["serve", "--max-rows"], ["serve", "--max-rows", "abc"],
    ["serve", "--max-rows=-1"], ["frobnicate"], ["serve", "--listen", "nowhere"],
    ["serve", "--max-body", "1XB"], ["serve", "--log-level", "loud"], ["migrate", "sideways"],
    ["serve", "--access-log=perhaps"], ["serve", "extra"], ["config", "--request-timeout", "5 parsecs"]])
def test_usage_errors_exit_2(args):
    code, out, err = run(*args)
    assert code == 2 and out == "", (args, out, err)
    one_line(err)


def test_wrong_flag_is_suggested():
    assert "--max-rows" in one_line(run("serve", "--max-row", "5")[2])
    assert "migrate" in one_line(run("migrat")[2])


def setting(out, name):
    line = next(l for l in out.splitlines() if re.match(rf"\s*{name}\s", l))
    return line


def test_config_and_precedence(tmp_path):
    code, out, _ = run("config")
    assert code == 0 and "1000" in setting(out, "max-rows") and "default" in setting(out, "max-rows")
    out = run("config", env={"THIMBLE_MAX_ROWS": "55"})[1]
    assert "55" in setting(out, "max-rows") and "THIMBLE_MAX_ROWS" in setting(out, "max-rows")
    out = run("config", "--max-rows", "66", env={"THIMBLE_MAX_ROWS": "55"})[1]
    assert "66" in setting(out, "max-rows") and "flag" in setting(out, "max-rows")
    (tmp_path / "rows").write_text("77\n")
    out = run("config", "--max-rows", f"@{tmp_path}/rows")[1]
    assert "77" in setting(out, "max-rows")
    assert run("config", "--max-rows", f"@{tmp_path}/absent")[0] == 2


def test_wrong_environment():
    code, _, err = run("config", env={"THIMBLE_MAX_ROWS": "many"})
    assert code == 2 and "THIMBLE_MAX_ROWS" in one_line(err)
    code, _, err = run("config", env={"THIMBLE_MAX_ROW": "1"})
    assert code == 2 and "THIMBLE_MAX_ROWS" in one_line(err)
    assert run("config", env={"THIMBLE_PORT": "tcp://10.0.0.1:80", "THIMBLE_SERVICE_HOST": "x",
                              "THIMBLE_PORT_8080_TCP_ADDR": "y"})[0] == 0


def test_configuration_document_is_current():
    code, out, _ = run("config", "--markdown")
    assert code == 0
    assert (ROOT / "docs" / "configuration.md").read_text() == out, "run make docs"


def test_migrate_up_and_status(tmp_path):
    db = tmp_path / "m.db"
    flags = ["--db", db, "--migrations", SCHEMA]
    code, out, _ = run("migrate", "status", *flags)
    assert code == 0 and out.count("pending") == 3
    assert not sqlite3.connect(db).execute(
        "SELECT 1 FROM sqlite_schema WHERE name = 'thimble_migrations'").fetchone()
    code, out, _ = run("migrate", "up", *flags)
    assert code == 0 and "0001_library" in out and "0002_rows" in out
    row = sqlite3.connect(db).execute(
        "SELECT version, name, sha256 FROM thimble_migrations WHERE version = 1").fetchone()
    digest = hashlib.sha256((SCHEMA / "0001_library.sql").read_bytes()).hexdigest()
    assert row == (1, "library", digest)
    code, out, _ = run("migrate", "status", *flags)
    assert code == 0 and "pending" not in out
    assert run("migrate", *flags)[0] == 0


def test_migrate_dry_run(tmp_path):
    db = tmp_path / "m.db"
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER PRIMARY KEY, gone TEXT);")
    assert run("migrate", "up", "--db", db, "--migrations", migrations)[0] == 0
    before = db.read_bytes()
    (migrations / "0002_b.sql").write_text(
        "CREATE TABLE b (id INTEGER PRIMARY KEY); ALTER TABLE a ADD COLUMN come TEXT;"
        "ALTER TABLE a DROP COLUMN gone;")
    code, out, err = run("migrate", "--dry-run", "--db", db, "--migrations", migrations)
    assert code == 0, err
    lines = [line.strip() for line in out.splitlines()]
    assert any(line.startswith("+ b") for line in lines), out
    assert any(line.startswith("+ a.come") for line in lines), out
    assert any(line.startswith("- a.gone") for line in lines), out
    assert db.read_bytes() == before


def test_a_look_at_migrations_leaves_nothing(tmp_path):
    """Neither makes a database, nor turns one that is there into one with a write-ahead log."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER PRIMARY KEY);")
    flags = ["--db", tmp_path / "d" / "x.db", "--migrations", tmp_path / "m"]
    (tmp_path / "d").mkdir()
    assert run("migrate", "--dry-run", *flags)[:2] == (0, "+ a\n+ a.id INTEGER\n")
    code, out, _ = run("migrate", "status", *flags)
    assert code == 0 and "0001_a.sql" in out and "pending" in out
    assert list((tmp_path / "d").iterdir()) == []
    with sqlite3.connect(tmp_path / "d" / "x.db") as db:
        db.execute("CREATE TABLE b (id INTEGER PRIMARY KEY)")
    before = (tmp_path / "d" / "x.db").read_bytes()
    assert run("migrate", "--dry-run", *flags)[:2] == (0, "+ a\n+ a.id INTEGER\n")
    assert "pending" in run("migrate", "status", *flags)[1]
    assert (tmp_path / "d" / "x.db").read_bytes() == before
    assert [file.name for file in (tmp_path / "d").iterdir()] == ["x.db"]


@pytest.fixture
def migrated(tmp_path):
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER PRIMARY KEY);")
    (migrations / "0003_c.sql").write_text("CREATE TABLE c (id INTEGER PRIMARY KEY);")
    db = tmp_path / "m.db"
    flags = ["--db", db, "--migrations", migrations]
    assert run("migrate", "up", *flags)[0] == 0
    return migrations, db, flags


def test_changed_migration_is_refused(migrated):
    migrations, _, flags = migrated
    old = hashlib.sha256((migrations / "0001_a.sql").read_bytes()).hexdigest()
    (migrations / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT);")
    new = hashlib.sha256((migrations / "0001_a.sql").read_bytes()).hexdigest()
    for command in ("migrate", "serve"):
        code, _, err = run(command, *flags, *(["--listen", "127.0.0.1:0"] if command == "serve" else []))
        assert code == 1 and "0001_a" in one_line(err) and old in err and new in err


def test_missing_migration_is_refused(migrated):
    migrations, _, flags = migrated
    (migrations / "0001_a.sql").unlink()
    code, _, err = run("migrate", "up", *flags)
    assert code == 1 and "1" in err and "a" in err
    one_line(err)


def test_migration_out_of_order_is_refused(migrated):
    migrations, _, flags = migrated
    (migrations / "0002_b.sql").write_text("CREATE TABLE b (id INTEGER PRIMARY KEY);")
    code, _, err = run("migrate", "up", *flags)
    assert code == 1 and "0002_b" in one_line(err)


def test_failing_migration_rolls_back_whole(migrated):
    migrations, db, flags = migrated
    (migrations / "0004_d.sql").write_text(
        "-- a comment\nCREATE TABLE d (id INTEGER PRIMARY KEY);\n\nCREATE TABEL e (id);\n")
    code, _, err = run("migrate", "up", *flags)
    assert code == 1 and "0004_d.sql:4" in one_line(err) and "syntax error" in err
    names = [r[0] for r in sqlite3.connect(db).execute("SELECT name FROM sqlite_schema")]
    assert "d" not in names


def test_migration_must_not_end_its_transaction(migrated):
    migrations, db, flags = migrated
    (migrations / "0004_d.sql").write_text("CREATE TABLE d (id INTEGER PRIMARY KEY);\nCOMMIT;\n")
    code, _, err = run("migrate", "up", *flags)
    assert code == 1 and "0004_d.sql" in one_line(err)


def test_migration_that_breaks_a_foreign_key(migrated):
    migrations, db, flags = migrated
    (migrations / "0004_d.sql").write_text(
        "CREATE TABLE d (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));"
        "INSERT INTO d (a) VALUES (99);")
    code, _, err = run("migrate", "up", *flags)
    assert code == 1 and "d" in one_line(err)


def test_table_rebuild_keeps_children(migrated):
    """The twelve steps of sqlite.org/lang_altertable.html, with rows that refer to the table."""
    migrations, db, flags = migrated
    (migrations / "0004_d.sql").write_text(
        "CREATE TABLE d (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE CASCADE);"
        "INSERT INTO a (id) VALUES (1); INSERT INTO d (a) VALUES (1);")
    (migrations / "0005_rebuild.sql").write_text(
        "CREATE TABLE new_a (id INTEGER PRIMARY KEY, v TEXT);"
        "INSERT INTO new_a (id) SELECT id FROM a; DROP TABLE a; ALTER TABLE new_a RENAME TO a;")
    assert run("migrate", "up", *flags)[0] == 0
    assert sqlite3.connect(db).execute("SELECT count(*) FROM d").fetchone() == (1,)


@pytest.mark.parametrize("name", ["1_a.txt.sql", "abc.sql", "0001-a.sql", "0001_.sql"])
def test_migration_files_of_another_name(tmp_path, name):
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / name).write_text("SELECT 1;")
    code, _, err = run("migrate", "up", "--db", tmp_path / "m.db", "--migrations", migrations)
    assert code == 1 and name in one_line(err)


def test_two_migrations_of_one_version(tmp_path):
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_a.sql").write_text("SELECT 1;")
    (migrations / "01_b.sql").write_text("SELECT 1;")
    code, _, err = run("migrate", "up", "--db", tmp_path / "m.db", "--migrations", migrations)
    assert code == 1
    one_line(err)


def test_absent_migrations_directory(tmp_path):
    code, _, err = run("migrate", "up", "--db", tmp_path / "m.db", "--migrations", tmp_path / "no")
    assert code == 1 and "no" in one_line(err)


@pytest.fixture
def folders(tmp_path):
    """Where the image looks, DIR,builtin: a function that starts a server there."""
    migrations, queries = tmp_path / "migrations", tmp_path / "queries"

    def flags(word="builtin"):
        return ["--migrations", f"{migrations},{word}", "--queries", f"{queries},{word}"]

    return migrations, queries, flags


def test_a_folder_that_is_not_there_leaves_the_word(serve, folders):
    _, _, flags = folders
    server = serve(*flags(), migrations=None)
    assert server.get("/lists").status == 200 and server.get("/rpc/list_summary").status == 200
    bare = serve(*flags("none"), migrations=None)  # the same database, as it is
    assert bare.get("/lists").status == 200 and bare.get("/rpc/list_summary").status == 404


def test_a_folder_that_is_there_is_served(serve, folders):
    migrations, queries, flags = folders
    migrations.mkdir()
    (migrations / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER PRIMARY KEY);")
    server = serve(*flags(), migrations=None)
    assert server.get("/a").status == 200 and server.get("/lists").status == 404
    assert server.get("/rpc/list_summary").status == 404  # the binary's queries go with its tables
    assert server.get("/readyz").status == 200
    queries.mkdir()
    (queries / "two.sql").write_text("SELECT 2 AS two")
    assert serve(*flags(), migrations=None, db="two.db").get("/rpc/two").json() == [{"two": 2}]


def test_a_folder_that_is_there_and_empty_is_a_mistake(tmp_path, folders):
    migrations, _, flags = folders
    migrations.mkdir()
    code, _, err = run("migrate", "status", "--db", tmp_path / "m.db", *flags()[:2])
    assert code == 1 and f"{migrations} holds no" in one_line(err)
    code, _, err = run("migrate", "status", "--db", tmp_path / "m.db",
                       "--migrations", f"{migrations},both")
    assert code == 1 and f"{migrations},both" in one_line(err)


def test_healthcheck(server):
    code, _, _ = run("healthcheck", "--listen", f"127.0.0.1:{server.port}")
    assert code == 0
    server.stop()
    code, _, err = run("healthcheck", "--listen", f"127.0.0.1:{server.port}")
    assert code == 1
    one_line(err)


def test_healthcheck_has_a_timeout():
    import socket
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, _, err = run("healthcheck", "--listen", f"127.0.0.1:{silent.getsockname()[1]}", timeout=15)
    assert code == 1
    one_line(err)

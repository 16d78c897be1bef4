"""Migration files as other tools write them: the way up is run, the way down never is."""
import sqlite3

import pytest

from conftest import run

UP = "CREATE TABLE kept (id INTEGER PRIMARY KEY);\n"
DOWN = "DROP TABLE kept;\n"
TRIGGER = ("CREATE TRIGGER t AFTER INSERT ON kept BEGIN\n"
           "  SELECT 1;\nEND;\n")


def migrate(tmp_path, files, *words):
    folder = tmp_path / "migrations"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return run("migrate", *words, "--db", tmp_path / "a.db", "--migrations", folder)


def tables(tmp_path):
    db = sqlite3.connect(tmp_path / "a.db")
    return {name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def refused(tmp_path, files):
    """The one line; nothing was applied."""
    code, out, err = migrate(tmp_path, files)
    assert (code, out) == (1, ""), err
    assert err.count("\n") == 1
    assert not (tmp_path / "a.db").exists() or "kept" not in tables(tmp_path)
    return err


BOTH_WAYS = {
    "goose": f"-- +goose Up\n{UP}-- +goose Down\n{DOWN}",
    "goose with statements": f"-- comment\n\n-- +goose Up\n{UP}-- +goose StatementBegin\n{TRIGGER}"
                             f"-- +goose StatementEnd\n\n-- +goose Down\n{DOWN}",
    "goose without blanks": f"--+goose up\r\n{UP}--   +goose   down  \r\n{DOWN}",
    "goose, down first": f"-- +goose Down\n{DOWN}-- +goose Up\n{UP}",
    "sql-migrate": f"-- +migrate Up\n{UP}-- +migrate StatementBegin\n{TRIGGER}"
                   f"-- +migrate StatementEnd\n-- +migrate Down notransaction\n{DOWN}",
    "sql-migrate, twice": f"-- +migrate Up\n{UP}-- +migrate Down\n{DOWN}"
                          "-- +migrate Up\nCREATE TABLE more (id);\n-- +migrate Down\nDROP TABLE more;",
    "dbmate": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}",
    "dbmate with options": f"-- migrate:up transaction:true\n{UP}-- migrate:down transaction:false\n{DOWN}",
    "node-pg-migrate": f"-- Up Migration\n{UP}\n-- Down Migration\n{DOWN}",
    "tern": f"{UP}\n---- create above / drop below ----\n{DOWN}",
    "rambler": f"-- rambler up\n{UP}\n-- rambler down\n{DOWN}",
    "MyBatis": f"-- // first\n{UP}\n-- //@UNDO\n{DOWN}",
    "a mark that is none": f"{UP}-- migrate: the lists, and goose down\n-- roll up migration\n",
}


@pytest.mark.parametrize("text", BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_a_file_with_both_ways(tmp_path, text):
    code, out, err = migrate(tmp_path, {"0001_kept.sql": text})
    assert code == 0, err
    assert {"kept", "thimble_migrations"} <= tables(tmp_path)
    assert migrate(tmp_path, {})[1] == "0 applied, 1 in all\n"  # and it is as it was
    (tmp_path / "migrations" / "0001_kept.sql").write_text(text + "-- changed\n")
    code, out, err = migrate(tmp_path, {})
    assert code == 1 and "was changed after it was applied" in err


PAIRS = {
    "golang-migrate, sqlx": ("1_kept.up.sql", "1_kept.down.sql"),
    "Flyway": ("V1__kept.sql", "U1__kept.sql"),
    "named": ("0001_kept_up.sql", "0001_kept_down.sql"),
    "named with dashes": ("20240131120000_kept-up.sql", "20240131120000_kept-down.sql"),
}


@pytest.mark.parametrize("names", PAIRS.values(), ids=PAIRS.keys())
def test_a_pair_of_files(tmp_path, names):
    code, out, err = migrate(tmp_path, {names[0]: UP, names[1]: DOWN,
                                        names[0].replace("1", "3", 1): "CREATE TABLE b (x);",
                                        names[1].replace("1", "3", 1): "DROP TABLE b;"})
    assert code == 0, err
    assert {"kept", "b"} <= tables(tmp_path)
    code, out, err = migrate(tmp_path, {}, "status")
    assert out.count("applied") == 2 and "down" not in out and "U1" not in out


def test_the_numbers_of_other_tools(tmp_path):
    code, out, err = migrate(tmp_path, {"0000_kept.sql": UP + "--> statement-breakpoint\n",
                                        "0001_b.sql": "CREATE TABLE b (x);"})
    assert code == 0, err
    assert [line.split()[1] for line in out.splitlines()[:2]] == ["0000_kept.sql", "0001_b.sql"]


@pytest.mark.parametrize("name", ["1_kept.down.sql", "U1__kept.sql"])
def test_a_way_down_alone_is_refused(tmp_path, name):
    assert "is never run" in refused(tmp_path, {name: UP, "2_b.sql": UP})


REFUSED = {
    "goose, no transaction": (f"-- +goose NO TRANSACTION\n-- +goose Up\n{UP}", ":1:", "NO TRANSACTION"),
    "goose, environment": (f"-- +goose Up\n-- +goose ENVSUB ON\n{UP}", ":2:", "ENVSUB"),
    "goose, misspelt": (f"-- +goose Upp\n{UP}", ":1:", "goose"),
    "sql-migrate": (f"-- +migrate Up notransaction\n{UP}", ":1:", "sql-migrate"),
    "dbmate": (f"-- migrate:up transaction:false\n{UP}", ":1:", "dbmate"),
    "Liquibase": (f"--liquibase formatted sql\n--changeset a:1\n{UP}", ":1:", "Liquibase"),
    "goose, only down": (f"-- +goose Down\n{DOWN}", "goose", "no way up"),
    "before the mark": (f"{UP}-- +goose Down\n{DOWN}", "goose", "before the first mark"),
    "two tools": (f"-- +goose Up\n{UP}-- migrate:down\n{DOWN}", ":3:", "goose and of dbmate"),
    "BEGIN": (f"-- first\nBEGIN TRANSACTION;\n{UP}COMMIT;", ":2:", "take BEGIN"),
    "begin in small": (f"begin immediate;\n{UP}", ":1:", "take BEGIN"),
    "COMMIT": (f"{UP}COMMIT;", ":2:", "take COMMIT"),
    "END": (f"{UP}END;", ":2:", "take END"),
    "ROLLBACK": (f"{UP}ROLLBACK;", ":2:", "take ROLLBACK"),
    "ROLLBACK TO": (f"{UP}ROLLBACK TO a;", ":2:", "take ROLLBACK"),
    "a dump": (f"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n{UP}COMMIT;", ":2:", "take BEGIN"),
    "journal_mode": (f"PRAGMA journal_mode=WAL;\n{UP}", ":1:", "PRAGMA journal_mode"),
    "schema.journal_mode": (f"PRAGMA main.journal_mode(WAL);\n{UP}", ":1:", "PRAGMA journal_mode"),
    "writable_schema": (f"{UP}PRAGMA writable_schema=ON;", ":2:", "PRAGMA writable_schema"),
    "encoding": (f"PRAGMA encoding='UTF-16';\n{UP}", ":1:", "PRAGMA encoding"),
    "ATTACH": (f"{UP}ATTACH 'b.db' AS b;", ":2:", "take ATTACH"),
    "DETACH": (f"{UP}DETACH b;", ":2:", "take DETACH"),
    "VACUUM": (f"{UP}VACUUM;", ":2:", "VACUUM cannot be in a transaction"),
    "a command of the shell": (f".read other.sql\n{UP}", ":1:", "command of a shell"),
    "psql": (f"\\connect x\n{UP}", ":1:", "command of a shell"),
}


@pytest.mark.parametrize("text,where,words", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_says_what_to_do(tmp_path, text, where, words):
    err = refused(tmp_path, {"0001_kept.sql": text})
    assert "0001_kept.sql" in err and where in err and words in err


@pytest.mark.parametrize("text", [
    f"PRAGMA foreign_keys=OFF;\n{UP}PRAGMA foreign_keys=ON;",
    f"PRAGMA defer_foreign_keys = true;\n{UP}PRAGMA foreign_key_check;",
    f"PRAGMA user_version = 7;\n{UP}PRAGMA main.user_version;",
])
def test_pragmas_that_may_be_there(tmp_path, text):
    code, out, err = migrate(tmp_path, {"0001_kept.sql": text})
    assert code == 0, err
    assert "kept" in tables(tmp_path)


@pytest.mark.parametrize("name,words", [
    ("R__views.sql", "repeatable"), ("V1.2__a.sql", "one whole number"), ("V1_2__a.sql", "one whole number"),
    ("0001-a.sql", "is called NNNN_name.sql"), ("up.sql", "is called NNNN_name.sql"),
])
def test_names_that_are_refused(tmp_path, name, words):
    err = refused(tmp_path, {name: UP})
    assert name in err and words in err


def test_lines_are_those_of_the_file(tmp_path):
    err = refused(tmp_path, {"0001_kept.sql": "-- +goose Down\nDROP TABLE kept;\n-- +goose Up\n"
                                              "CREATE TABLE kept (id);\nCREATE TABEL b (id);\n"})
    assert "0001_kept.sql:5:" in err


def test_a_dry_run_goes_the_same_way(tmp_path):
    code, out, err = migrate(tmp_path, {"0001_kept.sql": BOTH_WAYS["goose"]}, "--dry-run")
    assert code == 0 and out.startswith("+ kept\n")

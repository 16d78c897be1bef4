"""thimble check: what is wrong with a database, of which table, and what to do."""
import hashlib
import sqlite3

import pytest

from conftest import run

SCHEMA = """CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE tasks (id INTEGER PRIMARY KEY, list_id INTEGER REFERENCES lists(id), title TEXT, size INT);
CREATE INDEX tasks_title ON tasks(title);
CREATE TABLE "odd ""name" (a TEXT PRIMARY KEY, list TEXT REFERENCES lists(name)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text);
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.db"
    db = sqlite3.connect(path)
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO lists VALUES (?, ?)", [(i, f"list {i}") for i in range(1, 6)])
    db.executemany("INSERT INTO tasks VALUES (?, ?, ?, ?)",
                   [(i, i % 5 + 1, f"title {i}", i) for i in range(1, 501)])
    db.execute("INSERT INTO words VALUES ('one two')")
    db.commit()
    db.close()
    return path


def change(path, *statements):
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


def check(path, migrations="none"):
    """(exit code, lines of stdout, stderr); the file is as it was."""
    before = hashlib.sha256(path.read_bytes()).digest()
    code, out, err = run("check", "--db", path, "--migrations", migrations)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    return code, out.splitlines(), err


def page_of(path, name):
    db = sqlite3.connect(path)
    page, = db.execute("SELECT rootpage FROM sqlite_schema WHERE name=?", (name,)).fetchone()
    size, = db.execute("PRAGMA page_size").fetchone()
    db.close()
    return (page - 1) * size, size


def spoil(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def test_a_sound_database(path):
    assert check(path) == (0, [f"{path} is sound"], "")


def test_an_index_that_has_not_all_rows(path):
    change(path, "PRAGMA writable_schema=ON", "CREATE TABLE keep AS SELECT * FROM sqlite_schema WHERE name='tasks_title'",
           "DELETE FROM sqlite_schema WHERE name='tasks_title'")
    change(path, "INSERT INTO tasks(id, title) VALUES (1000, 'not in the index')")
    change(path, "PRAGMA writable_schema=ON", "INSERT INTO sqlite_schema SELECT * FROM keep", "PRAGMA schema_version=77")
    change(path, "DROP TABLE keep")
    code, out, err = check(path)
    assert code == 1
    assert "tasks: row 501 missing from index tasks_title" in out, out
    assert all(line.startswith("tasks: ") for line in out), out
    assert "is damaged" in err and "thimble restore" in err, err


def test_a_page_that_makes_no_sense(path):
    at, size = page_of(path, "tasks")
    spoil(path, at + 12, b"\xff" * (size - 12))
    code, out, err = check(path)
    assert code == 1 and "thimble restore" in err
    assert any(line.startswith("tasks: ") for line in out), out
    assert not any(line.startswith(("lists: ", "words: ")) for line in out), out


def test_pages_that_are_nobodys(path):
    change(path, "CREATE TABLE gone (x)", "INSERT INTO gone VALUES (zeroblob(40000))", "DROP TABLE gone")
    spoil(path, 36, (3).to_bytes(4, "big"))  # the number of free pages: fileformat2.html §1.3.9
    code, out, err = check(path)
    assert code == 1 and "is damaged" in err
    assert any(line.startswith("the file: ") for line in out), out


def test_rows_that_their_schema_would_not_take(path):
    change(path, "UPDATE tasks SET title = NULL WHERE id = 7", "PRAGMA writable_schema=ON",
           "UPDATE sqlite_schema SET sql=replace(sql, 'title TEXT', 'title TEXT NOT NULL') WHERE name='tasks'",
           "PRAGMA schema_version=78")
    code, out, err = check(path)
    assert (code, out) == (1, ["tasks: NULL value in tasks.title"]), out
    assert "is sound, but has rows" in err and "restore" not in err


def test_foreign_keys_that_lead_nowhere(path):
    change(path, "UPDATE tasks SET list_id = 99 WHERE id <= 13",
           "INSERT INTO \"odd \"\"name\" VALUES ('a', 'no such list')")
    code, out, err = check(path)
    assert code == 1 and "is sound, but has rows" in err
    assert 'odd "name: a row has no row in lists' in out
    assert "tasks: the row with rowid 1 has no row in lists" in out
    assert "tasks: 3 more like it" in out
    assert len(out) == 1 + 10 + 1


def test_a_function_that_is_not_here(path):
    db = sqlite3.connect(path)
    db.create_function("theirs", 1, lambda x: x, deterministic=True)
    db.execute("CREATE INDEX tasks_theirs ON tasks(theirs(title))")
    db.commit()
    db.close()
    code, out, err = check(path)
    assert (code, err) == (0, "")
    assert any(line.startswith("tasks: ") and "theirs" in line and line.endswith("so it was not looked at")
               for line in out), out
    assert out[-1] == f"{path} is sound, as far as it was looked at"


def test_the_schema_against_the_migrations(path, tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "0001_more.sql").write_text("CREATE TABLE more (id INTEGER PRIMARY KEY);")
    code, out, err = check(path, folder)
    assert code == 1 and "not that of the migrations" in err
    assert out == ["migrations: 0 of 1 migrations are applied"], out
    assert run("migrate", "--db", path, "--migrations", folder)[0] == 0
    assert check(path, folder)[0] == 0


def test_while_it_is_served(serve):
    server = serve()
    code, out, err = run("check", "--db", server.db, "--migrations", "none")
    assert (code, err) == (0, ""), out


def test_what_is_no_database(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(b"this is a text, and not a database" * 100)
    code, out, err = check(path)
    assert code == 1 and not out
    assert "a.db" in err and err.count("\n") == 1
    code, out, err = run("check", "--db", tmp_path / "none.db")
    assert code == 1 and "none.db" in err and not (tmp_path / "none.db").exists()

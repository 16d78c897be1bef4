"""A database whose text is UTF-16 answers as one in UTF-8 does (sqlite.org/pragma.html#pragma_encoding)."""
import json
import sqlite3

import pytest

from conftest import ROOT, run

ENCODINGS = ["UTF-8", "UTF-16le", "UTF-16be"]
TEXTS = ["", "plain", "Grüße", "日本語", "🚲 bell", 'quo"te\\', "line\nbreak", "a" * 5000]


def empty(path, encoding):
    db = sqlite3.connect(path)
    db.executescript(f"PRAGMA encoding='{encoding}'; CREATE TABLE made (x); DROP TABLE made;")
    db.close()


def encoding_of(path):
    return sqlite3.connect(path).execute("PRAGMA encoding").fetchone()[0]


@pytest.fixture(params=ENCODINGS)
def encoding(request):
    return request.param


@pytest.fixture
def utf(serve, tmp_path, encoding):
    empty(tmp_path / "test.db", encoding)
    return serve(migrations=ROOT / "migrations")


def test_migrations_are_known_again(tmp_path, encoding):
    path = tmp_path / "x.db"
    empty(path, encoding)
    for expected in ("", ""):
        code, _, err = run("migrate", "--db", path)
        assert code == 0 and err == expected, err
    assert encoding_of(path) == encoding
    code, out, err = run("migrate", "status", "--db", path)
    assert code == 0 and "changed since" not in out and out.count("applied") == 2, out + err
    (tmp_path / "m").mkdir()
    for file in (ROOT / "migrations").glob("*.sql"):
        (tmp_path / "m" / file.name).write_text(file.read_text())
    (tmp_path / "m" / "0003_more.sql").write_text("CREATE TABLE more (ä TEXT);")
    code, out, err = run("migrate", "--dry-run", "--db", path, "--migrations", tmp_path / "m")
    assert code == 0 and "more.ä TEXT" in out, out + err


def test_what_is_written_is_read(utf, encoding):
    for n, text in enumerate(TEXTS):
        made = utf.post("/tasks", {"list_id": 1, "title": f"n{n}", "notes": text, "meta": {"t": text}})
        assert made.status == 201, made
        assert utf.get(made.headers["Location"]).json()["notes"] == text
        assert utf.get(made.headers["Location"]).json()["meta"] == {"t": text}
    stored = sqlite3.connect(utf.db).execute("SELECT notes FROM tasks WHERE id > 4 ORDER BY id").fetchall()
    assert [row[0] for row in stored] == TEXTS
    assert encoding_of(utf.db) == encoding


def test_filters_orders_and_related(utf):
    utf.post("/tags", [{"name": "grün"}, {"name": "🚲"}, {"name": "Zoo"}])
    # SQLite compares the bytes that are stored: its own order is the right one
    expected = sqlite3.connect(utf.db).execute("SELECT name FROM tags ORDER BY name").fetchall()
    assert [t["name"] for t in utf.get("/tags?order=name").json()] == [row[0] for row in expected]
    assert utf.get("/tags?name=eq.🚲&select=name".replace("🚲", "%F0%9F%9A%B2")).json() == [{"name": "🚲"}]
    assert utf.get("/tags?name=like.gr*&select=name").json() == [{"name": "grün"}]
    assert utf.get("/tags?name=match.^gr.n$&select=name").json() == [{"name": "grün"}]
    assert utf.get("/tags?name=in.(soon,quick)&order=id&select=id").json() == [{"id": 1}, {"id": 2}]
    assert utf.get("/tasks?title=fts.report&select=id").json() == [{"id": 3}]
    assert utf.get("/tasks?meta->pages=eq.2&select=id,meta->parts->>0").json() == [{"id": 3, "parts": None}]
    assert utf.get("/lists?select=name,tasks(title,tags(name))&id=eq.2&tasks.order=id").json() == [
        {"name": "Work", "tasks": [{"title": "Write the report", "tags": [{"name": "soon"}]},
                                   {"title": "Book a room", "tags": [{"name": "quick"}]}]}]
    assert utf.get("/tasks?select=id&order=title&limit=2&cursor=").json() == [{"id": 4}, {"id": 2}]
    link = utf.get("/tasks?select=id&order=title&limit=2&cursor=").headers["Link"].split(">")[0][1:]
    assert utf.get(link).json() == [{"id": 1}, {"id": 3}]
    assert utf.get("/tags?select=name&order=id&limit=1", Accept="text/csv").body.split() == [b"name", b"soon"]


def test_writes(utf):
    assert utf.patch("/tags/1", {"name": "größer"}).json() == {"id": 1, "name": "größer"}
    reply = utf.post("/tags", {"name": "größer"})
    assert (reply.status, reply.json()["code"]) == (409, "23505")
    reply = utf.request("POST", "/tags?on_conflict=name", [{"name": "größer"}, {"name": "neu"}],
                        {"Prefer": "resolution=ignore-duplicates,return=representation"})
    assert [t["name"] for t in reply.json()] == ["neu"]
    assert utf.put("/tags/9", {"name": "ñ"}).status == 201
    assert utf.delete("/tags?name=eq.%C3%B1").status == 204
    assert utf.post("/lists", {"name": "x", "color": "ö"}).json()["code"] == "23514"


def test_backup_and_restore(utf, tmp_path, encoding):
    utf.post("/tags", {"name": "grün"})
    code, _, err = run("backup", tmp_path / "copy.db", "--db", utf.db)
    assert code == 0 and "damaged" not in err, err
    assert encoding_of(tmp_path / "copy.db") == encoding
    for target in ("new.db", "old.db"):
        empty(tmp_path / "old.db", "UTF-8")
        code, _, err = run("restore", tmp_path / "copy.db", "--db", tmp_path / target, "--force")
        assert code == 0, err
        made = sqlite3.connect(tmp_path / target)
        assert made.execute("SELECT name FROM tags WHERE id = 3").fetchone() == ("grün",)
        made.close()


def test_import_and_export(utf, tmp_path):
    (tmp_path / "in.csv").write_text("id,name\n20,größe\n21,🚲\n")
    code, _, err = run("import", "tags", tmp_path / "in.csv", "--db", utf.db)
    assert code == 0, err
    code, out, err = run("export", "tags", tmp_path / "out.ndjson", "--db", utf.db)
    assert code == 0, err
    text = (tmp_path / "out.ndjson").read_text() if (tmp_path / "out.ndjson").exists() else out
    assert "größe" in text and "🚲" in text
    assert json.loads(text.splitlines()[-1])["name"] == "🚲"

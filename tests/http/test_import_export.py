"""thimble import and thimble export: what goes in, what comes out, what does not fit."""
import csv
import json
import os
import pty
import random
import re
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import BIN, ROOT, SCHEMA, clean_env, run
from test_readme import session

ASAN = b"__asan_init" in BIN.read_bytes()
FORMATS = ["csv", "ndjson"]


def one_line(err):
    assert err.count("\n") == 1 and err.startswith("thimble: "), err
    return err


@pytest.fixture
def db(tmp_path):
    """The test schema with its rows, not served."""
    code, _, err = run("migrate", "--db", tmp_path / "test.db", "--migrations", SCHEMA)
    assert code == 0, err
    return tmp_path / "test.db"


def query(db, sql, *args):
    with sqlite3.connect(db) as connection:
        rows = connection.execute(sql, args).fetchall()
    connection.close()
    return rows


def bring(db, table, data, *flags, name="in.csv"):
    """Imports bytes or text: (exit code, stdout, stderr)."""
    path = db.parent / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return run("import", table, path, "--db", db, *flags)


def rejects(db, table, data, name="in.csv", code=0, flags=()):
    path = db.parent / "rejects.ndjson"
    done = bring(db, table, data, "--rejects", path, *flags, name=name)
    assert done[0] == code, done
    return [json.loads(line) for line in path.read_text().splitlines()]


# ---- what goes out comes in

VALUES = [
    {"id": 1, "i": 2**63 - 1, "r": 0.1, "n": 1.25, "b": 1, "j": '{"a":[1,2,{"b":null}]}',
     "x": bytes(range(256)), "t": "", "u": 5, "d": "2026-01-01 00:00:00"},
    {"id": 2, "i": -2**63, "r": 1.7976931348623157e308, "n": 2**62, "b": 0, "j": '"text"', "x": b"",
     "t": "NULL", "u": "text", "d": ""},
    {"id": 3},
    {"id": 4, "i": 2**53 + 1, "r": -5e-324, "n": -0.5, "j": "[]", "x": b"\0", "u": "",
     "t": 'line\nanother\r\nand "quotes", commas\ttabs'},
    {"id": 5, "r": 3.0, "t": "\0 \x01 \x7f \u00fc \u20ac \U0001f600 \ufeff \u2028", "u": 1.5},
    {"id": 6, "r": 1 / 3, "t": " spaces ", "j": "true"},
    {"id": -7, "r": -0.0, "t": '"', "j": "1"},
    {"id": 8, "t": "\r"}, {"id": 9, "t": "\n"}, {"id": 10, "t": ","}, {"id": 11, "t": "\\N"},
]


def fill_kinds(db):
    with sqlite3.connect(db) as connection:
        for row in VALUES:
            connection.execute(f"INSERT INTO kinds ({','.join(row)}) VALUES ({','.join('?' * len(row))})",
                               list(row.values()))
    connection.close()
    # SQLite's own binary JSON, which an older library does not know.
    lines = "".join('{"id":%d,"jb":{"k":[1,2.5,"\u00fc"]}}\n' % i for i in (1, 2))
    assert bring(db, "kinds", lines, "--on-conflict", "merge", name="jb.ndjson")[0] == 0


@pytest.mark.parametrize("ending", FORMATS)
def test_every_kind_of_value_comes_back(db, tmp_path, ending):
    fill_kinds(db)
    look = ("SELECT id, i, typeof(i), r, typeof(r), n, typeof(n), b, j, jb, typeof(jb), x, typeof(x), "
            "t, length(t), u, typeof(u), d, g FROM kinds ORDER BY id")
    before = query(db, look)
    assert run("export", "kinds", tmp_path / f"k.{ending}", "--db", db)[0] == 0
    query(db, "DELETE FROM kinds")
    code, out, err = run("import", "kinds", tmp_path / f"k.{ending}", "--db", db)
    assert (code, err) == (0, "") and out.startswith(f"{len(VALUES)} rows imported, "), (out, err)
    assert query(db, look) == before


@pytest.mark.parametrize("ending", FORMATS)
def test_every_table_comes_back(db, tmp_path, ending):
    tables = ["author", "book", "review", "pair", "code", "keyless", "odd name", "strictly", "note",
              "counter"]
    query(db, "INSERT INTO keyless VALUES (NULL), (''), ('NULL')")
    before = {t: query(db, f'SELECT * FROM "{t}"') for t in tables}
    for table in tables:
        assert run("export", table, tmp_path / f"{table}.{ending}", "--db", db)[0] == 0
    for table in reversed(tables):
        query(db, f'DELETE FROM "{table}"')
    for table in tables:
        code, _, err = run("import", table, tmp_path / f"{table}.{ending}", "--db", db)
        assert code == 0, err
    assert {t: query(db, f'SELECT * FROM "{t}"') for t in tables} == before


@pytest.mark.parametrize("ending", FORMATS)
def test_chinook_comes_back(tmp_path, chinook_sql, ending):
    full, empty = tmp_path / "full.db", tmp_path / "empty.db"
    for path in full, empty:
        connection = sqlite3.connect(path)
        connection.executescript(chinook_sql)
        connection.close()
    tables = ["Artist", "Album", "Genre", "MediaType", "Employee", "Customer", "Invoice", "Track",
              "InvoiceLine", "Playlist", "PlaylistTrack"]
    for table in reversed(tables):
        query(empty, f"DELETE FROM {table}")
    for table in tables:
        assert run("export", table, tmp_path / f"t.{ending}", "--db", full)[0] == 0
        code, out, err = run("import", table, tmp_path / f"t.{ending}", "--db", empty)
        assert code == 0, err
        assert query(empty, f"SELECT * FROM {table}") == query(full, f"SELECT * FROM {table}"), table


def test_csv_as_python_writes_it(db, tmp_path):
    """Fields with quotes and line ends, records over many reads of the file."""
    rng = random.Random(5)
    alphabet = ['"', ",", "\n", "\r", "\r\n", "a", "\u00fc", "\U0001f600", " ", '""', "NULL"]
    texts = ["".join(rng.choices(alphabet, k=rng.choice([0, 1, 2, 3, 8, 200, 30000]))) for _ in range(400)]
    for ends in "\n", "\r\n", "\r":
        query(db, 'DELETE FROM "odd name"')
        with open(tmp_path / "p.csv", "w", newline="", encoding="utf-8-sig") as file:
            out = csv.writer(file, lineterminator=ends, quoting=csv.QUOTE_NONNUMERIC)
            out.writerow(["the key", 'sel"ect'])
            out.writerows([i, text] for i, text in enumerate(texts))
        code, _, err = run("import", "odd name", tmp_path / "p.csv", "--db", db)
        assert code == 0, err
        assert query(db, 'SELECT "the key", "sel""ect" FROM "odd name" ORDER BY 1') == list(enumerate(texts))


def test_export_is_csv_to_others(db, tmp_path):
    fill_kinds(db)
    assert run("export", "kinds", tmp_path / "k.csv", "select=id,t&t=not.is.null&order=id", "--db", db)[0] == 0
    with open(tmp_path / "k.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(line.replace("\0", "<NUL>") for line in file))
    assert rows[0] == ["id", "t"]
    assert rows[1:] == [[str(i), t.replace("\0", "<NUL>")] for i, t in query(
        db, "SELECT id, t FROM kinds WHERE t IS NOT NULL ORDER BY id")]


def test_json_of_many_lines_is_one_line(db):
    query(db, "INSERT INTO kinds (id, j) VALUES (1, ?)", '{\n  "a": [1,\r\n 2]\n}\n')
    out = run("export", "kinds", "--db", db)[1]
    assert out.count("\n") == 1 and json.loads(out)["j"] == {"a": [1, 2]}


def test_export_of_a_query(db):
    code, out, err = run("export", "book", "-", "in_print=is.true&select=title,author(name)&order=id.desc&limit=2",
                         "--db", db)
    assert code == 0, err
    assert [json.loads(line) for line in out.splitlines()] == [
        {"title": "A-0 Manual", "author": {"name": "Grace Hopper"}},
        {"title": "Passages from the Life", "author": {"name": "Charles Babbage"}}]
    out = run("export", "in_print", "--format", "csv", "--db", db)[1]
    assert out == "id,title,price\n1,Notes,9.5\n3,Passages from the Life,\n4,A-0 Manual,0.1\n"
    code, out, err = run("export", "book", "-", "titel=eq.x", "--db", db)
    assert code == 1 and out == "" and "title" in one_line(err)


def test_export_has_no_page_limit(db):
    query(db, "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
              "INSERT INTO counter SELECT i, i FROM n")
    assert run("export", "counter", "--db", db)[1].count("\n") == 3000


# ---- what does not fit

def test_rejects_name_line_and_reason(db):
    data = ("id,author_id,title,price,in_print,meta\n"
            "10,1,Good,1.5,t,\n"
            "eleven,1,Type,1,t,\n"
            "12,1,,1,t,\n"
            '13,1,"",1,t,\n'
            "14,99,Parent,1,t,\n"
            "10,1,Twice,1,t,\n"
            "15,1,Ragged\n"
            "16,1,Ragged,1,t,,\n"
            '17,1,"Two\nlines",cheap,t,\n'
            "18,1,Json,1,t,{\n"
            '19,1,"junk"x,1,t,\n'
            "20,1,Good too,,false,\"[1]\"\n"
            '21,1,"Not closed,1,t,\n')
    found = rejects(db, "book", data)
    assert [(r["line"], r["code"], r["column"]) for r in found] == [
        (3, "22P02", "id"), (4, "23502", "title"), (5, "23514", None), (6, "23503", "author_id"),
        (7, "23505", "id"), (8, "PGRST102", None), (9, "PGRST102", None), (10, "22P02", "price"),
        (12, "22P02", "meta"), (13, "PGRST102", None), (15, "PGRST102", None)]
    assert found[0]["row"] == "eleven,1,Type,1,t," and found[7]["row"] == '17,1,"Two\nlines",cheap,t,'
    assert "integer" in found[0]["reason"] and "book_author_id_fkey" in found[3]["reason"]
    assert "3 fields" in found[5]["reason"] and "7 fields" in found[6]["reason"]
    assert query(db, "SELECT id, title FROM book WHERE id > 9") == [(10, "Good"), (20, "Good too")]


def test_rejects_of_ndjson(db):
    lines = [b'{"id":10,"stars":5}', b"", b'{"id":11,"stars":6}', b'{"id":12,"star":5}', b"[1]", b"{", b"7",
             b'{"id":13,"stars":"5"}', b'{"id":14,"stars":5,"id":15}', b'{"stars":"\\ud800"}',
             b'{"stars":"\xff"}', b'{"id":16,"stars":9223372036854775808}', b'{"stars":' + b"[" * 70,
             b'{"id":17,"stars":5,"book_id":null}\r', b'{"stars":4}', b"{}"]
    found = rejects(db, "review", b"\n".join(lines), name="in.ndjson")
    assert [r["line"] for r in found] == [3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16], found
    assert found[1]["code"] == "PGRST204" and found[1]["column"] == "star"
    assert found[7]["row"] == '{"stars":"\ufffd"}' and "UTF-8" in found[7]["reason"]
    assert [r[0] for r in query(db, "SELECT id FROM review ORDER BY id")] == [10, 13, 17, 18]


def test_text_that_is_not_utf8(db):
    found = rejects(db, "code", b"code,label\na,\xff\nb,\xed\xa0\x80\nc,ok\nd,nul\0nul\n")
    assert [r["line"] for r in found] == [2, 3] and all("UTF-8" in r["reason"] for r in found)
    assert query(db, "SELECT code, length(CAST(label AS BLOB)) FROM code WHERE code IN ('c', 'd')") == [
        ("c", 2), ("d", 7)]


@pytest.mark.parametrize("ending", FORMATS)
def test_lines_too_long(db, ending):
    long = "x" * 200_000
    data = (f'code,label\na,{long}\nb,"{long}\n{long}"\nc,fits\n' if ending == "csv" else
            f'\n{{"code":"a","label":"{long}"}}\n{{"code":"b","label":"{long}{long}"}}\n\n{{"code":"c","label":"fits"}}\n')
    found = rejects(db, "code", data, name=f"in.{ending}", flags=["--max-body", "1KiB"])
    assert [(r["line"], r["code"], r["row"]) for r in found] == [(2, "TH413", None), (3, "TH413", None)]
    assert all("--max-body" in r["reason"] for r in found)
    assert query(db, "SELECT label FROM code WHERE code = 'c'") == [("fits",)]


def test_first_bad_row_stops(db):
    rows = [f"{i},{i}" for i in range(10, 40)]
    rows[25] = "35,x"
    code, out, err = bring(db, "counter", "id,n\n" + "\n".join(rows), "--batch-max", "10")
    assert code == 1 and out == ""
    assert "line 27: " in one_line(err) and "the 20 rows up to line 21 are imported" in err
    assert query(db, "SELECT max(id), count(*) FROM counter WHERE id > 9") == [(29, 20)]


def test_atomic_is_all_or_nothing(db):
    rows = [f"{i},{i}" for i in range(10, 2000)]
    assert bring(db, "counter", "id,n\n" + "\n".join(rows + ["x,1"]), "--atomic")[0] == 1
    assert query(db, "SELECT count(*) FROM counter") == [(1,)]
    assert bring(db, "counter", "id,n\n" + "\n".join(rows), "--atomic")[0] == 0
    assert query(db, "SELECT count(*) FROM counter") == [(1991,)]


def test_max_rejects(db):
    data = "id,n\n10,1\n" + "x,1\n" * 5
    assert len(rejects(db, "counter", data, flags=["--max-rejects", "5"])) == 5
    query(db, "DELETE FROM counter WHERE id = 10")
    assert len(rejects(db, "counter", data + "y,1\n11,1\n", code=1, flags=["--max-rejects", "5"])) == 6
    assert query(db, "SELECT id FROM counter") == [(1,)]


def test_on_conflict(db):
    data = "id,name\n1,Ada\n50,New\n"
    assert "ignore" not in bring(db, "author", data)[1]
    code, out, _ = bring(db, "author", data, "--on-conflict", "ignore")
    assert code == 0 and out.startswith("1 row imported, 1 left as they were, ")
    assert query(db, "SELECT name, born FROM author WHERE id IN (1, 50)") == [("Ada Lovelace", 1815), ("New", None)]
    assert bring(db, "author", data, "--on-conflict", "merge")[1].startswith("2 rows imported, ")
    assert query(db, "SELECT name, born FROM author WHERE id = 1") == [("Ada", 1815)]
    assert "primary key" in one_line(bring(db, "keyless", "v\na\n", "--on-conflict", "merge")[2])


def test_triggers_and_views(db):
    found = rejects(db, "note", "id,body\n10,good\n11,refuse me\n12,good too\n")
    assert [(r["line"], r["code"], r["reason"]) for r in found] == [(3, "P0001", "this note is refused")]
    assert query(db, "SELECT id FROM note WHERE id > 9") == [(10,), (12,)]
    code, _, err = bring(db, "note", "id,body\n20,good\n21,roll it all back\n", "--rejects", db.parent / "r")
    assert code == 1 and "line 3: everything is rolled back; nothing is imported" in one_line(err)
    assert query(db, "SELECT id FROM note WHERE id = 20") == []
    code, out, _ = bring(db, "shelf", "title,author\nThe Hobbit,Tolkien\n")
    assert code == 0 and out.startswith("1 row imported, ")
    assert query(db, "SELECT author FROM shelf WHERE title = 'The Hobbit'") == [("Tolkien",)]
    assert "view that takes no rows" in one_line(bring(db, "in_print", "title\nx\n")[2])


def test_deferred_foreign_key(db):
    assert bring(db, "late", "id,parent\n1,1\n")[0] == 0
    code, _, err = bring(db, "late", "id,parent\n2,1\n3,99\n4,1\n")
    assert code == 1 and "between line 1 and line 4" in one_line(err) and "deferred" in err
    assert query(db, "SELECT id FROM late") == [(1,)]


@pytest.mark.parametrize("header, word", [
    ("", "is empty"), ("1,Ada\n2,Bob\n", "line 1: Could not find the '1' column"),
    ("id,name,id\n1,Ada,2\n", 'line 1: the column "id" is there twice'), ("id,nmae\n", "line 1: Could not find"),
    ('"id\n1,Ada\n', "line 1: a quoted field"), ("id,\n1,\n", "line 1: ")])
def test_header_that_will_not_do(db, header, word):
    code, out, err = bring(db, "author", header, "--rejects", db.parent / "r")
    assert code == 1 and out == "" and word in one_line(err), err


def test_files_without_rows(db):
    assert bring(db, "author", "id,name\n")[1].startswith("0 rows imported, ")
    assert bring(db, "author", "\ufeff", name="in.jsonl")[1].startswith("0 rows imported, ")
    assert bring(db, "author", "\ufeff{\"name\":\"Mark\"}", name="in.jsonl")[1].startswith("1 row imported, ")


# ---- the command line and the machine

def test_usage(db, tmp_path):
    (tmp_path / "x").write_text("")
    for args in (["import"], ["import", "author"], ["import", "author", "x"], ["import", "author", "-"],
                 ["import", "author", "x.csv", "--on-conflict", "perhaps"], ["import", "author", "x.csv", "y"],
                 ["import", "author", "x.csv", "--max-rejects", "1"], ["import", "author", "x.csv", "--format", "xml"],
                 ["export"], ["export", "a", "b", "c", "d"]):
        code, out, err = run(*args, "--db", db, cwd=tmp_path)
        assert code == 2 and out == "", (args, out, err)
        one_line(err)


def test_what_is_not_there(db, tmp_path):
    for args, word in ((["import", "author", tmp_path / "no.csv"], "No such file"),
                       (["import", "author", tmp_path, "--format", "csv"], "folder"),
                       (["export", "autor"], "did you mean author?"),
                       (["export", "author", tmp_path / "no" / "x.csv"], "No such file"),
                       (["export", "author", tmp_path], "not a file")):
        code, out, err = run(*args, "--db", db)
        assert code == 1 and out == "" and word in one_line(err), err
    (tmp_path / "x.csv").write_text("id\n")
    assert "did you mean author?" in one_line(run("import", "autor", tmp_path / "x.csv", "--db", db)[2])
    for args in (["import", "a", tmp_path / "x.csv"], ["export", "a"]):
        code, _, err = run(*args, "--db", tmp_path / "no.db")
        assert code == 1 and "there is no database" in one_line(err)
    assert not (tmp_path / "no.db").exists()


def test_rejects_are_not_written_over_the_input(db):
    path = db.parent / "in.csv"
    code, _, err = bring(db, "author", "id,name\n1,x\n", "--rejects", path)
    assert code == 1 and "is the file that is imported" in one_line(err)
    assert path.read_text() == "id,name\n1,x\n"


def test_full_disk(db, tmp_path):
    assert "No space left" in one_line(run("import", "author", "-", "--format", "csv", "--rejects", "/dev/full",
                                           "--db", db, stdin="id,name\n1,x\n")[2])
    with open("/dev/full", "w") as full:
        done = subprocess.run([BIN, "export", "author", "--db", db], stdout=full, stderr=subprocess.PIPE,
                              text=True, env=clean_env(), timeout=60)
    assert done.returncode == 1 and "No space left" in one_line(done.stderr)
    held = sqlite3.connect(db)  # its shared memory is made, and has its size
    held.execute("SELECT count(*) FROM keyless").fetchall()
    limited = subprocess.run(["bash", "-c", f"ulimit -f 1; exec '{BIN}' export kinds '{tmp_path}/k.csv' --db '{db}'"],
                             capture_output=True, text=True, env=clean_env(), timeout=60)
    assert limited.returncode == 0, limited.stderr  # a header fits
    query(db, "INSERT INTO keyless VALUES (?)", "x" * 100_000)
    limited = subprocess.run(["bash", "-c", f"ulimit -f 1; exec '{BIN}' export keyless '{tmp_path}/v.csv' --db '{db}'"],
                             capture_output=True, text=True, env=clean_env(), timeout=60)
    assert limited.returncode == 1 and "too large" in one_line(limited.stderr)
    held.close()
    assert not (tmp_path / "v.csv").exists() and not (tmp_path / "v.csv.part").exists()


def test_closed_pipe(db):
    query(db, "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
              "INSERT INTO counter SELECT i, i FROM n")
    process = subprocess.Popen([BIN, "export", "counter", "--db", db], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=clean_env())
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(60) == 1 and "Broken pipe" in one_line(err)


def test_an_export_that_fails_leaves_the_old_file(db, tmp_path):
    path = tmp_path / "v.ndjson"
    assert run("export", "keyless", path, "--db", db)[0] == 0
    before = path.read_text()
    query(db, "INSERT INTO keyless VALUES (?)", "x" * 100_000)
    code, _, err = run("export", "keyless", path, "--db", db, "--max-answer", "1KiB")
    assert code == 1 and "--max-answer" in one_line(err)
    assert path.read_text() == before and not path.with_name("v.ndjson.part").exists()
    assert run("export", "keyless", path, "--db", db)[0] == 0
    assert path.read_text().startswith(before) and len(path.read_text()) > 100_000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written(db, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    assert "Permission denied" in one_line(run("export", "author", folder / "a.csv", "--db", db)[2])


def test_pipes(db):
    code, out, err = run("import", "author", "-", "--format", "ndjson", "--db", db, stdin='{"id":70,"name":"P"}\n')
    assert code == 0 and err == "" and out.startswith("1 row imported, ")
    piped = subprocess.run(["bash", "-c", f"'{BIN}' export code --db '{db}' | '{BIN}' import code - --format ndjson "
                            f"--on-conflict merge --db '{db}'"], capture_output=True, text=True, env=clean_env(),
                           timeout=60)
    assert piped.returncode == 0 and piped.stdout.startswith("2 rows imported, "), piped.stderr


def test_bar_on_a_terminal(db, tmp_path):
    (tmp_path / "in.csv").write_text("id,n\n" + "".join(f"{i},{i}\n" for i in range(10, 5000)))
    for args, word in ((["import", "counter", tmp_path / "in.csv"], "100 %"),
                       (["export", "counter", tmp_path / "o.csv"], "4991 rows")):
        master, slave = pty.openpty()
        done = subprocess.run([BIN, *map(str, args), "--db", str(db)], stdout=subprocess.PIPE, stderr=slave,
                              env=clean_env(), timeout=60)
        os.close(slave)
        seen = os.read(master, 65536).decode()
        os.close(master)
        assert done.returncode == 0 and word in seen and seen.endswith("\n"), seen


# ---- large, beside a server, killed

def peak_kib(*args):
    """Runs a command: (exit code, stdout, the highest resident memory that was seen)."""
    process = subprocess.Popen([str(BIN), *map(str, args)], env=clean_env(), stdout=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status") as status:
            found = re.search(r"VmHWM:\s+(\d+) kB", status.read())
        peak = max(peak, int(found.group(1)) if found else 0)
        time.sleep(0.01)
    out = process.stdout.read().decode()
    process.stdout.close()
    assert peak
    return process.returncode, out, peak


def test_what_is_in_the_table_is_told_however_long_the_rest_is(db, tmp_path):
    path = tmp_path / ("n" * 120 + ".ndjson")
    with sqlite3.connect(db) as changed:
        changed.execute("CREATE TRIGGER wordy BEFORE INSERT ON counter WHEN new.n = 99 "
                        f"BEGIN SELECT RAISE(ABORT, '{'why ' * 100}'); END")
    rows = [{"id": 10 + i, "n": i} for i in range(4)] + [{"id": 14, "n": 99}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, err = run("import", "counter", path, "--db", db, "--batch-max", "2")
    assert code == 1 and out == ""
    assert "line 5: " in err and "; the 4 rows up to line 4 are imported, none after it" in one_line(err)


def numbers(path, first, n):
    with open(path, "w") as file:
        file.write("id,n\n" if path.suffix == ".csv" else "")
        row = "%d,%d\n" if path.suffix == ".csv" else '{"id":%d,"n":%d}\n'
        file.writelines(row % (i, i * 7) for i in range(first, first + n))


@pytest.mark.parametrize("ending", FORMATS)
def test_memory_does_not_grow_with_the_file(db, tmp_path, ending):
    """A million rows take what a thousand take: an emulator's own memory is in both."""
    small, big, n = tmp_path / f"small.{ending}", tmp_path / f"big.{ending}", 50_000 if ASAN else 1_000_000
    numbers(small, 10_000_000, 1000)
    numbers(big, 10, n)
    more = 700_000 if ASAN else 8_000
    code, _, least = peak_kib("import", "counter", small, "--db", db, "--synchronous", "normal")
    assert code == 0
    code, out, peak = peak_kib("import", "counter", big, "--db", db, "--synchronous", "normal")
    assert code == 0 and out.startswith(f"{n:,} rows imported, "), out
    assert peak < least + more, f"{peak} KiB, {least} for few"
    assert query(db, "SELECT count(*), sum(n) FROM counter WHERE id BETWEEN 10 AND 9999999") == [
        (n, sum(i * 7 for i in range(10, 10 + n)))]
    few, many = tmp_path / f"few.{ending}", tmp_path / f"many.{ending}"
    code, _, least = peak_kib("export", "counter", few, "id=gte.10000000", "--db", db)
    assert code == 0
    code, out, peak = peak_kib("export", "counter", many, "id=gt.1&id=lt.10000000", "--db", db)
    assert code == 0 and peak < least + more, f"{peak} KiB, {least} for few"
    assert few.read_text() == small.read_text() and many.read_text() == big.read_text()


def test_killed_in_the_middle(db, tmp_path):
    """Through a pipe that stays open, so that it cannot be done before the signal."""
    process = subprocess.Popen([BIN, "import", "counter", "-", "--format", "csv", "--batch-max", "100", "--db", db],
                               stdin=subprocess.PIPE, env=clean_env())
    process.stdin.write(b"id,n\n" + b"".join(b"%d,%d\n" % (i, i) for i in range(10, 20_000)))
    process.stdin.flush()
    deadline = time.monotonic() + 30
    while query(db, "SELECT count(*) FROM counter")[0][0] < 500 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdin.close()
    [(count, low, high)] = query(db, "SELECT count(*), min(id), max(id) FROM counter WHERE id > 1")
    assert count >= 499 and count % 100 == 0 and (low, high) == (10, 9 + count)
    assert query(db, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("seconds", [3])
def test_beside_a_server(serve, seconds):
    """A server sees the rows come, and its own writes go between."""
    server = serve()
    done, seen = threading.Event(), []
    process = subprocess.Popen([BIN, "import", "counter", "-", "--format", "ndjson", "--db", server.db],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_env())

    def feed():
        i = 10
        while not done.is_set():
            process.stdin.write(b"".join(b'{"id":%d,"n":1}\n' % j for j in range(i, i + 1000)))
            i += 1000
        process.stdin.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        until = time.monotonic() + seconds
        written = 0
        while time.monotonic() < until:
            assert server.post("/keyless", {"v": "between"}).status == 201
            written += 1
            seen.append(server.get("/counter?select=id&order=id.desc&limit=1").json()[0]["id"])
    finally:
        done.set()
        feeder.join()
        out = process.stdout.read().decode()
        process.stdout.close()
        assert process.wait(60) == 0, out
    assert seen == sorted(seen) and len(set(seen)) > 1, seen
    assert query(server.db, "SELECT count(*) FROM keyless WHERE v = 'between'") == [(written,)]
    imported = int(out.split()[0].replace(",", ""))
    assert query(server.db, "SELECT count(*) FROM counter WHERE n = 1") == [(imported,)]


def test_export_is_of_one_instant(serve):
    """Two rows that are always equal, while a client changes both together."""
    server = serve()
    for i in range(2, 400):
        assert server.post("/counter", {"id": i, "n": 0}).status == 201
    done = threading.Event()

    def change():
        n = 0
        while not done.is_set():
            n += 1
            assert server.patch("/counter?id=gt.1", {"n": n}).status < 300

    writer = threading.Thread(target=change)
    writer.start()
    try:
        for _ in range(10):
            code, out, err = run("export", "counter", "-", "id=gt.1", "--db", server.db)
            assert code == 0, err
            assert len({json.loads(line)["n"] for line in out.splitlines()}) == 1
    finally:
        done.set()
        writer.join()


def test_documentation(tmp_path):
    """docs/import.md prints what it says, in a folder with the default schema."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "thimble").symlink_to(BIN)
    env = clean_env({"LC_ALL": "C.UTF-8", "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert run("migrate", cwd=tmp_path)[0] == 0
    pairs = list(session((ROOT / "docs" / "import.md").read_text()))
    assert len(pairs) >= 8
    for command, expected in pairs:
        done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=tmp_path, env=env, timeout=30)
        assert re.sub(r"\d+\.\d s$", "0.0 s", done.stdout, flags=re.M).strip() == expected.strip(), command

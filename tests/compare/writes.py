"""Writes by chance, and what must come of each: the reference does it in a database of its own."""
import base64
import dataclasses
import json
import sqlite3
import urllib.parse

import ask
from ask import Query
from reference import Refused, Rows, as_number, json_text, parse_json, shown
from world import INTEGERS, JSONS, REALS, TEXTS, quote

# SQLite's extended results (sqlite.org/rescode.html) as the statuses of docs/api.md: UNIQUE, PRIMARYKEY,
# ROWID, FOREIGNKEY; NOTNULL, CHECK, DATATYPE, MISMATCH.
STATUS = {2067: 409, 1555: 409, 2579: 409, 787: 409, 1299: 400, 275: 400, 3091: 400, 20: 400}


@dataclasses.dataclass
class Expected:
    status: int
    answer: object = None     # Rows, a dict, or None: no body
    location: object = None   # the row that Location leads to


@dataclasses.dataclass
class Write:
    method: str
    target: str
    headers: dict
    body: object              # text or None
    run: object               # reference -> Expected; raises Refused


class Writes:
    def __init__(self, chooser):
        self.chooser = chooser
        self.rng = chooser.rng
        self.world = chooser.world

    # ---- values of a body

    def value(self, column):
        """(as JSON, as SQLite is given it)"""
        rng, kind = self.rng, column.kind
        if not column.not_null and rng.random() < 0.1:
            return None, None
        if kind == "integer":
            n = rng.choice(INTEGERS)
            return (str(n), n) if rng.random() < 0.15 else (n, n)
        if kind == "real":
            n = rng.choice(REALS + [1, 7, -3])
            return n, n
        if kind == "numeric":
            n = rng.choice(INTEGERS[:11] + REALS)
            return n, n
        if kind == "boolean":
            n = rng.random() < 0.5
            return n, int(n)
        if kind == "json":
            v = rng.choice([v for v in JSONS if v is not None])
            return v, json_text(v)
        if kind == "blob":
            data = rng.choice([b"abc", b"\x00\x01", b"", b"q" * 20])
            return base64.b64encode(data).decode(), data
        if kind == "text" or rng.random() < 0.6:
            s = rng.choice(TEXTS)
            return s, s
        n = rng.choice(INTEGERS + [r for r in REALS if r % 1])  # 1.0 and 1 are one number to JSON
        return n, n

    @staticmethod
    def has_room(reference, table):
        """After the largest rowid SQLite picks one by chance (sqlite.org/autoinc.html)."""
        largest = reference.db.execute(f"SELECT max(rowid) FROM {quote(table.name)}").fetchone()[0]
        return largest is None or largest < 2**62

    def parent_values(self, reference, table, row):
        """Foreign keys mostly lead somewhere."""
        for r in table.references:
            keys = reference.db.execute(f"SELECT {', '.join(map(quote, r.parent_columns))} FROM {quote(r.parent)}").fetchall()
            if not all(c in row for c in r.columns):
                continue
            keys = [k for k in keys if all(self.has_spelling(table.column(c), v) for c, v in zip(r.columns, k))]
            if keys and self.rng.random() < 0.8:
                for c, v in zip(r.columns, self.rng.choice(keys)):
                    row[c] = self.pair(table.column(c), v)
            elif not any(table.column(c).not_null or c in table.key for c in r.columns):
                for c in r.columns:
                    row[c] = (None, None)

    @staticmethod
    def has_spelling(column, stored):
        """Can a body say it? Not what is in a column against its type."""
        if column.kind in ("integer", "boolean"):
            return isinstance(stored, (int, type(None)))
        if column.kind in ("real", "numeric"):
            return isinstance(stored, (int, float, type(None)))
        return not isinstance(stored, bytes) or column.kind == "blob"

    def pair(self, column, stored):
        """A stored value as a body says it. Bytes in a column that is not for them have no spelling."""
        s = shown(column, stored)
        if isinstance(stored, bytes) and column.kind != "blob":
            return s, s
        if column.kind == "json" and stored is not None:
            return s, json_text(s)
        if column.kind == "text" and s is not None:
            return str(s), str(s)
        return s, stored

    def fields(self, reference, table, part=1.0):
        rng = self.rng
        row = {}
        for c in table.columns:
            if c.generated:
                continue
            if c.name in table.key or rng.random() < part:
                if c.name == table.rowid_alias and rng.random() < 0.4 and self.has_room(reference, table):
                    continue
                row[c.name] = self.value(c)
                if c.name in table.key and row[c.name][1] is None:
                    row[c.name] = ("a", "a") if c.kind in ("text", "any") else (5, 5)
                if c.name == table.rowid_alias:
                    n = rng.randint(1, 70)
                    row[c.name] = (n, n)
        self.parent_values(reference, table, row)
        return row

    # ---- the request's parts

    def table(self):
        return self.rng.choice([t for t in self.world.tables if not t.view_of])

    def shown_part(self, table):
        """select= of a write."""
        return Query(table, self.chooser.items(table) if self.rng.random() < 0.3 else None)

    @staticmethod
    def body(value):
        return json_text_of(value)

    def target(self, q, more=()):
        text = ask.query_string(q, more)
        return ask.path(q.table) + ("?" + text if text else "")

    # ---- POST

    def post(self, reference):
        rng = self.rng
        table = self.table()
        columns = list(self.fields(reference, table, 0.8))
        many = rng.random() < 0.5
        rows = []
        for _ in range(rng.randint(1, 4) if many else 1):
            fields = self.fields(reference, table)
            rows.append({c: fields.get(c) or self.value(table.column(c)) for c in columns})
        if not columns:
            rows, many = [{}], False
        resolution = rng.choice(["", "", "", "merge-duplicates", "ignore-duplicates"]) if table.key and columns else ""
        conflict, more = list(table.key), []
        if resolution:
            uniques = [u for u in table.unique_sets() if all(c in columns for c in u)]
            if not uniques:
                resolution = ""
            else:
                conflict = rng.choice(uniques)
                if conflict != table.key:
                    more.append(("on_conflict", ",".join(ask.name(c) for c in conflict)))
                rows = self.apart(rows, conflict, table)
        q = self.shown_part(table)
        way = rng.choice(["representation", "representation", "representation", "minimal", "headers-only", ""])
        if resolution == "ignore-duplicates" and way == "":
            way = "minimal"
        prefer = [f"return={way}"] * bool(way) + [f"resolution={resolution}"] * bool(resolution)
        headers = {"Content-Type": "application/json"} | ({"Prefer": ", ".join(prefer)} if prefer else {})
        bodies = [{c: v[0] for c, v in row.items()} for row in rows]

        def run(ref):
            ids, made = [], 0
            for row in rows:
                one, new = self.insert(ref, table, row, resolution, conflict)
                made += new
                if one is not None:
                    ids.append(one)
            return self.posted(ref, q, ids, made, way, not many, resolution)
        return Write("POST", self.target(q, more), headers, self.body(bodies if many else bodies[0]), run)

    @staticmethod
    def apart(rows, columns, table):
        """No two rows of one body with the same key: as SQLite compares, roughly."""
        seen, out = set(), []
        for row in rows:
            key = tuple(str(row[c][1]).strip().lower() if not isinstance(row[c][1], float) else str(float(row[c][1])) for c in columns)
            key = tuple(as_key(k) for k in key)
            if key not in seen:
                seen.add(key)
                out.append(row)
        return out

    def insert(self, ref, table, row, resolution, conflict):
        """(what names the row or None, 1 if it is new)"""
        names = ", ".join(map(quote, row))
        sql = f"INSERT INTO {quote(table.name)} " + (f"({names}) VALUES ({', '.join('?' * len(row))})" if row else "DEFAULT VALUES")
        there = None
        if resolution:
            target = " AND ".join(f"{quote(c)} = ?" for c in conflict)
            values = [row[c][1] for c in conflict]
            ids = ", ".join(ref.identity(table))
            there = ref.db.execute(f"SELECT {ids} FROM {quote(table.name)} WHERE {target}", values).fetchone()
            sql += f" ON CONFLICT ({', '.join(map(quote, conflict))}) DO "
            sql += "NOTHING" if resolution == "ignore-duplicates" else \
                "UPDATE SET " + ", ".join(f"{quote(c)} = excluded.{quote(c)}" for c in row)
        cursor = ref.db.execute(sql, [v[1] for v in row.values()])
        if there is not None and resolution == "ignore-duplicates":
            return None, 0
        if there is not None and table.rowid_alias in row:
            there = (row[table.rowid_alias][1],)  # …which the upsert by another key has given it
        if not table.without_rowid:
            return (there or (cursor.lastrowid,)), int(there is None)
        target = " AND ".join(f"{quote(c)} = ?" for c in table.key)
        return ref.db.execute(f"SELECT {', '.join(map(quote, table.key))} FROM {quote(table.name)} WHERE {target}",
                              [row[c][1] for c in table.key]).fetchone(), int(there is None)

    def rows_of(self, ref, q, ids):
        rows = []
        for one in ids:
            on, values = ref.identify(q.table, "t", one)
            rows += ref.read(q, on=on, values=values).rows
        return Rows(rows, list(range(len(rows))))

    @staticmethod
    def has_path(ref, table, one):
        """A row whose key is NULL or nothing has no path."""
        where, values = ref.identify(table, "t", one)
        key = ref.db.execute(f"SELECT {', '.join(map(quote, table.key))} FROM {quote(table.name)} t WHERE {where}",
                             values).fetchone() if table.key else None
        if key is None or any(v in (None, "", b"") for v in key):
            return False
        # A path that two keys have, 7 and '7', is the first's.
        return not any(isinstance(v, str) and as_number(v) is not None for v in key)

    def posted(self, ref, q, ids, made, way, alone, resolution):
        status = 200 if resolution == "merge-duplicates" and not made else 201
        location = None
        if alone and made and way in ("headers-only", "") and self.has_path(ref, q.table, ids[0]):
            location = self.rows_of(ref, Query(q.table), ids).rows[0]
        if way == "representation":
            return Expected(status, self.rows_of(ref, q, ids))
        if way == "" and alone and ids:
            return Expected(status, self.rows_of(ref, q, ids).rows[0], location)
        return Expected(status, None, location)

    # ---- PATCH and DELETE of what matches

    def matching(self, table):
        q = Query(table, self.chooser.items(table) if self.rng.random() < 0.3 else None)
        q.filters = self.chooser.filters(table, 2) or [self.chooser.condition(table, False)]
        limited = False
        if table.key and self.rng.random() < 0.2:
            limited = True
            q.order = self.chooser.order(table, 1)
            q.order += [(k, "", "") for k in table.key if k not in [w for w, _, _ in q.order]]
            q.limit = self.rng.choice([1, 2, 3])
        return q, limited

    def found(self, ref, q):
        """What names the rows of q, in its order and limit."""
        parts, values = [], []
        for f in q.filters:
            sql, v = ref.condition(q.table, f)
            parts.append(sql)
            values += v
        order = ref.order_sql(q, "t")
        sql = f"SELECT {', '.join('t.' + i for i in ref.identity(q.table))} FROM {quote(q.table.name)} t"
        sql += f" WHERE {' AND '.join(parts)}" if parts else ""
        sql += f" ORDER BY {order}" if order else ""
        sql += f" LIMIT {q.limit}" if q.limit is not None else ""
        return ref.db.execute(sql, values).fetchall()

    @staticmethod
    def named(ref, table, ids):
        """A condition that holds for these rows alone."""
        names = ref.identity(table)
        one = "(" + " AND ".join(f"{n} IS ?" for n in names) + ")"
        return " OR ".join([one] * len(ids)) or "0", [v for i in ids for v in i]

    def patch(self, reference):
        rng = self.rng
        table = self.table()
        changed = [c for c in table.columns if not c.generated and (c.name not in table.key or (
            not table.without_rowid and c.name != table.rowid_alias and rng.random() < 0.1))]
        if not changed:
            return None
        row = {c.name: self.value(c) for c in rng.sample(changed, rng.randint(1, len(changed)))}
        self.parent_values(reference, table, row)
        q, _ = self.matching(table)
        way = rng.choice(["representation", "representation", "minimal"])
        headers = {"Content-Type": "application/json", "Prefer": f"return={way}"}

        def run(ref):
            ids = self.found(ref, q)
            where, values = self.named(ref, table, ids)
            ref.db.execute(f"UPDATE {quote(table.name)} SET " + ", ".join(f"{quote(c)} = ?" for c in row) + f" WHERE {where}",
                           [v[1] for v in row.values()] + values)
            return self.changed(ref, q, ids, way)
        return Write("PATCH", self.target(q), headers, self.body({c: v[0] for c, v in row.items()}), run)

    def changed(self, ref, q, ids, way):
        if way != "representation":
            return Expected(204)
        rows = self.rows_of(ref, Query(q.table, q.select), ids)
        rows.ranks = [0] * len(rows.rows)
        return Expected(200, rows)

    def delete(self, reference):
        table = self.table()
        q, _ = self.matching(table)
        way = self.rng.choice(["representation", "representation", "minimal"])

        def run(ref):
            ids = self.found(ref, q)
            expected = self.changed(ref, q, ids, way)
            where, values = self.named(ref, table, ids)
            ref.db.execute(f"DELETE FROM {quote(table.name)} WHERE {where}", values)
            return expected
        return Write("DELETE", self.target(q), {"Prefer": f"return={way}"}, None, run)

    # ---- a row by its path

    def one_row(self, reference):
        """(table, path, condition) of a row that is there, or nearly."""
        tables = [t for t in self.world.tables if t.key]
        if not tables:
            return None
        table = self.rng.choice(tables)
        rows = reference.db.execute(f"SELECT {', '.join(map(quote, table.key))} FROM {quote(table.name)}").fetchall()
        if not rows:
            return None
        texts = []
        for name, value in zip(table.key, self.rng.choice(rows)):
            column = table.column(name)
            if value is None or value in ("", b""):
                return None
            texts.append(self.chooser.text_of(column, value))
        path = ask.path(table) + "/" + ",".join(urllib.parse.quote(t, safe="") for t in texts)
        q = Query(table, None, [ask.Condition(k, "eq", t) for k, t in zip(table.key, texts)])
        return q, path

    def by_path(self, reference):
        rng = self.rng
        chosen = self.one_row(reference)
        if not chosen:
            return None
        q, path = chosen
        table = q.table
        method = rng.choice(["GET", "GET", "PATCH", "DELETE", "PUT"]) if not table.view_of else "GET"
        if table.view_of and not self.world.table(table.view_of).key:
            return None
        try:
            if len(reference.read(q).rows) > 1:
                return None  # 7 and '7'
        except Refused:
            return None
        if method == "GET":
            def run(ref):
                rows = ref.read(q).rows
                return Expected(200, rows[0]) if rows else Expected(404)
            return Write("GET", path, {}, None, run)
        key = reference.db.execute(f"SELECT {', '.join(map(quote, table.key))} FROM {quote(table.name)} WHERE " +
                                   " AND ".join(reference.condition(table, f)[0] for f in q.filters),
                                   [v for f in q.filters for v in reference.condition(table, f)[1]]).fetchone()
        if method == "PUT" and not all(table.column(k).kind == "text" or (table.column(k).kind == "integer" and isinstance(v, int))
                                       for k, v in zip(table.key, key or ())):
            return None  # a text that is written is not every value that it is equal to
        if method == "DELETE":
            def run(ref):
                ids = self.found(ref, q)
                where, values = self.named(ref, table, ids)
                ref.db.execute(f"DELETE FROM {quote(table.name)} WHERE {where}", values)
                return Expected(204 if ids else 404)
            return Write("DELETE", path, {}, None, run)
        columns = [c for c in table.columns if not c.generated and c.name not in table.key]
        if not columns:
            return None
        row = {c.name: self.value(c) for c in rng.sample(columns, rng.randint(1, len(columns)))}
        self.parent_values(reference, table, row)
        return self.put(q, path, row, columns) if method == "PUT" else self.merge(q, path, row)

    def put(self, q, path, row, columns):
        table = q.table

        def run(ref):
            ids = self.found(ref, q)
            if not ids:
                raise Skipped()
            sets, values = [], []
            for c in columns:
                sets.append(f"{quote(c.name)} = ?")
                values.append(row[c.name][1] if c.name in row else c.default if c.has_default else None)
            where, names = self.named(ref, table, ids)
            ref.db.execute(f"UPDATE {quote(table.name)} SET {', '.join(sets)} WHERE {where}", values + names)
            return Expected(200, self.rows_of(ref, Query(table), ids).rows[0])
        return Write("PUT", path, {"Content-Type": "application/json"}, self.body({c: v[0] for c, v in row.items()}), run)

    def merge(self, q, path, row):
        table = q.table

        def run(ref):
            ids = self.found(ref, q)
            if not ids:
                return Expected(404)
            where, names = self.named(ref, table, ids)
            sets, values = [], []
            for c, (said, given) in row.items():
                if table.column(c).kind == "json" and isinstance(said, dict):
                    old = ref.db.execute(f"SELECT {quote(c)} FROM {quote(table.name)} WHERE {where}", names).fetchone()[0]
                    given = json_text(merged(shown(table.column(c), old), parse_json(json.dumps(said))))
                sets.append(f"{quote(c)} = ?")
                values.append(given)
            ref.db.execute(f"UPDATE {quote(table.name)} SET {', '.join(sets)} WHERE {where}", values + names)
            return Expected(200, self.rows_of(ref, Query(table), ids).rows[0])
        return Write("PATCH", path, {"Content-Type": "application/json"}, self.body({c: v[0] for c, v in row.items()}), run)

    def writing(self, reference):
        kind = self.rng.choice([self.post, self.post, self.patch, self.delete, self.by_path, self.by_path])
        return kind(reference)


class Skipped(Exception):
    """Nothing is said of this one."""


def as_key(text):
    try:
        return float(text)
    except ValueError:
        return text


def merged(old, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    out = dict(old) if isinstance(old, dict) else {}
    for k, v in patch.items():
        if v is None:
            out.pop(k, None)
        else:
            out[k] = merged(out.get(k), v)
    return out


def json_text_of(value):
    return json.dumps(value, ensure_ascii=False)


def apply(reference, write):
    """The write in the reference's database: what is expected, or raises Refused; then nothing is changed."""
    reference.db.execute("BEGIN")
    reference.db.execute("PRAGMA defer_foreign_keys = ON")
    try:
        expected = write.run(reference)
        reference.db.execute("COMMIT")
        return expected
    except sqlite3.Error as e:
        undo(reference)
        status = STATUS.get(getattr(e, "sqlite_errorcode", None))
        if status is None:
            raise
        raise Refused(status) from e
    except (Refused, Skipped):
        undo(reference)
        raise


def undo(reference):
    if reference.db.in_transaction:
        reference.db.execute("ROLLBACK")

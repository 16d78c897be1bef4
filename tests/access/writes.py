"""Requests that write, by chance, and what must come of each: all of it, or nothing.

`whole` is a thimble without access files over the same rows: it does what the rules let through, by the keys that
they let through; then the two databases must hold the same.
"""
import json
import sqlite3

from reads import encode, named
from world import TEAMS, USERS, WORD, quote, rows_of

DENIED, FAILED, DONE, EITHER = "denied", "failed", "done", "either"


class Writer:
    def __init__(self, rng, world, real, whole, fields, folder, difference):
        self.rng, self.world, self.real, self.whole, self.fields, self.folder, self.difference = rng, world, real, whole, fields, folder, difference
        self.request = ""

    # ---- the rows of the reference

    def data_of_whole(self):
        db = sqlite3.connect(self.folder / "whole.db")
        data = rows_of(db, self.world)
        db.close()
        return data

    def restore(self, data):
        db = sqlite3.connect(self.folder / "whole.db", timeout=30)
        db.execute("PRAGMA foreign_keys = OFF")
        for table in self.world.bases():
            db.execute(f"DELETE FROM {quote(table.name)}")
            names = ([] if table.without_rowid else ["rowid"]) + [quote(c) for c in table.columns]
            for row in data[table.name]:
                values = ([] if table.without_rowid else [row["_row"]]) + [row[c] for c in table.columns]
                db.execute(f"INSERT INTO {quote(table.name)} ({', '.join(names)}) VALUES ({', '.join('?' * len(values))})", values)
        db.commit()
        db.close()

    # ---- bodies

    def body(self, identity, table, verb, data):
        rng = self.rng
        may = [c for c in identity.columns(table, verb) if c not in identity.presets(table) or verb == "UPDATE"]
        columns = [c for c in may if rng.random() < (0.5 if verb == "UPDATE" else 0.8) and (verb == "INSERT" or c not in table.key or rng.random() < 0.1)]
        if rng.random() < 0.12:
            columns.append(rng.choice(table.columns))
        columns = list(dict.fromkeys(columns))
        return {c: self.value(table, c, data) for c in columns}

    def value(self, table, column, data):
        rng = self.rng
        for own, parent, theirs in table.references:
            if column in own:
                there = [row[theirs[0]] for row in data[parent]]
                return rng.choice(there) if there and (column in table.key or rng.random() < 0.9) else None
        if column in table.key:
            there = [row[column] for row in data[table.name]]
            if table.name == "members":
                return rng.choice(TEAMS if column == "team" else USERS)
            if table.types[column] == "INTEGER":
                return rng.choice(there) if there and rng.random() < 0.25 else rng.randint(100, 999)
            return rng.choice(there) if there and rng.random() < 0.25 else f"n{rng.randint(100, 999)}"
        return {"owner": self.owner, "team": lambda: rng.choice(TEAMS), "open": lambda: rng.random() < 0.6, "n": lambda: rng.randint(0, 6),
                "price": lambda: rng.choice([0.5, 2.0]), "title": lambda: f"written {rng.randint(0, 99)} red", "secret": lambda: "written"}[column]()

    def met(self, identity, table, there):
        """A row that an upsert meets: often one that is hidden, or that may not be changed."""
        usable = {row["_row"] for row in identity.usable(table, "UPDATE", there)}
        others = [row for row in there if row["_row"] not in usable]
        return self.rng.choice(others if others and self.rng.random() < 0.5 else there)

    def owner(self):
        """Often who asks: else few rows are theirs to write."""
        return self.claims.get("sub", "u1") if self.rng.random() < 0.5 else self.rng.choice(USERS)

    def filter(self, identity, table, data):
        """(column, its text in a URL, a test) by a readable column, mostly the key's."""
        rng = self.rng
        readable = identity.columns(table, "SELECT")
        column = rng.choice(table.key + (readable or table.key)) if rng.random() < 0.95 else rng.choice(table.columns)
        there = [row[column] for row in data[table.name] if row[column] is not None]
        value = rng.choice(there) if there else 1
        if isinstance(value, (int, float)) and rng.random() < 0.5:
            return column, f"gte.{value}"
        return column, f"eq.{value}"

    # ---- one write

    def one(self, identity, data):
        rng = self.rng
        ruled = [t for t in self.world.bases() if t.name in self.world.rls and identity.columns(t, "INSERT")]
        table = rng.choice(ruled if ruled and rng.random() < 0.5 else self.world.bases())
        identity.look(data)
        self.claims = identity.claims
        kind = rng.random()
        calls = [q for q in self.world.queries if q.writes]
        if calls and kind < 0.12:
            self.call(identity, rng.choice(calls), data)
        elif kind < 0.22:
            self.put(identity, table, data)
        elif kind < 0.45:
            self.insert(identity, table, data)
        elif kind < 0.58:
            self.upsert(identity, table, data)
        elif kind < 0.83:
            self.change(identity, table, data, "UPDATE")
        else:
            self.change(identity, table, data, "DELETE")

    def returning(self):
        return self.rng.choice(["representation", "representation", "minimal"])

    def insert(self, identity, table, data):
        rng = self.rng
        bodies = [self.body(identity, table, "INSERT", data)]
        if rng.random() < 0.3:
            bodies.append({c: self.value(table, c, data) for c in bodies[0]})
        returns = self.returning()
        prefer = f"return={returns}"
        columns = set(bodies[0])
        presets = identity.presets(table)
        may = columns <= set(identity.columns(table, "INSERT")) and not columns & set(presets)
        may = may and bool(identity.columns(table, "INSERT") or presets)
        path = f"/{encode(table.name)}"
        sent = bodies[0] if len(bodies) == 1 and rng.random() < 0.7 else bodies
        ask = ("POST", path, {"Prefer": prefer}, sent)
        if not may:
            return self.settle(identity, table, data, ask, DENIED, None, returns)
        full = [{**b, **({"owner": identity.claims.get("sub")} if presets else {})} for b in bodies]
        status, _, text = self.whole.ask("POST", path, {"Prefer": "return=representation"}, full)
        if status >= 400:
            return self.settle(identity, table, data, ask, FAILED, None, returns)
        made = json.loads(text)
        self.judge(identity, table, data, ask, made, "INSERT", returns)

    def upsert(self, identity, table, data):
        rng = self.rng
        body = self.body(identity, table, "INSERT", data)
        for k in table.key:
            if k not in body and rng.random() < 0.9:
                body[k] = self.value(table, k, data)
        there = data[table.name]
        if there and rng.random() < 0.6:
            row = self.met(identity, table, there)
            body.update({k: row[k] for k in table.key})
        if not all(k in body for k in table.key):
            return
        merge = rng.random() < 0.7
        returns = self.returning()
        prefer = f"resolution={'merge' if merge else 'ignore'}-duplicates,return={returns}"
        path = f"/{encode(table.name)}"
        ask = ("POST", path, {"Prefer": prefer}, body)
        presets = identity.presets(table)
        columns = set(body)
        inserts, updates = set(identity.columns(table, "INSERT")), set(identity.columns(table, "UPDATE"))
        may = columns <= inserts and not columns & set(presets) and set(table.key) <= set(identity.columns(table, "SELECT"))
        if merge:
            may = may and bool(updates) and columns - set(table.key) <= updates
        if not may:
            return self.settle(identity, table, data, ask, EITHER if may or merge else DENIED, None, returns)
        existing = [row for row in there if all(row[k] == body[k] for k in table.key)]
        full = {**body, **({"owner": identity.claims.get("sub")} if presets and not existing else {})}
        if existing and not merge:
            # Nothing is written, whether it sees the row or not.
            outcome = EITHER
            return self.settle(identity, table, data, ask, outcome, None, returns)
        if existing:
            # INSERT's policies are of rows that are appended (PostgreSQL, CREATE POLICY).
            if not identity.usable(table, "UPDATE", existing):
                return self.settle(identity, table, data, ask, DENIED, None, returns)
        status, _, text = self.whole.ask("POST", path, {"Prefer": f"resolution=merge-duplicates,return=representation"}, full)
        if status >= 400:
            return self.settle(identity, table, data, ask, FAILED, None, returns)
        self.judge(identity, table, data, ask, json.loads(text), "UPDATE" if existing else "INSERT", returns)

    def put(self, identity, table, data):
        """A row put whole: what the body does not say is NULL then, as far as the role may set it."""
        rng = self.rng
        body = self.body(identity, table, "INSERT", data)
        body.update({k: self.value(table, k, data) for k in table.key})
        there = data[table.name]
        if there and rng.random() < 0.7:
            row = self.met(identity, table, there)
            body.update({k: row[k] for k in table.key})
        if any(body[k] is None for k in table.key):
            return
        at = "&".join(f"{encode(named(k))}=eq.{encode(str(body[k]))}" for k in table.key)
        returns = self.returning()
        ask = ("PUT", f"/{encode(table.name)}?{at}", {"Prefer": f"return={returns}"}, body)
        presets = identity.presets(table)
        inserts, updates = set(identity.columns(table, "INSERT")), set(identity.columns(table, "UPDATE"))
        may = set(body) <= inserts and not set(body) & set(presets) and bool(updates) and set(body) - set(table.key) <= updates
        if not may or not set(table.key) <= set(identity.columns(table, "SELECT")):
            return self.settle(identity, table, data, ask, DENIED, None, returns)
        existing = [row for row in there if all(row[k] == body[k] for k in table.key)]
        if existing:
            if not identity.usable(table, "UPDATE", existing):
                return self.settle(identity, table, data, ask, DENIED, None, returns)
            full = {c: body.get(c) for c in table.columns if c in updates and c not in table.key and c not in presets}
            if not full:
                return self.settle(identity, table, data, ask, EITHER, None, returns)
            status, _, text = self.whole.ask("PATCH", f"/{encode(table.name)}?{at}", {"Prefer": "return=representation"}, full)
        else:
            full = {**body, **({"owner": identity.claims.get("sub")} if presets else {})}
            status, _, text = self.whole.ask("POST", f"/{encode(table.name)}", {"Prefer": "return=representation"}, full)
        if status >= 400:
            return self.settle(identity, table, data, ask, FAILED, None, returns)
        self.judge(identity, table, data, ask, json.loads(text), "UPDATE" if existing else "INSERT", returns)

    def call(self, identity, query, data):
        """A named query that adds 1 to n of one row."""
        rng = self.rng
        table = self.world.table(query.table)
        keys = [row["id"] for row in data[table.name]]
        key = rng.choice(keys) if keys and rng.random() < 0.9 else 999
        ask = ("POST", f"/rpc/{query.name}", {"Prefer": "return=minimal"}, {"key": key})
        existing = [row for row in data[table.name] if row["id"] == key]
        may = identity.may_call(query)
        if not query.definer:
            may = may and {"id", "n"} <= set(identity.columns(table, "SELECT")) and "n" in identity.columns(table, "UPDATE")
        if not may:
            return self.settle(identity, table, data, ask, DENIED, None, "minimal")
        if not existing:
            return self.settle(identity, table, data, ask, DONE, None, "minimal")
        if not query.definer and not identity.usable(table, "UPDATE", existing):
            return self.settle(identity, table, data, ask, DENIED, None, "minimal")
        path = f"/{encode(table.name)}?id=eq.{key}"
        _, _, text = self.whole.ask("PATCH", path, {"Prefer": "return=representation"}, {"n": (existing[0]["n"] or 0) + 1})
        if query.definer:
            return self.settle(identity, table, data, ask, DONE, None, "minimal")
        self.judge(identity, table, data, ask, json.loads(text), "UPDATE", "minimal")

    def change(self, identity, table, data, verb):
        rng = self.rng
        column, what = self.filter(identity, table, data)
        readable = identity.columns(table, "SELECT")
        path = f"/{encode(table.name)}?{encode(named(column))}={encode(what)}"
        returns = self.returning()
        body = self.body(identity, table, "UPDATE", data) if verb == "UPDATE" else None
        ask = ("PATCH" if verb == "UPDATE" else "DELETE", path, {"Prefer": f"return={returns}"}, body)
        may = column in readable and bool(identity.columns(table, verb))
        if verb == "UPDATE":
            if not body:
                return
            may = may and set(body) <= set(identity.columns(table, "UPDATE"))
        if not may:
            return self.settle(identity, table, data, ask, DENIED, None, returns)
        _, _, text = self.whole.ask("GET", path + "&limit=1000")
        found = [tuple(row[k] for k in table.key) for row in json.loads(text)]
        rows = [row for row in data[table.name] if tuple(row[k] for k in table.key) in found]
        usable = identity.usable(table, verb, rows)
        if not usable:
            return self.settle(identity, table, data, ask, DONE, [], returns)
        before = {tuple(row[k] for k in table.key): row for row in usable}
        done = []
        for key in before:
            at = "&".join(f"{encode(named(k))}=eq.{encode(str(v))}" for k, v in zip(table.key, key))
            status, _, text = self.whole.ask(ask[0], f"/{encode(table.name)}?{at}", {"Prefer": "return=representation"}, body)
            if status >= 400:
                return self.settle(identity, table, data, ask, FAILED, None, returns)
            done += json.loads(text)
        if verb == "DELETE":
            # A row that is deleted with another of them is there no more when its turn comes.
            shown = {tuple(row[k] for k in table.key): row for row in done}
            return self.settle(identity, table, data, ask, DONE, list(shown.values()) if len(shown) == len(usable) else None, returns)
        self.judge(identity, table, data, ask, done, "UPDATE", returns)

    def judge(self, identity, table, data, ask, made, verb, returns):
        """`made`: the rows as they are in `whole` now. May they be so?"""
        after = self.now()
        keys = {tuple(row[k] for k in table.key) for row in made}
        rows = [row for row in after[table.name] if tuple(row[k] for k in table.key) in keys]
        then = type(identity)(self.world, identity.role, identity.claims).look(after)
        passes = then.passes(table, verb, rows)
        readable = identity.columns(table, "SELECT")
        shows = bool(readable) and then.shows(table, rows)
        outcome = DONE
        if not passes:
            outcome = DENIED
        elif not shows and returns == "representation":
            outcome = DENIED if readable else EITHER
        elif not shows and (verb == "UPDATE" or ask[0] == "PUT" or "resolution" in ask[2]["Prefer"]):
            outcome = EITHER
        self.settle(identity, table, data, ask, outcome, made, returns)

    def now(self):
        return self.data_of_whole()

    # ---- asked, and compared

    def settle(self, identity, table, data, ask, outcome, made, returns):
        method, path, headers, body = ask
        self.request = f"{method} {path} {json.dumps(headers)} {json.dumps(body)}"
        wanted = self.now()
        status, got, text = self.real.ask(method, path, {**headers, **self.fields}, body)
        db = sqlite3.connect(self.folder / "real.db")
        after = rows_of(db, self.world)
        db.close()
        unchanged, as_wanted = after == data, after == wanted
        refused = status >= 400
        # That a key is taken is not hidden from whoever writes it.
        denied = (400, 401, 403, 404, 405) + ((409,) if "resolution" in headers["Prefer"] else ())
        good = {DENIED: refused and unchanged and status in denied,
                FAILED: refused and unchanged,
                DONE: not refused and as_wanted or (status == 404 and wanted == data and unchanged),
                EITHER: (refused and unchanged) or (not refused and (as_wanted or unchanged))}[outcome]
        problem = None
        if not good:
            what = "unchanged" if unchanged else "as the reference" if as_wanted else self.changes(data, after)
            problem = f"{self.request}\nexpected: {outcome}; answered {status} {text}\nthe database is {what}"
            if not as_wanted:
                problem += f"\nthe reference: {self.changes(data, wanted)}"
        elif outcome == DONE and not refused and returns == "representation" and made is not None and body is not None:
            problem = self.look_at_answer(identity, table, text, made)
        if after != wanted:
            self.restore(after)
        self.look_for_words(identity, data, text + json.dumps(got), str(body) + path)
        if problem:
            raise self.difference(problem)

    def look_at_answer(self, identity, table, text, made):
        rows = json.loads(text) if text else []
        rows = rows if isinstance(rows, list) else [rows]
        readable = identity.columns(table, "SELECT")
        expected = sorted(json.dumps({c: row[c] for c in readable}) for row in made)
        if sorted(json.dumps(row) for row in rows) != expected:
            return f"{self.request}\nanswered {text}\nexpected the rows {expected}"
        return None

    def look_for_words(self, identity, data, text, request):
        known = set()
        for table in self.world.bases():
            for row in identity.seen[table.name]:
                for c in identity.columns(table, "SELECT"):
                    known.update(WORD.findall(str(row[c])))
        for word in WORD.findall(text):
            if word not in known and word not in request:
                raise self.difference(f"LEAK: the word {word} in: {text}\nasked: {self.request}")

    def changes(self, before, after):
        found = []
        for name in before:
            gone = [r for r in before[name] if r not in after[name]]
            new = [r for r in after[name] if r not in before[name]]
            if gone or new:
                found.append(f"{name}: -{gone} +{new}")
        return "; ".join(found) or "unchanged"

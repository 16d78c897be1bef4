"""What a role sees and may do, worked out row by row, without thimble: PostgreSQL's rules over plain lists of rows."""
import json
import sqlite3

from world import quote

CLAIMS = [{"sub": "u1", "level": 3, "teams": [1, 2], "org": {"team": 2}}, {"sub": "u2", "level": 6, "teams": [3]}, {"sub": "u3", "org": {"team": 1}},
          {"sub": "nobody's", "level": 0, "teams": []}, {}]


def claim_of(claims):
    def claim(path):
        value = claims
        for part in path.split("."):
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]
        if isinstance(value, (dict, list)):
            return json.dumps(value, separators=(",", ":"))
        return int(value) if isinstance(value, bool) else value
    return claim


class Identity:
    """A role and its claims, over the rows of now."""

    def __init__(self, world, role, claims):
        self.world, self.role, self.claims = world, role, claims
        self.roles = {role} | ({"member"} if role == "editor" else set())

    def columns(self, table, verb):
        """Those that the role may do it with, in their order; DELETE: any."""
        found = set()
        for role in [*self.roles, "PUBLIC"]:
            found |= self.world.grants.get((role, table.name, verb), set())
        return [c for c in table.columns if c in found] if verb != "DELETE" else sorted(found)

    def presets(self, table):
        """Of columns that no other grant leaves to the role."""
        found, free = {}, self.columns(table, "INSERT")
        for role in self.roles:
            found.update({c: e for c, e in self.world.presets.get((role, table.name), {}).items() if c not in free})
        return found

    def is_ruled(self, table):
        return table.name in self.world.rls and self.role != "admin"

    def policies(self, table, verb):
        return [p for p in self.world.policies if p.table == table.name and verb in p.verbs and (not p.roles or set(p.roles) & self.roles)]

    def rule(self, table, verb, check=False):
        """The condition as SQL; None: nothing is asked."""
        if not self.is_ruled(table):
            return None
        text = (lambda p: p.check or p.using) if check else (lambda p: p.using)
        mine = [p for p in self.policies(table, verb) if text(p)]
        free = [f"({text(p)})" for p in mine if not p.restrictive]
        bound = [f"({text(p)}) IS TRUE" for p in mine if p.restrictive]
        return " AND ".join([f"({' OR '.join(free) or '0'})", *bound])

    # ---- rows

    def look(self, data):
        """`data`: {table: rows as dicts with _row}. Fills self.seen, table by table: each policy sees what was found before."""
        self.seen = {}
        self.db = db = sqlite3.connect(":memory:")
        db.create_function("claim", 1, claim_of(self.claims), deterministic=True)
        db.create_function("role", 0, lambda: self.role, deterministic=True)
        db.execute("ATTACH ':memory:' AS whole")
        for table in self.world.bases():
            self.load("whole", table, table.columns, data[table.name])
        for table in self.world.bases():
            shown = self.columns(table, "SELECT")
            rows = self.those(table, data[table.name], self.rule(table, "SELECT")) if shown else []
            self.seen[table.name] = rows
            if shown:
                self.load("main", table, shown, rows)
        return self

    def load(self, schema, table, columns, rows):
        typed = ", ".join(f"{quote(c)} {table.types[c]}" for c in columns)
        self.db.execute(f"CREATE TABLE {schema}.{quote(table.name)} (_row, {typed})")
        self.db.executemany(f"INSERT INTO {schema}.{quote(table.name)} VALUES ({', '.join('?' * (len(columns) + 1))})",
                            [[row["_row"], *(row[c] for c in columns)] for row in rows])

    def those(self, table, rows, rule):
        """Of the rows those that the condition holds for."""
        if rule is None:
            return list(rows)
        name = quote(table.name)
        # Outside of its subqueries the row is meant as it is, with all of its columns.
        self.db.execute(f"CREATE TEMP TABLE at_hand (_row, {', '.join(quote(c) + ' ' + table.types[c] for c in table.columns)})")
        self.db.executemany(f"INSERT INTO at_hand VALUES ({', '.join('?' * (len(table.columns) + 1))})",
                            [[i, *(row[c] for c in table.columns)] for i, row in enumerate(rows)])
        found = {i for i, in self.db.execute(f"SELECT _row FROM at_hand AS {name} WHERE {rule}")}
        self.db.execute("DROP TABLE at_hand")
        return [row for i, row in enumerate(rows) if i in found]

    def usable(self, table, verb, rows):
        """Of the rows those that it sees and may change or delete."""
        seen = {row["_row"] for row in self.seen[table.name]}
        return [row for row in self.those(table, [r for r in rows if r["_row"] in seen], self.rule(table, verb))]

    def passes(self, table, verb, rows):
        return len(self.those(table, rows, self.rule(table, verb, check=True))) == len(rows)

    def shows(self, table, rows):
        return len(self.those(table, rows, self.rule(table, "SELECT"))) == len(rows)

    # ---- the database that is left

    def visible(self):
        """The tables and views as the role knows them: name -> (table, columns)."""
        found = {}
        for table in self.world.tables:
            columns = self.columns(table, "SELECT")
            if columns:
                found[table.name] = (table, columns)
        return found

    def references(self, table, columns, visible):
        return [(own, parent, theirs) for own, parent, theirs in table.references
                if all(c in columns for c in own) and parent in visible and all(c in visible[parent][1] for c in theirs)]

    def works(self, view):
        """A view that asks for its caller: whether the caller may read all that it mentions."""
        base = self.world.table(view.view_of)
        mentioned = set(view.columns) | ({"n"} if view.view_where else set())
        return mentioned <= set(self.columns(base, "SELECT"))

    def build(self, path, data):
        """Writes the database of what the role sees. Returns what is in it as visible(), less what cannot be there."""
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode = WAL")
        visible = self.visible()
        for name, (table, columns) in visible.items():
            if table.view_of:
                continue
            db.execute(table.create(columns, self.references(table, columns, visible)))
            whole_key = all(k in columns for k in table.key)
            if table.fts and "title" in columns and whole_key:
                for statement in table.fts_sql():
                    db.execute(statement)
            rowid = not (table.without_rowid and whole_key)
            names = (["rowid"] if rowid else []) + columns
            for row in self.seen[name]:
                values = ([row["_row"]] if rowid else []) + [row[c] for c in columns]
                db.execute(f"INSERT INTO {quote(name)} ({', '.join(quote(n) if n != 'rowid' else n for n in names)}) VALUES ({', '.join('?' * len(names))})", values)
        self.build_views(db, visible, data)
        db.commit()
        db.close()
        return visible

    def whole_name(self, table):
        return f"zz whole {table}"

    def build_views(self, db, visible, data):
        needed = {t.view_of for t, _ in visible.values() if t.view_of and not t.invoker} | {q.table for q in self.world.queries if q.definer}
        for name in sorted(needed):
            table = self.world.table(name)
            parts = [f"{quote(c)} {table.types[c]}" for c in table.columns]
            parts += [f"FOREIGN KEY ({quote(own[0])}) REFERENCES {quote(parent)} ({quote(theirs[0])})"
                      for own, parent, theirs in self.references(table, table.columns, visible) if parent != name]
            db.execute(f"CREATE TABLE {quote(self.whole_name(name))} ({', '.join(parts)})")
            db.executemany(f"INSERT INTO {quote(self.whole_name(name))} VALUES ({', '.join('?' * len(table.columns))})",
                           [[row[c] for c in table.columns] for row in data[name]])
        for name, (view, columns) in list(visible.items()):
            if not view.view_of:
                continue
            if view.invoker and not self.works(view):
                del visible[name]
                continue
            source = view.view_of if view.invoker else self.whole_name(view.view_of)
            db.execute(f"CREATE VIEW {quote(name)} AS SELECT {', '.join(map(quote, columns))} FROM {quote(source)}{view.view_where}")

    def may_call(self, q):
        return self.role != "admin" and bool(set(q.roles) & self.roles)

    def described(self):
        """What its description of the API has: {table: columns that are there, columns that may be}."""
        found = {}
        for table in self.world.tables:
            columns = set()
            for verb in ("SELECT", "INSERT", "UPDATE"):
                columns |= set(self.columns(table, verb))
            set_by_grant = set(self.presets(table))
            if columns or set_by_grant or self.columns(table, "DELETE"):
                found[table.name] = (columns - set_by_grant, columns | set_by_grant)
        return found

    def queries(self, visible):
        """The named queries that it may call and that work for it, with their text over the database that is left."""
        found = []
        for q in self.world.queries:
            if q.writes or not self.may_call(q):
                continue
            columns = set(q.columns) | {"n"}
            if q.definer:
                found.append((q, q.text(self.whole_name(q.table)).replace("-- security definer\n", "")))
            elif q.table in visible and columns <= set(visible[q.table][1]):
                found.append((q, q.text()))
        return found

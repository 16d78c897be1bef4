"""A database by chance, with what the access files say of it: the same seed, the same text.

Every text in it is a word of its own, so that a word in an answer tells which cell it is from.
"""
import dataclasses
import re

USERS = ["u1", "u2", "u3", "u4"]
TEAMS = [1, 2, 3]
NAMES = ["lists", "tasks", "notes", "items", "Order Lines", "log-book", "people", "select", "größe"]
ROLES = ["anon", "member", "editor", "outsider", "admin"]  # admin passes by all policies, editor is a member, too
VERBS = ["SELECT", "INSERT", "UPDATE", "DELETE"]
WORD = re.compile(r"(?:title|secret)x\d{4}z")


def quote(name):
    return '"' + name.replace('"', '""') + '"'


@dataclasses.dataclass
class Table:
    name: str
    columns: list                 # names, the key's first
    types: dict
    key: list
    references: list = dataclasses.field(default_factory=list)  # (columns, parent, parent's columns)
    without_rowid: bool = False
    fts: str = ""                 # the name of its index
    view_of: str = ""             # a view's table
    view_where: str = ""
    invoker: bool = False
    computed: dict = dataclasses.field(default_factory=dict)   # a view's column that is an expression

    def sql(self):
        if self.view_of:
            items = ", ".join(f"{self.computed[c]} AS {quote(c)}" if c in self.computed else quote(c) for c in self.columns)
            return f"CREATE VIEW {quote(self.name)} AS SELECT {items} FROM {quote(self.view_of)}{self.view_where}"
        return self.create(self.columns, self.references)

    def create(self, columns, references):
        """Of these columns and references alone."""
        parts = []
        whole_key = all(k in columns for k in self.key)
        for c in columns:
            alone = whole_key and self.key == [c]
            never_null = c in self.key and not (alone and self.types[c] == "INTEGER")
            parts.append(f"{quote(c)} {self.types[c]}" + (" PRIMARY KEY" if alone else "") + (" NOT NULL" if never_null else ""))
        if whole_key and len(self.key) > 1:
            parts.append(f"PRIMARY KEY ({', '.join(map(quote, self.key))})")
        for own, parent, theirs in references:
            parts.append(f"FOREIGN KEY ({', '.join(map(quote, own))}) REFERENCES {quote(parent)} ({', '.join(map(quote, theirs))}) ON DELETE CASCADE")
        tail = " WITHOUT ROWID" if self.without_rowid and whole_key else ""
        return f"CREATE TABLE {quote(self.name)} ({', '.join(parts)}){tail}"

    def fts_sql(self):
        t, f, rid = quote(self.name), quote(self.fts), quote(self.key[0])
        add = f"INSERT INTO {f}(rowid, title) VALUES (new.{rid}, new.title);"
        remove = f"INSERT INTO {f}({f}, rowid, title) VALUES ('delete', old.{rid}, old.title);"
        return [f"CREATE VIRTUAL TABLE {f} USING fts5(title, content={t}, content_rowid={rid})",
                f"CREATE TRIGGER {quote(self.fts + ' i')} AFTER INSERT ON {t} BEGIN {add} END",
                f"CREATE TRIGGER {quote(self.fts + ' d')} AFTER DELETE ON {t} BEGIN {remove} END",
                f"CREATE TRIGGER {quote(self.fts + ' u')} AFTER UPDATE ON {t} BEGIN {remove} {add} END"]


@dataclasses.dataclass
class Policy:
    name: str
    table: str
    verbs: set
    restrictive: bool
    roles: list       # empty: everybody
    using: str
    check: str        # "": that of using

    def sql(self):
        text = f"CREATE POLICY {self.name} ON {quote(self.table)}"
        if self.restrictive:
            text += " AS RESTRICTIVE"
        if self.verbs != set(VERBS):
            text += f" FOR {next(iter(self.verbs))}"
        if self.roles:
            text += f" TO {', '.join(self.roles)}"
        if self.using:
            text += f" USING ({self.using})"
        if self.check:
            text += f" WITH CHECK ({self.check})"
        return text + ";"


@dataclasses.dataclass
class Query:
    name: str
    table: str
    columns: list
    definer: bool
    roles: list
    writes: bool = False

    def text(self, table=None):
        if self.writes:
            head = "-- security definer\n" if self.definer else ""
            return f"-- write\n{head}-- :key integer\nUPDATE {quote(self.table)} SET n = coalesce(n, 0) + 1 WHERE id = :key RETURNING id, n\n"
        head = "-- security definer\n" if self.definer else ""
        return f"{head}-- :least integer = 0\nSELECT {', '.join(map(quote, self.columns))} FROM {quote(table or self.table)} WHERE n >= :least\n"


class World:
    def __init__(self, rng):
        self.rng = rng
        self.tables, self.rows, self.policies, self.queries = [], {}, [], []
        self.grants = {}   # (role, table, verb): set of columns, DELETE's is {"*"}
        self.presets = {}  # (role, table): {column: expression}
        self.granted = []  # their text
        self.rls = set()
        self.words = 0
        self.members()
        names = rng.sample(NAMES, 5)
        for name in names[:rng.randint(2, 4)]:
            self.add(self.make_table(name))
        if rng.random() < 0.5:
            self.add(self.make_junction(names[4]))
        self.fill()
        for k in range(rng.randint(0, 2)):
            self.add(self.make_view(f"v{k}"))
        self.make_rights()
        self.make_policies()
        self.make_queries()

    def add(self, table):
        self.tables.append(table)

    def table(self, name):
        return next(t for t in self.tables if t.name == name)

    def bases(self):
        return [t for t in self.tables if not t.view_of]

    # ---- tables and rows

    def members(self):
        self.add(Table("members", ["team", "user"], {"team": "INTEGER", "user": "TEXT"}, ["team", "user"]))

    def make_table(self, name):
        rng = self.rng
        types = {"owner": "TEXT", "team": "INTEGER", "open": "BOOLEAN", "n": "INTEGER", "title": "TEXT", "secret": "TEXT", "price": "REAL"}
        shown = ["n", "title"] + [c for c in types if c not in ("n", "title") and rng.random() < 0.75]
        if rng.random() < 0.8:
            key, key_type = ["id"], "INTEGER"
        else:
            key, key_type = ["code"], "TEXT"
        table = Table(name, key + shown, {**types, key[0]: key_type}, key)
        table.without_rowid = key_type == "TEXT" and rng.random() < 0.4
        for parent in rng.sample(self.bases()[1:], min(len(self.bases()) - 1, rng.randint(0, 2))):
            if len(parent.key) == 1:
                self.refer(table, parent, f"{parent.key[0]}_of_{len(table.references)}")
        if rng.random() < 0.2:
            self.refer(table, table, "boss")
        if key_type == "INTEGER" and rng.random() < 0.3:
            table.fts = f"fts_{len(self.tables)}"
        return table

    def refer(self, table, parent, column):
        table.columns.append(column)
        table.types[column] = parent.types[parent.key[0]]
        table.references.append(([column], parent.name, list(parent.key)))

    def make_junction(self, name):
        a, b = self.rng.choice(self.bases()[1:]), self.rng.choice(self.bases()[1:])
        columns, types = ["a", "b", "n"], {"a": a.types[a.key[0]], "b": b.types[b.key[0]], "n": "INTEGER"}
        table = Table(name, columns, types, ["a", "b"], without_rowid=self.rng.random() < 0.5)
        table.references = [(["a"], a.name, list(a.key)), (["b"], b.name, list(b.key))]
        return table

    def make_view(self, name):
        rng = self.rng
        table = rng.choice(self.bases()[1:])
        columns = table.key + [c for c in table.columns if c not in table.key and rng.random() < 0.7]
        view = Table(name, columns, dict(table.types), [], view_of=table.name, invoker=rng.random() < 0.6)
        if rng.random() < 0.4:
            view.view_where = " WHERE n > 2"
        view.references = [r for r in table.references if r[0][0] in columns and (view.invoker or r[1] != table.name)]
        return view

    def word(self, column):
        self.words += 1
        return f"{column}x{self.words:04d}z"

    def value(self, table, column, keys):
        rng = self.rng
        for own, parent, _ in table.references:
            if column in own:
                there = keys[parent]
                return rng.choice(there) if there and (rng.random() < 0.85 or column in table.key) else None
        if column in table.key:
            return None
        if column not in ("n", "open", "team") and rng.random() < 0.1:
            return None
        return {"owner": lambda: rng.choice(USERS), "team": lambda: rng.choice(TEAMS), "open": lambda: rng.randint(0, 1),
                "n": lambda: rng.randint(0, 6), "price": lambda: rng.choice([0.5, 1.25, 10.0, 99.0]),
                "title": lambda: self.word("title") + rng.choice(["", " red", " blue", " red blue"]),
                "secret": lambda: self.word("secret")}[column]()

    def fill(self):
        keys = {}
        for table in self.bases():
            rows = []
            if table.name == "members":
                rows = [(t, u) for t in TEAMS for u in USERS if self.rng.random() < 0.4]
            elif len(table.key) == 2:
                seen = set()
                for _ in range(12):
                    row = tuple(self.value(table, c, keys) for c in table.columns)
                    if row[:2] not in seen and None not in row[:2]:
                        seen.add(row[:2])
                        rows.append(row)
            else:
                keys[table.name] = []
                for i in range(self.rng.randint(3, 14)):
                    key = i * 3 + 1 if table.types[table.key[0]] == "INTEGER" else f"k{i:02d}"
                    rows.append((key, *(self.value(table, c, keys) for c in table.columns[1:])))
                    keys[table.name].append(key)
            self.rows[table.name] = rows

    # ---- who may do what

    def grant(self, role, table, verb, columns):
        """`columns`: all of the table's, or some; said as a person would."""
        whole = columns is None
        t = self.table(table)
        self.grants.setdefault((role, table, verb), set()).update(["*"] if verb == "DELETE" else t.columns if whole else columns)
        part = "" if whole or verb == "DELETE" else f" ({', '.join(map(quote, columns))})"
        self.granted.append(f"GRANT {verb}{part} ON {quote(table)} TO {role};")

    def make_rights(self):
        rng = self.rng
        self.grant("PUBLIC", "members", "SELECT", None)
        anchor = self.bases()[1]  # what policies of others ask about
        self.grant("PUBLIC", anchor.name, "SELECT", [c for c in anchor.columns if c in anchor.key or c in ("owner", "team", "open", "n")])
        for table in self.tables:
            for role in ROLES[:3]:
                if rng.random() < 0.15:
                    continue
                for verb in VERBS:
                    odds = {"SELECT": 0.85, "INSERT": 0.5, "UPDATE": 0.5, "DELETE": 0.4}[verb]
                    if table.view_of and verb != "SELECT" or rng.random() > odds:
                        continue
                    columns = None
                    if rng.random() < 0.5:
                        keeps = 0.93 if verb != "UPDATE" else 0.3
                        columns = [c for c in table.columns if rng.random() < (keeps if c in table.key else 0.65)] or None
                    self.grant(role, table.name, verb, columns)
            self.grant_admin(table)
        self.revoke_views()
        for table in self.bases()[1:]:
            for role in ROLES[:2]:
                if "owner" in table.columns and rng.random() < 0.15 and (role, table.name, "INSERT") in self.grants:
                    self.preset(role, table)

    def reads(self, role, table, columns):
        found = set()
        for one in (role, "PUBLIC", *(["member"] if role == "editor" else [])):
            found |= self.grants.get((one, table, "SELECT"), set())
        return set(columns) <= found

    def revoke_views(self):
        """A view that asks for its caller is of no use to one who may not read what it shows: the start says so."""
        for view in self.tables:
            mentioned = set(view.columns) | ({"n"} if view.view_where else set())
            for role in ROLES[:3]:
                if view.view_of and view.invoker and (role, view.name, "SELECT") in self.grants and not self.reads(role, view.view_of, mentioned):
                    del self.grants[(role, view.name, "SELECT")]
                    self.granted.append(f"REVOKE SELECT ON {quote(view.name)} FROM {role};")

    def grant_admin(self, table):
        for verb in VERBS if not table.view_of else VERBS[:1]:
            self.grants[("admin", table.name, verb)] = {"*"} if verb == "DELETE" else set(table.columns)

    def preset(self, role, table):
        self.grants[(role, table.name, "INSERT")].discard("owner")
        self.granted = [g for g in self.granted if not (g.startswith("GRANT INSERT") and g.endswith(f" ON {quote(table.name)} TO {role};"))]
        columns = [quote(c) for c in table.columns if c in self.grants[(role, table.name, "INSERT")]]
        self.granted.append(f"GRANT INSERT ({', '.join(columns + ['owner DEFAULT claim(' + chr(39) + 'sub' + chr(39) + ')'])}) ON {quote(table.name)} TO {role};")
        self.presets[(role, table.name)] = {"owner": "claim('sub')"}

    def condition(self, table, depth=0):
        rng = self.rng
        made = ["n < 5", "n <> 3", "role() = 'member'", "claim('level') >= n", "1", "n IN (SELECT value FROM json_each(claim('teams')))"]
        has = set(table.columns)
        if "owner" in has:
            made += ["owner = claim('sub')"] * 4
        if "team" in has:
            made += [f"team IN (SELECT team FROM members WHERE {quote('user')} = claim('sub'))"] * 3 + \
                    [f"EXISTS (SELECT 1 FROM members AS m WHERE m.team = {quote(table.name)}.team AND m.{quote('user')} = claim('sub'))",
                     "team = claim('org.team')"]
        if "open" in has:
            made += ["open"] * 2
        anchor = self.bases()[1]
        for own, parent, theirs in table.references:
            if parent == anchor.name and table.name != anchor.name and not table.view_of:
                # One that is hidden there is hidden here.
                made += [f"{quote(own[0])} IN (SELECT {quote(theirs[0])} FROM {quote(parent)})",
                         f"EXISTS (SELECT 1 FROM {quote(parent)} AS p WHERE p.{quote(theirs[0])} = {quote(own[0])} AND p.n > 1)"] * 2
        if table.name == "members":
            made = [f"{quote('user')} = claim('sub')", "team < 3", "1"]
        text = rng.choice(made)
        if depth < 2 and rng.random() < 0.35:
            text = f"({text}) {rng.choice(['AND', 'OR'])} ({self.condition(table, depth + 1)})"
        if rng.random() < 0.08:
            text = f"NOT ({text})"
        return text

    def make_policies(self):
        rng = self.rng
        for table in self.bases():
            if rng.random() < (0.6 if table.name == "members" else 0.25):
                continue
            self.rls.add(table.name)
            for k in range(rng.randint(0 if rng.random() < 0.1 else 1, 3)):
                restrictive = rng.random() < 0.35
                verb = rng.choice(["ALL", "ALL", "SELECT", "SELECT", "INSERT", "UPDATE", "DELETE"] if not restrictive else ["ALL", "SELECT", "INSERT", "INSERT", "UPDATE", "DELETE"])
                verbs = set(VERBS) if verb == "ALL" else {verb}
                roles = rng.sample(ROLES[:3], rng.randint(1, 2)) if rng.random() < 0.4 else []
                using = "" if verb == "INSERT" else self.condition(table)
                check = self.condition(table) if verb == "INSERT" or (verb in ("ALL", "UPDATE") and rng.random() < 0.4) else ""
                self.policies.append(Policy(f"p{k}", table.name, verbs, restrictive, roles, using, check))
            if rng.random() < 0.45:  # what permissive ones let pass and this does not is what makes it matter
                self.policies.append(Policy("wide", table.name, set(VERBS), False, [], "1", ""))

    def make_queries(self):
        rng = self.rng
        for k in range(rng.randint(0, 2)):
            table = rng.choice(self.bases()[1:])
            columns = table.key + [c for c in table.columns if c not in table.key and rng.random() < 0.6]
            self.queries.append(Query(f"q{k}", table.name, columns, rng.random() < 0.4, rng.sample(ROLES[:3], rng.randint(1, 3))))
        keyed = [t for t in self.bases()[1:] if t.key == ["id"]]
        if keyed and rng.random() < 0.5:
            self.queries.append(Query("change", rng.choice(keyed).name, ["id", "n"], rng.random() < 0.3, rng.sample(ROLES[:3], rng.randint(1, 3)), True))

    def access_sql(self):
        lines = [f"CREATE ROLE {role}{' BYPASSRLS' if role == 'admin' else ''};" for role in ROLES]
        lines += ["GRANT member TO editor;", "GRANT ALL ON ALL TABLES IN SCHEMA public TO admin;"]
        lines += self.granted
        lines += [f"GRANT EXECUTE ON FUNCTION {q.name} TO {', '.join(q.roles)};" for q in self.queries]
        lines += [f"ALTER TABLE {quote(name)} ENABLE ROW LEVEL SECURITY;" for name in sorted(self.rls)]
        lines += [p.sql() for p in self.policies]
        lines += [f"ALTER VIEW {quote(t.name)} SET (security_invoker = true);" for t in self.tables if t.view_of and t.invoker]
        return "\n".join(lines) + "\n"

    def create(self, db):
        for table in self.tables:
            db.execute(table.sql())
            for statement in table.fts_sql() if table.fts else []:
                db.execute(statement)
        db.execute("PRAGMA foreign_keys = OFF")
        for name, rows in self.rows.items():
            if rows:
                db.executemany(f"INSERT INTO {quote(name)} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        db.commit()


def rows_of(db, world):
    """{table: rows as dicts with _row}, in the order of their rowids or keys."""
    found = {}
    for table in world.bases():
        place = "NULL" if table.without_rowid else "rowid"
        rows = []
        for i, row in enumerate(db.execute(f"SELECT {place}, {', '.join(map(quote, table.columns))} FROM {quote(table.name)} ORDER BY {', '.join(map(quote, table.key))}")):
            rows.append({"_row": row[0] if row[0] is not None else i + 1, **dict(zip(table.columns, row[1:]))})
        found[table.name] = rows
    return found

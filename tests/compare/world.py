"""A database by chance: tables, keys, views, triggers and rows, as SQL. The same seed, the same text."""
import dataclasses
import json
import sqlite3

# Declared types: what docs/api.md says of each, and SQLite's affinity.
TYPES = [
    ("INTEGER", "integer"), ("INT", "integer"), ("BIGINT", "integer"), ("SMALLINT", "integer"),
    ("REAL", "real"), ("DOUBLE PRECISION", "real"), ("FLOAT", "real"),
    ("NUMERIC", "numeric"), ("DECIMAL(10,2)", "numeric"),
    ("TEXT", "text"), ("VARCHAR(20)", "text"), ("NVARCHAR(160)", "text"), ("CLOB", "text"),
    ("BOOLEAN", "boolean"), ("JSON", "json"), ("BLOB", "blob"),
    ("DATE", "text"), ("TIMESTAMP", "text"), ("UUID", "other"),
    ("", "any"), ("", "any"), ("GUID", "other"), ("ENUM", "other"), ("INTEGER_OR_TEXT", "other"),
]
STRICT_TYPES = [("INTEGER", "integer"), ("INT", "integer"), ("REAL", "real"), ("TEXT", "text"),
                ("BLOB", "blob"), ("ANY", "any")]
NAMES = ["a", "b", "name", "qty", "Price", "two words", "naïve", "x_1", "flag", "data", "when", "select",
         "order", "limit", "and", "or", "a-b", "dot.dot", "select2", "k", "colon:s", "comma,s", "not", "Ünï", "q\"q"]
TABLES = ["t", "items", "Order Lines", "größe", "people", "tag", "UPPER", "log-book", "dots.here", "rpcs", "select"]

TEXTS = ["", "a", "b", "A", "abc", "Abc", "ABC", "abd", "Z", "007", "7", "07", "1", "1.0", "1.50", "10", "100", "1e2",
         "-1", "+1", "0", "-0", "00", "0.1", ".5", "5.", "0x10", "NULL", "null", "true", "false", "t", "x y", " a",
         "a ", "a,b", "a\"b", "a\\b", "a'b", "a%b", "a_b", "a*b", "(x)", "{x}", "[1]", "a.b", "a:b", "ä", "Ä", "ß", "é",
         "日本", "🙂", "line\nline", "tab\tx", "9223372036854775807", "9223372036854775808", "2024-01-31",
         "2024-01-31T10:00:00Z", "2024-01-31 10:00:00", "eq.1", "in.(1)", "not.x", "&=?#+%", "10115", "00701", "YWJj"]
INTEGERS = [0, 1, 2, 3, 7, -1, -7, 10, 100, 255, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -2**63, 10115]
REALS = [0.0, 0.5, 1.0, 1.5, -1.5, 0.1, 2.5, 100.0, 3.14159, 1e20, 1e-7, 1e15, 123456789.123, 1e300, 5e-324, -0.25, 7.0]
BLOBS = [b"", b"\x00", b"\x00\x01\xff", b"abc", b"7", b"\xf0\x9f\x99\x82", b"a" * 40]
JSONS = [{"a": 1}, {"a": "x", "b": [1, 2, 3]}, {"a": {"b": {"c": True}}}, [], [1, "2", None], {}, "text", 7, 1.5, True, None,
         {"a": None}, {"a": "007", "n": 1.25}, {"k k": 1, "a": "ä"}, [[1], [2]], {"a": [{"b": "x"}, {"b": "y"}]}]
JSON_TEXTS = ['{"dec":1.10}', '{"exp": 1e2, "b": [ 1 , 2 ]}', '{"big":12345678901234567890}', '{"long":0.1234567890123456789}']


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return {float("inf"): "9e999", float("-inf"): "-9e999"}.get(value, repr(value))


@dataclasses.dataclass
class Column:
    name: str
    type: str
    kind: str
    collate: str = ""
    not_null: bool = False
    default: object = None
    has_default: bool = False
    generated: str = ""
    unique: bool = False
    rigid: bool = False  # holds nothing but its kind
    origin: tuple = ()   # of a view: the table and column it shows


@dataclasses.dataclass
class Reference:
    columns: list
    parent: str
    parent_columns: list
    action: str = ""


@dataclasses.dataclass
class Table:
    name: str
    columns: list
    key: list = dataclasses.field(default_factory=list)
    strict: bool = False
    without_rowid: bool = False
    rowid_alias: str = ""
    references: list = dataclasses.field(default_factory=list)
    view_of: str = ""
    triggers: list = dataclasses.field(default_factory=list)
    writable: bool = True

    def column(self, name):
        return next(c for c in self.columns if c.name == name)

    def names(self):
        return [c.name for c in self.columns]

    def unique_sets(self):
        sets = [[c.name] for c in self.columns if c.unique]
        return ([self.key] if self.key else []) + sets


class World:
    """Tables in the order of their making, and the SQL of all of it."""

    def __init__(self, rng):
        self.rng = rng
        self.tables = []
        self.sql = []
        self.rows = {}
        names = rng.sample(TABLES, 5)
        for name in names[:rng.randint(2, 4)]:
            self.add(self.make_table(name))
        if rng.random() < 0.6:
            self.add_junction(names[4])
        for k in range(rng.randint(0, 2)):
            self.add_view(f"v{k}")
        for table in self.tables:
            if not table.view_of:
                self.add_extras(table)

    def table(self, name):
        return next(t for t in self.tables if t.name == name)

    def add(self, table):
        self.tables.append(table)
        self.sql.append(self.create(table))

    # ---- tables

    def make_column(self, name, strict):
        rng = self.rng
        declared, kind = rng.choice(STRICT_TYPES if strict else TYPES)
        column = Column(name, declared, kind, rigid=strict and kind != "any")
        if kind in ("text", "any", "other") and rng.random() < 0.15:
            column.collate = rng.choice(["NOCASE", "RTRIM"])
        if rng.random() < 0.15:
            column.has_default, column.default = True, self.value_for(column)
        if rng.random() < 0.12:
            column.not_null = True
            if column.default is None:
                column.has_default, column.default = True, self.plain_value(column)
        if not column.has_default and rng.random() < 0.06 and kind in ("text", "integer"):
            column.unique = True
        return column

    def make_table(self, name):
        rng = self.rng
        strict = rng.random() < 0.2
        table = Table(name, [], strict=strict)
        names = rng.sample(NAMES, rng.randint(2, 6))
        shape = rng.choice(["alias", "alias", "alias", "text", "any", "two", "three", "none", "int", "desc"])
        self.make_key(table, shape)
        for column_name in names:
            table.columns.append(self.make_column(column_name, strict))
        if table.key and shape not in ("alias", "desc") and rng.random() < 0.35:
            table.without_rowid = True
            for k in table.key:
                table.column(k).not_null = True
        if rng.random() < 0.2:
            self.make_generated(table)
        self.make_references(table)
        return table

    def make_key(self, table, shape):
        integer = ("INTEGER", "integer")
        kinds = {"alias": [integer], "desc": [integer], "int": [("INT", "integer")], "text": [("TEXT", "text")],
                 "any": [("ANY", "any") if table.strict else ("", "any")], "none": [],
                 "two": [integer, ("TEXT", "text")], "three": [("TEXT", "text"), integer, ("TEXT", "text")]}[shape]
        for n, (declared, kind) in enumerate(kinds):
            table.columns.append(Column(f"id{n or ''}", declared, kind, rigid=table.strict and kind != "any"))
            table.key.append(f"id{n or ''}")
        if shape == "alias":
            table.rowid_alias = "id"
            table.column("id").not_null = table.column("id").rigid = True
        self.desc = shape == "desc"
        table.desc = shape == "desc"

    def make_generated(self, table):
        plain = [c for c in table.columns if c.kind in ("integer", "text") and c.rigid and c.name not in table.key]
        if not plain:
            return
        of = self.rng.choice(plain)
        declared, kind, expression = self.rng.choice([
            ("TEXT", "text", f"upper({quote(of.name)})"), ("INTEGER", "integer", f"length({quote(of.name)})"),
            ("", "any", f"coalesce({quote(of.name)}, 'none')")])
        if table.strict and not declared:
            declared = "ANY"
        stored = self.rng.choice([" STORED", " VIRTUAL", ""])
        table.columns.append(Column("made", declared, kind, generated=f" GENERATED ALWAYS AS ({expression}){stored}",
                                    rigid=table.strict and kind != "any"))

    def make_references(self, table):
        rng = self.rng
        parents = [t for t in self.tables if t.key and not t.view_of]
        if parents and rng.random() < 0.8:
            self.make_reference(table, rng.choice(parents), "ref")
            if rng.random() < 0.25:
                self.make_reference(table, rng.choice(parents), "ref2_")
        if len(table.key) == 1 and rng.random() < 0.25:
            self.make_reference(table, table, "parent")

    def make_reference(self, table, parent, prefix):
        columns = []
        for n, key in enumerate(parent.key):
            of = parent.column(key)
            name = prefix if len(parent.key) == 1 else f"{prefix}{n}"
            declared = of.type
            if table.strict and not any(declared == d for d, _ in STRICT_TYPES):
                declared = "ANY"
            elif declared == "ANY" and not table.strict:
                declared = ""
            columns.append(name)
            table.columns.append(Column(name, declared, of.kind, rigid=table.strict and of.kind != "any"))
        action = self.rng.choice(["", "", " ON DELETE CASCADE", " ON DELETE SET NULL"])
        table.references.append(Reference(columns, parent.name, list(parent.key), action))
        if len(columns) == 1 and self.rng.random() < 0.12 and not table.without_rowid:
            table.column(columns[0]).unique = True

    def add_junction(self, name):
        rng = self.rng
        sides = [t for t in self.tables if len(t.key) == 1 and not t.view_of]
        if len(sides) < 2:
            return
        left, right = rng.sample(sides, 2)
        table = Table(name, [], without_rowid=rng.random() < 0.5)
        for side, prefix in (left, "left_id"), (right, "right_id"):
            of = side.column(side.key[0])
            table.columns.append(Column(prefix, "" if of.type == "ANY" else of.type, of.kind,
                                        not_null=table.without_rowid))
            table.references.append(Reference([prefix], side.name, list(side.key), rng.choice(["", " ON DELETE CASCADE"])))
        table.key = ["left_id", "right_id"]
        table.junction = True
        if rng.random() < 0.5:
            table.columns.append(self.make_column("note", False))
        self.add(table)

    def column_sql(self, table, c):
        parts = [quote(c.name), c.type]
        if table.rowid_alias == c.name:
            parts.append("PRIMARY KEY" + (" AUTOINCREMENT" if self.rng.random() < 0.2 else ""))
        elif table.key == [c.name]:
            parts.append("PRIMARY KEY" + (" DESC" if getattr(table, "desc", False) else ""))
        if c.not_null and not (table.key == [c.name] and table.rowid_alias):
            parts.append("NOT NULL")
        if c.unique:
            parts.append("UNIQUE")
        if c.collate:
            parts.append("COLLATE " + c.collate)
        if c.has_default:
            parts.append(f"DEFAULT {literal(c.default)}" if not isinstance(c.default, (int, float)) or c.default >= 0
                         else f"DEFAULT ({literal(c.default)})")
        return " ".join(p for p in parts if p) + c.generated

    def create(self, table):
        lines = [self.column_sql(table, c) for c in table.columns]
        if len(table.key) > 1:
            lines.append("PRIMARY KEY (" + ", ".join(map(quote, table.key)) + ")")
        for r in table.references:
            lines.append(f"FOREIGN KEY ({', '.join(map(quote, r.columns))}) REFERENCES {quote(r.parent)} "
                         f"({', '.join(map(quote, r.parent_columns))}){r.action}")
        ends = ["STRICT"] * table.strict + ["WITHOUT ROWID"] * table.without_rowid
        return f"CREATE TABLE {quote(table.name)} (\n  " + ",\n  ".join(lines) + "\n) " + ", ".join(ends) + ";"

    # ---- views, triggers, indexes

    def add_view(self, name):
        rng = self.rng
        of = rng.choice([t for t in self.tables if not t.view_of])
        columns, shown = [], []
        for c in rng.sample(of.columns, rng.randint(1, len(of.columns))) + [c for c in of.columns if c.name in of.key]:
            if c.name in [s.origin[1] for s in columns if s.origin]:
                continue
            alias = c.name if rng.random() < 0.7 else f"r_{len(columns)}"
            columns.append(dataclasses.replace(c, name=alias, generated="", rigid=False, origin=(of.name, c.name)))
            shown.append(f"{quote(c.name)} AS {quote(alias)}")
        for n in range(rng.randint(0, 2)):
            c = rng.choice(of.columns)
            # SQLite's releases spell a real as text in different ways.
            expression = rng.choice(["coalesce({0}, '')", "coalesce({0}, 0)", "typeof({0})"] +
                                    (["'x' || {0}", "upper({0})", "length({0})"] if c.rigid and c.kind in ("text", "integer") else []))
            columns.append(Column(f"e{n}", "", "any", collate=""))
            shown.append(expression.format(quote(c.name)) + f" AS e{n}")
        where = ""
        if rng.random() < 0.4:
            where = f" WHERE {quote(rng.choice(of.columns).name)} IS NOT NULL"
        self.tables.append(Table(name, columns, view_of=of.name, writable=False))
        self.sql.append(f"CREATE VIEW {name} AS SELECT {', '.join(shown)} FROM {quote(of.name)}{where};")

    def add_extras(self, table):
        rng = self.rng
        c = rng.choice(table.columns)
        if rng.random() < 0.4:
            down = rng.choice(["", " DESC", " COLLATE NOCASE"])
            self.sql.append(f"CREATE INDEX {quote('i ' + table.name)} ON {quote(table.name)} ({quote(c.name)}{down});")
        texts = [c for c in table.columns if c.kind == "text" and c.type not in ("DATE", "TIMESTAMP", "UUID") and not c.generated and c.name not in table.key and
                 not c.unique and not any(c.name in r.columns for r in table.references)]
        if texts and rng.random() < 0.2:
            to, t = quote(rng.choice(texts).name), quote(table.name)
            where = " AND ".join(f"{quote(k)} IS NEW.{quote(k)}" for k in table.key) if table.without_rowid else "rowid = NEW.rowid"
            event = rng.choice(["INSERT", "UPDATE"])
            self.sql.append(f"CREATE TRIGGER {quote('tr ' + table.name)} AFTER {event} ON {t} BEGIN "
                            f"UPDATE {t} SET {to} = '<' || coalesce({to}, '') WHERE {where} AND substr({to}, 1, 1) IS NOT '<'; END;")
            table.triggers.append(event)

    # ---- rows

    def plain_value(self, column):
        """A value that the column's type is meant for."""
        rng = self.rng
        kind = column.kind
        if kind == "integer":
            return rng.choice(INTEGERS)
        if kind == "real":
            return rng.choice(REALS)
        if kind == "numeric":
            return rng.choice(INTEGERS[:10] + REALS)
        if kind == "boolean":
            return rng.choice([0, 1])
        if kind == "blob":
            return rng.choice(BLOBS)
        if kind == "json":
            return rng.choice(JSON_TEXTS) if rng.random() < 0.2 else json.dumps(
                rng.choice(JSONS), ensure_ascii=False, separators=rng.choice([(",", ":"), (", ", ": ")]))
        if kind == "text":
            return rng.choice(TEXTS)
        return rng.choice([rng.choice(TEXTS), rng.choice(TEXTS), rng.choice(INTEGERS), rng.choice(REALS), rng.choice(BLOBS)])

    def value_for(self, column):
        """What may be in the column: also NULL, and what is against its type."""
        rng = self.rng
        if not column.not_null and rng.random() < 0.15:
            return None
        if not column.rigid and rng.random() < 0.06:
            # What a trigger makes text of must be UTF-8: Python's functions for SQLite take nothing else.
            blob = rng.choice([b"abc", b"7"] if column.kind == "text" else BLOBS)
            return rng.choice([rng.choice(TEXTS), rng.choice(INTEGERS), rng.choice(REALS), blob])
        return self.plain_value(column)

    def fill(self, db):
        """Rows for each table; those that SQLite refuses are left out."""
        rng = self.rng
        for table in self.tables:
            if table.view_of:
                continue
            for _ in range(rng.choice([0, 3, 8, 15, 25])):
                self.insert(db, table)
        db.commit()

    def insert(self, db, table):
        rng = self.rng
        values = {c.name: self.value_for(c) for c in table.columns if not c.generated}
        if table.rowid_alias:
            # After the largest rowid SQLite picks one by chance (sqlite.org/autoinc.html).
            values[table.rowid_alias] = rng.choice([rng.randint(1, 60), rng.randint(1, 60), -7, 2**53 + 1])
        for r in table.references:
            keys = db.execute(f"SELECT {', '.join(map(quote, r.parent_columns))} FROM {quote(r.parent)}").fetchall()
            if keys and rng.random() < 0.85:
                values.update(zip(r.columns, rng.choice(keys)))
            elif not any(table.column(c).not_null for c in r.columns):
                values.update({c: None for c in r.columns})
        try:
            db.execute(f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, values))}) "
                       f"VALUES ({', '.join('?' * len(values))})", list(values.values()))
        except sqlite3.Error:
            pass  # a key twice, a parent that is not there, what STRICT refuses

"""What the answers must be, from docs/api.md and from SQLite in its own words: each row, each related
row and each condition is asked for by itself. Knows nothing of how thimble does it."""
import base64
import dataclasses
import json
import re
import sqlite3

from ask import Condition, Embed, Item
from world import quote


class Spelled(str):
    """A number of JSON with a point or an exponent, as it is spelled."""


class Refused(Exception):
    """The request must be refused."""

    def __init__(self, status, code=None):
        super().__init__(status, code)
        self.status, self.code = status, code


@dataclasses.dataclass
class Relation:
    kind: str            # to_one, to_many, many
    table: object        # the related one
    reference: object    # whose foreign key (to_one: of the row's table, to_many: of the related one)
    junction: object = None
    other: object = None  # many: the junction's reference to the related table
    single: bool = False  # to_many of which there is at most one


@dataclasses.dataclass
class Rows:
    """Rows in their order; rows of equal rank may come in any. `first`, `count`: the page that is shown."""
    rows: list
    ranks: list
    first: int = 0
    count: object = None


def parse_json(text):
    return json.loads(text, parse_float=Spelled, parse_constant=lambda s: (_ for _ in ()).throw(ValueError(s)))


def is_json(text):
    try:
        parse_json(text)
        return True
    except (ValueError, RecursionError):
        return False


def as_number(text):
    """The number that a text spells in JSON's way, or None."""
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", text):
        return None
    if re.fullmatch(r"-?[0-9]+", text) and -2**63 <= int(text) < 2**63:
        return int(text)
    return float(text)


def loose_number(text):
    """The number that SQLite's affinity makes of a text, or None."""
    if not re.fullmatch(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", text):
        return None
    if re.fullmatch(r"[-+]?[0-9]+", text) and -2**63 <= int(text) < 2**63:
        return int(text)
    return float(text)


def fits(column, text):
    """Can the text be in an integer or real column that holds nothing else?"""
    if column.kind == "integer":
        return re.fullmatch(r"[-+]?[0-9]+", text) is not None
    return loose_number(text) is not None


def as_bytes(text):
    try:
        return base64.b64decode(text, validate=True) if len(text) % 4 == 0 else None
    except ValueError:
        return None


def shown(column, value):
    """A stored value as JSON has it."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if column.kind == "boolean" and isinstance(value, int) and value in (0, 1):
        return bool(value)
    if column.kind == "json" and isinstance(value, str) and is_json(value):
        return parse_json(value)
    return value


# ---- JSON paths, PostgreSQL's -> and ->>

def walk(stored, path):
    """(found, value)"""
    if not isinstance(stored, str) or not is_json(stored):
        return False, None
    value = parse_json(stored)
    for step in path:
        if isinstance(step, str) and isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return False, None
    return True, value


def spell(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    return json_text(value)


def json_text(value):
    if isinstance(value, Spelled):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + json_text(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


# ---- patterns

def like(pattern, text, fold):
    if text is None:
        return None
    out, n = "", 0
    while n < len(pattern):
        c = pattern[n]
        if c == "\\" and n + 1 < len(pattern):
            n += 1
            out += re.escape(pattern[n])
        else:
            out += {"%": ".*", "*": ".*", "_": "."}.get(c, re.escape(c))
        n += 1
    if fold:
        out, text = lower_ascii(out, True), lower_ascii(text)
    return int(re.fullmatch(out, text, re.DOTALL) is not None)


def lower_ascii(text, escaped=False):
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)


def match(pattern, text, fold):
    if text is None:
        return None
    return int(re.search(pattern, text, re.IGNORECASE | re.ASCII if fold else re.ASCII) is not None)


# Bytes are like nothing.
PATTERN = "(typeof(%s) <> 'blob' AND ref_%s(?, CAST(%s AS TEXT), ?))"


class Reference:
    def __init__(self, path, world, read_only=False):
        self.world = world
        self.db = sqlite3.connect(f"file:{path}" + ("?mode=ro" if read_only else ""), uri=True, isolation_level=None)
        self.db.text_factory = lambda data: data.decode("utf-8", "replace")
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("PRAGMA recursive_triggers = OFF")
        for name, function in ("ref_like", like), ("ref_match", match):
            self.db.create_function(name, 3, function, deterministic=True)
        self.db.create_function("ref_path", 2, lambda v, p: spell(walk(v, json.loads(p))[1]), deterministic=True)

    def close(self):
        self.db.close()

    # ---- what names a row

    def identity(self, table):
        if table.without_rowid:
            return [quote(k) for k in table.key]
        return ["rowid"]

    def identify(self, table, alias, values):
        return " AND ".join(f"{alias}.{i} IS ?" for i in self.identity(table)), list(values)

    # ---- conditions

    def stands_for(self, column, text):
        """The values that a text may be equal to in the column: (values, first is for greater and less)."""
        number, data = loose_number(text), as_bytes(text)
        if column.kind == "text":
            return [text]
        if column.kind in ("integer", "real", "numeric"):
            if text.lower() == "null" or (column.rigid and not fits(column, text)):
                raise Refused(400, "22P02")
            if number is not None:
                return [text]
            return [text] + ([data] if data is not None else [])
        if column.kind == "boolean":
            if text.lower() == "null":
                raise Refused(400, "22P02")
            if text.lower() in ("true", "t", "false", "f"):
                return [int(text.lower() in ("true", "t")), text]
            return [text]
        if column.kind == "blob":
            if column.rigid:
                if data is None:
                    raise Refused(400, "22P02")
                return [data]
            return ([data] if data is not None else []) + [text] + ([number] if as_number(text) is not None else [])
        values = [text]
        if column.kind == "any" and as_number(text) is not None:
            values.append(as_number(text))
        if data is not None:
            values.append(data)
        return values

    def compare(self, column, operator, text):
        """SQL and values of column operator text."""
        c = quote(column.name)
        values = self.stands_for(column, text)
        sign = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}.get(operator)
        if operator == "eq":
            return "(" + " OR ".join(f"{c} = ?" for _ in values) + ")", values
        if operator == "neq":
            return "(" + " AND ".join(f"{c} <> ?" for _ in values) + ")", values
        if operator == "isdistinct":
            return "(" + " AND ".join(f"{c} IS NOT ?" for _ in values) + ")", values
        if column.kind != "blob":
            # Within its own class a value is compared with what the text is there.
            classes = {"('integer', 'real')": (int, float) if column.kind == "any" else (), "('blob')": (bytes,)}
            cases = [(f"WHEN typeof({c}) IN {names} THEN {c} {sign} ?", v) for names, kinds in classes.items()
                     for v in values if isinstance(v, kinds)]
            if cases:
                return f"(CASE {' '.join(w for w, _ in cases)} ELSE {c} {sign} ? END)", [v for _, v in cases] + [text]
        return f"{c} {sign} ?", values[:1]

    def leaf(self, column, operator, text):
        c = quote(column.name)
        if operator in ("like", "ilike"):
            return PATTERN % (c, "like", c), [text, int(operator == "ilike")]
        if operator in ("match", "imatch"):
            return PATTERN % (c, "match", c), [text, int(operator == "imatch")]
        if operator == "is":
            return {"null": f"{c} IS NULL", "not_null": f"{c} IS NOT NULL", "true": f"{c} IS TRUE",
                    "false": f"{c} IS FALSE", "unknown": f"{c} IS NULL"}[text], []
        return self.compare(column, operator, text)

    def path_leaf(self, c, text):
        place = f"ref_path({quote(c.column)}, ?)"
        path = json.dumps(list(c.path))
        if c.operator in ("like", "ilike"):
            return f"ref_like(?, {place}, ?)", [text, path, int(c.operator == "ilike")]
        if c.operator == "is":
            return f"{place} IS {'NOT ' * (text == 'not_null')}NULL", [path]
        sign = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[c.operator]
        return f"{place} {sign} ?", [path, text]

    def condition(self, table, f):
        if isinstance(f, Condition):
            column = table.column(f.column)
            one = (lambda text, op=f.operator: self.path_leaf(f, text)) if f.path else \
                (lambda text, op=f.operator: self.leaf(column, op, text))
            if f.operator == "in":
                parts = [self.path_leaf(dataclasses.replace(f, operator="eq"), t) if f.path else self.compare(column, "eq", t)
                         for t in f.value]
                sql = " OR ".join(p[0] for p in parts) or "0"
                values = [v for p in parts for v in p[1]]
            elif f.quantifier:
                parts = [one(t) for t in f.value]
                sql = (" OR " if f.quantifier == "any" else " AND ").join(p[0] for p in parts)
                values = [v for p in parts for v in p[1]]
            else:
                sql, values = one(f.value)
        else:
            parts = [self.condition(table, p) for p in f.parts]
            sql = f" {f.word.upper()} ".join(p[0] for p in parts)
            values = [v for p in parts for v in p[1]]
        return f"{'NOT ' * f.negated}({sql})", values

    # ---- reading

    def order_sql(self, q, alias):
        terms = []
        for what, way, nulls in q.order:
            if isinstance(what, tuple):
                embed = next(e for e in q.embeds() if e.alias == what[0])
                place = self.to_one_value(q.table, alias, embed, what[1])
            else:
                place = f"{alias}.{quote(what)}"
            nulls = {"nullsfirst": "FIRST", "nullslast": "LAST", "": "FIRST" if way == "desc" else "LAST"}[nulls]
            terms.append(f"{place} {'DESC' if way == 'desc' else 'ASC'} NULLS {nulls}")
        return ", ".join(terms)

    def to_one_value(self, table, alias, embed, column):
        r = embed.relation.reference
        on = " AND ".join(f"p.{quote(p)} = {alias}.{quote(c)}" for c, p in zip(r.columns, r.parent_columns))
        return f"(SELECT p.{quote(column)} FROM {quote(r.parent)} p WHERE {on})"

    def check(self, q):
        """Raises Refused if a condition of q, or of what it embeds, is refused, whatever rows there are."""
        for f in q.filters:
            self.condition(q.table, f)
        for e in q.embeds():
            if e.query.select != [] or e.inner or e.exists is not None:
                self.check(e.query)

    def read(self, q, joins="", on="", values=(), alias="t"):
        """Rows of q's table, with what `on` and q's own filters say, as JSON has them."""
        t = q.table
        ids = [] if t.view_of else self.identity(t)
        columns = [f"{alias}.{i}" for i in ids] + [f"{alias}.{quote(c.name)}" for c in t.columns]
        filters, bound = ([on] if on else []), list(values)
        inner, inner_values = [], []
        for f in q.filters:
            sql, v = self.condition(t, f)
            inner.append(sql)
            inner_values += v
        source = quote(t.name)
        if inner:
            listed = ", ".join(ids + [quote(c.name) for c in t.columns])
            source = f"(SELECT {listed} FROM {source} WHERE {' AND '.join(inner)})"
        order = self.order_sql(q, alias)
        rank = f"DENSE_RANK() OVER (ORDER BY {order})" if order else "1"
        sql = f"SELECT {rank}, {', '.join(columns)} FROM {source} {alias}{joins}" + \
            (f" WHERE {' AND '.join(filters)}" if filters else "") + (f" ORDER BY {order}" if order else "")
        if inner and ids == ["rowid"]:
            # a subquery's rowid is its column of that name
            sql = sql.replace(f"{alias}.rowid", f'{alias}."rowid"', 1)
        found = self.db.execute(sql, inner_values + bound).fetchall()
        out = Rows([], [])
        for row in found:
            rank, key, cells = row[0], row[1:1 + len(ids)], row[1 + len(ids):]
            shown_row = self.row(q, key, dict(zip(t.names(), cells)))
            if shown_row is not None:
                out.rows.append(shown_row)
                out.ranks.append(rank)
        out.first = q.offset or 0
        out.count = q.limit
        return out

    def row(self, q, key, cells):
        """One row as selected, or None if an embedded resource takes it out."""
        t, out = q.table, {}
        for i in q.select if q.select is not None else [Item(c) for c in t.names()]:
            if isinstance(i, Item):
                out[i.label()] = self.item(t.column(i.column), i, cells[i.column])
                continue
            if i.query.select == [] and not i.inner and i.exists is None:
                continue
            related = self.related(t, key, i)
            there = len(related.rows) > 0
            if (i.inner and not there) or (i.exists is not None and i.exists != there):
                return None
            to_one = i.relation.kind == "to_one" or i.relation.single
            if i.spread:
                names = [n.label() for n in i.query.select] if i.query.select is not None else i.relation.table.names()
                for n in names:
                    out[n] = related.rows[0][n] if there else None
            elif i.query.select != []:
                out[i.alias] = (related.rows[0] if there else None) if to_one else related
        return out

    def item(self, column, item, value):
        if item.path:
            found, inside = walk(value, item.path)
            return spell(inside) if item.as_text else inside
        if item.cast:
            kind = {"text": "TEXT", "int": "INTEGER"}[item.cast]
            # A text is a number first: '1e2' is 100.
            number = item.cast == "int" and column.kind == "text"
            return self.db.execute(f"SELECT CAST({'CAST(? AS NUMERIC)' if number else '?'} AS {kind})", (value,)).fetchone()[0]
        return shown(column, value)

    def related(self, table, key, embed):
        r, to = embed.relation, embed.relation.reference
        me, values = self.identify(table, "me", key)
        mine = quote(table.name)
        if r.kind == "to_one":
            on = " AND ".join(f"t.{quote(p)} = me.{quote(c)}" for c, p in zip(to.columns, to.parent_columns))
            joins = f", {mine} me"
        elif r.kind == "to_many":
            on = " AND ".join(f"me.{quote(p)} = t.{quote(c)}" for c, p in zip(to.columns, to.parent_columns))
            joins = f", {mine} me"
        else:
            on = " AND ".join([f"me.{quote(p)} = j.{quote(c)}" for c, p in zip(to.columns, to.parent_columns)] +
                              [f"t.{quote(p)} = j.{quote(c)}" for c, p in zip(r.other.columns, r.other.parent_columns)])
            joins = f", {mine} me, {quote(r.junction.name)} j"
        return self.read(embed.query, joins, f"{on} AND {me}", values)

    def dump(self):
        """Every table, by storage class and value."""
        out = {}
        for t in self.world.tables:
            if not t.view_of:
                columns = ", ".join(f"typeof({quote(c)}), {quote(c)}" for c in t.names())
                rows = self.db.execute(f"SELECT {columns} FROM {quote(t.name)}").fetchall()
                out[t.name] = sorted(repr(self.dumped(t, row)) for row in rows)
        return out

    @staticmethod
    def dumped(table, row):
        """JSON in one spelling of its blanks."""
        cells = list(row[1::2])
        for n, c in enumerate(table.columns):
            if c.kind == "json" and isinstance(cells[n], str) and is_json(cells[n]):
                cells[n] = json_text(parse_json(cells[n]))
        return list(row[::2]), cells

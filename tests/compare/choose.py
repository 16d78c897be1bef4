"""Requests by chance about a world."""
import base64

from ask import Condition, Embed, Item, Query, Tree
from reference import Relation, as_bytes, shown
from world import TEXTS

COMPARISONS = ["eq", "eq", "eq", "neq", "gt", "gte", "lt", "lte", "isdistinct"]
PATTERNS = ["a*", "*b", "%b%", "A_c", "*", "_", "a\\*b", "*\\%*", "*\\_*", "?", "*.*", "", "*ä*", "*Ä*", "x y", "<*"]
EXPRESSIONS = ["^a", "b$", "^[0-9]+$", "a.*b", "a|b", "^.$", "\\d{2,}", "[^a-z]", "(ab)+", "x?y", "ä"]
PATHS = [("a",), ("a", "b"), ("a", "b", "c"), ("n",), (0,), (-1,), ("b", 1), ("a", 0, "b"), ("k k",), ("missing",), (0, 0)]


class Chooser:
    def __init__(self, rng, world, samples):
        self.rng = rng
        self.world = world
        self.samples = samples  # (table, column) -> stored values
        self.aliases = 0

    # ---- values

    def text_of(self, column, value):
        """A stored value as a client would write it: as it was shown."""
        s = shown(column, value)
        if s is None:
            return self.rng.choice(TEXTS)
        if isinstance(s, bool):
            return "true" if s else "false"
        return s if isinstance(s, str) else str(s) if isinstance(s, int) else repr(s)

    def value_text(self, table, column):
        stored = self.samples.get((table.name, column.name)) or []
        if stored and self.rng.random() < 0.7:
            return self.text_of(column, self.rng.choice(stored))
        if column.kind == "boolean":
            return self.rng.choice(["true", "false", "TRUE", "f", "1", "0", "t"])
        if column.kind == "blob":
            return base64.b64encode(self.rng.choice([b"abc", b"", b"\x00"])).decode()
        if column.kind in ("integer", "real", "numeric") and (column.rigid or self.rng.random() < 0.8):
            return self.rng.choice(["0", "1", "-1", "7", "2.5", "1e2", "10", "9223372036854775807", "100.0", "-0", "0.1", "3.14159"])
        return self.rng.choice(TEXTS)

    # ---- conditions

    def condition(self, table, nested):
        rng = self.rng
        column = rng.choice(table.columns)
        negated = rng.random() < 0.2
        if column.kind == "json":
            return self.json_condition(column, negated)
        kind = rng.random()
        if kind < 0.12:
            words = ["null", "not_null"] + (["true", "false", "unknown"] if column.kind == "boolean" else [])
            return Condition(column.name, "is", rng.choice(words), negated)
        plain = column.kind == "text" and self.all_text(table, column)
        if plain and kind < 0.24:
            return Condition(column.name, rng.choice(["like", "ilike"]), rng.choice(PATTERNS), negated)
        if plain and kind < 0.3 and not any("\n" in (v or "") for v in self.samples.get((table.name, column.name)) or []):
            return Condition(column.name, rng.choice(["match", "imatch"]), rng.choice(EXPRESSIONS), negated)
        if kind < 0.42:
            return Condition(column.name, "in", [self.value_text(table, column) for _ in range(rng.randint(1, 4))], negated)
        if kind < 0.5:
            op = rng.choice(["eq", "gt", "lte", "gte"] + (["like", "ilike"] if plain else []))
            values = [rng.choice(PATTERNS) if "like" in op else self.value_text(table, column) for _ in range(rng.randint(1, 3))]
            if not all(self.is_ordered(table, column, v) for v in values):
                op = "eq"
            if not any(c in v for v in values for c in "{}"):  # PostgreSQL's array within a tree has no braces in it
                return Condition(column.name, op, values, negated, rng.choice(["any", "all"]))
        op, text = rng.choice(COMPARISONS), self.value_text(table, column)
        return Condition(column.name, op if self.is_ordered(table, column, text) else "eq", text, negated)

    def is_ordered(self, table, column, text):
        """May greater and less be asked? Of bytes beside other classes no page says what they are."""
        stored = self.samples.get((table.name, column.name)) or []
        return column.kind == "blob" or as_bytes(text) is None or not any(isinstance(v, bytes) for v in stored)

    def all_text(self, table, column):
        return all(v is None or isinstance(v, str) for v in self.samples.get((table.name, column.name)) or []) and \
            column.type not in ("DATE", "TIMESTAMP", "UUID")

    def json_condition(self, column, negated):
        rng = self.rng
        if rng.random() < 0.3:
            return Condition(column.name, "is", rng.choice(["null", "not_null"]), negated)
        op = rng.choice(["eq", "eq", "neq", "in", "like", "is"])
        value = {"in": ["x", "1", "007"], "like": rng.choice(PATTERNS), "is": rng.choice(["null", "not_null"])}.get(
            op, rng.choice(["x", "1", "007", "true", "1.25", "ä", "2"]))
        return Condition(column.name, op, value, negated, path=rng.choice(PATHS[:-1]))

    def filters(self, table, most=3):
        rng = self.rng
        out = []
        for _ in range(rng.choice([0, 0, 1, 1, 1, 2, most])):
            if rng.random() < 0.25:
                out.append(self.tree(table, 2))
            else:
                out.append(self.condition(table, False))
        return out

    def tree(self, table, depth):
        rng = self.rng
        parts = [self.tree(table, depth - 1) if depth and rng.random() < 0.3 else self.condition(table, True)
                 for _ in range(rng.randint(1, 3))]
        return Tree(rng.choice(["and", "or", "or"]), parts, rng.random() < 0.2)

    # ---- what is shown

    def items(self, table):
        rng = self.rng
        out, labels = [], set()
        for column in rng.sample(table.columns, rng.randint(1, len(table.columns))):
            item = Item(column.name)
            if rng.random() < 0.2:
                item.alias = rng.choice(["x", "y", "the name", "z1"])
            if column.kind == "json" and rng.random() < 0.5:
                item.path, item.as_text = rng.choice([p for p in PATHS if isinstance(p[-1], str)]), rng.random() < 0.5
            elif column.kind == "integer" and rng.random() < 0.1 and column.rigid:
                item.cast = "text"
            elif column.kind == "text" and rng.random() < 0.1 and self.all_text(table, column):
                item.cast = "int"
            if item.label() not in labels:
                labels.add(item.label())
                out.append(item)
        return out

    def order(self, table, most=2):
        rng = self.rng
        columns = [c for c in table.columns if c.kind != "json"]
        return [(c.name, rng.choice(["", "asc", "desc"]), rng.choice(["", "", "nullsfirst", "nullslast"]))
                for c in rng.sample(columns, min(len(columns), rng.randint(0, most)))]

    def paged(self, q, table):
        rng = self.rng
        if rng.random() < 0.4:
            q.limit = rng.choice([0, 1, 2, 3, 5, 10])
        if rng.random() < 0.25:
            q.offset = rng.choice([0, 1, 2, 5])
        if q.limit is None and q.offset is None:
            return
        if not q.order and not table.key:
            q.limit = q.offset = None
        if table.key and rng.random() < 0.7:
            named = [w for w, _, _ in q.order]
            q.order += [(k, "", "") for k in table.key if k not in named]

    def relations(self, table):
        """[(what is written, hint, relation)]"""
        out = []
        for r in table.references:
            to = self.world.table(r.parent)
            if len(r.columns) == 1:
                out.append((r.columns[0], "", Relation("to_one", to, r)))
                if to is not table and self.ways(table, to) == 1:
                    out.append((to.name, "", Relation("to_one", to, r)))
                if to is not table:
                    out.append((to.name, r.columns[0], Relation("to_one", to, r)))
        for other in self.world.tables:
            if other.view_of:
                continue
            for r in other.references:
                if r.parent != table.name:
                    continue
                single = any(set(u) <= set(r.columns) for u in other.unique_sets())
                relation = Relation("to_many", other, r, single=single)
                if other is table:
                    if len([o for o in other.references if o.parent == table.name]) == 1 and not single:
                        out.append((other.name, "", relation))
                elif len(r.columns) == 1:
                    out.append((other.name, r.columns[0], relation))
            if getattr(other, "junction", False):
                for mine, theirs in other.references, other.references[::-1]:
                    if mine.parent == table.name and theirs.parent != table.name:
                        out.append((theirs.parent, other.name,
                                    Relation("many", self.world.table(theirs.parent), mine, other, theirs)))
        return out

    def ways(self, table, to):
        """How many relations lead from one to the other: a name alone is enough for one."""
        direct = [r.parent for r in table.references].count(to.name) + [r.parent for r in to.references].count(table.name)
        through = [t for t in self.world.tables if not t.view_of and getattr(t, "junction", False) and
                   {r.parent for r in t.references} == {table.name, to.name}]
        return direct + len(through)

    def embeds(self, q, depth):
        rng = self.rng
        relations = [] if q.table.view_of else self.relations(q.table)
        if not relations or rng.random() < 0.5:
            return
        if q.select is None:
            q.select = [Item(c) for c in q.table.names()]
        for _ in range(rng.randint(1, 2)):
            written, hint, relation = rng.choice(relations)
            self.aliases += 1
            embed = Embed(f"e{self.aliases}", written, hint, relation, self.embedded(relation, depth - 1))
            self.adorn(embed, q)
            q.select.append(embed)

    def adorn(self, embed, q):
        """Inner joins, existence, spreads, orders by it."""
        rng = self.rng
        to_one = embed.relation.kind == "to_one"
        kind = rng.random()
        if kind < 0.15:
            embed.inner = True
        elif kind < 0.3 and embed.query.limit is None and embed.query.offset is None:
            embed.exists = rng.random() < 0.5
        if to_one and kind > 0.85 and not embed.query.embeds():
            embed.spread = True
            embed.query.select = [Item(c, f"s{self.aliases}_{n}") for n, c in enumerate(embed.relation.table.names())]
            embed.query.filters, embed.query.order = [], []
        elif to_one and kind > 0.7 and not embed.spread:
            columns = [c for c in embed.relation.table.columns if c.kind != "json"]
            embed.query.filters, embed.query.order = [], []
            embed.query.select = [Item(c) for c in embed.relation.table.names()]
            q.order.insert(0, ((embed.alias, rng.choice(columns).name), rng.choice(["", "desc"]), rng.choice(["", "nullsfirst"])))

    def embedded(self, relation, depth):
        rng = self.rng
        table = relation.table
        q = Query(table)
        if rng.random() < 0.6:
            q.select = self.items(table)
        elif rng.random() < 0.1:
            q.select = []
        if rng.random() < 0.4:
            q.filters = self.filters(table, 2)
        if relation.kind != "to_one" and not relation.single and rng.random() < 0.5:
            q.order = self.order(table)
            if table.key and rng.random() < 0.5:
                self.paged(q, table)
        if depth > 0 and q.select != []:
            self.embeds(q, depth)
        return q

    # ---- whole requests

    def reading(self):
        rng = self.rng
        table = rng.choice(self.world.tables)
        q = Query(table)
        if rng.random() < 0.5:
            q.select = self.items(table)
        q.filters = self.filters(table)
        q.order = self.order(table)
        self.embeds(q, 2)
        self.paged(q, table)
        return q

    def pages(self):
        """A list to be read page by page: of a table with a key, in an order that the key completes."""
        rng = self.rng
        tables = [t for t in self.world.tables if t.key and not t.view_of]
        if not tables:
            return None
        table = rng.choice(tables)
        q = Query(table, self.items(table) if rng.random() < 0.5 else None, self.filters(table, 1), self.order(table))
        q.order += [(k, "", "") for k in table.key if k not in [w for w, _, _ in q.order]]
        q.limit = rng.choice([1, 2, 3, 7])
        return q

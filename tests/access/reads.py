"""Requests that read, by chance: of what the role sees (fair), or of anything that there is (probing)."""
import urllib.parse


def encode(text):
    return urllib.parse.quote(text, safe="(),.*:!->_'\"{}&|")


def named(name):
    """A name in a URL, in quotes where it has to be."""
    plain = all(c.isalnum() and c.isascii() or c == "_" for c in name)
    reserved = name in ("select", "order", "limit", "offset", "and", "or", "not", "columns")
    return f'"{name}"' if not plain or reserved else name


class Chooser:
    """`visible`: name -> (table, columns), what may be asked for."""

    def __init__(self, rng, visible, samples):
        self.rng, self.visible, self.samples = rng, visible, samples
        self.to_one = []    # (alias, table) of those that one may order by
        self.ranked = False  # the order is the search's

    # ---- what is related

    def relations(self, table):
        """(what it is called, its table, how many) of those that one embed can mean."""
        found = []
        for own, parent, theirs in table.references:
            if parent in self.visible and own[0] in self.visible[table.name][1] and theirs[0] in self.visible[parent][1]:
                found.append((named(own[0]) if self.rng.random() < 0.3 or parent == table.name else f"{named(parent)}!{named(own[0])}", self.visible[parent][0], "one", own[0]))
        for other, (child, columns) in self.visible.items():
            for own, parent, theirs in child.references:
                if parent == table.name and own[0] in columns and theirs[0] in self.visible[parent][1]:
                    found.append((f"{named(other)}!{named(own[0])}", child, "many", own[0]))
        for other, (junction, columns) in self.visible.items():
            if junction.key == ["a", "b"] and {"a", "b"} <= set(columns) and not junction.view_of:
                (_, left, here), (_, right, there) = junction.references
                keys = here[0] in self.visible[table.name][1] and right in self.visible and there[0] in self.visible[right][1]
                if left == table.name and keys and left != right:
                    found.append((f"{named(right)}!{named(other)}", self.visible[right][0], "many", None))
        return found

    def column(self, table):
        return self.rng.choice(self.visible[table.name][1])

    def value(self, table, column):
        there = self.samples.get((table.view_of or table.name, column)) or ["1"]
        return self.rng.choice(there)

    # ---- filters

    def condition(self, table, prefix=""):
        rng = self.rng
        column = self.column(table)
        value = self.value(table, column)
        text = "" if value is None else str(value)
        kind = rng.random()
        if kind < 0.12 or value is None:
            what = rng.choice(["is.null", "not.is.null", "isdistinct.1"])
        elif kind < 0.25 and isinstance(value, str):
            what = rng.choice([f"like.{text[:3]}*", f"ilike.*{text[-3:]}", "like.*x*", f"match.{text[:4]}"])
        elif kind < 0.35:
            what = f"in.({','.join(str(self.value(table, column) or 0) for _ in range(3))})".replace(" ", "")
        else:
            what = f"{rng.choice(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'not.eq'])}.{text}"
        return prefix + named(column), what

    def tree(self, table):
        """and=(), or=() of simple conditions."""
        parts = []
        for _ in range(self.rng.randint(2, 3)):
            name, what = self.condition(table)
            if " " in what:
                what = "not.is.null"
            parts.append(f"{name}.{what}")
        return self.rng.choice(["or", "and", "not.or"]), f"({','.join(parts)})"

    def search(self, table, prefix=""):
        word = self.rng.choice(["red", "blue", "red|blue", "red&blue", "titlex*"])
        return prefix + "title", self.rng.choice([f"fts.{word}", "plfts.red", "wfts.red", "not.fts.blue"])

    # ---- select

    def order_of(self, table):
        """One that leaves nothing open but rows that are the same to the role."""
        columns = self.visible[table.name][1]
        if table.key and all(k in columns for k in table.key):
            return ",".join(map(named, table.key))
        return ",".join(map(named, columns))

    def items(self, table, prefix, params, depth):
        """The text of a select, with the parameters that its related resources need."""
        rng = self.rng
        columns = self.visible[table.name][1]
        items = ["*"] if rng.random() < 0.25 else [self.item(c) for c in rng.sample(columns, rng.randint(1, len(columns)))]
        relations = self.relations(table) if depth < 3 else []
        for k in range(rng.randint(0, 2) if depth else rng.randint(0, 3)):
            if not relations:
                break
            name, other, many, _ = rng.choice(relations)
            alias = f"e{depth}{k}"
            items.append(self.related(alias, name, other, many, prefix, params, depth))
        return ",".join(items)

    def item(self, column):
        kind = self.rng.random()
        if kind < 0.1:
            return f"as_{len(column)}:{named(column)}"
        if kind < 0.15:
            return f"{named(column)}::text"
        return named(column)

    def related(self, alias, name, other, many, prefix, params, depth):
        rng = self.rng
        path = f"{prefix}{alias}."
        inner = "!inner" if rng.random() < 0.3 else ""
        if rng.random() < 0.12:
            return f"{alias}:{name}{inner}(count)"
        if many == "one" and rng.random() < 0.2:
            column = self.column(other)
            return f"...{name}{inner}(s{depth}{alias}:{named(column)})"
        if many == "one" and depth == 0:
            self.to_one.append((alias, other))
        inside = self.items(other, path, params, depth + 1)
        if many == "many":
            params.append((f"{path}order", self.order_of(other)))
            if rng.random() < 0.2:
                params.append((f"{path}limit", str(rng.randint(1, 3))))
        if rng.random() < 0.35:
            params.append(self.condition(other, path))
        if many == "many" and rng.random() < 0.1:
            return f"{alias}:{name}{inner}()"
        if not prefix and rng.random() < 0.2:
            params.append((alias, rng.choice(["is.null", "not.is.null"])))
        return f"{alias}:{name}{inner}({inside})"

    def misspelt_column(self, visible):
        """One that the role may not read, written wrong: no hint may put it right. None: it may read all."""
        rng = self.rng
        hidden = [(table, c) for table, columns in visible.values() for c in table.columns if c not in columns and len(c) > 3]
        if not hidden:
            return None
        table, column = rng.choice(hidden)
        wrong = column[:-1] + "z"
        return "GET", self.url(f"/{encode(table.name)}", [rng.choice([("select", wrong), (wrong, "eq.1"), ("order", wrong)])]), {}

    # ---- whole requests: (method, path with its query, header fields)

    def reading(self, queries=()):
        rng = self.rng
        kind = rng.random()
        if queries and kind < 0.08:
            return self.call(rng.choice(queries))
        table = self.visible[rng.choice(sorted(self.visible))][0]
        if kind < 0.18 and table.key and all(k in self.visible[table.name][1] for k in table.key):
            return self.row(table)
        if kind < 0.28:
            return self.aggregate(table)
        params, headers = [], {}
        params.append(("select", self.items(table, "", params, 0)))
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            params.append(self.condition(table))
        if rng.random() < 0.15:
            params.append(self.tree(table))
        if table.fts and {"title", *table.key} <= set(self.visible[table.name][1]) and rng.random() < 0.4:
            params.append(self.search(table))
            self.ranked = rng.random() < 0.3
        if not self.ranked:
            params.append(("order", self.order(table)))
            self.pages(table, params, headers)
        if rng.random() < 0.3:
            headers["Prefer"] = "count=exact"
        accept = rng.random()
        if accept < 0.08:
            headers["Accept"] = "application/vnd.pgrst.object+json"
        elif accept < 0.12:
            headers["Accept"] = "text/csv"
        method = "HEAD" if rng.random() < 0.1 else "GET"
        return method, self.url(f"/{encode(table.name)}", params), headers

    def order(self, table):
        rng = self.rng
        order = self.order_of(table)
        if rng.random() < 0.4:
            order = f"{named(self.column(table))}.{rng.choice(['asc', 'desc', 'desc.nullslast'])},{order}"
        if self.to_one and rng.random() < 0.5:
            alias, other = rng.choice(self.to_one)
            order = f"{alias}({named(self.column(other))}){rng.choice(['', '.desc', '.nullsfirst'])},{order}"
        return order

    def pages(self, table, params, headers):
        rng = self.rng
        kind = rng.random()
        if kind < 0.15:
            params.append(("limit", str(rng.randint(0, 4))))
        if kind < 0.08:
            params.append(("offset", str(rng.randint(0, 5))))
        elif 0.2 < kind < 0.25:
            headers["Range"] = f"{rng.randint(0, 4)}-{rng.randint(4, 9)}"
        elif 0.25 < kind < 0.32 and table.key and all(k in self.visible[table.name][1] for k in table.key) and not table.view_of:
            params.append(("limit", "2"))
            params.append(("cursor", ""))

    def row(self, table):
        rng = self.rng
        keys = [self.value(table, k) for k in table.key]
        params = []
        if rng.random() < 0.6:
            params.append(("select", self.items(table, "", params, 1)))
        return "GET", self.url(f"/{encode(table.name)}/{','.join(map(str, keys))}", params), {}

    def aggregate(self, table):
        rng = self.rng
        columns = self.visible[table.name][1]
        group = rng.sample(columns, rng.randint(0, min(2, len(columns))))
        items = [named(c) for c in group] + ["count()"]
        for column in ("n", "team", "price"):
            if column in columns and rng.random() < 0.5:
                items.append(f"x{column}:{column}.{rng.choice(['max', 'min', 'sum', 'avg'])}()")
        params = [("select", ",".join(items))]
        if rng.random() < 0.4:
            params.append(self.condition(table))
        if group:
            params.append(("order", ",".join(map(named, group))))
        return "GET", self.url(f"/{encode(table.name)}", params), {}

    def call(self, query):
        rng = self.rng
        params = [("least", str(rng.randint(0, 4)))] if rng.random() < 0.7 else []
        params.append(("order", ",".join(map(named, query.columns))))
        if rng.random() < 0.4:
            params.append(("select", ",".join(map(named, query.columns[:2]))))
        if rng.random() < 0.3:
            params.append(("n" if "n" in query.columns else named(query.columns[0]), "gt.1"))
        headers = {"Prefer": "count=exact"} if rng.random() < 0.3 else {}
        return "GET", self.url(f"/rpc/{query.name}", params), headers

    def url(self, path, params):
        return path + ("?" + "&".join(f"{encode(k)}={encode(v)}" for k, v in params) if params else "")

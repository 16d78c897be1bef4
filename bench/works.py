"""The work: what is asked, in each peer's own words, and what must be answered."""
import json
import pathlib
import sqlite3

NEW = '{"name":"new {n}","price":1.5,"stock":7,"created":"2026-01-02T00:00:00Z"}'
# Rows of one body, sent by one client that sends the next when it is answered.
BULKS = (1, 100, 1_000, 100_000)
# Clients that ask a slow query again and again, while one asks for rows by key.
SLOW = (0, 1, 16)
# (work, connections), in the order in which they are measured: what grows the tables comes last.
CELLS = [
    ("healthz", 64), ("healthz", 1000), ("row", 1), ("row", 64), ("row", 1000), ("list", 64), ("list", 1000),
    ("filtered", 64), ("embeds", 64), ("insert", 64), ("insert", 1000), ("update", 64), ("mix", 64),
    ("insert, relaxed", 64), *((f"bulk {n}", 1) for n in BULKS),
]
# On a million rows, a fresh server for each peer.
LONG = ["beside 0", "stream", *(f"beside {n}" for n in SLOW if n)]
READS = {"row", "list", "filtered", "embeds"}
TITLES = {
    "healthz": "GET /healthz", "row": "GET a row by key", "list": "GET a list of 20",
    "filtered": "GET 20, filtered and sorted", "embeds": "GET 20 orders, each with its customer and its lines",
    "insert": "POST a row, durable", "insert, relaxed": "POST a row, relaxed", "update": "PATCH a row, durable",
    "mix": "90 % reads", "stream": "GET a million rows",
    **{f"bulk {n}": f"POST {n:,} row{'s' if n > 1 else ''} in one body, durable" for n in BULKS},
    **{f"beside {n}": f"GET a row by key beside {n} slow" for n in SLOW},
}
ALL = list(dict.fromkeys([work for work, _ in CELLS] + LONG))
# The slow query: names with these three texts in them, by name, of a table without an index on it.
TEXTS = ("1", "2", "3")


def bulk_rows(work):
    """Rows of one body, 0: not a work of that kind."""
    return int(work.split()[1]) if work.startswith("bulk ") else 0


class Dialect:
    """Where a peer has the rows; `plain` takes its answer to what the others answer. `stream`: the path, the fields
    of the request, and how many lines of the answer are no rows."""

    def __init__(self, healthz, row, items, filtered, created=201, plain=lambda answer: answer,
                 text_ids=False, orders=None, search=None, bulk="/bulk", fields=(), stream=("/stream", {}, 0)):
        self.healthz, self.row, self.list, self.filtered = healthz, row, row + items, row + filtered
        self.one, self.created, self.plain, self.text_ids = row + "/{key}", created, plain, text_ids
        self.orders, self.search, self.bulk, self.stream = orders, search, bulk, stream
        self.fields = list(fields)  # of a bulk insert, for the load generator

    def lines(self, work):
        post, patch = f"POST {self.row} {NEW}", f'PATCH {self.one} {{"stock":{{n}}}}'
        return {
            "healthz": [f"1 GET {self.healthz}"], "row": [f"1 GET {self.one}"], "list": [f"1 GET {self.list}"],
            "filtered": [f"1 GET {self.filtered}"], "embeds": [f"1 GET {self.orders}"], "insert": ["1 " + post],
            "insert, relaxed": ["1 " + post], "update": ["1 " + patch], "search": [f"1 GET {self.search}"],
            "mix": [f"60 GET {self.one}", f"20 GET {self.list}", f"10 GET {self.filtered}", "5 " + post,
                    "5 " + patch],
        }[work]

    def bulk_body(self, n):
        return json.dumps([json.loads(NEW.replace("{n}", str(i))) for i in range(n)], separators=(",", ":"))

    def bulk_line(self, n, folder):
        """The line of work whose body is a file, which is written if it is not there."""
        path = pathlib.Path(folder, f"bulk-{self.bulk.strip('/').replace('/', '-')}-{n}.json")
        if not path.exists():
            path.write_text(self.bulk_body(n))
        return f"1 POST {self.bulk} @{path}"


class Batch(Dialect):
    """PocketBase: many requests in one."""

    def bulk_body(self, n):
        return json.dumps({"requests": [
            {"method": "POST", "url": self.row, "body": json.loads(NEW.replace("{n}", str(i)))}
            for i in range(n)]}, separators=(",", ":"))


def records(answer):
    """PocketBase: a list in an envelope, ids as text, the collection's name in each record, what is related apart."""
    if "items" in answer:
        return [records(item) for item in answer["items"]]
    found = {k: v for k, v in answer.items() if not k.startswith("collection")}
    found["id"] = int(found["id"]) if found["id"].isdigit() else found["id"]
    if "expand" in found:
        related = found["expand"]
        lines = [{k: line[k] for k in ("item_id", "quantity", "price")} for line in related["order_lines_via_order"]]
        return {"id": found["id"], "placed": found["placed"],
                "customer": {k: related["customer"][k] for k in ("name", "city")},
                "lines": sorted(lines, key=lambda line: line["item_id"])}
    return found


SEARCH = "/search?" + "&".join(f"{name}={text}" for name, text in zip("abc", TEXTS)) + "&limit=20"
PLAIN = Dialect("/healthz", "/items", "?limit=20", "?min_stock=90&sort=-price&limit=20", orders="/orders?limit=20",
                search=SEARCH)
THIMBLE = Dialect(
    "/healthz", "/items", "?limit=20", "?stock=gte.90&order=price.desc&limit=20",
    orders="/orders?select=id,placed,customer:customers(name,city),lines:order_lines(item_id,quantity,price)"
           "&lines.order=id&order=id&limit=20",
    search="/items?" + "&".join(f"name=like.*{text}*" for text in TEXTS) + "&order=name.desc&limit=20",
    bulk="/items", fields=["--field", "Prefer: return=minimal"],
    stream=("/items?order=id", {"Accept": "application/x-ndjson"}, 0))
POCKETBASE = Batch(
    "/api/health", "/api/collections/items/records", "?perPage=20&skipTotal=1&sort=@rowid",
    "?perPage=20&skipTotal=1&filter=stock%3E%3D90&sort=-price", created=200, plain=records, text_ids=True,
    orders="/api/collections/orders/records?perPage=20&skipTotal=1&sort=@rowid&expand=customer,order_lines_via_order",
    search="/api/collections/items/records?perPage=20&skipTotal=1&sort=-name&filter="
           + "%26%26".join(f"name~%22{text}%22" for text in TEXTS),
    bulk="/api/batch", stream=None)
DATASETTE = Dialect(
    "/-/versions.json", "/items/items", ".json?_shape=array&_size=20&_nocount=1&_nofacet=1",
    ".json?_shape=array&_size=20&_nocount=1&_nofacet=1&stock__gte=90&_sort_desc=price",
    search="/items/items.json?_shape=array&_size=20&_nocount=1&_nofacet=1&_sort_desc=name&"
           + "&".join(f"name__contains={text}" for text in TEXTS),
    stream=("/items/items.csv?_stream=on&_size=max", {}, 1))
DATASETTE.one = "/items/items/{key}.json?_shape=array"


# ---- what must be answered

def rows(db, sql, *values):
    with sqlite3.connect(db) as source:
        source.row_factory = sqlite3.Row
        return [dict(row) for row in source.execute(sql, values)]


def orders(db):
    found = rows(db, "SELECT o.id, placed, name, city FROM orders o JOIN customers c ON c.id = customer_id "
                     "ORDER BY o.id LIMIT 20")
    return [{"id": order["id"], "placed": order["placed"],
             "customer": {"name": order["name"], "city": order["city"]},
             "lines": rows(db, "SELECT item_id, quantity, price FROM order_lines WHERE order_id = ? ORDER BY id",
                           order["id"])} for order in found]


def expected(dialect, works, db):
    """(work, request, status, value) of each work that answers JSON."""
    new, five = NEW.replace("{n}", "0"), rows(db, "SELECT * FROM items WHERE id = 5")[0]
    found = {
        "row": (("GET", dialect.one.replace("{key}", "77")), 200, rows(db, "SELECT * FROM items WHERE id = 77")[0]),
        "list": (("GET", dialect.list), 200, rows(db, "SELECT * FROM items ORDER BY id LIMIT 20")),
        "filtered": (("GET", dialect.filtered), 200,
                     rows(db, "SELECT * FROM items WHERE stock >= 90 ORDER BY price DESC LIMIT 20")),
        "embeds": (("GET", dialect.orders), 200, orders(db)),
        "insert": (("POST", dialect.row, new), dialect.created, {"id": 10001, **json.loads(new)}),
        "update": (("PATCH", dialect.one.replace("{key}", "5"), '{"stock":123}'), 200, {**five, "stock": 123}),
    }
    return [(work, *found[work]) for work in found if work in works]


def check(ask, dialect, works, name, db):
    """The same status and the same JSON from everybody, before anything is measured."""
    for work, request, status, value in expected(dialect, works, db):
        got, answer = ask(*request)
        answer = dialect.plain(answer)
        if work == "row" and isinstance(answer, list):
            answer = answer[0]
        if work == "insert" and dialect.text_ids:
            value = {**value, "id": answer["id"]}
        if (got, answer) != (status, value):
            raise RuntimeError(f"{name} answers {request} with {got} {answer}, not {status} {value}")
    if any(bulk_rows(work) for work in works):
        check_bulk(ask, dialect, name, 10000 + ("insert" in works))


def check_bulk(ask, dialect, name, last):
    """Three rows in one body: the third is there."""
    status, answer = ask("POST", dialect.bulk, dialect.bulk_body(3))
    if dialect.text_ids:
        id = answer[2]["body"]["id"]
    else:
        id = last + 3
    found = dialect.plain(ask("GET", dialect.one.replace("{key}", str(id)))[1])
    if status not in (200, 201) or {**found, "id": 0} != {**json.loads(NEW.replace("{n}", "2")), "id": 0}:
        raise RuntimeError(f"{name} answers a body of three rows with {status} {answer}, and then has {found}")


def check_search(ask, dialect, name, db):
    request = "GET", dialect.search
    value = rows(db, "SELECT * FROM items WHERE " + " AND ".join(f"name LIKE '%{text}%'" for text in TEXTS)
                 + " ORDER BY name DESC LIMIT 20")
    got, answer = ask(*request)
    if (got, dialect.plain(answer)) != (200, value):
        raise RuntimeError(f"{name} answers {request} with {got} {answer}, not 200 {value}")

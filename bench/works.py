"""The work: what is asked, in each peer's own words, and what must be answered."""
import json
import sqlite3

NEW = '{"name":"new {n}","price":1.5,"stock":7,"created":"2026-01-02T00:00:00Z"}'
ALL = ["healthz", "row", "list", "filtered", "insert", "insert, relaxed", "update", "mix"]
READS = {"row", "list", "filtered"}
TITLES = {
    "healthz": "GET /healthz", "row": "GET a row by key", "list": "GET a list of 20",
    "filtered": "GET 20, filtered and sorted", "insert": "POST a row, durable",
    "insert, relaxed": "POST a row, relaxed", "update": "PATCH a row, durable",
    "mix": "90 % reads",
}


class Dialect:
    """Where a peer has the rows; `plain` takes its answer to what the others answer."""

    def __init__(self, healthz, row, items, filtered, created=201, plain=lambda answer: answer,
                 text_ids=False):
        self.healthz, self.row, self.list, self.filtered = healthz, row, row + items, row + filtered
        self.one, self.created, self.plain, self.text_ids = row + "/{key}", created, plain, text_ids

    def lines(self, work):
        post, patch = f"POST {self.row} {NEW}", f'PATCH {self.one} {{"stock":{{n}}}}'
        return {
            "healthz": [f"1 GET {self.healthz}"], "row": [f"1 GET {self.one}"], "list": [f"1 GET {self.list}"],
            "filtered": [f"1 GET {self.filtered}"], "insert": ["1 " + post], "insert, relaxed": ["1 " + post],
            "update": ["1 " + patch],
            "mix": [f"60 GET {self.one}", f"20 GET {self.list}", f"10 GET {self.filtered}", "5 " + post,
                    "5 " + patch],
        }[work]


def records(answer):
    """PocketBase: a list in an envelope, ids as text, the collection's name in each record."""
    if "items" in answer:
        return [records(item) for item in answer["items"]]
    found = {k: v for k, v in answer.items() if not k.startswith("collection")}
    return {**found, "id": int(found["id"]) if found["id"].isdigit() else found["id"]}


PLAIN = Dialect("/healthz", "/items", "?limit=20", "?min_stock=90&sort=-price&limit=20")
THIMBLE = Dialect("/healthz", "/items", "?limit=20", "?stock=gte.90&order=price.desc&limit=20")
POCKETBASE = Dialect("/api/health", "/api/collections/items/records", "?perPage=20&skipTotal=1&sort=@rowid",
                     "?perPage=20&skipTotal=1&filter=stock%3E%3D90&sort=-price", created=200, plain=records,
                     text_ids=True)
DATASETTE = Dialect("/-/versions.json", "/items/items", ".json?_shape=array&_size=20&_nocount=1&_nofacet=1",
                    ".json?_shape=array&_size=20&_nocount=1&_nofacet=1&stock__gte=90&_sort_desc=price",
                    plain=lambda answer: answer)
DATASETTE.one = "/items/items/{key}.json?_shape=array"


def check(ask, dialect, works, name, db):
    """The same status and the same JSON from everybody, before anything is measured."""
    def rows(sql):
        with sqlite3.connect(db) as source:
            source.row_factory = sqlite3.Row
            return [dict(row) for row in source.execute(sql)]
    new, five = NEW.replace("{n}", "0"), rows("SELECT * FROM items WHERE id = 5")[0]
    expected = {
        "row": (("GET", dialect.one.replace("{key}", "77")), 200, rows("SELECT * FROM items WHERE id = 77")[0]),
        "list": (("GET", dialect.list), 200, rows("SELECT * FROM items ORDER BY id LIMIT 20")),
        "filtered": (("GET", dialect.filtered), 200,
                     rows("SELECT * FROM items WHERE stock >= 90 ORDER BY price DESC LIMIT 20")),
        "insert": (("POST", dialect.row, new), dialect.created, {"id": 10001, **json.loads(new)}),
        "update": (("PATCH", dialect.one.replace("{key}", "5"), '{"stock":123}'), 200, {**five, "stock": 123}),
    }
    for work, (request, status, value) in expected.items():
        if work not in works:
            continue
        got, answer = ask(*request)
        answer = dialect.plain(answer)
        if work == "row" and isinstance(answer, list):
            answer = answer[0]
        if work == "insert" and dialect.text_ids:
            value = {**value, "id": answer["id"]}
        if (got, answer) != (status, value):
            raise RuntimeError(f"{name} answers {request} with {got} {answer}, not {status} {value}")

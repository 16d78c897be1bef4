"""Flask: https://flask.palletsprojects.com/deploying/gunicorn/ (threads, so that connections are
kept)."""
import store
from flask import Flask, Response, request

app = Flask(__name__)
app.json.sort_keys = False


@app.get("/healthz")
def healthz():
    return "ok\n"


@app.get("/items/<int:id>")
def by_id(id):
    return store.by_id(id)


@app.get("/items")
def items():
    limit = request.args.get("limit", 20, int)
    min_stock = request.args.get("min_stock", None, int)
    return store.list_items(limit) if min_stock is None else store.filtered(min_stock, limit)


@app.post("/items")
def insert():
    body = request.get_json()
    return store.insert(body["name"], body["price"], body["stock"], body["created"]), 201


@app.patch("/items/<int:id>")
def update(id):
    return store.update(id, request.get_json()["stock"])


@app.get("/search")
def search():
    wanted = request.args
    return store.search(wanted["a"], wanted["b"], wanted["c"], wanted.get("limit", 20, int))


@app.get("/orders")
def orders():
    return store.orders(request.args.get("limit", 20, int))


@app.post("/bulk")
def bulk():
    rows = [(row["name"], row["price"], row["stock"], row["created"]) for row in request.get_json()]
    store.bulk(rows)
    return {"inserted": len(rows)}, 201


@app.get("/stream")
def stream():
    return Response(store.stream(), mimetype="application/x-ndjson")

"""Flask: https://flask.palletsprojects.com/deploying/gunicorn/ (threads, so that connections are
kept)."""
import store
from flask import Flask, request

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

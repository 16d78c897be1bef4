"""The same database for each of the Python peers: WAL, a connection for each thread, statements
cached by the connection."""
import os
import sqlite3
import threading

COLUMNS = "id, name, price, stock, created"
_local = threading.local()


def connection():
    found = getattr(_local, "db", None)
    if found is None:
        found = sqlite3.connect(os.environ["DB"], isolation_level=None, timeout=5, cached_statements=64)
        found.execute("PRAGMA journal_mode=WAL")
        found.execute("PRAGMA synchronous=" + os.environ["SYNC"])
        _local.db = found
    return found


def item(row):
    return {"id": row[0], "name": row[1], "price": row[2], "stock": row[3], "created": row[4]}


def by_id(id):
    return item(connection().execute(f"SELECT {COLUMNS} FROM items WHERE id = ?", (id,)).fetchone())


def list_items(limit):
    rows = connection().execute(f"SELECT {COLUMNS} FROM items ORDER BY id LIMIT ?", (limit,))
    return [item(row) for row in rows]


def filtered(min_stock, limit):
    rows = connection().execute(
        f"SELECT {COLUMNS} FROM items WHERE stock >= ? ORDER BY price DESC LIMIT ?", (min_stock, limit))
    return [item(row) for row in rows]


def insert(name, price, stock, created):
    rows = connection().execute(
        f"INSERT INTO items (name, price, stock, created) VALUES (?, ?, ?, ?) RETURNING {COLUMNS}",
        (name, price, stock, created)).fetchall()
    return item(rows[0])


def update(id, stock):
    rows = connection().execute(f"UPDATE items SET stock = ? WHERE id = ? RETURNING {COLUMNS}",
                                (stock, id)).fetchall()
    return item(rows[0])

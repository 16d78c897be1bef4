"""The same database for each of the Python peers: WAL, a connection for each thread, statements
cached by the connection."""
import json
import os
import sqlite3
import threading

COLUMNS = "id, name, price, stock, created"
_local = threading.local()


def connect(**options):
    made = sqlite3.connect(os.environ["DB"], isolation_level=None, timeout=5, cached_statements=64, **options)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("PRAGMA synchronous=" + os.environ["SYNC"])
    return made


def connection():
    found = getattr(_local, "db", None)
    if found is None:
        found = _local.db = connect()
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


def search(a, b, c, limit):
    rows = connection().execute(
        f"SELECT {COLUMNS} FROM items WHERE name LIKE '%' || ? || '%' AND name LIKE '%' || ? || '%' "
        "AND name LIKE '%' || ? || '%' ORDER BY name DESC LIMIT ?", (a, b, c, limit))
    return [item(row) for row in rows]


def orders(limit):
    """Two statements: the orders with their customers, and the lines of all of them."""
    db = connection()
    found = {row[0]: {"id": row[0], "placed": row[1], "customer": {"name": row[2], "city": row[3]}, "lines": []}
             for row in db.execute("SELECT o.id, o.placed, c.name, c.city FROM orders o JOIN customers c "
                                   "ON c.id = o.customer_id ORDER BY o.id LIMIT ?", (limit,))}
    marks = ",".join("?" * len(found))
    for row in db.execute("SELECT order_id, item_id, quantity, price FROM order_lines "
                          f"WHERE order_id IN ({marks}) ORDER BY order_id, id", tuple(found)):
        found[row[0]]["lines"].append({"item_id": row[1], "quantity": row[2], "price": row[3]})
    return list(found.values())


def bulk(rows):
    """One transaction. `rows` are (name, price, stock, created)."""
    db = connection()
    db.execute("BEGIN IMMEDIATE")
    try:
        db.executemany("INSERT INTO items (name, price, stock, created) VALUES (?, ?, ?, ?)", rows)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def stream():
    """All rows, one JSON text a line, a thousand at a time, on a connection of its own: other threads may ask for
    the next."""
    db = connect(check_same_thread=False)
    try:
        rows = db.execute(f"SELECT {COLUMNS} FROM items ORDER BY id")
        while some := rows.fetchmany(1000):
            yield "".join(json.dumps(item(row)) + "\n" for row in some)
    finally:
        db.close()

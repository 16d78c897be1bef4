-- What every peer serves: 10,000 rows, and orders with their customer and their lines.
CREATE TABLE items (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    price   REAL NOT NULL,
    stock   INTEGER NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX items_price ON items (price);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO items (id, name, price, stock, created)
SELECT i, 'item ' || i, (i * 7919 % 10007) / 100.0, i % 100, '2026-01-01T00:00:00Z' FROM n;

CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers,
    placed      TEXT NOT NULL
);
CREATE TABLE order_lines (
    id       INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders,
    item_id  INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    price    REAL NOT NULL
);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX order_lines_order ON order_lines (order_id);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO customers SELECT i, 'customer ' || i, 'city ' || i % 40 FROM n;
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO orders SELECT i, 1 + i * 7 % 500, '2026-01-01T00:00:00Z' FROM n;
WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 14999)
INSERT INTO order_lines SELECT i + 1, 1 + i / 3, 1 + i, 1 + i % 5, (i * 7919 % 9973) / 100.0 FROM n;

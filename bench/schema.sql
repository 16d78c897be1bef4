-- What every peer serves: 10,000 rows.
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

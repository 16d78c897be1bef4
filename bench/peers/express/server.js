// Express: https://expressjs.com/en/advanced/best-practice-performance.html (NODE_ENV=production,
// a process for each core).
'use strict'
const cluster = require('node:cluster')
const { Readable, pipeline } = require('node:stream')
const workers = Number(process.env.WORKERS || 1)

if (cluster.isPrimary && workers > 1) {
  for (let i = 0; i < workers; i++) cluster.fork()
} else {
  const express = require('express')
  const db = require('better-sqlite3')(process.env.DB)
  db.pragma('journal_mode = WAL')
  db.pragma('busy_timeout = 5000')
  db.pragma('synchronous = ' + process.env.SYNC)
  const columns = 'id, name, price, stock, created'
  const byId = db.prepare(`SELECT ${columns} FROM items WHERE id = ?`)
  const list = db.prepare(`SELECT ${columns} FROM items ORDER BY id LIMIT ?`)
  const filtered = db.prepare(`SELECT ${columns} FROM items WHERE stock >= ? ORDER BY price DESC LIMIT ?`)
  const insert = db.prepare(`INSERT INTO items (name, price, stock, created) VALUES (?, ?, ?, ?) RETURNING ${columns}`)
  const update = db.prepare(`UPDATE items SET stock = ? WHERE id = ? RETURNING ${columns}`)

  const search = db.prepare(`SELECT ${columns} FROM items WHERE name LIKE '%' || ? || '%'
    AND name LIKE '%' || ? || '%' AND name LIKE '%' || ? || '%' ORDER BY name DESC LIMIT ?`)
  const orders = db.prepare(`SELECT o.id, o.placed, c.name, c.city FROM orders o
    JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT ?`)
  const lines = db.prepare(`SELECT order_id, item_id, quantity, price FROM order_lines
    WHERE order_id BETWEEN ? AND ? ORDER BY order_id, id`)
  const add = db.prepare('INSERT INTO items (name, price, stock, created) VALUES (?, ?, ?, ?)')
  const addAll = db.transaction(rows => {
    for (const row of rows) add.run(row.name, row.price, row.stock, row.created)
  })
  // A connection that iterates takes no other statement: the stream has its own.
  const streaming = require('better-sqlite3')(process.env.DB, { readonly: true })
  const every = streaming.prepare(`SELECT ${columns} FROM items ORDER BY id`)
  function * pieces () {
    let piece = ''
    for (const row of every.iterate()) {
      piece += JSON.stringify(row) + '\n'
      if (piece.length > 65536) {
        yield piece
        piece = ''
      }
    }
    yield piece
  }

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(express.json({ limit: '64mb' }))
  app.get('/healthz', (req, res) => res.type('text').send('ok\n'))
  app.get('/items/:id', (req, res) => res.json(byId.get(req.params.id)))
  app.get('/items', (req, res) => {
    const { limit = '20', min_stock: min } = req.query
    res.json(min === undefined ? list.all(limit) : filtered.all(min, limit))
  })
  app.post('/items', (req, res) => {
    const { name, price, stock, created } = req.body
    res.status(201).json(insert.get(name, price, stock, created))
  })
  app.patch('/items/:id', (req, res) => res.json(update.get(req.body.stock, req.params.id)))
  app.get('/search', (req, res) => {
    const { a, b, c, limit } = req.query
    res.json(search.all(a, b, c, limit))
  })
  app.get('/orders', (req, res) => {
    const found = orders.all(req.query.limit).map(o => (
      { id: o.id, placed: o.placed, customer: { name: o.name, city: o.city }, lines: [] }))
    const byId = new Map(found.map(order => [order.id, order]))
    for (const { order_id: id, ...line } of lines.all(found[0].id, found[found.length - 1].id)) {
      byId.get(id)?.lines.push(line)
    }
    res.json(found)
  })
  app.post('/bulk', (req, res) => {
    addAll.immediate(req.body)
    res.status(201).json({ inserted: req.body.length })
  })
  app.get('/stream', (req, res) => {
    res.type('application/x-ndjson')
    pipeline(Readable.from(pieces()), res, () => {})
  })
  app.listen(Number(process.env.PORT), '127.0.0.1')
}

// Express: https://expressjs.com/en/advanced/best-practice-performance.html (NODE_ENV=production,
// a process for each core).
'use strict'
const cluster = require('node:cluster')
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

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(express.json())
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
  app.listen(Number(process.env.PORT), '127.0.0.1')
}

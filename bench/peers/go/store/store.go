// Package store is the same database for each of the Go peers: WAL, a pool of readers, one
// connection that writes, statements prepared once.
package store

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"io"
	"os"
	"runtime"

	_ "github.com/mattn/go-sqlite3"
)

type Item struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Price   float64 `json:"price"`
	Stock   int64   `json:"stock"`
	Created string  `json:"created"`
}

type Change struct {
	Stock *int64 `json:"stock"`
}

type Customer struct {
	Name string `json:"name"`
	City string `json:"city"`
}

type Line struct {
	ItemID   int64   `json:"item_id"`
	Quantity int64   `json:"quantity"`
	Price    float64 `json:"price"`
}

type Order struct {
	ID       int64    `json:"id"`
	Placed   string   `json:"placed"`
	Customer Customer `json:"customer"`
	Lines    []Line   `json:"lines"`
}

type Store struct {
	byID, list, filtered, insert, update *sql.Stmt
	search, orders, lines, every, bulk   *sql.Stmt
	writer                               *sql.DB
}

// BodyMax is for a framework with a limit of its own: a body of 100,000 rows has 8 MB.
const BodyMax = 64 << 20

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

const columns = "id, name, price, stock, created"

func Open() *Store {
	dsn := "file:" + os.Getenv("DB") + "?_busy_timeout=5000&_synchronous=" + os.Getenv("SYNC")
	readers := must(sql.Open("sqlite3", dsn+"&mode=ro")) // the file is in WAL mode already
	pool := max(4, 2*runtime.GOMAXPROCS(0))
	readers.SetMaxOpenConns(pool)
	readers.SetMaxIdleConns(pool) // as many: none is closed and opened again
	writer := must(sql.Open("sqlite3", dsn+"&_txlock=immediate"))
	writer.SetMaxOpenConns(1)
	return &Store{
		byID:     must(readers.Prepare("SELECT " + columns + " FROM items WHERE id = ?")),
		list:     must(readers.Prepare("SELECT " + columns + " FROM items ORDER BY id LIMIT ?")),
		filtered: must(readers.Prepare("SELECT " + columns + " FROM items WHERE stock >= ? ORDER BY price DESC LIMIT ?")),
		insert:   must(writer.Prepare("INSERT INTO items (name, price, stock, created) VALUES (?, ?, ?, ?) RETURNING " + columns)),
		update:   must(writer.Prepare("UPDATE items SET stock = ? WHERE id = ? RETURNING " + columns)),
		search: must(readers.Prepare("SELECT " + columns + " FROM items WHERE name LIKE '%' || ? || '%' " +
			"AND name LIKE '%' || ? || '%' AND name LIKE '%' || ? || '%' ORDER BY name DESC LIMIT ?")),
		orders: must(readers.Prepare("SELECT o.id, o.placed, c.name, c.city FROM orders o " +
			"JOIN customers c ON c.id = o.customer_id ORDER BY o.id LIMIT ?")),
		lines: must(readers.Prepare("SELECT order_id, item_id, quantity, price FROM order_lines " +
			"WHERE order_id BETWEEN ? AND ? ORDER BY order_id, id")),
		every:  must(readers.Prepare("SELECT " + columns + " FROM items ORDER BY id")),
		bulk:   must(writer.Prepare("INSERT INTO items (name, price, stock, created) VALUES (?, ?, ?, ?)")),
		writer: writer,
	}
}

func scan(row interface{ Scan(...any) error }) (Item, error) {
	var i Item
	err := row.Scan(&i.ID, &i.Name, &i.Price, &i.Stock, &i.Created)
	return i, err
}

func all(rows *sql.Rows, err error) ([]Item, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	items := make([]Item, 0, 20)
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

func (s *Store) ByID(id string) (Item, error)               { return scan(s.byID.QueryRow(id)) }
func (s *Store) List(limit string) ([]Item, error)          { return all(s.list.Query(limit)) }
func (s *Store) Filtered(min, limit string) ([]Item, error) { return all(s.filtered.Query(min, limit)) }
func (s *Store) Update(id string, stock int64) (Item, error) {
	return scan(s.update.QueryRow(stock, id))
}
func (s *Store) Insert(i Item) (Item, error) {
	return scan(s.insert.QueryRow(i.Name, i.Price, i.Stock, i.Created))
}
func (s *Store) Search(a, b, c, limit string) ([]Item, error) {
	return all(s.search.Query(a, b, c, limit))
}

// Orders takes two statements: the orders with their customers, and the lines of all of them.
func (s *Store) Orders(limit string) ([]*Order, error) {
	rows, err := s.orders.Query(limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	orders, byID := make([]*Order, 0, 20), map[int64]*Order{}
	for rows.Next() {
		o := &Order{Lines: []Line{}}
		if err := rows.Scan(&o.ID, &o.Placed, &o.Customer.Name, &o.Customer.City); err != nil {
			return nil, err
		}
		orders, byID[o.ID] = append(orders, o), o
	}
	if err := rows.Err(); err != nil || len(orders) == 0 {
		return orders, err
	}
	return orders, s.addLines(byID, orders[0].ID, orders[len(orders)-1].ID)
}

func (s *Store) addLines(orders map[int64]*Order, first, last int64) error {
	rows, err := s.lines.Query(first, last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var line Line
		if err := rows.Scan(&id, &line.ItemID, &line.Quantity, &line.Price); err != nil {
			return err
		}
		if o := orders[id]; o != nil {
			o.Lines = append(o.Lines, line)
		}
	}
	return rows.Err()
}

// Bulk is one transaction.
func (s *Store) Bulk(items []Item) (map[string]int, error) {
	tx, err := s.writer.Begin()
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	insert := tx.Stmt(s.bulk)
	for _, i := range items {
		if _, err := insert.Exec(i.Name, i.Price, i.Stock, i.Created); err != nil {
			return nil, err
		}
	}
	return map[string]int{"inserted": len(items)}, tx.Commit()
}

// Stream writes all rows, one JSON text a line.
func (s *Store) Stream(to io.Writer) error {
	rows, err := s.every.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	out := bufio.NewWriterSize(to, 64<<10)
	encoder := json.NewEncoder(out)
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return err
		}
		if err := encoder.Encode(&item); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return out.Flush()
}

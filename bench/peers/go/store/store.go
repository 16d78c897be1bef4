// Package store is the same database for each of the Go peers: WAL, a pool of readers, one
// connection that writes, statements prepared once.
package store

import (
	"database/sql"
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

type Store struct {
	byID, list, filtered, insert, update *sql.Stmt
}

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

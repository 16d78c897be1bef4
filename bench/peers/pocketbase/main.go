// PocketBase as a Go framework: https://pocketbase.io/docs/go-overview/. What is measured is its own
// records API over a collection of the same rows. Its connection is its default but for synchronous.
//
//	pocketbase --dir DIR seed     makes the collection, empty
//	pocketbase --dir DIR serve --http ADDRESS
package main

import (
	"log"
	"os"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
	"github.com/spf13/cobra"
)

const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)" +
	"&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)&_pragma=synchronous("

func connect(path string) (*dbx.DB, error) {
	return dbx.Open("sqlite", path+pragmas+os.Getenv("SYNC")+")")
}

// Open to everybody, as the other peers are; logs off; ids as short as the other peers' are.
func seed(app core.App) error {
	items := core.NewBaseCollection("items")
	everybody := types.Pointer("")
	items.ListRule, items.ViewRule, items.CreateRule, items.UpdateRule = everybody, everybody, everybody, everybody
	items.Fields.GetByName("id").(*core.TextField).Min = 1
	items.Fields.Add(
		&core.TextField{Name: "name", Required: true},
		&core.NumberField{Name: "price"},
		&core.NumberField{Name: "stock", OnlyInt: true},
		&core.TextField{Name: "created", Required: true})
	items.AddIndex("items_price", false, "price", "")
	if err := app.Save(items); err != nil {
		return err
	}
	if err := seedOrders(app); err != nil {
		return err
	}
	settings := app.Settings()
	settings.Logs.MaxDays = 0
	settings.Batch.Enabled = true // many records in one request, and one transaction
	settings.Batch.MaxRequests = 100000
	settings.Batch.MaxBodySize = 64 << 20
	settings.Batch.Timeout = 120
	return app.Save(settings)
}

func public(name string, fields ...core.Field) *core.Collection {
	made := core.NewBaseCollection(name)
	made.ListRule, made.ViewRule = types.Pointer(""), types.Pointer("")
	made.Fields.GetByName("id").(*core.TextField).Min = 1
	made.Fields.Add(fields...)
	return made
}

func seedOrders(app core.App) error {
	customers := public("customers", &core.TextField{Name: "name"}, &core.TextField{Name: "city"})
	if err := app.Save(customers); err != nil {
		return err
	}
	orders := public("orders",
		&core.RelationField{Name: "customer", CollectionId: customers.Id, MaxSelect: 1},
		&core.TextField{Name: "placed"})
	orders.AddIndex("orders_customer", false, "customer", "")
	if err := app.Save(orders); err != nil {
		return err
	}
	lines := public("order_lines",
		&core.RelationField{Name: "order", CollectionId: orders.Id, MaxSelect: 1},
		&core.NumberField{Name: "item_id", OnlyInt: true},
		&core.NumberField{Name: "quantity", OnlyInt: true},
		&core.NumberField{Name: "price"})
	lines.AddIndex("order_lines_order", false, "`order`", "")
	return app.Save(lines)
}

func main() {
	app := pocketbase.NewWithConfig(pocketbase.Config{DBConnect: connect, HideStartBanner: true})
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.InstallerFunc = nil // it would open a browser
		return e.Next()
	})
	app.RootCmd.AddCommand(&cobra.Command{Use: "seed", RunE: func(*cobra.Command, []string) error {
		return seed(app)
	}})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

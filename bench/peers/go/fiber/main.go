// Fiber: https://docs.gofiber.io (no banner, no logger).
package main

import (
	"bufio"
	"os"

	"bench/store"

	"github.com/gofiber/fiber/v3"
)

func answer[T any](c fiber.Ctx, status int, value T, err error) error {
	if err != nil {
		return c.Status(500).JSON(fiber.Map{"error": err.Error()})
	}
	return c.Status(status).JSON(value)
}

func main() {
	s := store.Open()
	app := fiber.New(fiber.Config{BodyLimit: store.BodyMax})
	app.Get("/healthz", func(c fiber.Ctx) error { return c.SendString("ok\n") })
	app.Get("/items/:id", func(c fiber.Ctx) error {
		item, err := s.ByID(c.Params("id"))
		return answer(c, 200, item, err)
	})
	app.Get("/items", func(c fiber.Ctx) error {
		if min := c.Query("min_stock"); min != "" {
			items, err := s.Filtered(min, c.Query("limit"))
			return answer(c, 200, items, err)
		}
		items, err := s.List(c.Query("limit"))
		return answer(c, 200, items, err)
	})
	app.Post("/items", func(c fiber.Ctx) error {
		var item store.Item
		if err := c.Bind().JSON(&item); err != nil {
			return c.Status(400).JSON(fiber.Map{"error": err.Error()})
		}
		made, err := s.Insert(item)
		return answer(c, 201, made, err)
	})
	app.Patch("/items/:id", func(c fiber.Ctx) error {
		var change store.Change
		if err := c.Bind().JSON(&change); err != nil || change.Stock == nil {
			return c.Status(400).JSON(fiber.Map{"error": "stock is missing"})
		}
		item, err := s.Update(c.Params("id"), *change.Stock)
		return answer(c, 200, item, err)
	})
	app.Get("/search", func(c fiber.Ctx) error {
		items, err := s.Search(c.Query("a"), c.Query("b"), c.Query("c"), c.Query("limit"))
		return answer(c, 200, items, err)
	})
	app.Get("/orders", func(c fiber.Ctx) error {
		orders, err := s.Orders(c.Query("limit"))
		return answer(c, 200, orders, err)
	})
	app.Post("/bulk", func(c fiber.Ctx) error {
		var items []store.Item
		if err := c.Bind().JSON(&items); err != nil {
			return c.Status(400).JSON(fiber.Map{"error": err.Error()})
		}
		made, err := s.Bulk(items)
		return answer(c, 201, made, err)
	})
	app.Get("/stream", func(c fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/x-ndjson")
		return c.SendStreamWriter(func(to *bufio.Writer) {
			if err := s.Stream(to); err != nil {
				panic(err)
			}
		})
	})
	err := app.Listen("127.0.0.1:"+os.Getenv("PORT"), fiber.ListenConfig{DisableStartupMessage: true})
	if err != nil {
		panic(err)
	}
}

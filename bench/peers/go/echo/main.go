// Echo: https://echo.labstack.com/docs (no banner, no logger).
package main

import (
	"context"
	"os"

	"bench/store"

	"github.com/labstack/echo/v5"
)

func answer[T any](c *echo.Context, status int, value T, err error) error {
	if err != nil {
		return c.JSON(500, map[string]string{"error": err.Error()})
	}
	return c.JSON(status, value)
}

func main() {
	s := store.Open()
	e := echo.New()
	e.GET("/healthz", func(c *echo.Context) error { return c.String(200, "ok\n") })
	e.GET("/items/:id", func(c *echo.Context) error {
		item, err := s.ByID(c.Param("id"))
		return answer(c, 200, item, err)
	})
	e.GET("/items", func(c *echo.Context) error {
		if min := c.QueryParam("min_stock"); min != "" {
			items, err := s.Filtered(min, c.QueryParam("limit"))
			return answer(c, 200, items, err)
		}
		items, err := s.List(c.QueryParam("limit"))
		return answer(c, 200, items, err)
	})
	e.POST("/items", func(c *echo.Context) error {
		var item store.Item
		if err := c.Bind(&item); err != nil {
			return c.JSON(400, map[string]string{"error": err.Error()})
		}
		made, err := s.Insert(item)
		return answer(c, 201, made, err)
	})
	e.PATCH("/items/:id", func(c *echo.Context) error {
		var change struct {
			Stock *int64 `json:"stock"`
		}
		if err := c.Bind(&change); err != nil || change.Stock == nil {
			return c.JSON(400, map[string]string{"error": "stock is missing"})
		}
		item, err := s.Update(c.Param("id"), *change.Stock)
		return answer(c, 200, item, err)
	})
	e.GET("/search", func(c *echo.Context) error {
		items, err := s.Search(c.QueryParam("a"), c.QueryParam("b"), c.QueryParam("c"), c.QueryParam("limit"))
		return answer(c, 200, items, err)
	})
	e.GET("/orders", func(c *echo.Context) error {
		orders, err := s.Orders(c.QueryParam("limit"))
		return answer(c, 200, orders, err)
	})
	e.POST("/bulk", func(c *echo.Context) error {
		var items []store.Item
		if err := c.Bind(&items); err != nil {
			return c.JSON(400, map[string]string{"error": err.Error()})
		}
		made, err := s.Bulk(items)
		return answer(c, 201, made, err)
	})
	e.GET("/stream", func(c *echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentType, "application/x-ndjson")
		return s.Stream(c.Response())
	})
	start := echo.StartConfig{Address: "127.0.0.1:" + os.Getenv("PORT"), HideBanner: true, HidePort: true}
	if err := start.Start(context.Background(), e); err != nil {
		panic(err)
	}
}

// Gin: https://gin-gonic.com/docs/ (release mode, no logger).
package main

import (
	"os"

	"bench/store"

	"github.com/gin-gonic/gin"
)

func answer[T any](c *gin.Context, status int, value T, err error) {
	if err != nil {
		c.JSON(500, gin.H{"error": err.Error()})
		return
	}
	c.JSON(status, value)
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	s := store.Open()
	r := gin.New()
	r.Use(gin.Recovery())
	r.GET("/healthz", func(c *gin.Context) { c.String(200, "ok\n") })
	r.GET("/items/:id", func(c *gin.Context) {
		item, err := s.ByID(c.Param("id"))
		answer(c, 200, item, err)
	})
	r.GET("/items", func(c *gin.Context) {
		if min := c.Query("min_stock"); min != "" {
			items, err := s.Filtered(min, c.Query("limit"))
			answer(c, 200, items, err)
			return
		}
		items, err := s.List(c.Query("limit"))
		answer(c, 200, items, err)
	})
	r.POST("/items", func(c *gin.Context) {
		var item store.Item
		if err := c.ShouldBindJSON(&item); err != nil {
			c.JSON(400, gin.H{"error": err.Error()})
			return
		}
		made, err := s.Insert(item)
		answer(c, 201, made, err)
	})
	r.PATCH("/items/:id", func(c *gin.Context) {
		var change store.Change
		if err := c.ShouldBindJSON(&change); err != nil || change.Stock == nil {
			c.JSON(400, gin.H{"error": "stock is missing"})
			return
		}
		item, err := s.Update(c.Param("id"), *change.Stock)
		answer(c, 200, item, err)
	})
	r.GET("/search", func(c *gin.Context) {
		items, err := s.Search(c.Query("a"), c.Query("b"), c.Query("c"), c.Query("limit"))
		answer(c, 200, items, err)
	})
	r.GET("/orders", func(c *gin.Context) {
		orders, err := s.Orders(c.Query("limit"))
		answer(c, 200, orders, err)
	})
	r.POST("/bulk", func(c *gin.Context) {
		var items []store.Item
		if err := c.ShouldBindJSON(&items); err != nil {
			c.JSON(400, gin.H{"error": err.Error()})
			return
		}
		made, err := s.Bulk(items)
		answer(c, 201, made, err)
	})
	r.GET("/stream", func(c *gin.Context) {
		c.Header("Content-Type", "application/x-ndjson")
		if err := s.Stream(c.Writer); err != nil {
			panic(err) // ends the connection: the client sees that it is not whole
		}
	})
	if err := r.Run("127.0.0.1:" + os.Getenv("PORT")); err != nil {
		panic(err)
	}
}

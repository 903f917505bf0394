package main

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// Counts the lists of ConfigMaps that go out.
type counter struct {
	count atomic.Int64
}

type counting struct {
	counter *counter
	next    http.RoundTripper
}

func (c *counter) around(next http.RoundTripper) http.RoundTripper {
	return &counting{counter: c, next: next}
}

func (c *counter) value() int64 {
	return c.count.Load()
}

func (c *counting) RoundTrip(request *http.Request) (*http.Response, error) {
	isList := request.Method == http.MethodGet && strings.HasSuffix(request.URL.Path, "/configmaps")
	if isList && request.URL.Query().Get("watch") == "" {
		c.counter.count.Add(1)
	}
	return c.next.RoundTrip(request)
}

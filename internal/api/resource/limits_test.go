package resource_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

func TestRequestsOfATokenAreLimited(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.Must(t, a.DB.Update(context.Background(), func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("settings"))
		r.Key = schema.TextValue("rate_limit_per_hour")
		r.Put("value", schema.TextValue("2"))
		_, err := tx.Create(r, nil)
		return err
	}))
	limited := a.As(a.Post("/auth/tokens", `{"name":"ci"}`).Want(http.StatusOK).Text("data.token"))
	for _, left := range []string{"1", "0"} {
		if r := limited.Get("/auth/tokens").Want(http.StatusOK); r.Header.Get("X-RateLimit-Remaining") != left || r.Header.Get("X-RateLimit-Limit") != "2" {
			t.Errorf("%s left: %v", left, r.Header)
		}
	}
	r := limited.Get("/auth/tokens")
	r.Fails(http.StatusTooManyRequests, "RATE_LIMITED")
	r.InSeconds("Retry-After", 1800)
	if reset, err := strconv.ParseInt(r.Header.Get("X-RateLimit-Reset"), 10, 64); err != nil || time.Until(time.Unix(reset, 0)) > time.Hour/2+time.Second {
		t.Errorf("reset %v, %v", reset, err)
	}
	if r := a.Get("/auth/tokens").Want(http.StatusOK); r.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("a JWT is limited: %v", r.Header)
	}
}

package table_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// BenchmarkList reads 100 VMs with what clients ask for, without the network.
func BenchmarkList(b *testing.B) {
	s := start(b)
	for i := range 100 {
		s.make("vms", fmt.Sprintf(`{"name":"vm-%d"}`, i))
	}

	for name, path := range map[string]string{
		"most":  "/api/v4/vms?fields=most",
		"names": "/api/v4/vms?fields=$key,name",
		"paths": "/api/v4/vms?fields=$key,name,ram,machine%23status%23running%20as%20running,machine%23status%23status%20as%20status&filter=is_snapshot%20eq%20false",
		"one":   "/api/v4/vms/50?fields=most",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := httptest.NewRequest("GET", path, nil)
					admin(r)
					w := httptest.NewRecorder()
					s.Config.Handler.ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						b.Fatal(w.Code, w.Body)
					}
				}
			})
		})
	}
}

// BenchmarkCreate makes VMs while nobody follows the table, and while a hundred feeds do.
func BenchmarkCreate(b *testing.B) {
	for _, listeners := range []int{0, 100} {
		b.Run(fmt.Sprint(listeners, "-feeds"), func(b *testing.B) {
			s := start(b)
			ctx := perm.WithActor(b.Context(), perm.System("bench"))
			for range listeners {
				feed, err := s.eng.Watch(ctx, "vms", query.Request{}, engine.FromNow)
				if err != nil {
					b.Fatal(err)
				}
				defer feed.Close()
			}
			n := 0
			for b.Loop() {
				n++
				if _, err := s.eng.Create(ctx, "vms", schema.Input{"name": engine.Text(fmt.Sprint("vm-", n))}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

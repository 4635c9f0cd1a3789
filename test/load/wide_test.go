package load

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/table"
	"dewpoint/test/rig"
)

// TestStartWithManyTables measures from an empty directory to the first right answer, and the same with the database that is there then, where 255
// tables lie on top of the declared ones. The program has those alone that are declared, so that its parts are started here.
func TestStartWithManyTables(t *testing.T) {
	needsFlag(t)
	var first, again []time.Duration
	for range 5 {
		dir := t.TempDir()
		first = append(first, startWide(t, dir))
		again = append(again, startWide(t, dir))
	}
	measured := func(what string, took time.Duration) {
		ms := float64(took.Milliseconds())
		figure(t, "start to the first authenticated answer with 255 more tables, "+what, ms, "ms", ms <= 500, "≤ 500 ms")
	}
	measured("empty database", median(first))
	measured("with the tables in it", median(again))
}

// startWide starts a server of its own, asks it and ends it.
func startWide(t *testing.T, dir string) (took time.Duration) {
	t.Run("", func(t *testing.T) {
		began := time.Now()
		wide, err := rig.Wide(255)
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.DiscardHandler)
		s := rig.StartOn(t, rig.DatabaseOf(t, dir, wide), dir, log)
		h := front.Wrap(table.New(s.Engine, s.Auth, s.Media, s.Backups, table.Version{Version: "26.0"}), front.Edge{}, log)
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/api/v4/wide_000", nil)
		r.SetBasicAuth("admin", rig.Password)
		reply := httptest.NewRecorder()
		h.ServeHTTP(reply, r)
		took = time.Since(began)
		if reply.Code != http.StatusOK || reply.Body.String() != "[]" {
			t.Fatalf("status %d: %s", reply.Code, reply.Body)
		}
	})
	return took
}

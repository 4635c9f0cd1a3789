package load

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
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
		w := serveWide(t, dir)
		reply := w.ask("GET", "wide_000", "")
		took = time.Since(began)
		if string(reply) != "[]" {
			t.Fatalf("%s", reply)
		}
	})
	return took
}

// TestListWithPathsToAllTables measures lines of the log with three columns of what they are about, of two hundred tables among three hundred, asked for by
// an ordinary user, who has rights of his own on each.
func TestListWithPathsToAllTables(t *testing.T) {
	needsFlag(t)
	w := serveWide(t, t.TempDir())
	made := func(what, body string) (row map[string]any) {
		if err := json.Unmarshal(w.ask("POST", what, body), &row); err != nil {
			t.Fatal(err)
		}
		return row
	}
	for i := range 200 {
		made(fmt.Sprintf("wide_%03d", i), `{"name":"x"}`)
	}
	vm := made("vms", `{"name":"mine"}`)["$key"]
	var user struct{ Identity any }
	if err := json.Unmarshal(w.ask("GET", fmt.Sprint("users/", made("users", `{"name":"bob","password":"`+rig.Password+`"}`)["$key"], "?fields=identity"), ""), &user); err != nil {
		t.Fatal(err)
	}
	for _, grant := range []string{`"table":"logs","list":true`, fmt.Sprintf(`"table":"vms","row":%v,"read":true`, vm), `"table":"vnets","read":true`} {
		made("permissions", fmt.Sprintf(`{"identity":%v,%s}`, user.Identity, grant))
	}
	w.user = "bob"
	q := url.Values{"fields": {"text,object#name as n,object#$display as d,object#$key as k"}, "limit": {"100"}, "sort": {"-$key"}}
	var times []time.Duration
	for range 201 {
		began := time.Now()
		w.ask("GET", "logs?"+q.Encode(), "")
		times = append(times, time.Since(began))
	}
	took := median(times)
	figure(t, "100 lines of the log with three paths to any of 300 tables, for an ordinary user", milliseconds(took), "ms", took <= 10*time.Millisecond, "≤ 10 ms")
}

// wide serves the table API with 255 more tables.
type wide struct {
	t    *testing.T
	h    http.Handler
	user string
}

func serveWide(t *testing.T, dir string) *wide {
	t.Helper()
	tables, err := rig.Wide(255)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	s := rig.StartOn(t, rig.DatabaseOf(t, dir, tables), dir, log)
	return &wide{t, front.Wrap(table.New(s.Engine, s.Auth, s.Media, s.Backups, s.Consoles, table.Version{Version: "26.0"}), front.Edge{}, log), "admin"}
}

// ask returns the body of an answer, which must be a good one.
func (w *wide) ask(method, path, body string) []byte {
	w.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, "/api/v4/"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(w.user, rig.Password)
	reply := httptest.NewRecorder()
	w.h.ServeHTTP(reply, r)
	if reply.Code >= 300 {
		w.t.Fatalf("%s %s: status %d: %s", method, path, reply.Code, reply.Body)
	}
	return reply.Body.Bytes()
}

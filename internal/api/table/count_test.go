package table_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dewpoint/internal/schema"
)

// TestCount asks how many rows lists have: whatever their limit is, within the caller's rights, and with the tag of what was counted.
func TestCount(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, name := range []string{"a", "b", "c", "d"} {
		s.make("vms", `{"name":"`+name+`","ram":512}`)
	}
	ann := s.make("users", `{"name":"ann","password":"correct horse"}`)
	identity := fmt.Sprint(s.get("/api/v4/users/" + ann + "?fields=identity").object(t)["identity"])
	for _, row := range []string{"2", "3"} {
		s.make("permissions", `{"identity":`+identity+`,"table":"vms","row":`+row+`,"list":true,"read":true}`)
	}
	user := basic("ann", "correct horse")
	for _, c := range []struct {
		query string
		by    credential
		total string
		rows  string
	}{
		{"count=1", admin, "4", `[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]`},
		{"$count=1&limit=1", admin, "4", `[{"name":"a"}]`},
		{"count=true&limit=2&offset=3&sort=-name", admin, "4", `[{"name":"a"}]`},
		{"count=1&offset=9", admin, "4", `[]`},
		{"count=1&filter=name%20gt%20%27b%27&limit=1", admin, "2", `[{"name":"c"}]`},
		{"count=1&filter=name%20eq%20%27z%27", admin, "0", `[]`},
		{"count=1&limit=1", user, "2", `[{"name":"b"}]`},
		{"count=0", user, "", `[{"name":"b"},{"name":"c"}]`},
		{"", user, "", `[{"name":"b"},{"name":"c"}]`},
	} {
		r := s.send("GET", "/api/v4/vms?fields=name&"+c.query, nil, c.by).must(t, 200)
		same(t, c.query, c.rows, strings.TrimSpace(r.body))
		if got := r.header.Get("X-Total-Count"); got != c.total {
			t.Errorf("%s: X-Total-Count %q, want %q", c.query, got, c.total)
		}
	}
	plain, counted := s.get("/api/v4/vms?limit=1"), s.get("/api/v4/vms?limit=1&count=1")
	if plain.header.Get("ETag") == counted.header.Get("ETag") {
		t.Error("a list that counts has the tag of one that doesn't")
	}
	tag := header("If-None-Match", counted.header.Get("ETag"))
	again := func() reply {
		return s.send("GET", "/api/v4/vms?limit=1&count=1", nil, func(r *http.Request) { admin(r); tag(r) })
	}
	if r := again(); r.status != 304 || r.header.Get("X-Total-Count") != "" {
		t.Errorf("unchanged: %d, X-Total-Count %q", r.status, r.header.Get("X-Total-Count"))
	}
	s.send("DELETE", "/api/v4/vms/4", nil).must(t, 200)
	if r := again(); r.status != 200 || r.header.Get("X-Total-Count") != "3" {
		t.Errorf("a row behind the limit has gone: %d, X-Total-Count %q, want 200 and 3", r.status, r.header.Get("X-Total-Count"))
	}
}

// TestCountIsAColumn: where a column has the name, it keeps its meaning.
func TestCountIsAColumn(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 2 {
		s.insert("machine_devices", schema.Set{"name": schema.TextValue("x"), "count": schema.IntValue(1)})
	}
	s.insert("machine_devices", schema.Set{"name": schema.TextValue("y"), "count": schema.IntValue(2)})
	r := s.get("/api/v4/machine_devices?count=2&fields=name").must(t, 200)
	same(t, "by the column", `[{"name":"y"}]`, strings.TrimSpace(r.body))
	if r.header.Get("X-Total-Count") != "" {
		t.Error("the column's name asks for the count")
	}
	if r = s.get("/api/v4/machine_devices?$count=1&count=1&limit=1").must(t, 200); r.header.Get("X-Total-Count") != "2" {
		t.Errorf("X-Total-Count %q, want 2", r.header.Get("X-Total-Count"))
	}
	s.get("/api/v4/vms?watch=1&count=1").failed(t, 422)
}

// TestCountOfALongList: the header is there before a list that is sent in parts.
func TestCountOfALongList(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 800 {
		s.make("vms", `{"name":"`+"v"+rand.Text()+`","description":"`+strings.Repeat("x", 2_000)+`"}`)
	}
	r := s.get("/api/v4/vms?fields=name,description&count=1").must(t, 200)
	if r.header.Get("Content-Length") != "" || r.header.Get("X-Total-Count") != "800" {
		t.Errorf("X-Total-Count %q of a list of %d bytes, Content-Length %q", r.header.Get("X-Total-Count"), len(r.body), r.header.Get("Content-Length"))
	}
}

package table_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"dewpoint/internal/model/tasks"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	hooks "dewpoint/internal/tables/tasks"
	"dewpoint/test/rig"
)

// moreTables is how many tables lie on top of those that are declared.
const moreTables = 255

// startWide serves them all.
func startWide(t testing.TB) *server {
	t.Helper()
	wide, err := rig.Wide(moreTables)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return startOn(t, rig.DatabaseOf(t, dir, wide), dir)
}

// linesOfObjects asks for what the lines of the log are about, in four columns.
func linesOfObjects(filter string) string {
	q := url.Values{"fields": {"text,object#name as n,object#$display as d,object#$key as k"}, "filter": {filter}, "sort": {"$key"}}
	return "/api/v4/logs?" + q.Encode()
}

// TestPathsToAllTables follows a column that leads to any table, where there are three hundred.
func TestPathsToAllTables(t *testing.T) {
	t.Parallel()
	s := startWide(t)
	vm := s.make("vms", `{"name":"mine"}`)
	other := s.make("vms", `{"name":"other"}`)
	ann := basic("ann", "anns password")
	user := s.make("users", `{"name":"ann","password":"anns password"}`)
	identity := s.get("/api/v4/users/" + user + "?fields=identity").object(t)["identity"]
	for _, grant := range []string{`"table":"logs","list":true`, `"table":"vms","row":` + vm + `,"read":true`, `"table":"wide_000","read":true`} {
		s.make("permissions", fmt.Sprintf(`{"identity":%v,%s}`, identity, grant))
	}
	mine := `{"text":"created VM \"mine\"","n":"mine","d":"mine","k":"` + vm + `"}`
	about := linesOfObjects("text rx '^created (VM|Wide)'")
	same(t, "ann", `[`+mine+`,{"text":"created VM \"other\"","n":null,"d":null,"k":null}]`, s.send("GET", about, nil, ann).must(t, http.StatusOK).body)

	// What leads to a table for the first time shows at once.
	s.make("wide_000", `{"name":"x"}`)
	s.make("wide_004", `{"name":"y"}`)
	x, y := `{"text":"created Wide thing 0 \"x\"","n":"x","d":"x","k":"1"}`, `{"text":"created Wide thing 4 \"y\"","n":"y","d":"y","k":"1"}`
	none := `{"text":"created Wide thing 4 \"y\"","n":null,"d":null,"k":null}`
	same(t, "admin", `[`+mine+`,{"text":"created VM \"other\"","n":"other","d":"other","k":"`+other+`"},`+x+`,`+y+`]`, s.get(about).must(t, http.StatusOK).body)
	same(t, "ann", `[`+mine+`,{"text":"created VM \"other\"","n":null,"d":null,"k":null},`+x+`,`+none+`]`, s.send("GET", about, nil, ann).must(t, http.StatusOK).body)
	same(t, "filtered", `[`+x+`]`, s.send("GET", linesOfObjects("text rx '^created' and object#name eq 'x'"), nil, ann).must(t, http.StatusOK).body)
	same(t, "another list", `[{"name":"x"}]`, s.get("/api/v4/wide_000?fields=name").must(t, http.StatusOK).body)
}

// TestFeedOfAllTables follows lines of the log with what they are about, one of a table that no line led to when the feed was opened.
func TestFeedOfAllTables(t *testing.T) {
	t.Parallel()
	s := startWide(t)
	user := s.make("users", `{"name":"ann","password":"anns password"}`)
	identity := s.get("/api/v4/users/" + user + "?fields=identity").object(t)["identity"]
	for _, grant := range []string{`"table":"logs","list":true`, `"table":"wide_000","read":true`} {
		s.make("permissions", fmt.Sprintf(`{"identity":%v,%s}`, identity, grant))
	}
	about := linesOfObjects("text rx '^created Wide'") + "&watch=1"
	feeds := map[string]*follower{"admin": s.follow(about, ""), "ann": s.follow(about, "", basic("ann", "anns password"))}
	s.make("wide_000", `{"name":"x"}`)
	key := strings.Trim(s.get("/api/v4/logs?fields=$key&filter="+url.QueryEscape("text rx '^created Wide'")).must(t, http.StatusOK).body, "[{}]\n")
	for who, f := range feeds {
		same(t, who, `created {`+key+`,"text":"created Wide thing 0 \"x\"","n":"x","d":"x","k":"1"}`, f.event())
	}
	s.put("/api/v4/wide_000/1", `{"name":"y"}`).must(t, http.StatusOK)
	for who, f := range feeds {
		same(t, who, `changed {`+key+`,"text":"created Wide thing 0 \"x\"","n":"y","d":"y","k":"1"}`, f.event())
	}
}

// TestTaskEventsOfAllTables has a task wait for what is found through a column that leads to any table.
func TestTaskEventsOfAllTables(t *testing.T) {
	t.Parallel()
	s := startWide(t)
	s.make("vms", `{"name":"mine"}`)
	s.make("tasks", `{"name":"on","owner":"vms/1","action":"poweron"}`)
	s.make("tag_categories", `{"name":"env","taggable_vms":true}`)
	s.make("tags", `{"name":"test","category":1}`)
	const filter = `"member#name eq 'mine' and member#$display ne null and member#$key ne null"`
	s.make("task_events", `{"task":1,"table":"tag_members","event":"created","table_event_filters":`+filter+`}`)
	for name, want := range map[string]bool{"mine": true, "other": false} {
		vm := "1"
		if name != "mine" {
			vm = s.make("vms", `{"name":"`+name+`"}`)
		}
		member := s.make("tag_members", `{"tag":1,"member":"vms/`+vm+`"}`)
		key, err := strconv.ParseInt(member, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		event := tasks.TaskEvent{Task: 1, Table: "tag_members", Event: "created", TableEventFilters: filter}
		happened, err := hooks.NewRunner(s.db, s.eng).Happened(t.Context(), event, []store.Logged{{Change: store.Change{Table: s.db.Schema.Table("tag_members"), Key: schema.IntValue(key), Verb: store.Created}}})
		if err != nil || happened != want {
			t.Errorf("%s: %t, want %t: %v", name, happened, want, err)
		}
	}
}

// BenchmarkPathsToAllTables measures the request that the test above makes, with lines about two hundred tables, by an ordinary user and by an
// administrator.
func BenchmarkPathsToAllTables(b *testing.B) {
	s := startWide(b)
	vm := s.make("vms", `{"name":"mine"}`)
	user := s.make("users", `{"name":"bob","password":"bobs password"}`)
	identity := s.get("/api/v4/users/" + user + "?fields=identity").object(b)["identity"]
	for _, grant := range []string{`"table":"logs","list":true`, `"table":"vms","row":` + vm + `,"read":true`, `"table":"vnets","read":true`} {
		s.make("permissions", fmt.Sprintf(`{"identity":%v,%s}`, identity, grant))
	}
	for i := range 200 {
		s.make(fmt.Sprintf("wide_%03d", i), `{"name":"x"}`)
	}
	for name, c := range map[string]credential{"admin": admin, "bob": basic("bob", "bobs password")} {
		for paths, fields := range map[string]string{"one": "text,object#name as n", "four": "text,object#name as n,object#$display as d,object#$key as k"} {
			q := url.Values{"fields": {fields}, "limit": {"100"}, "sort": {"-$key"}}
			b.Run(name+"/"+paths, func(b *testing.B) {
				for b.Loop() {
					s.send("GET", "/api/v4/logs?"+q.Encode(), nil, c).must(b, http.StatusOK)
				}
			})
		}
	}
}

package table_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// with sends a request of the administrator with one more header.
func (s *server) with(method, path, body, name, value string) reply {
	s.t.Helper()
	return s.send(method, path, strings.NewReader(body), func(r *http.Request) { admin(r); r.Header.Set(name, value) })
}

func TestTagsOfLists(t *testing.T) {
	t.Parallel()
	s := start(t)
	const path = "/api/v4/vms?fields=name,machine%23status%23running%20as%20running"
	read := func(tag string) reply { return s.with("GET", path, "", "If-None-Match", tag) }
	s.make("vms", `{"name":"a"}`)
	first := s.get(path).must(t, 200)
	tag := first.header.Get("ETag")
	if same := read(tag); same.status != 304 || same.body != "" || same.header.Get("ETag") != tag {
		t.Errorf("unchanged: %+v", same)
	}
	s.make("files", `{"name":"a","allocated_bytes":1}`)
	if r := read(tag); r.status != 304 {
		t.Errorf("after a change in a table that isn't read: %d", r.status)
	}
	s.write("machine_status", 1, schema.Set{"running": schema.BoolValue(true)})
	if r := read(tag); r.status != 200 || r.header.Get("ETag") == tag {
		t.Errorf("after a change in a table that is joined: %d", r.status)
	}
	if other := s.get("/api/v4/vms?fields=name").header.Get("ETag"); other == tag || other == "" {
		t.Errorf("another request has the tag %q", other)
	}
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	bob := s.send("GET", path, nil, basic("bob", "bobs password")).must(t, 200)
	if bob.header.Get("ETag") == s.get(path).header.Get("ETag") {
		t.Error("bob's empty list has the tag of the administrator's")
	}
	if r := s.get("/api/v4/vms?filter=nonsense%20eq%201"); r.header.Get("ETag") != "" {
		t.Error("an error has a tag")
	}
}

func TestWritesOnCondition(t *testing.T) {
	t.Parallel()
	s := start(t)
	key := s.make("vms", `{"name":"a","on_power_loss":"leave_off"}`)
	path := "/api/v4/vms/" + key
	tag := s.get(path+"?fields=name").must(t, 200).header.Get("ETag")
	if r := s.with("GET", path+"?fields=name", "", "If-None-Match", `"x", `+tag); r.status != 304 || r.body != "" {
		t.Errorf("unchanged: %d %s", r.status, r.body)
	}
	s.with("PUT", path, `{"description":"one"}`, "If-Match", tag).must(t, 200)
	s.with("PUT", path, `{"description":"two"}`, "If-Match", tag).failed(t, 412)
	s.with("DELETE", path, "", "If-Match", tag).failed(t, 412)
	s.with("PUT", path+"/poweron", "{}", "If-Match", tag).failed(t, 412)
	s.with("PUT", path, `{"description":"two"}`, "If-Match", "W/"+s.get(path).header.Get("ETag")).failed(t, 412)
	same(t, "after refused writes", `{"description":"one"}`, s.get(path+"?fields=description").body)
	// The tag of other fields names the same row, and facts that change by themselves don't matter.
	tag = s.get(path + "?fields=ram,machine%23status%23running").header.Get("ETag")
	s.write("machine_status", 1, schema.Set{"running": schema.BoolValue(true)})
	s.with("PUT", path, `{"on_power_loss":"power_on"}`, "If-Match", `"other", `+tag).must(t, 200)
	s.with("PUT", path, `{"name":"b"}`, "If-Match", tag).failed(t, 412) // the other write went to the machine
	s.with("PUT", path, `{"name":"b"}`, "If-Match", "*").must(t, 200)
	s.with("PUT", "/api/v4/vms/77", `{"name":"b"}`, "If-Match", "*").failed(t, 404)
}

// TestOneOfManyWritesOnCondition lets writers race that have all read the same: one wins.
func TestOneOfManyWritesOnCondition(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := "/api/v4/vms/" + s.make("vms", `{"name":"a"}`)
	tag := s.get(path).header.Get("ETag")
	var wg sync.WaitGroup
	statuses := make([]int, 12)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = s.with("PUT", path, fmt.Sprintf(`{"name":"n%d"}`, i), "If-Match", tag).status
		})
	}
	wg.Wait()
	won := 0
	for _, status := range statuses {
		if status == 200 {
			won++
		} else if status != 412 {
			t.Errorf("status %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d writes went through, want 1", won)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	s := start(t)
	post := func(path, body, key string) reply { return s.with("POST", path, body, "Idempotency-Key", key) }
	first := post("/api/v4/user_api_keys", `{"name":"a","description":"x"}`, "k1").must(t, 201)
	again := post("/api/v4/user_api_keys", `{"description":"x","name":"a"}`, "k1").must(t, 201)
	if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("first %+v, again %+v", first, again)
	}
	secret, _ := first.object(t)["key"].(string)
	if dump := s.dump(); secret == "" || strings.Contains(dump, secret) || strings.Contains(dump, "k1 ") {
		t.Error("the kept answer shows its secret")
	}
	post("/api/v4/user_api_keys", `{"name":"b"}`, "k1").failed(t, 422)
	post("/api/v4/vms", `{"name":"a","description":"x"}`, "k1").failed(t, 422)
	post("/api/v4/vms", `{"name":"a"}`, strings.Repeat("k", 256)).failed(t, 400)
	post("/api/v4/vms", `{"name":"a","ram":"much"}`, "k2").failed(t, 422)
	post("/api/v4/vms", `{"name":"a"}`, "k2").must(t, 201) // what failed didn't use the key up
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	bobs := s.send("POST", "/api/v4/user_api_keys", strings.NewReader(`{"name":"a","description":"x"}`), func(r *http.Request) {
		basic("bob", "bobs password")(r)
		r.Header.Set("Idempotency-Key", "k1")
	}).must(t, 201)
	if bobs.header.Get("Idempotent-Replayed") != "" || bobs.body == first.body {
		t.Error("bob got the answer of the administrator")
	}
	act := `{"vm":1,"action":"poweron"}`
	one, two := post("/api/v4/vm_actions", act, "k3").must(t, 201), post("/api/v4/vm_actions", act, "k3").must(t, 201)
	same(t, "action", one.body, two.body)
}

// TestIdempotencyKeysOfAClockThatWasAhead: what was answered in a future that didn't come is not done again for a day from when that is seen, and
// then it is forgotten.
func TestIdempotencyKeysOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	const minute, day, years = time.Minute, 24 * time.Hour, 9 * 365 * 24 * time.Hour
	for _, jump := range []time.Duration{3 * minute, time.Hour, day + time.Hour, years} {
		s := start(t)
		right := time.Now()
		at := func(d time.Duration) { now := right.Add(d); s.db.Now = func() time.Time { return now } }
		post := func(key, name string) reply {
			return s.with("POST", "/api/v4/vms", `{"name":"`+name+`"}`, "Idempotency-Key", key)
		}
		at(jump)
		first := post("k", "a").must(t, 201)
		other := post("other", "b").must(t, 201)
		at(0)
		if again := post("k", "a"); again.body != first.body {
			t.Errorf("%v ahead: answered anew with %d %s", jump, again.status, again.body)
		}
		post("third", "c").must(t, 201)
		at(day - minute)
		if again := post("other", "b"); again.body != other.body {
			t.Errorf("%v ahead: within the day answered anew with %d %s", jump, again.status, again.body)
		}
		at(day + minute)
		post("k", "a").failed(t, 409) // done again: the name is taken
		post("other", "b").failed(t, 409)
		post("fourth", "d").must(t, 201)
		if err := s.db.View(t.Context(), func(tx *store.Tx) error {
			n, err := tx.Count("idempotency_keys")
			if n != 1 {
				t.Errorf("%v ahead: %d answers are kept, want the last", jump, n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOneOfManyWithAKey sends the same request many times at once: one row is made, all get the same answer.
func TestOneOfManyWithAKey(t *testing.T) {
	t.Parallel()
	s := start(t)
	var wg sync.WaitGroup
	replies := make([]reply, 12)
	for i := range replies {
		wg.Go(func() { replies[i] = s.with("POST", "/api/v4/vms", `{"name":"a"}`, "Idempotency-Key", "k") })
	}
	wg.Wait()
	for _, r := range replies {
		same(t, "answer", replies[0].must(t, 201).body, r.body)
	}
	same(t, "rows", `[{"name":"a"}]`, s.get("/api/v4/vms?fields=name").body)
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	s := start(t)
	key := s.make("vms", `{"name":"a"}`)
	events, stop := s.bus.Subscribe(100)
	defer stop()
	before := s.dump()
	const dry = "?dry_run=1"
	next := 2 // PostgreSQL takes no number back that it gave out
	for _, try := range []struct{ method, path, body, want string }{
		{"POST", "vms", `{"name":"b"}`, `{"table":"vms","verb":"created","key":NEXT}`},
		{"POST", "vms", `{"name":"b"}`, `{"table":"machine_status","verb":"created","key":NEXT}`},
		{"PUT", "vms/" + key, `{"name":"b","ram":2048}`, `{"table":"vms","verb":"changed","columns":["name","ram"],"key":1}`},
		{"DELETE", "vms/" + key, "", `{"table":"machines","verb":"deleted","key":1}`},
		{"POST", "vm_actions", `{"vm":1,"action":"poweron"}`, `{"table":"machine_status","verb":"changed","columns":["powerstate"],"key":1}`},
		{"PUT", "vms/" + key + "/poweron", `{}`, `{"table":"machines","verb":"changed","key":1}`},
	} {
		r := s.send(try.method, "/api/v4/"+try.path+dry, strings.NewReader(try.body)).must(t, 200)
		want := strings.ReplaceAll(try.want, "NEXT", strconv.Itoa(next))
		if !strings.HasPrefix(r.body, `{"dry_run":true,"would":[{`) || !strings.Contains(r.body, want) || strings.Contains(r.body, "logs") {
			t.Errorf("%s %s: %s, want %s in it", try.method, try.path, r.body, want)
		}
		if s.db.Shared() && want != try.want {
			next++
		}
	}
	s.post("/api/v4/vms"+dry, `{"name":"b","ram":"much"}`).failed(t, 422)
	s.post("/api/v4/vms"+dry, `{"name":"a"}`).failed(t, 409)
	s.send("DELETE", "/api/v4/vms/77"+dry, nil).failed(t, 404)
	s.put("/api/v4/files/1?filepos=0&dry_run=1", "x").failed(t, 400)
	s.with("POST", "/api/v4/vms"+dry, `{"name":"c"}`, "Idempotency-Key", "k").must(t, 200)
	same(t, "rows after dry runs", before, s.dump())
	if len(events) > 0 {
		t.Errorf("dry runs told of changes: %v", <-events)
	}
	if made := s.make("vms", `{"name":"b"}`); made != "2" && !s.db.Shared() {
		t.Errorf("the next key is %s: a dry run used one up", made)
	}
	s.with("POST", "/api/v4/vms", `{"name":"other"}`, "Idempotency-Key", "k").must(t, 201)
}

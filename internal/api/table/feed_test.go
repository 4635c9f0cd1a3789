package table_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/schema"
)

// message is one server-sent event; one without a kind only moves the id on.
type message struct{ id, kind, data string }

// follower reads a feed.
type follower struct {
	t    testing.TB
	body io.ReadCloser
	in   chan message // closed at the end of the feed
	last string       // id of the last message taken
	// resets counts how often apply had to read anew.
	resets int
}

// follow opens a feed and returns once it is ready.
func (s *server) follow(path, since string, with ...credential) *follower {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if since != "" {
		r.Header.Set("Last-Event-ID", since)
	}
	for _, c := range append([]credential{admin}, with...) {
		c(r)
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("feed: %d %s", resp.StatusCode, body)
	}
	f := &follower{t: s.t, body: resp.Body, in: make(chan message)}
	go func() {
		defer close(f.in)
		var m message
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				m.id = value
			case "event":
				m.kind = value
			case "data":
				m.data = value
			case "":
				if value != "ready" && m.id != "" {
					select {
					case f.in <- m:
					case <-ctx.Done():
						return
					}
				}
				m = message{}
			}
		}
	}()
	f.last = f.take().id
	return f
}

// take returns the next message; the test fails when there is none.
func (f *follower) take() message {
	f.t.Helper()
	select {
	case m, ok := <-f.in:
		if !ok {
			f.t.Fatal("the feed is at its end")
		}
		f.last = m.id
		return m
	case <-time.After(10 * time.Second):
		f.t.Fatal("no event within 10 s")
	}
	return message{}
}

// event returns the next event as one line.
func (f *follower) event() string {
	f.t.Helper()
	for {
		if m := f.take(); m.kind != "" {
			return m.kind + " " + m.data
		}
	}
}

func (f *follower) close() { f.body.Close() }

func TestFeedTellsOfChanges(t *testing.T) {
	t.Parallel()
	s := start(t)
	f := s.follow("/api/v4/vms?watch=1&fields=name,ram&filter=ram%20gt%20512", "")
	key := s.make("vms", `{"name":"a","ram":1024}`)
	same(t, "create", `created {"$key":`+key+`,"name":"a","ram":1024}`, f.event())
	s.make("vms", `{"name":"small","ram":256}`)
	s.put("/api/v4/vms/"+key, `{"name":"b"}`).must(t, 200)
	// A row that doesn't match may have matched before.
	same(t, "no match", `deleted {"$key":2}`, f.event())
	same(t, "change", `changed {"$key":`+key+`,"name":"b","ram":1024}`, f.event())
	s.put("/api/v4/vms/"+key, `{"ram":256}`).must(t, 200)
	same(t, "no longer", `deleted {"$key":`+key+`}`, f.event())
	last := f.last
	f.close()
	s.put("/api/v4/vms/"+key, `{"ram":2048}`).must(t, 200)
	f = s.follow("/api/v4/vms?fields=name,ram&filter=ram%20gt%20512", last, header("Accept", "text/event-stream"), admin)
	same(t, "resumed", `changed {"$key":`+key+`,"name":"b","ram":2048}`, f.event())
	s.send("DELETE", "/api/v4/vms/"+key, nil).must(t, 200)
	same(t, "delete", `deleted {"$key":`+key+`}`, f.event())
	f.close()
	f = s.follow("/api/v4/vms?watch=1&since=999999", "")
	if e := f.event(); !strings.HasPrefix(e, "reset ") {
		t.Errorf("behind the end of the log: %s", e)
	}
	s.get("/api/v4/vms?watch=1&since=x").failed(t, 400)
	s.get("/api/v4/vms?watch=1&limit=1").failed(t, 422)
}

// TestFeedFollowsReferences changes rows of other tables that a feed shows or filters by.
func TestFeedFollowsReferences(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	show := s.follow("/api/v4/vms?watch=1&fields=name,machine%23status%23running%20as%20running", "")
	decide := s.follow("/api/v4/vms?watch=1&fields=name&filter=machine%23status%23running%20eq%20true", "")
	machine := s.get("/api/v4/vms/1?fields=machine").object(t)["machine"].(json.Number)
	n, _ := machine.Int64()
	s.write("machine_status", n, schema.Set{"running": schema.BoolValue(true)})
	same(t, "shown", `changed {"$key":1,"name":"a","running":true}`, show.event())
	same(t, "decides", `created {"$key":1,"name":"a"}`, decide.event())
	show.close()
	s.write("machine_status", n, schema.Set{"running": schema.BoolValue(false)})
	same(t, "decides", `deleted {"$key":1}`, decide.event())
	decide.close()
	show = s.follow("/api/v4/vms?watch=1&fields=name,machine%23status%23running%20as%20running", show.last)
	same(t, "shown after a while", `changed {"$key":1,"name":"a","running":false}`, show.event())
}

// TestFeedIsCutOffAtItsBeginning has a client go before it has read the first event: the id that it was greeted with lies before that.
func TestFeedIsCutOffAtItsBeginning(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	bob := basic("bob", "bobs password")
	for name, with := range map[string][]credential{"administrator": nil, "somebody": {bob}} {
		f := s.follow("/api/v4/user_api_keys?watch=1&fields=name", "", with...)
		f.close()
		made := s.send("POST", "/api/v4/user_api_keys", strings.NewReader(`{"name":"`+name+`"}`), append([]credential{admin}, with...)...).must(t, 201).object(t)
		for range 2 {
			f = s.follow("/api/v4/user_api_keys?watch=1&fields=name", f.last, with...)
			f.close()
		}
		f = s.follow("/api/v4/user_api_keys?watch=1&fields=name", f.last, with...)
		if e, want := f.event(), `{"$key":`+made["$key"].(string)+`,"name":"`+name+`"}`; !strings.HasSuffix(e, want) {
			t.Errorf("%s: %s, want %s", name, e, want)
		}
		f.close()
	}
}

// TestFeedKnowsWhatAListHasShown has a client open a feed and then read the list, in which there is a row that comes and goes before the feed looks.
func TestFeedKnowsWhatAListHasShown(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	bob := basic("bob", "bobs password")
	for name, test := range map[string]struct {
		query string
		with  []credential
		leave func(key string)
	}{
		"remembered rows": {"fields=$key,name,user%23name%20as%20user", []credential{admin}, nil},
		"somebody's rows": {"fields=$key,name", []credential{bob}, nil},
		"no match any more": {"fields=$key,name&filter=name%20bw%20'x'", []credential{bob}, func(key string) {
			s.send("PUT", "/api/v4/user_api_keys/"+key, strings.NewReader(`{"name":"y"}`), bob).must(t, 200)
		}},
	} {
		for round := range 5 {
			f := s.follow("/api/v4/user_api_keys?watch=1&"+test.query, "", test.with...)
			key := s.send("POST", "/api/v4/user_api_keys", strings.NewReader(`{"name":"x"}`), test.with...).must(t, 201).object(t)["$key"].(string)
			read := func() (keys []string) {
				var rows []json.RawMessage
				json.Unmarshal([]byte(s.send("GET", "/api/v4/user_api_keys?"+test.query, nil, test.with...).must(t, 200).body), &rows)
				for _, row := range rows {
					keys = append(keys, keyOf(row))
				}
				return keys
			}
			has := read()
			if !slices.Contains(has, key) {
				t.Fatalf("%s: the list is %v", name, has)
			}
			if test.leave != nil {
				test.leave(key)
			} else {
				s.send("DELETE", "/api/v4/user_api_keys/"+key, nil, test.with...).must(t, 200)
			}
			for slices.Contains(has, key) {
				switch kind, data, _ := strings.Cut(f.event(), " "); {
				case kind == "reset":
					has = read()
				case kind == "deleted" && keyOf([]byte(data)) == key:
					has = nil
				}
			}
			f.close()
			if t.Failed() {
				t.Fatalf("%s, round %d", name, round)
			}
			s.send("DELETE", "/api/v4/user_api_keys/"+key, nil, test.with...)
		}
	}
}

// TestFeedHidesWhatIsHidden lets somebody without rights listen.
func TestFeedHidesWhatIsHidden(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	bob := basic("bob", "bobs password")
	f := s.follow("/api/v4/user_api_keys?watch=1&fields=name", "", bob)
	s.make("user_api_keys", `{"name":"admins"}`)
	own := s.send("POST", "/api/v4/user_api_keys", strings.NewReader(`{"name":"bobs"}`), bob).must(t, 201).object(t)["$key"].(string)
	same(t, "own", `created {"$key":`+own+`,"name":"bobs"}`, f.event())
	s.send("DELETE", "/api/v4/user_api_keys/1", nil).must(t, 200)
	s.send("DELETE", "/api/v4/user_api_keys/"+own, nil, bob).must(t, 200)
	same(t, "own", `deleted {"$key":`+own+`}`, f.event())
	last := f.last
	f.close()
	s.make("user_api_keys", `{"name":"admins"}`)
	f = s.follow("/api/v4/user_api_keys?watch=1&fields=name", last, bob)
	if e := f.event(); !strings.HasPrefix(e, "reset ") || strings.Contains(e, "admins") {
		t.Errorf("what cannot be known is told as %s", e)
	}
}

// TestFeedEndsWithItsKey deletes the key by which a feed was opened, and the user whose rights it has.
func TestFeedEndsWithItsKey(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.post("/api/v4/user_api_keys", `{"name":"k"}`).must(t, 201).object(t)
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	byKey := s.follow("/api/v4/vms?watch=1", "", nobody, bearer(made["key"].(string)))
	byPassword := s.follow("/api/v4/user_api_keys?watch=1", "", basic("bob", "bobs password"))
	s.send("DELETE", "/api/v4/user_api_keys/"+made["$key"].(string), nil).must(t, 200)
	s.put("/api/v4/users/2", `{"enabled":false}`).must(t, 200)
	for _, f := range []*follower{byKey, byPassword} {
		for deadline := time.After(20 * time.Second); ; {
			select {
			case _, ok := <-f.in:
				if ok {
					continue
				}
			case <-deadline:
				t.Error("the feed goes on without a credential")
			}
			break
		}
	}
}

func TestFeedsOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 32 {
		s.follow("/api/v4/vms?watch=1", "")
	}
	s.get("/api/v4/vms?watch=1").failed(t, 429)
}

// TestFeedRebuildsTheTable makes random writes while a follower is cut off at random points, and rebuilds the list from what it got.
func TestFeedRebuildsTheTable(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"alone":      "fields=$key,name,ram&filter=ram%20ge%20512",
		"references": "fields=$key,name,ram,machine%23status%23running%20as%20running&filter=machine%23status%23running%20eq%20false%20or%20ram%20ge%20512",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			random := rand.New(rand.NewPCG(1, 2))
			rows := map[string]string{}
			path := "/api/v4/vms?watch=1&" + query
			f := s.follow(path, "")
			var keys []string
			for i := range 150 {
				keys = s.randomWrite(random, keys, i)
				if random.IntN(8) == 0 {
					for range random.IntN(4) {
						if !f.apply(s, rows, query, 50*time.Millisecond) {
							break
						}
					}
					f.close()
					resets := f.resets
					f = s.follow(path, f.last)
					f.resets = resets
				}
			}
			want := s.get("/api/v4/vms?"+query).must(t, 200).body
			deadline := time.Now().Add(10 * time.Second)
			for list(rows) != want && time.Now().Before(deadline) {
				f.apply(s, rows, query, time.Second)
			}
			same(t, "rebuilt", want, list(rows))
			if name == "alone" && f.resets > 0 {
				t.Errorf("the follower had to read anew %d times", f.resets)
			}
		})
	}
}

// randomWrite makes, changes, switches on or deletes a VM.
func (s *server) randomWrite(random *rand.Rand, keys []string, i int) []string {
	s.t.Helper()
	if len(keys) == 0 || random.IntN(3) == 0 {
		return append(keys, s.make("vms", fmt.Sprintf(`{"name":"vm-%d","ram":%d}`, i, 256<<random.IntN(3))))
	}
	at := random.IntN(len(keys))
	switch random.IntN(4) {
	case 0:
		s.send("DELETE", "/api/v4/vms/"+keys[at], nil).must(s.t, 200)
		return slices.Delete(keys, at, at+1)
	case 1:
		machine, _ := s.get("/api/v4/vms/" + keys[at] + "?fields=machine").object(s.t)["machine"].(json.Number).Int64()
		s.write("machine_status", machine, schema.Set{"running": schema.BoolValue(random.IntN(2) == 0)})
	default:
		s.put("/api/v4/vms/"+keys[at], fmt.Sprintf(`{"name":"vm-%d","ram":%d}`, i, 256<<random.IntN(3))).must(s.t, 200)
	}
	return keys
}

// apply takes one message, if one comes in time, as a client would.
func (f *follower) apply(s *server, rows map[string]string, query string, wait time.Duration) bool {
	select {
	case m, ok := <-f.in:
		if !ok {
			return false
		}
		f.last = m.id
		switch m.kind {
		case "reset":
			f.resets++
			clear(rows)
			var all []json.RawMessage
			json.Unmarshal([]byte(s.get("/api/v4/vms?"+query).must(s.t, 200).body), &all)
			for _, row := range all {
				rows[keyOf(row)] = string(row)
			}
		case "deleted":
			delete(rows, keyOf([]byte(m.data)))
		case "created", "changed":
			rows[keyOf([]byte(m.data))] = m.data
		}
		return true
	case <-time.After(wait):
		return false
	}
}

func keyOf(row []byte) string {
	var r struct {
		Key json.Number `json:"$key"`
	}
	json.Unmarshal(row, &r)
	return r.Key.String()
}

// list writes rows as the table API does, in the order of their keys.
func list(rows map[string]string) string {
	keys := make([]string, 0, len(rows))
	for key := range rows {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	for i, key := range keys {
		keys[i] = rows[key]
	}
	return "[" + strings.Join(keys, ",") + "]"
}

package contract

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// watcher follows the rows over one feed after the other and keeps a picture of them.
type watcher struct {
	t      *testing.T
	name   string
	query  string                 // what it follows
	at     func() *harness.Server // asked for each feed
	hops   bool                   // leaves a feed after a few events
	who    string                 // credential
	mu     sync.Mutex
	rows   map[string]string
	states map[string]int64 // the highest number that a row's description had
	resets int
	last   string
}

// newWatcher makes a watcher at one server, as admin.
func newWatcher(t *testing.T, s *harness.Server, query string) *watcher {
	return &watcher{
		t: t, name: "the watcher", query: query, at: func() *harness.Server { return s }, who: harness.Basic("admin", harness.AdminPassword),
		rows: map[string]string{}, states: map[string]int64{},
	}
}

func (w *watcher) get(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", w.at().URL+"/api/v4/"+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", w.who)
	if w.last != "" {
		r.Header.Set("Last-Event-ID", w.last)
	}
	resp, err := w.at().HTTP.Do(r)
	if err == nil && resp.StatusCode != 200 {
		resp.Body.Close()
		err = fmt.Errorf("%s: %d", path, resp.StatusCode)
	}
	return resp, err
}

// run follows until ctx ends. Ready is called when the first feed is open.
func (w *watcher) run(ctx context.Context, ready func()) {
	for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) { // a browser waits longer
		resp, err := w.get(ctx, w.query+"&watch=1")
		if err != nil {
			continue
		}
		w.follow(ctx, resp.Body, ready)
		resp.Body.Close()
	}
}

// follow reads one feed to its end, or, if the watcher hops, to some place in its middle.
func (w *watcher) follow(ctx context.Context, body io.Reader, ready func()) {
	left := -1
	if w.hops {
		left = 1 + rand.IntN(10)
	}
	var id, kind, data string
	for lines := bufio.NewScanner(body); left != 0 && lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			data = value
		case "":
			if id == "" {
				continue
			}
			if !w.take(ctx, id, kind, data) {
				return
			}
			ready()
			if kind != "" {
				left--
			}
			id, kind, data = "", "", ""
		}
	}
}

// take applies an event to the picture; false when it couldn't.
func (w *watcher) take(ctx context.Context, id, kind, data string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, _ := strconv.ParseInt(w.last, 10, 64)
	now, err := strconv.ParseInt(id, 10, 64)
	if err != nil || now < before {
		w.t.Errorf("%s: event %q comes after %q", w.name, id, w.last)
	}
	switch kind {
	case "created", "changed":
		w.grow(data)
		w.rows[keyIn(data)] = data
	case "deleted":
		delete(w.rows, keyIn(data))
	case "reset":
		w.resets++
		if !w.readAnew(ctx) {
			return false
		}
	}
	w.last = id
	return true
}

// grow holds a row against what was told of it before: its description is a number that grows with each change.
func (w *watcher) grow(row string) {
	key := keyIn(row)
	var r struct{ Description string }
	json.Unmarshal([]byte(row), &r)
	state, _ := strconv.ParseInt(r.Description, 10, 64)
	if state < w.states[key] {
		w.t.Errorf("%s: row %s was in state %d and comes in state %d", w.name, key, w.states[key], state)
	}
	w.states[key] = state
}

// readAnew does what a client does after a reset. The list may be newer than the next events, which come from behind it.
func (w *watcher) readAnew(ctx context.Context) bool {
	resp, err := w.get(ctx, w.query)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var list []json.RawMessage
	if json.NewDecoder(resp.Body).Decode(&list) != nil {
		return false
	}
	clear(w.rows)
	for _, row := range list {
		w.rows[keyIn(string(row))] = string(row)
	}
	return true
}

// differs compares the picture with a list.
func (w *watcher) differs(list []json.RawMessage) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(list) != len(w.rows) {
		return fmt.Sprintf("%d rows, want %d", len(w.rows), len(list))
	}
	for _, row := range list {
		if got := w.rows[keyIn(string(row))]; got != string(row) {
			return fmt.Sprintf("%s, want %s", got, row)
		}
	}
	return ""
}

// progress is how many rows the picture has.
func (w *watcher) progress() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.rows)
}

func keyIn(row string) string {
	var r struct {
		Key json.Number `json:"$key"`
	}
	json.Unmarshal([]byte(row), &r)
	return r.Key.String()
}

package resource_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dewpoint/internal/api/resource"
	"dewpoint/internal/api/upload"
	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

const password = rig.Password

// api is the resource API over the real services.
type api struct {
	t testing.TB
	*httptest.Server
	dir   string // of its data
	db    *store.DB
	eng   *engine.Engine
	token string
}

func start(t testing.TB) *api {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	r := rig.Start(t, dir, log)
	uploads, err := upload.New(t.Context(), r.Engine, r.Media, dir, log)
	must(t, err)
	a := &api{t: t, dir: dir, db: r.DB, eng: r.Engine}
	a.Server = httptest.NewServer(resource.New(resource.Config{
		Engine: r.Engine, Auth: r.Auth, Media: r.Media, Uploads: uploads, Version: "1.2.3", Instance: "abcd",
	}))
	t.Cleanup(a.Close)
	a.token = a.login("admin", password)
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (a *api) login(name, password string) string {
	a.t.Helper()
	r := a.as("").post("/auth/login", `{"username":"`+name+`","password":"`+password+`"}`)
	return r.want(http.StatusOK).text("data.token")
}

// as returns the same server, called with another token.
func (a *api) as(token string) *api {
	c := *a
	c.token = token
	return &c
}

// answer is what the server said.
type answer struct {
	t      testing.TB
	what   string
	Status int
	Header http.Header
	Body   []byte
}

func (a *api) do(method, path, body string) *answer {
	a.t.Helper()
	req, err := http.NewRequest(method, a.URL+"/api/v1"+path, strings.NewReader(body))
	must(a.t, err)
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return a.send(req)
}

func (a *api) send(req *http.Request) *answer {
	a.t.Helper()
	resp, err := a.Client().Do(req)
	must(a.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(a.t, err)
	return &answer{t: a.t, what: req.Method + " " + req.URL.Path, Status: resp.StatusCode, Header: resp.Header, Body: raw}
}

func (a *api) get(path string) *answer { a.t.Helper(); return a.do(http.MethodGet, path, "") }

func (a *api) post(path, body string) *answer { a.t.Helper(); return a.do(http.MethodPost, path, body) }

func (a *api) put(path, body string) *answer { a.t.Helper(); return a.do(http.MethodPut, path, body) }

func (a *api) delete(path string) *answer { a.t.Helper(); return a.do(http.MethodDelete, path, "") }

// want checks the status and that the body is in the envelope.
func (r *answer) want(status int) *answer {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("%s: status %d, want %d: %s", r.what, r.Status, status, r.Body)
	}
	if len(r.Body) == 0 {
		return r
	}
	words := map[bool]string{true: "success", false: "error"}
	if got := r.text("status"); got != words[status < 400] {
		r.t.Fatalf("%s: envelope says %q with status %d: %s", r.what, got, status, r.Body)
	}
	return r
}

// fails checks the status and the error's code.
func (r *answer) fails(status int, code string) {
	r.t.Helper()
	r.want(status)
	if got := r.text("error.code"); got != code {
		r.t.Errorf("%s: code %q, want %q: %s", r.what, got, code, r.Body)
	}
}

// at returns the member at a path of names and numbers with dots between; nil when it isn't there.
func (r *answer) at(path string) any {
	r.t.Helper()
	var tree any
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		r.t.Fatalf("%s: %v: %s", r.what, err, r.Body)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch t := tree.(type) {
		case map[string]any:
			tree = t[name]
		case []any:
			i := int(name[0] - '0')
			if i >= len(t) {
				return nil
			}
			tree = t[i]
		default:
			return nil
		}
	}
	return tree
}

func (r *answer) text(path string) string {
	r.t.Helper()
	switch v := r.at(path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	case nil:
		return ""
	default:
		raw, err := json.Marshal(v)
		must(r.t, err)
		return string(raw)
	}
}

// check compares members with their wanted texts.
func (r *answer) check(want map[string]string) *answer {
	r.t.Helper()
	for path, text := range want {
		if got := r.text(path); got != text {
			r.t.Errorf("%s: %s is %q, want %q", r.what, path, got, text)
		}
	}
	return r
}

// update writes rows as a controller does.
func (a *api) update(f func(*store.Tx) error) {
	a.t.Helper()
	must(a.t, a.db.Update(context.Background(), f))
}

// running makes the machine of a VM or network look as if its controller had started it.
func (a *api) running(table, name string, running bool) {
	a.t.Helper()
	a.update(func(tx *store.Tx) error {
		rows, err := tx.Find(table, store.Eq("name", schema.TextValue(name)))
		if err != nil {
			return err
		}
		status := map[bool]string{true: "running", false: "stopped"}[running]
		return tx.Change("machine_status", rows[0].Get("machine"), schema.Set{"running": schema.BoolValue(running), "status": schema.TextValue(status)})
	})
}

// Package v1 serves the resource API to tests of its areas, and calls it.
package v1

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dewpoint/internal/api/resource"
	"dewpoint/internal/api/resource/compute"
	"dewpoint/internal/api/upload"
	"dewpoint/internal/console"
	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// Password is that of all accounts here.
const Password = rig.Password

// API is the resource API over the real services, as somebody calls it.
type API struct {
	T testing.TB
	*httptest.Server
	Dir      string // of its data
	DB       *store.DB
	Engine   *engine.Engine
	Consoles *console.Service // whose Host is the test's to give
	Token    string           // nobody's when empty
}

// Start serves it until the test ends, to admin.
func Start(t testing.TB) *API { t.Helper(); return StartWith(t, nil) }

// StartWith is Start with a list of operating systems.
func StartWith(t testing.TB, known compute.OSVariants) *API {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	r := rig.Start(t, dir, log)
	uploads, err := upload.New(t.Context(), r.Engine, r.Media, dir, log)
	Must(t, err)
	a := &API{T: t, Dir: dir, DB: r.DB, Engine: r.Engine, Consoles: r.Consoles}
	a.Server = httptest.NewServer(resource.New(resource.Config{
		Engine: r.Engine, Auth: r.Auth, Media: r.Media, Uploads: uploads, Consoles: r.Consoles, Version: "1.2.3", Instance: "abcd", OSVariants: known,
	}))
	t.Cleanup(a.Close)
	a.Token = a.Login("admin", rig.Password)
	return a
}

// Must ends the test at an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Login returns a token for an account.
func (a *API) Login(name, password string) string {
	a.T.Helper()
	r := a.As("").Post("/auth/login", `{"username":"`+name+`","password":"`+password+`"}`)
	return r.Want(http.StatusOK).Text("data.token")
}

// As returns the same server, called with another token.
func (a *API) As(token string) *API {
	c := *a
	c.Token = token
	return &c
}

// Do sends a request to a path below the prefix.
func (a *API) Do(method, path, body string) *Answer {
	a.T.Helper()
	req, err := http.NewRequest(method, a.URL+"/api/v1"+path, strings.NewReader(body))
	Must(a.T, err)
	if a.Token != "" {
		req.Header.Set("Authorization", "Bearer "+a.Token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return a.Send(req)
}

// Send sends a request as it is.
func (a *API) Send(req *http.Request) *Answer {
	a.T.Helper()
	resp, err := a.Client().Do(req)
	Must(a.T, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	Must(a.T, err)
	return &Answer{T: a.T, What: req.Method + " " + req.URL.Path, Status: resp.StatusCode, Header: resp.Header, Body: raw}
}

// Get is Do, as the three below it.
func (a *API) Get(path string) *Answer { a.T.Helper(); return a.Do(http.MethodGet, path, "") }

func (a *API) Post(path, body string) *Answer { a.T.Helper(); return a.Do(http.MethodPost, path, body) }

func (a *API) Put(path, body string) *Answer { a.T.Helper(); return a.Do(http.MethodPut, path, body) }

func (a *API) Delete(path string) *Answer { a.T.Helper(); return a.Do(http.MethodDelete, path, "") }

// Update writes rows as a controller does.
func (a *API) Update(f func(*store.Tx) error) {
	a.T.Helper()
	Must(a.T, a.DB.Update(context.Background(), f))
}

// Running makes the machine of a VM or network look as if its controller had started it.
func (a *API) Running(table, name string, running bool) {
	a.T.Helper()
	a.Update(func(tx *store.Tx) error {
		rows, err := tx.Find(table, store.Eq("name", schema.TextValue(name)))
		if err != nil {
			return err
		}
		status := map[bool]string{true: "running", false: "stopped"}[running]
		return tx.Change("machine_status", rows[0].Get("machine"), schema.Set{"running": schema.BoolValue(running), "status": schema.TextValue(status)})
	})
}

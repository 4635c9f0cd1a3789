package matrix_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/resource"
	"dewpoint/internal/api/resource/compute"
	"dewpoint/internal/api/table"
	"dewpoint/internal/api/upload"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// server is both APIs over the real services.
type server struct {
	upload string // of the administrator's; see missingUpload
	*testing.T
	rig.Services
	*httptest.Server
	admin  string         // a credential
	serial int            // for names that nothing has yet
	lent   []schema.Value // rows of permissions
	bad    []string       // credentials that nobody is let in by
	good   []string       // credentials of the administrator of the other kinds
}

func start(t *testing.T) *server {
	t.Helper()
	dir, log := inMemory(t), slog.New(slog.DiscardHandler)
	s := &server{T: t, Services: rig.Start(t, dir, log)}
	s.must(s.Engine.Prepare(t.Context()))
	uploads, err := upload.New(t.Context(), s.Engine, s.Media, dir, log)
	s.must(err)
	mux := http.NewServeMux()
	mux.Handle("/", table.New(s.Engine, s.Auth, s.Media, s.Backups, s.Consoles, table.Version{Version: "26.0.0.1", Hash: "abc"}))
	resources := resource.New(resource.Config{Engine: s.Engine, Auth: s.Auth, Media: s.Media, Uploads: uploads, Consoles: s.Consoles, Version: "1", Instance: "abcd", OSVariants: noVariants})
	mux.Handle("/api/v1", resources)
	mux.Handle("/api/v1/", resources)
	s.Server = httptest.NewServer(fromEverywhere(front.Wrap(mux, front.Edge{}, log)))
	t.Cleanup(s.Close)
	s.admin = s.jwt(1, "admin")
	s.credentials()
	return s
}

// noVariants are the operating systems that are known here.
func noVariants() ([]compute.OSVariant, error) { return nil, nil }

// fromEverywhere has each login come from another address, as one that fails so often at all these accounts would have to wait.
func fromEverywhere(h http.Handler) http.Handler {
	var logins atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/auth/login" || r.URL.Path == "/api/sys/tokens" {
			n := logins.Add(1)
			r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1", n>>8, n&255)
		}
		h.ServeHTTP(w, r)
	})
}

// credentials makes one of each kind, good and bad.
func (s *server) credentials() {
	s.Helper()
	made := func(body string) (key schema.Value, token string) {
		var in schema.Input
		s.must(json.Unmarshal([]byte(body), &in))
		made, err := s.Engine.Create(asAdmin(), "user_api_keys", in)
		s.must(err)
		return made.Key, made.Response["token"]
	}
	_, expired := made(`{"name":"expired","expires_type":"date","expires":1}`)
	key, revoked := made(`{"name":"revoked"}`)
	s.must(s.Engine.Delete(asAdmin(), "user_api_keys", key.Text()))
	_, good := made(`{"name":"good"}`)
	session, err := s.Auth.NewSession(asAdmin(), access.User{Key: 1, Name: "admin", Admin: true}, "")
	s.must(err)
	ended, err := s.Auth.NewSession(asAdmin(), access.User{Key: 1, Name: "admin", Admin: true}, "")
	s.must(err)
	s.must(s.Auth.EndSession(asAdmin(), ended))
	forged := s.admin[:strings.LastIndex(s.admin, ".")+1] + "c29tZWJvZHkgZWxzZSdzIGtleSBvZiAzMiBieXRlcyEh"
	s.bad = []string{"", "\x80!", strings.Repeat("f", 40), strings.Repeat("f", 64), "a.b.c", forged, expired, revoked, ended}
	s.good = []string{good, session}
}

// inMemory is a folder that costs no wait for a disk, where the host has such: nothing here is about what survives a loss of power.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "matrix")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (s *server) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// jwt is a credential of a user, who need not type a password for it.
func (s *server) jwt(key int64, name string) string {
	s.Helper()
	token, _, err := s.Auth.IssueJWT(context.Background(), access.User{Key: key, Name: name})
	s.must(err)
	return token
}

// asAdmin is a context in which the engine obeys.
func asAdmin() context.Context {
	return perm.WithActor(context.Background(), perm.Actor{User: 1, Name: "admin", Admin: true})
}

// update writes rows behind the APIs' back.
func (s *server) update(f func(*store.Tx) error) {
	s.Helper()
	s.must(s.DB.Update(context.Background(), f))
}

// request is one call; the body may be empty.
type request struct {
	method, path, body string
	header             map[string]string
	login              string // takes the place of a good credential
}

// reply is what came back.
type reply struct {
	status int
	body   string
}

func (s *server) send(q request, token string) reply {
	s.Helper()
	r, err := http.NewRequest(q.method, s.URL+q.path, strings.NewReader(q.body))
	s.must(err)
	if q.login != "" && !slices.Contains(s.bad, token) {
		token = q.login
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	resp, err := s.Client().Do(r)
	s.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	s.must(err)
	return reply{resp.StatusCode, string(text)}
}

// next is a number that was not used before.
func (s *server) next() int { s.serial++; return s.serial }

// ends returns the number of the last change of the database.
func (s *server) ends() int64 {
	s.Helper()
	n, err := s.DB.LastChange(context.Background())
	s.must(err)
	return n
}

// record writes a row out as it lies in the database, with the machine and its status behind it; "" when it isn't there.
func (s *server) record(of object) string {
	s.Helper()
	var out strings.Builder
	s.must(s.DB.View(context.Background(), func(tx *store.Tx) error {
		for _, o := range []object{of, {"machines", of.machine(tx)}, {"machine_status", of.machine(tx)}} {
			rows, err := tx.Find(o.table, store.Key(o.key))
			if err != nil {
				return err
			}
			for _, r := range rows {
				for i, f := range r.Table.Fields {
					if f.Stored() {
						fmt.Fprintf(&out, "%s=%q ", f.Name, r.At(i).Text())
					}
				}
			}
		}
		return nil
	}))
	return out.String()
}

// object is a row.
type object struct {
	table string
	key   schema.Value
}

func (o object) machine(tx *store.Tx) schema.Value {
	r, err := tx.Get(o.table, o.key)
	if err != nil || r.Table.Field("machine") == nil {
		return schema.IntValue(0)
	}
	return r.Get("machine")
}

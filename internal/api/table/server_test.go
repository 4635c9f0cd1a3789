package table_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/table"
	"dewpoint/internal/auth"
	"dewpoint/internal/engine"
	"dewpoint/internal/event"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/locked"
	"dewpoint/test/rig"
)

const adminPassword = rig.Password

// server is the table API over the real services.
type server struct {
	t   testing.TB
	db  *store.DB
	bus *event.Bus
	eng *engine.Engine
	*httptest.Server
	dir string // the data directory
	// backups makes the backups that are asked for, when a test says so.
	backups interface{ Reconcile(context.Context) error }
	// rechecks counts how often feeds looked at their credential again.
	rechecks atomic.Int64
	// log is everything that the server logged.
	log *locked.Buffer
}

// countedAuth is the login service, with its rechecks counted.
type countedAuth struct {
	*auth.Service
	rechecks *atomic.Int64
}

func (a countedAuth) Recheck(ctx context.Context, r *http.Request) (perm.Actor, error) {
	defer a.rechecks.Add(1)
	return a.Service.Recheck(ctx, r)
}

func start(t testing.TB) *server {
	t.Helper()
	dir := t.TempDir()
	return startOn(t, rig.Database(t, dir), dir)
}

// startOn serves a database, with its files in dir.
func startOn(t testing.TB, db *store.DB, dir string) *server {
	t.Helper()
	out := &locked.Buffer{}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := rig.StartOn(t, db, dir, log)
	s := &server{t: t, db: r.DB, bus: r.Bus, eng: r.Engine, dir: dir, backups: r.Backups, log: out}
	s.Server = httptest.NewServer(front.Wrap(table.New(r.Engine, countedAuth{r.Auth, &s.rechecks}, r.Media, r.Backups, r.Consoles, table.Version{Version: "26.0.0.1", Hash: "abc"}), front.Edge{}, log))
	t.Cleanup(s.Close)
	return s
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// credential puts a credential on a request.
type credential func(*http.Request)

func nobody(*http.Request)  {}
func admin(r *http.Request) { r.SetBasicAuth("admin", adminPassword) }

func basic(name, password string) credential {
	return func(r *http.Request) { r.SetBasicAuth(name, password) }
}

func bearer(key string) credential {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+key) }
}

func header(name, value string) credential {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// send sends a request; the path is taken as it is. Without a credential it is the administrator's.
func (s *server) send(method, path string, body io.Reader, with ...credential) reply {
	s.t.Helper()
	return s.sendBy(s.Client(), method, path, body, with...)
}

// sendBy sends by a client of its own.
func (s *server) sendBy(client *http.Client, method, path string, body io.Reader, with ...credential) reply {
	s.t.Helper()
	r, err := http.NewRequest(method, s.URL+path, body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	admin(r)
	for _, c := range with {
		if len(with) > 0 {
			r.Header.Del("Authorization")
		}
		c(r)
	}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func (s *server) get(path string) reply { s.t.Helper(); return s.send("GET", path, nil) }

func (s *server) post(path, body string) reply {
	s.t.Helper()
	return s.send("POST", path, strings.NewReader(body))
}

func (s *server) put(path, body string) reply {
	s.t.Helper()
	return s.send("PUT", path, strings.NewReader(body))
}

// must fails the test unless the status is the wanted one.
func (r reply) must(t testing.TB, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d; body %s", r.status, status, r.body)
	}
	return r
}

// object decodes a JSON object; numbers stay as they are written.
func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(r.body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return v
}

// make creates a row and returns its key.
func (s *server) make(table, body string) string {
	s.t.Helper()
	key, ok := s.post("/api/v4/"+table, body).must(s.t, 201).object(s.t)["$key"].(string)
	if !ok {
		s.t.Fatalf("no $key for %s", body)
	}
	return key
}

// same compares values as JSON shows them.
func same(t testing.TB, what, want, got string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// failed checks the status and form of an error.
func (r reply) failed(t testing.TB, status int) string {
	t.Helper()
	r.must(t, status)
	o := r.object(t)
	text, ok := o["err"].(string)
	if !ok || text == "" || len(o) != 1 {
		t.Errorf("an error's body is %s, want one member err with a text", r.body)
	}
	return text
}

// dump returns all rows of all tables but what writing itself leaves behind, to find out whether a request changed something.
func (s *server) dump() string {
	s.t.Helper()
	var out bytes.Buffer
	for _, t := range s.db.Schema.Tables() {
		err := s.db.View(context.Background(), func(tx *store.Tx) error {
			rows, err := tx.Find(t.Name, store.Everything())
			for _, r := range rows {
				out.WriteString(t.Name + " " + r.Key.Text())
				for i, f := range t.Fields {
					if f.Stored() && f.Name != "last_login" && f.Name != "failed_attempts" {
						out.WriteString(" " + f.Name + "=" + r.At(i).Text())
					}
				}
				out.WriteByte('\n')
			}
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return out.String()
}

// write changes rows behind the API's back, as controllers do.
func (s *server) write(table string, key int64, set schema.Set) {
	s.t.Helper()
	err := s.db.Update(context.Background(), func(tx *store.Tx) error { return tx.Change(table, schema.IntValue(key), set) })
	if err != nil {
		s.t.Fatal(err)
	}
}

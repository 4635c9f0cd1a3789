package upload_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/upload"
	"dewpoint/internal/errs"
	"dewpoint/internal/media"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/perm"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

const prefix = "/api/v1/virtualization/isos/upload"

// server is the uploads of a data directory behind a stand-in for the dialect: it takes the actor from a header and shows errors bare. It
// can be dropped and opened again as after a crash.
type server struct {
	t       testing.TB
	dir     string
	db      *store.DB
	lib     *media.Library
	uploads *upload.Uploads
	*httptest.Server
}

func start(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir()}
	s.open()
	return s
}

func (s *server) restart() {
	s.t.Helper()
	s.CloseClientConnections()
	s.Server.Close()
	s.db.Close()
	s.open()
}

func (s *server) open() {
	s.t.Helper()
	log := slog.New(slog.DiscardHandler)
	r := rig.Start(s.t, s.dir, log)
	s.db, s.lib = r.DB, r.Media
	var err error
	s.uploads, err = upload.New(s.t.Context(), r.Engine, s.lib, s.dir, log)
	must(s.t, err)
	h := s.uploads.Handler(prefix, func(w http.ResponseWriter, _ *http.Request, err error) {
		code := "internal: " + err.Error()
		if e := errs.As(err); e != nil {
			code = e.Code
		}
		w.Header().Set("Code", code)
		w.WriteHeader(http.StatusTeapot)
	}, func(_ context.Context, uuid string) (any, error) { return map[string]string{"id": uuid}, nil })
	s.Server = httptest.NewServer(front.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := strconv.ParseInt(r.Header.Get("User"), 10, 64)
		if err != nil {
			user = 1
		}
		h.ServeHTTP(w, r.WithContext(perm.WithActor(r.Context(), perm.Actor{User: user, Name: "someone", Admin: user < 10})))
	}), front.Edge{}, log))
	s.t.Cleanup(s.Server.Close)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what the server said; Code is that of an error.
type answer struct {
	Status int
	Header http.Header
	Code   string
	Data   map[string]any
}

func (s *server) do(method, path string, body io.Reader, headers ...string) answer {
	s.t.Helper()
	a, err := s.try(method, path, body, headers...)
	must(s.t, err)
	return a
}

func (s *server) try(method, path string, body io.Reader, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, s.URL+prefix+path, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	a := answer{Status: resp.StatusCode, Header: resp.Header, Code: resp.Header.Get("Code")}
	if len(raw) > 0 && err == nil {
		err = json.Unmarshal(raw, &a.Data)
	}
	return a, err
}

func named(name string) string {
	return "filename " + base64.StdEncoding.EncodeToString([]byte(name)) + ",os_type " + base64.StdEncoding.EncodeToString([]byte("linux"))
}

// create opens an upload and returns its id.
func (s *server) create(size int) string {
	s.t.Helper()
	a := s.do("POST", "", nil, "Upload-Length", strconv.Itoa(size), "Upload-Metadata", named("a.iso"), "Tus-Resumable", "1.0.0")
	if a.Status != http.StatusCreated {
		s.t.Fatalf("create: status %d, code %s", a.Status, a.Code)
	}
	return a.Data["upload_id"].(string)
}

// patch appends bytes.
func (s *server) patch(id string, offset int, body io.Reader) answer {
	s.t.Helper()
	a, err := s.tryPatch(id, offset, body)
	must(s.t, err)
	return a
}

func (s *server) tryPatch(id string, offset int, body io.Reader) (answer, error) {
	return s.try("PATCH", "/"+id, body, "Tus-Resumable", "1.0.0", "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
}

func (s *server) offset(id string) int {
	s.t.Helper()
	n, err := strconv.Atoi(s.do("HEAD", "/"+id, nil, "Tus-Resumable", "1.0.0").Header.Get("Upload-Offset"))
	must(s.t, err)
	return n
}

// content reads the ISO that an upload became.
func (s *server) content(uuid string) (name string, sum [32]byte) {
	s.t.Helper()
	var key int64
	must(s.t, s.db.View(context.Background(), func(tx *store.Tx) error {
		rows, err := store.FindRows[storage.File](tx)
		for _, row := range rows {
			if row.UUID == uuid {
				key = row.Key
			}
		}
		return err
	}))
	c, name, _, err := s.lib.Open(context.Background(), key)
	must(s.t, err)
	defer c.Close()
	raw, err := io.ReadAll(c)
	must(s.t, err)
	return name, sha256.Sum256(raw)
}

func noise(n int) []byte {
	r := rand.NewChaCha8([32]byte{byte(n)})
	b := make([]byte, n)
	r.Read(b)
	return b
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still waiting for " + what)
		}
	}
}

// dribble gives bytes and then hangs until it is told to break.
type dribble struct {
	*bytes.Reader
	broken chan struct{}
}

func (d dribble) Read(p []byte) (int, error) {
	if d.Len() > 0 {
		return d.Reader.Read(p)
	}
	<-d.broken
	return 0, io.ErrClosedPipe
}

func repeat(n int) io.Reader { return strings.NewReader(strings.Repeat("x", n)) }

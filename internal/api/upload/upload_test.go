package upload_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/api/upload"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/store"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.do("POST", "", nil, "Upload-Length", "100", "Upload-Metadata", named("a.iso"), "Tus-Resumable", "1.0.0")
	id, _ := a.Data["upload_id"].(string)
	url := s.URL + prefix + "/" + id
	want := map[string]string{"Location": url, "Upload-Offset": "0", "Tus-Resumable": "1.0.0", "Content-Type": "application/json"}
	got := map[string]string{}
	for name := range want {
		got[name] = a.Header.Get(name)
	}
	if diff := cmp.Diff(want, got); a.Status != http.StatusCreated || diff != "" {
		t.Errorf("status %d, headers (-want +got):\n%s", a.Status, diff)
	}
	expires, err := http.ParseTime(a.Header.Get("Upload-Expires"))
	if left := time.Until(expires); err != nil || left < 23*time.Hour || left > 25*time.Hour {
		t.Errorf("Upload-Expires is %q", a.Header.Get("Upload-Expires"))
	}
	if a.Data["upload_url"] != url || a.Data["metadata"].(map[string]any)["filename"] != "a.iso" || a.Data["status"] != "success" || a.Data["data"] == nil {
		t.Errorf("body: %v", a.Data)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	s := start(t)
	tooMuch := strconv.Itoa(upload.MaxBytes + 1)
	for name, c := range map[string]struct{ length, meta, user, code string }{
		"no length":   {"", named("a.iso"), "1", "missing_upload_length"},
		"bad length":  {"ten", named("a.iso"), "1", "invalid_upload_length"},
		"negative":    {"-1", named("a.iso"), "1", "invalid_upload_length"},
		"too large":   {tooMuch, named("a.iso"), "1", "file_too_large"},
		"no name":     {"1", "", "1", "missing_filename"},
		"other type":  {"1", named("a.img"), "1", "unsupported_file_type"},
		"path":        {"1", named("../a.iso"), "1", "invalid_filename"},
		"line break":  {"1", named("a\n.iso"), "1", "invalid_filename"},
		"turned":      {"1", named("a\u202eosi.iso"), "1", "invalid_filename"},
		"no text":     {"1", "filename " + base64.StdEncoding.EncodeToString([]byte("a\xff.iso")), "1", "invalid_metadata"},
		"too long":    {"1", named("a.iso") + ",description " + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), 3000)), "1", "invalid_description"},
		"no right":    {"1", named("a.iso"), "20", "denied"},
		"other pool":  {"1", named("a.iso") + ",pool_name eA==", "1", "invalid_storage_pool"},
		"TUS version": {"1", named("a.iso"), "1", "unsupported_tus_version"},
	} {
		t.Run(name, func(t *testing.T) {
			version := "1.0.0"
			if c.code == "unsupported_tus_version" {
				version = "0.2.2"
			}
			headers := []string{"Upload-Metadata", c.meta, "User", c.user, "Tus-Resumable", version}
			if c.length != "" {
				headers = append(headers, "Upload-Length", c.length)
			}
			if a := s.do("POST", "", nil, headers...); a.Code != c.code {
				t.Errorf("status %d, code %q, want %q", a.Status, a.Code, c.code)
			}
		})
	}
}

func TestPatchRefuses(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.create(10)
	s.patch(id, 0, repeat(4))
	const octets = "application/offset+octet-stream"
	for name, c := range map[string]struct {
		id, offset, kind string
		bytes            int
		code             string
	}{
		"no offset":       {id, "", octets, 1, "missing_upload_offset"},
		"bad offset":      {id, "x", octets, 1, "invalid_upload_offset"},
		"wrong offset":    {id, "3", octets, 1, "offset_mismatch"},
		"past the end":    {id, "10", octets, 1, "offset_mismatch"},
		"content type":    {id, "4", "text/plain", 1, "invalid_content_type"},
		"too much":        {id, "4", octets, 7, "file_too_large"},
		"unknown upload":  {"00000000-0000-0000-0000-000000000000", "0", octets, 1, "upload_not_found"},
		"path for upload": {"..%2f..%2fdewpoint.db", "0", octets, 1, "upload_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Content-Type", c.kind}
			if c.offset != "" {
				headers = append(headers, "Upload-Offset", c.offset)
			}
			if a := s.do("PATCH", "/"+c.id, repeat(c.bytes), headers...); a.Code != c.code {
				t.Errorf("status %d, code %q, want %q", a.Status, a.Code, c.code)
			}
		})
	}
	if n := s.offset(id); n != 4 {
		t.Errorf("%d bytes after refused chunks, want 4", n)
	}
	// A body of unknown length is only found to be too long on the way: what fits is kept, the rest refused.
	a := s.patch(id, 4, struct{ *bytes.Reader }{bytes.NewReader(make([]byte, 50))})
	if a.Code != "file_too_large" || s.offset(id) > 10 {
		t.Errorf("endless chunk: code %q, offset %d", a.Code, s.offset(id))
	}
}

// Chunks are cut off at random places and the server is dropped in between: nothing that arrived is lost, and the result is whole.
func TestCutsAndRestarts(t *testing.T) {
	t.Parallel()
	s, want := start(t), noise(3<<20+5)
	id := s.create(len(want))
	for round := 0; s.offset(id) < len(want); round++ {
		if round > 200 {
			t.Fatal("no progress")
		}
		at := s.offset(id)
		n := min(rand.IntN(600<<10)+1, len(want)-at)
		s.cut(id, at, want[at:at+n])
		eventually(t, "the bytes before the cut", func() bool { return s.offset(id) == at+n })
		if round%3 == 0 {
			s.restart()
		}
	}
	s.finish(id, want)
}

// cut sends bytes of a chunk that announces more, and then breaks the connection.
func (s *server) cut(id string, at int, part []byte) {
	s.t.Helper()
	body := dribble{bytes.NewReader(part), make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "PATCH", s.URL+prefix+"/"+id, body)
	must(s.t, err)
	req.Header.Set("Upload-Offset", strconv.Itoa(at))
	req.Header.Set("Content-Type", "application/offset+octet-stream")
	req.ContentLength = -1
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := s.Client().Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	file := filepath.Join(s.dir, "uploads", id)
	eventually(s.t, "the bytes to arrive", func() bool {
		info, err := os.Stat(file)
		return err == nil && info.Size() >= int64(at+len(part))
	})
	cancel()
	close(body.broken)
	<-done
}

func (s *server) finish(id string, want []byte) {
	s.t.Helper()
	a := s.do("POST", "/"+id+"/complete", nil)
	if a.Status != http.StatusOK || a.Data["status"] != "success" || a.Data["upload_id"] != id || a.Data["iso"].(map[string]any)["id"] != id {
		s.t.Fatalf("complete: status %d, code %s, %v", a.Status, a.Code, a.Data)
	}
	name, sum := s.content(id)
	if name != "a.iso" || sum != sha256.Sum256(want) {
		s.t.Errorf("the file %q has another SHA-256 than what was sent", name)
	}
}

// unnoted makes an upload of content that has become a file, with a session that doesn't know it yet.
func (s *server) unnoted(content []byte) (id string) {
	s.t.Helper()
	id = s.create(len(content))
	s.patch(id, 0, bytes.NewReader(content))
	before, err := os.ReadFile(s.notes(id))
	must(s.t, err)
	s.finish(id, content)
	must(s.t, os.WriteFile(s.notes(id), before, 0o600))
	return id
}

func TestCompleteIsRepeatable(t *testing.T) {
	t.Parallel()
	s, want := start(t), noise(1000)
	id := s.create(len(want))
	if a := s.do("POST", "/"+id+"/complete", nil); a.Code != "upload_not_complete" {
		t.Errorf("complete before the bytes: code %q", a.Code)
	}
	s.patch(id, 0, bytes.NewReader(want))
	for range 2 {
		s.finish(id, want)
		s.restart()
	}
	if a := s.patch(id, len(want), repeat(1)); a.Code != "upload_already_completed" {
		t.Errorf("PATCH after the end: code %q", a.Code)
	}
	if n := s.offset(id); n != len(want) {
		t.Errorf("offset %d after the end, want %d", n, len(want))
	}
	if a := s.do("GET", "/"+id, nil); a.Data["status"] != "completed" || a.Data["progress"] != "100.00%" {
		t.Errorf("status after the end: %v", a.Data)
	}
}

// A crash between the row and the bytes, or between the bytes and the note of it, is mended by asking again.
func TestCompleteAfterACrash(t *testing.T) {
	t.Parallel()
	for name, crash := range map[string]func(s *server, id string) error{
		"row made, bytes not moved": func(s *server, id string) error {
			from, err := filepath.Glob(filepath.Join(s.dir, "files", "1-*"))
			if err != nil {
				return err
			}
			if err := os.Rename(from[0], filepath.Join(s.dir, "uploads", id)); err != nil {
				return err
			}
			return s.db.Update(context.Background(), func(tx *store.Tx) error { return uncomplete(tx) })
		},
		"bytes moved, row not completed": func(s *server, _ string) error {
			return s.db.Update(context.Background(), func(tx *store.Tx) error { return uncomplete(tx) })
		},
		"row completed, not noted": func(*server, string) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, want := start(t), noise(5000)
			id := s.unnoted(want)
			must(t, crash(s, id))
			s.restart()
			s.finish(id, want)
			must(t, s.db.View(context.Background(), func(tx *store.Tx) error {
				rows, err := store.FindRows[storage.File](tx)
				if len(rows) != 1 {
					t.Errorf("%d files, want 1", len(rows))
				}
				return err
			}))
		})
	}
}

func TestStatusListAndCancel(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.create(100)
	s.patch(id, 0, repeat(42))
	for _, path := range []string{"/" + id, "/" + id + "/progress"} {
		a := s.do("GET", path, nil)
		if a.Data["status"] != "in_progress" || a.Data["progress"] != "42.00%" || a.Data["uploaded_size"] != 42.0 || a.Data["total_size"] != 100.0 {
			t.Errorf("%s: %v", path, a.Data)
		}
	}
	if a := s.do("GET", "", nil); a.Data["count"] != 1.0 {
		t.Errorf("list: %v", a.Data)
	}
	// Another user sees nothing of it, an administrator all.
	if a := s.do("GET", "", nil, "User", "20"); a.Data["count"] != 0.0 {
		t.Errorf("a stranger's list: %v", a.Data)
	}
	for _, method := range []string{"GET", "HEAD", "PATCH", "DELETE"} {
		if a := s.do(method, "/"+id, nil, "User", "20"); a.Code != "upload_not_found" {
			t.Errorf("a stranger's %s: status %d, code %q", method, a.Status, a.Code)
		}
	}
	if a := s.do("GET", "/"+id, nil, "User", "2"); a.Status != http.StatusOK {
		t.Errorf("another administrator: status %d", a.Status)
	}
	if a := s.do("DELETE", "/"+id, nil); a.Status != http.StatusOK || a.Data["upload_id"] != id {
		t.Errorf("cancel: status %d, %v", a.Status, a.Data)
	}
	left, err := os.ReadDir(filepath.Join(s.dir, "uploads"))
	if err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

func TestOptionsAndOverride(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.do("OPTIONS", "", nil)
	if a.Status != http.StatusNoContent || a.Header.Get("Tus-Version") != "1.0.0" || a.Header.Get("Tus-Max-Size") != strconv.Itoa(upload.MaxBytes) || a.Header.Get("Tus-Extension") == "" {
		t.Errorf("status %d, %v", a.Status, a.Header)
	}
	id := s.create(3)
	a = s.do("POST", "/"+id, repeat(3), "X-HTTP-Method-Override", "PATCH", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
	if a.Status != http.StatusNoContent || s.offset(id) != 3 {
		t.Errorf("override: status %d, code %q", a.Status, a.Code)
	}
}

// The bytes of a small file may come with the creation, and a file may have none.
func TestCreationWithUpload(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.do("POST", "", bytes.NewReader([]byte("abc")), "Upload-Length", "3", "Upload-Metadata", named("a.iso"), "Content-Type", "application/offset+octet-stream")
	if a.Status != http.StatusCreated || a.Header.Get("Upload-Offset") != "3" {
		t.Fatalf("status %d, code %q, offset %q", a.Status, a.Code, a.Header.Get("Upload-Offset"))
	}
	s.finish(a.Data["upload_id"].(string), []byte("abc"))
	s.finish(s.create(0), nil)
}

func uncomplete(tx *store.Tx) error {
	rows, err := store.FindRows[storage.File](tx)
	if err != nil {
		return err
	}
	return setComplete(tx, rows[0].Key, false)
}

// TestNamesThatPeopleGive: a name is refused for what it would hide, and for nothing else.
func TestNamesThatPeopleGive(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, name := range []string{"a\u00adb.iso", "a\u202fb.iso", "a\u200cb.iso", "\U0001F9CA.iso", "a\u00a0b.iso", "ä b.iso"} {
		if a := s.do("POST", "", nil, "Upload-Metadata", named(name), "User", "1", "Tus-Resumable", "1.0.0", "Upload-Length", "1"); a.Status != 201 {
			t.Errorf("%q: status %d, code %q", name, a.Status, a.Code)
		}
	}
}

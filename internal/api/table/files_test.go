package table_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestUpload sends a file as the SDKs do: chunks in parallel and out of order, and no call to finish.
func TestUpload(t *testing.T) {
	t.Parallel()
	s := start(t)
	const chunk = 262144
	content := make([]byte, 3*chunk+17)
	rand.Read(content)
	key := s.make("files", fmt.Sprintf(`{"name":"disk.raw","allocated_bytes":"%d"}`, len(content)))
	s.get("/api/v4/files/"+key+"?download=1").failed(t, 409)

	var sending sync.WaitGroup
	for off := 3 * chunk; off >= 0; off -= chunk {
		sending.Go(func() {
			part := bytes.NewReader(content[off:min(off+chunk, len(content))])
			r := s.send("PUT", fmt.Sprintf("/api/v4/files/%s?filepos=%d", key, off), part, admin, header("Content-Type", "application/octet-stream"), admin)
			if r.status != 200 || r.body != "" {
				t.Errorf("chunk at %d: %d %s", off, r.status, r.body)
			}
		})
	}
	sending.Wait()
	same(t, "size", fmt.Sprintf(`{"filesize":%d}`, len(content)), s.get("/api/v4/files/"+key+"?fields=filesize").body)

	whole := s.get("/api/v4/files/"+key+"?download=1&asname=x.raw").must(t, 200)
	if whole.body != string(content) {
		t.Error("what comes back is not what was sent")
	}
	same(t, "disposition", "attachment; filename=x.raw", whole.header.Get("Content-Disposition"))
	part := s.send("GET", "/api/v4/files/"+key+"?download=1", nil, admin, header("Range", "bytes=10-19"), admin).must(t, 206)
	same(t, "range", string(content[10:20]), part.body)
	s.send("PUT", "/api/v4/files/"+key+"?filepos=0", strings.NewReader("x")).failed(t, 409)
}

func TestBadUploads(t *testing.T) {
	t.Parallel()
	s := start(t)
	key := s.make("files", `{"name":"a","allocated_bytes":"10"}`)
	for path, status := range map[string]int{
		"files/" + key + "?filepos=-1": 400, "files/" + key + "?filepos=x": 400, "files/" + key + "?filepos=": 400,
		"files/99?filepos=0": 404, "files/x?filepos=0": 404, "files/" + key + "?filepos=10": 422, "files/" + key + "?filepos=9223372036854775807": 400,
	} {
		if r := s.put("/api/v4/"+path, "xy"); r.status != status {
			t.Errorf("%s: %d %s, want %d", path, r.status, r.body, status)
		} else {
			r.failed(t, status)
		}
	}
	s.get("/api/v4/files/99?download=1").failed(t, 404)
	same(t, "size", `{"filesize":0}`, s.get("/api/v4/files/"+key+"?fields=filesize").body)
}

// TestDownloadNames gives names that must not end the header or name a folder.
func TestDownloadNames(t *testing.T) {
	t.Parallel()
	s := start(t)
	key := s.make("files", `{"name":"a","allocated_bytes":"1"}`)
	s.put("/api/v4/files/"+key+"?filepos=0", "x").must(t, 200)
	for as, want := range map[string]string{
		"a%0d%0aX-Evil:%201": `attachment; filename*=utf-8''a%0D%0AX-Evil%3A%201`, "a%22b": `attachment; filename="a\"b"`, "%E2%98%83.iso": `attachment; filename*=utf-8''%E2%98%83.iso`,
		"": `attachment; filename=a`, "%2e%2e%2fx": `attachment; filename=x`,
	} {
		r := s.get("/api/v4/files/"+key+"?download=1&asname="+as).must(t, 200)
		same(t, as, want, r.header.Get("Content-Disposition"))
		if r.header.Get("X-Evil") != "" || r.body != "x" {
			t.Errorf("%s: %v %s", as, r.header, r.body)
		}
	}
}

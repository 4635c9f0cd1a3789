package upload_test

import (
	"net/http"
	"testing"
)

// A browser joins the header that a script sets to the one that its library sets.
func TestVersion(t *testing.T) {
	t.Parallel()
	s := start(t)
	done := s.create(4)
	s.patch(done, 0, repeat(4))
	for _, c := range []struct {
		version string
		spoken  bool
	}{
		{"", true},
		{"1.0.0", true},
		{"1.0.0, 1.0.0", true},
		{"1.0.0,1.0.0", true},
		{"0.2.2", false},
		{"1.0.0, 0.2.2", false},
		{"0.2.2, 0.2.2", false},
		{"1.0.0,", false},
		{"1.0.0 1.0.0", false},
	} {
		id := s.create(4)
		for what, a := range map[string]answer{
			"POST":             s.do("POST", "", nil, "Upload-Length", "1", "Upload-Metadata", named("a.iso"), "Tus-Resumable", c.version),
			"HEAD":             s.do("HEAD", "/"+id, nil, "Tus-Resumable", c.version),
			"HEAD of the done": s.do("HEAD", "/"+done, nil, "Tus-Resumable", c.version),
			"PATCH": s.do("PATCH", "/"+id, repeat(1), "Tus-Resumable", c.version,
				"Upload-Offset", "0", "Content-Type", "application/offset+octet-stream"),
			"DELETE": s.do("DELETE", "/"+s.create(1), nil, "Tus-Resumable", c.version),
		} {
			if c.spoken && a.Status >= http.StatusBadRequest {
				t.Errorf("%s with version %q: status %d, code %q", what, c.version, a.Status, a.Code)
			}
			if !c.spoken && (a.Code != "unsupported_tus_version" || a.Header.Get("Tus-Version") != "1.0.0") {
				t.Errorf("%s with version %q: status %d, code %q, Tus-Version %q", what, c.version, a.Status, a.Code, a.Header.Get("Tus-Version"))
			}
		}
		want := 0
		if c.spoken {
			want = 1
		}
		if n := s.offset(id); n != want {
			t.Errorf("with version %q, %d bytes arrived", c.version, n)
		}
	}
	if a := s.do("OPTIONS", "", nil, "Tus-Resumable", "0.2.2"); a.Status != http.StatusNoContent || a.Header.Get("Tus-Version") != "1.0.0" {
		t.Errorf("OPTIONS with another version: status %d, Tus-Version %q", a.Status, a.Header.Get("Tus-Version"))
	}
}

package upload_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A kill in the middle of complete leaves the bytes with the file and the session not ended: HEAD says all of them, and the sweep ends it.
func TestOffsetAfterAKillInComplete(t *testing.T) {
	t.Parallel()
	s, want := start(t), noise(5000)
	id := s.unnoted(want)
	s.restart()
	if n := s.offset(id); n != len(want) {
		t.Errorf("offset %d, want %d", n, len(want))
	}
	must(t, s.uploads.Sweep(context.Background()))
	if after, err := os.ReadFile(s.notes(id)); err != nil || !bytes.Contains(after, []byte(`"done":true`)) {
		t.Errorf("after the sweep: %s, %v", after, err)
	}
	lost := s.create(10)
	must(t, os.Remove(filepath.Join(s.dir, "uploads", lost)))
	if a := s.do("HEAD", "/"+lost, nil); a.Code != "upload_not_found" {
		t.Errorf("HEAD of an upload whose bytes are lost: %q", a.Code)
	}
}

func TestUnfinishedUploadsAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 100 {
		s.create(1)
	}
	if a := s.do("POST", "", nil, "Upload-Length", "1", "Upload-Metadata", named("a.iso")); a.Code != "too_many_unfinished" {
		t.Errorf("one upload too many: status %d, code %q", a.Status, a.Code)
	}
}

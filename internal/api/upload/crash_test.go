package upload_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dewpoint/internal/perm"
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

// A kill in complete behind the file's row leaves the bytes with the upload: the next start makes the file of them before it answers anybody.
func TestStartEndsWhatCompleteBegan(t *testing.T) {
	t.Parallel()
	s, want := start(t), noise(5000)
	id := s.create(len(want))
	s.patch(id, 0, bytes.NewReader(want))
	must(t, s.uploads.MakeRow(perm.WithActor(t.Context(), perm.Actor{User: 1, Name: "someone", Admin: true}), id))
	s.restart()
	if _, sum := s.content(id); sum != sha256.Sum256(want) {
		t.Error("the file has another SHA-256 than what was sent")
	}
	s.finish(id, want)
}

// A kill in the middle of a creation leaves a part of tusd's notes: nobody was told of the upload, so it goes. One that has bytes stays.
func TestCreationThatWasCutOffGoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	begun, sent := s.create(100), s.create(100)
	s.patch(sent, 0, strings.NewReader("some"))
	for _, id := range []string{begun, sent} {
		must(t, os.Truncate(filepath.Join(s.dir, "uploads", id+".info"), 0))
	}
	s.restart()
	must(t, s.uploads.Sweep(t.Context()))
	var left []string
	for _, id := range []string{begun, sent} {
		found, err := filepath.Glob(filepath.Join(s.dir, "uploads", id+"*"))
		must(t, err)
		left = append(left, strconv.Itoa(len(found)))
	}
	if got := strings.Join(left, " "); got != "0 3" {
		t.Errorf("files of the one that was cut off, and of the one with bytes: %s, want 0 3", got)
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

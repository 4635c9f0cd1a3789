package upload_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func setComplete(tx *store.Tx, key int64, complete bool) error {
	return tx.Change("files", schema.IntValue(key), schema.Set{"complete": schema.BoolValue(complete)})
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	s := start(t)
	id, young := s.create(10), s.create(10)
	s.patch(id, 0, repeat(4))
	notes := filepath.Join(s.dir, "uploads", id+".session")
	raw, err := os.ReadFile(notes)
	must(t, err)
	var session map[string]any
	must(t, json.Unmarshal(raw, &session))
	session["expires"] = time.Now().Add(-time.Second)
	raw, err = json.Marshal(session)
	must(t, err)
	must(t, os.WriteFile(notes, raw, 0o600))

	if a := s.patch(id, 4, repeat(1)); a.Code != "upload_expired" {
		t.Errorf("PATCH: code %q, want upload_expired", a.Code)
	}
	must(t, s.uploads.Sweep(context.Background()))
	if a := s.do("HEAD", "/"+id, nil); a.Code != "upload_not_found" {
		t.Errorf("HEAD after the sweep: code %q", a.Code)
	}
	left, err := filepath.Glob(filepath.Join(s.dir, "uploads", id+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
	if s.offset(young) != 0 {
		t.Error("the sweep took an upload that hadn't expired")
	}
}

// A crash in the middle of a beginning or a removal leaves a session alone: the next start takes it away, and none that is beginning now.
func TestSweepTakesWhatACrashLeft(t *testing.T) {
	t.Parallel()
	s := start(t)
	notes := func(id string) string { return filepath.Join(s.dir, "uploads", id+".session") }
	cut, whole := s.create(10), s.create(10)
	must(t, os.Remove(filepath.Join(s.dir, "uploads", cut+".info"))) // the first that goes, and the last that comes
	draft := filepath.Join(s.dir, "uploads", "."+whole+".session123")
	must(t, os.WriteFile(draft, nil, 0o600))
	must(t, s.uploads.Sweep(context.Background()))
	if _, err := os.Stat(notes(cut)); err != nil {
		t.Errorf("the session of an upload that is just beginning: %v", err)
	}
	s.restart()
	must(t, s.uploads.Sweep(context.Background()))
	for _, left := range []string{notes(cut), draft, filepath.Join(s.dir, "uploads", cut)} {
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s, which a crash left, is still there", left)
		}
	}
	if s.offset(whole) != 0 {
		t.Error("the sweep took an upload that goes on")
	}
}

// Bytes whose session is gone are set aside, never removed.
func TestStrays(t *testing.T) {
	t.Parallel()
	s := start(t)
	id, other := s.create(10), s.create(10)
	s.patch(id, 0, repeat(4))
	at := filepath.Join(s.dir, "uploads", id)
	want, err := os.ReadFile(at)
	must(t, err)
	must(t, os.Remove(at+".session"))
	must(t, s.uploads.Sweep(context.Background()))
	left, err := filepath.Glob(at + "*")
	if err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
	held, err := filepath.Glob(filepath.Join(s.dir, "quarantine", "*", "content"))
	if err != nil || len(held) != 1 {
		t.Fatalf("in quarantine: %v, %v", held, err)
	}
	if got, err := os.ReadFile(held[0]); err != nil || string(got) != string(want) {
		t.Errorf("in quarantine are %q, want %q (%v)", got, want, err)
	}
	if s.offset(other) != 0 {
		t.Error("the sweep took an upload that has its session")
	}
}

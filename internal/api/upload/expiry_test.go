package upload_test

import (
	"bytes"
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

// notes is where the session of an upload lies.
func (s *server) notes(id string) string { return filepath.Join(s.dir, "uploads", id+".session") }

// note writes a time into a session.
func (s *server) note(id, name string, at time.Time) {
	s.t.Helper()
	raw, err := os.ReadFile(s.notes(id))
	must(s.t, err)
	var session map[string]any
	must(s.t, json.Unmarshal(raw, &session))
	session[name] = at
	raw, err = json.Marshal(session)
	must(s.t, err)
	must(s.t, os.WriteFile(s.notes(id), raw, 0o600))
}

// An upload whose time is over by a clock that has jumped while the server was away goes on.
func TestNoSweepAfterAJump(t *testing.T) {
	t.Parallel()
	for _, years := range []int{1, -1} {
		s, want := start(t), noise(10)
		id := s.create(len(want))
		s.patch(id, 0, bytes.NewReader(want[:4]))
		s.note(id, "expires", time.Now().Add(-time.Second))
		last, err := time.Now().AddDate(-years, 0, 0).MarshalText()
		must(t, err)
		must(t, os.WriteFile(filepath.Join(s.dir, "last-seen"), last, 0o600))
		for range 2 {
			s.restart()
			must(t, s.uploads.Sweep(context.Background()))
		}
		if n := s.offset(id); n != 4 {
			t.Fatalf("%d years: offset %d, want 4", years, n)
		}
		s.patch(id, 4, bytes.NewReader(want[4:]))
		s.finish(id, want)
	}
}

// A session from the future was written by a wrong clock, or is read by one: it is kept, whatever its end.
func TestUploadOfTheFuture(t *testing.T) {
	t.Parallel()
	s, want := start(t), noise(10)
	id := s.create(len(want))
	s.patch(id, 0, bytes.NewReader(want[:4]))
	s.note(id, "created", time.Now().AddDate(1, 0, 0))
	s.note(id, "expires", time.Now().Add(-time.Second))
	must(t, s.uploads.Sweep(context.Background()))
	s.restart()
	must(t, s.uploads.Sweep(context.Background()))
	if a := s.do("GET", "", nil); a.Data["count"] != 1.0 {
		t.Errorf("list: %v", a.Data)
	}
	s.patch(id, 4, bytes.NewReader(want[4:]))
	s.finish(id, want)
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	s := start(t)
	id, young := s.create(10), s.create(10)
	s.patch(id, 0, repeat(4))
	s.note(id, "expires", time.Now().Add(-time.Second))

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
	cut, whole := s.create(10), s.create(10)
	must(t, os.Remove(filepath.Join(s.dir, "uploads", cut+".info")))          // the first that goes, and the last that comes
	past, future := time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0) // the clock was set meanwhile
	must(t, os.Chtimes(s.notes(cut), past, past))
	draft := filepath.Join(s.dir, "uploads", "."+whole+".session123")
	must(t, os.WriteFile(draft, nil, 0o600))
	must(t, s.uploads.Sweep(context.Background()))
	if _, err := os.Stat(s.notes(cut)); err != nil {
		t.Errorf("the session of an upload that is just beginning: %v", err)
	}
	must(t, os.Chtimes(s.notes(cut), future, future))
	s.restart()
	must(t, s.uploads.Sweep(context.Background()))
	for _, left := range []string{s.notes(cut), draft, filepath.Join(s.dir, "uploads", cut)} {
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

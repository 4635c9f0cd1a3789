package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
)

func TestChunksInAnyOrderAndParallel(t *testing.T) {
	t.Parallel()
	s, want := newShelf(t), noise(3<<20+17)
	key := s.add("a.iso", len(want))
	const chunk = 64<<10 + 1
	var offsets []int
	for off := 0; off < len(want); off += chunk {
		offsets = append(offsets, off)
	}
	rand.Shuffle(len(offsets), func(i, j int) { offsets[i], offsets[j] = offsets[j], offsets[i] })
	var group sync.WaitGroup
	for _, off := range offsets {
		group.Go(func() {
			if err := s.WriteAt(context.Background(), key, int64(off), bytes.NewReader(want[off:min(off+chunk, len(want))])); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if !bytes.Equal(s.read(key), want) {
		t.Error("the file differs from what was written")
	}
	row := s.row(key)
	if !row.Complete || row.Filesize != int64(len(want)) || row.UsedBytes != int64(len(want)) {
		t.Errorf("row after the last chunk: %+v", row)
	}
	if left := s.chunks(); len(left) > 0 {
		t.Errorf("chunks left on record: %v", left)
	}
}

func TestFilesizeCountsFromTheStart(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	key := s.add("a.iso", 100)
	for _, step := range []struct {
		off, n   int
		filesize int64
		chunks   [][2]int64
	}{
		{50, 10, 0, [][2]int64{{50, 60}}},
		{0, 20, 20, [][2]int64{{50, 60}, {0, 20}}},
		{10, 15, 25, [][2]int64{{50, 60}, {0, 25}}},
		{25, 25, 60, [][2]int64{{0, 60}}},
		{60, 40, 100, nil},
	} {
		s.write(key, int64(step.off), make([]byte, step.n))
		if got := s.row(key).Filesize; got != step.filesize {
			t.Errorf("after [%d,+%d): filesize %d, want %d", step.off, step.n, got, step.filesize)
		}
		if diff := cmp.Diff(step.chunks, s.chunks()); diff != "" {
			t.Errorf("after [%d,+%d): chunks (-want +got):\n%s", step.off, step.n, diff)
		}
	}
}

func TestBytesBeyondTheEndAreRefused(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	key := s.add("a.iso", 10)
	s.write(key, 0, []byte("0123456"))
	for name, try := range map[string]func() error{
		"known length": func() error { return s.WriteAt(context.Background(), key, 5, bytes.NewReader(make([]byte, 6))) },
		"negative":     func() error { return s.WriteAt(context.Background(), key, -1, bytes.NewReader(nil)) },
		"unknown length": func() error {
			return s.WriteAt(context.Background(), key, 8, io.MultiReader(bytes.NewReader(make([]byte, 3))))
		},
	} {
		if err := try(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
	if b, err := os.ReadFile(s.path(key)); err != nil || string(b) != "0123456" {
		t.Errorf("the file was touched: %q, %v", b, err)
	}
	if diff := cmp.Diff([][2]int64{{0, 7}}, s.chunks()); diff != "" {
		t.Error(diff)
	}
}

// A chunk that is cut off keeps what came before the cut, also over a crash, and the upload goes on from there.
func TestCutsAndCrashes(t *testing.T) {
	t.Parallel()
	s, want := newShelf(t), noise(2<<20)
	key := s.add("a.iso", len(want))
	cut := errors.New("connection reset")
	for round := 0; !s.row(key).Complete; round++ {
		if round > 100 {
			t.Fatal("no progress")
		}
		have := s.row(key).Filesize
		end := min(int(have)+1+rand.IntN(400<<10), len(want))
		err := s.WriteAt(context.Background(), key, have, io.MultiReader(bytes.NewReader(want[have:end]), failing{cut}))
		if !errors.Is(err, cut) {
			t.Fatalf("cut chunk: got %v, want the reader's error", err)
		}
		s.reopen()
		if got := s.row(key).Filesize; got != int64(end) {
			t.Fatalf("%d bytes on record after the crash, %d had been written", got, end)
		}
	}
	if !bytes.Equal(s.read(key), want) {
		t.Error("the file differs from what was written")
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestCompleteFilesAreClosed(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	key := s.add("a.iso", 4)
	if _, _, _, err := s.Open(context.Background(), key); !errs.Is(err, errs.Conflict) {
		t.Errorf("open before the bytes: %v, want Conflict", err)
	}
	s.write(key, 0, []byte("abcd"))
	if err := s.WriteAt(context.Background(), key, 0, bytes.NewReader([]byte("x"))); !errs.Is(err, errs.Conflict) {
		t.Errorf("write to a complete file: %v, want Conflict", err)
	}
	if _, _, _, err := s.Open(context.Background(), key+1); !errs.Is(err, errs.NotFound) {
		t.Errorf("open of a missing row: %v, want NotFound", err)
	}
	if err := s.WriteAt(context.Background(), s.add("huge.iso", 1<<60), 0, bytes.NewReader([]byte("x"))); !errs.Is(err, errs.Full) {
		t.Errorf("a file larger than the disk: %v, want Full", err)
	}
}

package block_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
)

// forge makes a qcow2 image that Inspect lets pass, and breaks what only a reader of its tables finds.
func forge(t *testing.T, breakIt func(image []byte) []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "forged")
	if err := block.Create(path, 8<<20); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, breakIt(image), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := block.Inspect(path); err != nil {
		t.Fatalf("the headers tell already: %v", err)
	}
	return path
}

// TestDamagedImages has the real qemu-img find what headers don't show: a refusal for good, without a path or a command in its text.
func TestDamagedImages(t *testing.T) {
	t.Parallel()
	needTool(t)
	for name, breakIt := range map[string]func([]byte) []byte{
		"L1 entry not aligned": func(b []byte) []byte {
			l1 := binary.BigEndian.Uint64(b[40:])
			binary.BigEndian.PutUint64(b[l1:], 1<<63|0x12345)
			return b
		},
		"refcount order": func(b []byte) []byte {
			binary.BigEndian.PutUint32(b[96:], 60)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := forge(t, breakIt)
			err := block.Convert(t.Context(), path, block.Qcow2, filepath.Join(t.TempDir(), "out"), nil)
			typed := errs.As(err)
			if !errs.Is(err, errs.Invalid) || typed == nil || typed.Code != "image_damaged" {
				t.Fatalf("got %v, want a refusal", err)
			}
		})
	}
}

// TestNotTheImagesFault fails for reasons that may be over the next time: those are no refusals.
func TestNotTheImagesFault(t *testing.T) {
	t.Parallel()
	needTool(t)
	source := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(source, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"no target folder": block.Convert(t.Context(), source, block.Raw, filepath.Join(t.TempDir(), "none", "out"), nil),
		"source is gone":   block.Convert(t.Context(), source+"x", block.Raw, filepath.Join(t.TempDir(), "out"), nil),
	} {
		if err == nil || errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

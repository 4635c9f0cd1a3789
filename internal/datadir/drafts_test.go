package datadir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDropDrafts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keep := []string{".generation", ".hidden-file", "dewpoint.db", "generation"}
	for _, name := range append([]string{".generation2223781431", ".server-id17", ".tls.crt9"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := dropDrafts(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if d := cmp.Diff(keep, left); d != "" {
		t.Error(d)
	}
}

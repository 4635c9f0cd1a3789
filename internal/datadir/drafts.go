package datadir

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// draft is how files are called that renameio is writing: a dot, the name they will have, and a number.
var draft = regexp.MustCompile(`^\.[a-z.-]+[0-9]+$`)

// dropDrafts removes files of a data directory that a crash has kept from getting their names. Only its keeper may.
func dropDrafts(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("looking for what a crash left in the data directory: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !draft.MatchString(e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("removing what a crash left in the data directory: %w", err)
		}
	}
	return nil
}

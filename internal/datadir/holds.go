package datadir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// byteFolders are the folders of a data directory in which the bytes of rows lie.
var byteFolders = []string{"files", "pools", "uploads", "quarantine"}

// namedFolders are those in which things are named by the numbers of their rows.
var namedFolders = []string{"files", "pools", "vnets", "machines", "quarantine", "backups"}

// holdsBytes reports whether any file lies in the folders for the bytes of rows.
func holdsBytes(dir string) (holds bool, err error) {
	for _, folder := range byteFolders {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				holds = true
				return fs.SkipAll
			}
			return present(err)
		})
		if holds || err != nil {
			return holds, err
		}
	}
	return false, nil
}

// highest returns the highest number by which something in a data directory is named. What has the name of a row that nobody knows any more
// must not become another row's.
func highest(dir string) (number int64, err error) {
	for _, folder := range namedFolders {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, _ fs.DirEntry, err error) error {
			name, _, _ := strings.Cut(filepath.Base(path), ".")
			name, id, _ := strings.Cut(name, "-") // column.StorageName
			if strings.Contains(id, "-") {
				return present(err) // a UUID
			}
			if n, e := strconv.ParseInt(name, 10, 64); err == nil && e == nil {
				number = max(number, n)
			}
			return present(err)
		})
		if err != nil {
			return 0, err
		}
	}
	return number, nil
}

// present passes over what isn't there, or has gone since it was listed.
func present(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// word reads a file that holds one word; "" when it isn't there.
func word(dir, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	return strings.TrimSpace(string(text)), present(err)
}

package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"dewpoint/internal/datadir"
	"dewpoint/internal/fileio"
)

// moveAside moves SQLite's files, the one that the others belong to last.
func (r *restore) moveAside() error {
	if err := os.MkdirAll(r.before(), 0o700); err != nil {
		return err
	}
	if err := fileio.Sync(r.work); err != nil {
		return err
	}
	for _, ending := range []string{"-shm", "-wal", ""} {
		name := datadir.DatabaseFile + ending
		if err := os.Rename(filepath.Join(r.Dir, name), filepath.Join(r.before(), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(fileio.Sync(r.before()), fileio.Sync(r.Dir))
}

// placeKeys moves the keys into their places.
func (r *restore) placeKeys() error {
	for _, k := range keys {
		from, to := filepath.Join(r.keysFolder(), k.name), filepath.Join(r.Dir, k.name)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		_, err := os.Lstat(to)
		switch {
		case err == nil && !k.always:
			continue
		case err == nil:
			if err := os.Rename(to, filepath.Join(r.before(), k.name)); err != nil {
				return err
			}
		}
		if err := errors.Join(os.Chmod(from, k.mode), os.Rename(from, to)); err != nil {
			return err
		}
	}
	return errors.Join(fileio.Sync(r.before()), fileio.Sync(r.Dir))
}

// placeDatabase moves the new database of SQLite into its place. It was closed, so it is one file.
func (r *restore) placeDatabase() error {
	if r.Database != "" {
		return nil
	}
	return errors.Join(os.Rename(filepath.Join(r.work, "new", datadir.DatabaseFile), r.sqliteFile()), fileio.Sync(r.Dir))
}

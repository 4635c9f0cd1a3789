package quarantine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"dewpoint/internal/fileio"
)

// What lies in the folder of an entry.
const (
	noteFile = "note.json"
	content  = "content" // the thing itself, a file or a folder
	archive  = "content.tar"
	copied   = "content.copy"
)

// note is what is known of a thing, beside it on the disk: its row may be lost with the database, as the thing's own was.
type note struct {
	Kind  string `json:"kind"`
	Path  string `json:"path"` // where it lay, below the data directory
	Why   string `json:"why"`
	Size  int64  `json:"size"`
	Found int64  `json:"found"` // Unix seconds
}

// entry is a folder of the quarantine.
type entry struct {
	dir  string // absolute
	note note
}

func (e entry) content() string { return filepath.Join(e.dir, content) }

// write makes the folder with its note, durably.
func (e entry) write() error {
	raw, err := json.Marshal(e.note)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(e.dir, noteFile), raw, 0o600); err != nil {
		return err
	}
	return errors.Join(fileio.Sync(e.dir), fileio.Sync(filepath.Dir(e.dir)), fileio.Sync(filepath.Dir(filepath.Dir(e.dir))))
}

// take moves the thing in. The folder is new, so nothing is overwritten.
func (e entry) take(path string) error {
	if err := os.Rename(path, e.content()); err != nil {
		return err
	}
	return errors.Join(fileio.Sync(e.dir), fileio.Sync(filepath.Dir(path)))
}

// holds tells whether the thing is in the entry.
func (e entry) holds() (bool, error) {
	_, err := os.Lstat(e.content())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// clear removes all of the entry, the note last: what a crash leaves is still an entry.
func (e entry) clear() error {
	for _, name := range []string{content, archive, copied, noteFile} {
		if err := os.RemoveAll(filepath.Join(e.dir, name)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(e.dir); err != nil {
		return err
	}
	if err := fileio.Sync(filepath.Dir(e.dir)); !errors.Is(err, fs.ErrNotExist) { // a disk that isn't mounted
		return err
	}
	return nil
}

// entries reads all folders of the quarantine, those of file systems that are mounted below the data directory too.
func (k *Keeper) entries() (all []entry, err error) {
	for _, pattern := range []string{folder, "*/" + folder, "pools/*/" + folder} {
		dirs, err := filepath.Glob(filepath.Join(k.data, pattern, "*"))
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			e := entry{dir: dir}
			raw, err := os.ReadFile(filepath.Join(dir, noteFile))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				continue // of a folder that is being made or removed, or that is none of ours
			case err != nil:
				return nil, err
			}
			if err := json.Unmarshal(raw, &e.note); err != nil {
				return nil, fmt.Errorf("reading the note in %s: %w", dir, err)
			}
			all = append(all, e)
		}
	}
	return all, nil
}

package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"dewpoint/internal/host/block"
)

// partEnding stands behind the name of a disk that is being made, or was left by a crash.
const partEnding = ".part"

// found is what lies in the pools.
type found struct {
	disks map[int64]string // drive key → path
	parts map[int64]string // unfinished ones
}

// scan reads the pools' folders: tier, machine, files. What doesn't look like ours is not ours.
func scan(dataDir string) (found, error) {
	f := found{disks: map[int64]string{}, parts: map[int64]string{}}
	root := filepath.Join(dataDir, "pools")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone between listing and looking, or no pool yet
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, part := strings.CutSuffix(entry.Name(), partEnding)
		name, disk := strings.CutSuffix(name, block.DiskEnding)
		key, err := strconv.ParseInt(name, 10, 64)
		switch {
		case !disk || err != nil:
		case part:
			f.parts[key] = path
		default:
			f.disks[key] = path
		}
		return nil
	})
	return f, err
}

// makeDirs makes the folder of a drive's file. QEMU, which runs as another user, must get through but needs to list nothing.
func makeDirs(path string) error { return os.MkdirAll(filepath.Dir(path), 0o711) }

// syncPath makes what was written to a file, or the names in a folder, survive a power loss.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dewpoint/internal/host/block"
	"dewpoint/internal/model/column"
)

// partEnding stands behind the name of a disk that is being made, or was left by a crash.
const partEnding = ".part"

// lying is a file in the pools that is named like one of ours.
type lying struct {
	path   string
	name   string // as column.HeadName makes it
	folder string // the UUID of a machine
	part   bool   // unfinished
}

// scan reads the pools' folders: tier, machine, files. What doesn't look like ours is not ours.
func scan(dataDir string) (found []lying, err error) {
	root := filepath.Join(dataDir, "pools")
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone between listing and looking, or no pool yet
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, part := strings.CutSuffix(entry.Name(), partEnding)
		name, disk := strings.CutSuffix(name, block.DiskEnding)
		if _, _, _, ok := column.ReadHeadName(name); disk && ok {
			found = append(found, lying{path: path, name: name, folder: filepath.Base(filepath.Dir(path)), part: part})
		}
		return nil
	})
	return found, err
}

// makeDirs makes the folder of a drive's file. QEMU's group is let through when the guest starts.
func makeDirs(path string) error { return os.MkdirAll(filepath.Dir(path), 0o710) }

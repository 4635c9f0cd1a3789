package quarantine

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// settled tells whether there is nothing to move: the thing is gone, or was an empty folder, which goes. What is locked is a Conflict.
func settled(path string) (bool, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case info.IsDir():
		if unix.Rmdir(path) == nil { // fails, and rightly, when there is something in it
			return true, nil
		}
		return false, unopened(path)
	case info.Mode().IsRegular():
		return false, unlocked(path)
	}
	return false, nil
}

// unlocked is a Conflict when a program holds a lock on the file: QEMU does on every disk (block/file-posix.c, bytes 100 and up).
func unlocked(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock); err != nil {
		return err
	}
	if lock.Type != unix.F_UNLCK {
		return errs.New(errs.Conflict, "in_use", "a program is using it")
	}
	return nil
}

// unopened is a Conflict when a program has a file in the folder open.
func unopened(dir string) error {
	open, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return err
	}
	for _, fd := range open {
		if at, err := os.Readlink(fd); err == nil && strings.HasPrefix(at, dir+string(filepath.Separator)) {
			return errs.New(errs.Conflict, "in_use", "a program is using it")
		}
	}
	return nil
}

// sizeOf adds up the bytes of a file, or of the files in a folder.
func sizeOf(path string) (size int64, err error) {
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

func device(path string) (uint64, error) {
	var s unix.Stat_t
	err := unix.Lstat(path, &s)
	return s.Dev, err
}

package media

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
)

// hasRoom refuses a chunk when the rest of its file wouldn't fit on the disk, so that a client learns it before it has sent gigabytes.
func (u *upload) hasRoom(row model.File) error {
	info, err := u.file.Stat()
	if err != nil {
		return fmt.Errorf("looking at %s: %w", u.file.Name(), err)
	}
	there := int64(0)
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		there = s.Blocks * 512
	}
	return u.lib.Room(row.AllocatedBytes - there)
}

// Room reports Full when the disk that holds the library has less than need bytes free.
func (l *Library) Room(need int64) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(l.dir, &fs); err != nil {
		return fmt.Errorf("asking for the free space of %s: %w", l.dir, err)
	}
	free := int64(fs.Bavail) * int64(fs.Bsize)
	if need > free {
		return errs.New(errs.Full, "disk_full", "the disk that holds the media has %d bytes free, %d more are needed; delete files or add space", free, need-free)
	}
	return nil
}

// writeError names the file, and tells a full disk from other failures.
func writeError(err error, path string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errs.Wrap(err, errs.Full, "disk_full", "the disk that holds the media is full; delete files or add space, then send the chunk again")
	}
	var p *os.PathError
	if errors.As(err, &p) {
		return err // names the file already
	}
	return fmt.Errorf("writing %s: %w", path, err)
}

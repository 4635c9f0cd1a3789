package space

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// disk is a file system as it is now, in bytes.
type disk struct {
	device     uint64
	size, free int64
}

// diskOf looks at the file system that a file lies on, or would lie on.
func diskOf(path string) (d disk, err error) {
	var inode unix.Stat_t
	for err = unix.Stat(path, &inode); errors.Is(err, fs.ErrNotExist) && path != above(path); err = unix.Stat(path, &inode) {
		path = above(path)
	}
	var s unix.Statfs_t
	if err == nil {
		err = unix.Statfs(path, &s)
	}
	if err != nil {
		return d, fmt.Errorf("asking for the free space at %s: %w", path, err)
	}
	return disk{inode.Dev, int64(s.Blocks) * s.Bsize, int64(s.Bavail) * s.Bsize}, nil
}

// Lacks reports whether an error is that of a file system, or a quota, that has no room.
func Lacks(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// arrived is what a file takes on its file system, 0 when there is none. Holes of a file that is written in any order are still to come.
func arrived(path string) int64 {
	var inode unix.Stat_t
	if unix.Stat(path, &inode) != nil {
		return 0
	}
	const statBlock = 512 // st_blocks counts these whatever the file system's own blocks are (stat(2))
	return inode.Blocks * statBlock
}

const (
	leastReserve = 256 << 20 // what the database and its log need for an hour of work on a full disk, amply
	soundReserve = 1 << 30
	mostReserve  = 16 << 30 // 2 % of large arrays would help nobody
)

// DefaultReserve is what stays free in a file system of a size: 2 %, at least 1 GiB and at most 16 GiB; of small ones a tenth, at least 256 MiB.
func DefaultReserve(size int64) int64 {
	least := max(leastReserve, min(soundReserve, size/10))
	return min(max(least, size/50), mostReserve)
}

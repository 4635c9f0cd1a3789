package block

import (
	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// Reserve is what stays free in every file system that holds disks: a full one stops guests and the database alike.
const Reserve = 256 << 20

// Free returns the bytes that may be written below dir, the reserve taken off; 0 when there is less than that.
func Free(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return max(0, int64(s.Bavail)*s.Bsize-Reserve), nil
}

// CheckSpace fails with errs.Full when need bytes do not fit below dir; where names the place for people ("tier 1").
func CheckSpace(dir, where string, need int64) error {
	free, err := Free(dir)
	if err != nil {
		return err
	}
	if need > free {
		return errs.New(errs.Full, "pool_full", "%s has %d MiB left, %d MiB are needed; free some or choose another tier", where, free>>20, need>>20)
	}
	return nil
}

// Used returns the bytes that the file takes on its file system (sparse files take less than their length).
func Used(path string) (int64, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return 0, err
	}
	const statBlock = 512 // st_blocks counts these whatever the file system's own blocks are (stat(2))
	return s.Blocks * statBlock, nil
}

package datadir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	lockLimit = 3 * time.Second
	lockRetry = 50 * time.Millisecond
)

// Lock makes the data directory and keeps a second server off it. It waits a moment for a lock that is held: a server that was killed
// while it started a program leaves the lock with that program until it is on its feet.
func Lock(ctx context.Context, dir string) (unlock func(), err error) {
	// QEMU, which runs as a user of its own, is let through when a guest starts.
	if err := os.MkdirAll(dir, 0o710); err != nil {
		return nil, unfit(dir, fmt.Errorf("making the data directory: %w", err))
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unfit(dir, fmt.Errorf("locking the data directory: %w", err))
	}
	deadline := time.Now().Add(lockLimit)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, unfit(dir, fmt.Errorf("locking the data directory: %w", err))
		}
		if time.Now().Before(deadline) && ctx.Err() == nil {
			time.Sleep(lockRetry)
			continue
		}
		f.Close()
		return nil, fmt.Errorf("another server uses the data directory %s; stop it first, or give this one another with --data", dir)
	}
	return func() { f.Close() }, nil
}

// unfit says what is to be done about a file system that no data directory can be on: the database and QEMU's disks need to be written and locked.
func unfit(dir string, err error) error {
	const instead = "or give the server another directory with --data, such as /var/lib/dewpoint"
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the data directory %s is on a file system that is mounted read-only; mount it with -o remount,rw, %s: %w", dir, instead, err)
	case errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.EINVAL):
		return fmt.Errorf("the data directory %s is on a file system without locks; mount it with them, %s: %w", dir, instead, err)
	}
	return err
}

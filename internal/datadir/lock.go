package datadir

import (
	"context"
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
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	deadline := time.Now().Add(lockLimit)
	for syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		if time.Now().Before(deadline) && ctx.Err() == nil {
			time.Sleep(lockRetry)
			continue
		}
		f.Close()
		return nil, fmt.Errorf("another server uses the data directory %s; stop it first, or give this one another with --data", dir)
	}
	return func() { f.Close() }, nil
}

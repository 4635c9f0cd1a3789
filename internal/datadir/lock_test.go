package datadir

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"dewpoint/test/tmpfs"
)

// TestLockSaysWhatToDo on file systems that no data directory can be on.
func TestLockSaysWhatToDo(t *testing.T) {
	dir := tmpfs.Mount(t, 1<<20)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{dir, dir + "/below"} {
		if _, err := Lock(t.Context(), at); err == nil || !strings.Contains(err.Error(), "remount,rw") {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, number := range []syscall.Errno{syscall.ENOLCK, syscall.EOPNOTSUPP} {
		if err := unfit("/d", fmt.Errorf("locking: %w", number)); !strings.Contains(err.Error(), "without locks") {
			t.Errorf("%v: %v", number, err)
		}
	}
}

package e2e

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
)

// checkClosed walks a data directory in use: other users of the host can read, write and enter nothing in it. QEMU makes its sockets, and dnsmasq
// its files (it sets umask 022), with modes of their own choice: the folders that these lie in are closed.
func checkClosed(t *testing.T, dir string) {
	t.Helper()
	const others = 0o007
	seen := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went meanwhile
		}
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || info.Mode().Type()&(fs.ModeSocket|fs.ModeSymlink) != 0 {
			return nil
		}
		seen++
		ofDnsmasq, _ := filepath.Match(filepath.Join(dir, "vnets", "*", "run", "*"), path)
		if info.Mode().Perm()&others != 0 && !(ofDnsmasq && info.Mode().IsRegular()) {
			t.Errorf("%s is %s: other users get at it", path, info.Mode())
		}
		return nil
	})
	if err != nil || seen < 10 {
		t.Errorf("%d things lie in the data directory, %v", seen, err)
	}
}

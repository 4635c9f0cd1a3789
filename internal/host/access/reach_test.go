package access_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/access"
	"dewpoint/test/tmpfs"
)

// TestReach: a private folder above ours is found by the eyes of the user that has to pass it, and is named with what to do.
func TestReach(t *testing.T) {
	t.Parallel()
	needRoot(t)
	home := filepath.Join(t.TempDir(), "home")
	data := filepath.Join(home, "of", "dewpoint")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := data; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(data, 0o700); err != nil { // Pass opens this one
		t.Fatal(err)
	}
	if err := access.Reach(data, guest, group); err != nil {
		t.Errorf("open folders: %v", err)
	}
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	err := access.Reach(data, guest, group)
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "chmod o+x "+home+",") {
		t.Errorf("a private folder above: %v, want it named with what to do", err)
	}
	for _, uid := range []int{0, -1} {
		if err := access.Reach(data, uid, -1); err != nil {
			t.Errorf("user %d: %v", uid, err)
		}
	}
	if os.Geteuid() != 0 {
		t.Error("the program is somebody else now")
	}
}

// TestMounted looks at file systems that are mounted so that no data directory can be on them.
func TestMounted(t *testing.T) {
	dir := tmpfs.Mount(t, 1<<20)
	for flags, word := range map[uintptr]string{0: "", unix.MS_RDONLY: "remount,rw", unix.MS_NOEXEC: "remount,exec"} {
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
		err := access.Mounted(dir)
		if (err == nil) != (word == "") || err != nil && (!errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), word)) {
			t.Errorf("flags %x: %v, want %q in it", flags, err, word)
		}
	}
}

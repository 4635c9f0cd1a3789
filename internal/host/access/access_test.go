package access_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"dewpoint/internal/host/access"
)

// The users and groups of these tests need no entry in /etc/passwd.
const guest, group = 60909, 60910

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("not root")
	}
	t.Skip("only root gives files away")
}

func is(t *testing.T, path, want string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Error(err)
		return
	}
	st, _ := info.Sys().(*syscall.Stat_t)
	if got := fmt.Sprintf("%v %d:%d", info.Mode(), st.Uid, st.Gid); got != want {
		t.Errorf("%s is %s, want %s", path, got, want)
	}
}

func place(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPassAndShow(t *testing.T) {
	t.Parallel()
	needRoot(t)
	root := filepath.Join(t.TempDir(), "data")
	disk, medium := filepath.Join(root, "pools/1/m/1.qcow2"), filepath.Join(root, "files/1")
	place(t, disk, "disk")
	place(t, medium, "medium")
	for range 2 {
		if err := access.Pass(root, disk, group); err != nil {
			t.Fatal(err)
		}
		if err := access.Show(medium, group); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{root, root + "/pools", root + "/pools/1", root + "/pools/1/m"} {
		is(t, folder, fmt.Sprintf("drwx--x--- 0:%d", group))
	}
	is(t, medium, fmt.Sprintf("-rw-r----- 0:%d", group))
	is(t, root+"/files", "drwx--x--x 0:0")
	if err := access.Pass(root, filepath.Dir(root)+"/elsewhere/x", group); err == nil {
		t.Error("Pass opened a folder elsewhere")
	}
}

// TestSocketsTakesTheFolderBack plants what a QEMU that was taken over could have: a link to a file of root's, in the folder that an
// older server gave to QEMU's user.
func TestSocketsTakesTheFolderBack(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := t.TempDir()
	folder, outside := filepath.Join(dir, "7"), filepath.Join(dir, "outside")
	place(t, filepath.Join(folder, "nvram.fd"), "variables")
	place(t, outside, "root's")
	if err := os.Chown(folder, guest, group); err != nil {
		t.Fatal(err)
	}
	as := func(name string, args ...string) error {
		cmd := exec.Command(name, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: guest, Gid: group}}
		return cmd.Run()
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"serial.log", "run"} {
		if err := as("ln", "-s", outside, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := access.Sockets(folder, "run", guest, group); err != nil {
			t.Fatal(err)
		}
	}
	is(t, folder, fmt.Sprintf("drwx--x--- 0:%d", group))
	is(t, filepath.Join(folder, "run"), fmt.Sprintf("drwx------ %d:%d", guest, group))
	is(t, outside, "-rw-r--r-- 0:0")
	if _, err := os.Lstat(filepath.Join(folder, "serial.log")); !os.IsNotExist(err) {
		t.Errorf("the link is still there: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "nvram.fd")); err != nil || string(text) != "variables" {
		t.Errorf("the guest's variables are %q, %v", text, err)
	}
	if as("ln", "-s", outside, filepath.Join(folder, "serial.log")) == nil {
		t.Error("a link can still be planted where root opens files")
	}
	if err := as("ln", "-s", outside, filepath.Join(folder, "run", "vnc.sock")); err != nil {
		t.Errorf("QEMU's user can't use its own folder: %v", err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	needRoot(t)
	root := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	place(t, outside, "others may read it")
	disk := filepath.Join(root, "pools/1/m/1.qcow2")
	place(t, disk, "disk")
	if err := os.Symlink(outside, filepath.Join(root, "pools/link")); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(root, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := access.Close(root); err != nil {
		t.Fatal(err)
	}
	is(t, root, "drwxr-x--- 0:0")
	is(t, filepath.Join(root, "pools/1"), "drwx--x--- 0:0")
	is(t, disk, "-rw-r----- 0:0")
	is(t, filepath.Join(root, "sock"), "Srwxr-x--- 0:0")
	is(t, outside, "-rw-r--r-- 0:0")
}

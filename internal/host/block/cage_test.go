package block_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dewpoint/internal/host/block"
)

// holdReader stops our child that reads from the file and returns its folder in /proc, and a function that lets it go on. The folder is "" when it
// has ended already.
func holdReader(t *testing.T, path string) (proc string, release func()) {
	t.Helper()
	want, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	lists, _ := filepath.Glob("/proc/self/task/[0-9]*/children")
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(children)) {
			proc, pid := filepath.Join("/proc", child), number(t, child)
			if name, _ := os.ReadFile(filepath.Join(proc, "comm")); string(name) != "qemu-img\n" || syscall.Kill(pid, syscall.SIGSTOP) != nil {
				continue
			}
			release := func() { _ = syscall.Kill(pid, syscall.SIGCONT) }
			if hasOpen(proc, want) {
				return proc, release
			}
			release()
		}
	}
	return "", func() {}
}

func number(t *testing.T, digits string) int {
	t.Helper()
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func hasOpen(proc string, file os.FileInfo) bool {
	open, _ := filepath.Glob(filepath.Join(proc, "fd/*"))
	return slices.ContainsFunc(open, func(fd string) bool {
		info, err := os.Stat(fd)
		return err == nil && os.SameFile(info, file)
	})
}

// TestConvertInCage looks at the real qemu-img while it reads. On a busy machine that may have read all before anybody could look: then again.
func TestConvertInCage(t *testing.T) {
	needTool(t)
	t.Setenv("DEWPOINT_ADMIN_PASSWORD", "hunter2")
	dir := t.TempDir()
	raw, disk := filepath.Join(dir, "raw"), filepath.Join(dir, "disk")
	if err := os.WriteFile(raw, bytes.Repeat([]byte("dewpoint"), 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	looked := false
	for range 100 {
		err := block.Convert(t.Context(), raw, block.Raw, disk, func(float64) {
			if looked {
				return
			}
			proc, release := holdReader(t, raw)
			defer release()
			if looked = proc != ""; looked {
				lookAt(t, proc)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if looked {
			break
		}
		if err := os.Remove(disk); err != nil {
			t.Fatal(err)
		}
	}
	if !looked {
		t.Fatal("no qemu-img was found reading the image")
	}
	for path, want := range map[string]string{disk: "-rw------- 0:0", raw: "-rw-r----- 0:60907"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		st, _ := info.Sys().(*syscall.Stat_t)
		if got := fmt.Sprintf("%v %d:%d", info.Mode(), st.Uid, st.Gid); got != want {
			t.Errorf("%s is %s, want %s", filepath.Base(path), got, want)
		}
	}
}

func lookAt(t *testing.T, proc string) {
	t.Helper()
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"Uid:\t60907\t60907\t60907\t60907\n", "Gid:\t60907\t60907\t60907\t60907\n", "Groups:\t \n", "NoNewPrivs:\t1\n",
		"CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n",
	} {
		if !strings.Contains(string(status), line) {
			t.Errorf("its status lacks %q:\n%s", line, status)
		}
	}
	if environ, err := os.ReadFile(filepath.Join(proc, "environ")); err != nil || strings.Contains(string(environ), "hunter2") {
		t.Errorf("its environment is %q, %v", environ, err)
	}
	own, _ := os.Readlink("/proc/self/ns/net")
	if theirs, err := os.Readlink(filepath.Join(proc, "ns/net")); err != nil || theirs == own {
		t.Errorf("its network is %s, ours, %v", theirs, err)
	}
	root, err := os.ReadDir(filepath.Join(proc, "root"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range root {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "bin dev in lib lib64 out sbin usr" {
		t.Errorf("it sees %s", got)
	}
}

// TestHostileImage: what Inspect would refuse reads nothing of the host, were it ever let pass.
func TestHostileImage(t *testing.T) {
	t.Parallel()
	needTool(t)
	dir := t.TempDir()
	secret, image := filepath.Join(dir, "secret"), filepath.Join(dir, "image")
	if err := os.WriteFile(secret, []byte(strings.Repeat("secret", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	qemuImg(t, "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", image)
	if err := block.Convert(t.Context(), image, block.Qcow2, filepath.Join(dir, "disk"), nil); err == nil {
		t.Error("its backing file was read")
	}
	descriptor := "# Disk DescriptorFile\nversion=1\ncreateType=\"monolithicFlat\"\nRW 2 FLAT \"" + secret + "\" 0\n"
	if err := os.WriteFile(image, []byte(descriptor), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := block.Convert(t.Context(), image, block.VMDK, filepath.Join(dir, "other"), nil); err == nil {
		t.Error("its extent was read")
	}
}

// TestLinkInPlaceOfImage: nothing that lies where an image ought to be is opened.
func TestLinkInPlaceOfImage(t *testing.T) {
	t.Parallel()
	needTool(t)
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"Resize":  block.Resize(t.Context(), link, 2<<20),
		"Convert": block.Convert(t.Context(), link, block.Raw, filepath.Join(dir, "disk"), nil),
		"Create":  block.Create(link, 1<<20),
	} {
		if err == nil {
			t.Errorf("%s went through a link", what)
		}
	}
	if info, err := os.Stat(target); err != nil || info.Mode() != 0o600 || info.Size() != 1<<20 {
		t.Errorf("the link's target became %v, %v", info, err)
	}
}

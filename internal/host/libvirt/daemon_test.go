package libvirt_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
)

// insideMark is set for the copy of the test program that runs in a namespace without libvirt.
const insideMark = "DEWPOINT_TEST_NO_LIBVIRT"

// aloneScript hides the running libvirt: its sockets, its state and its domains. The shell stays the namespace's first process (hence the
// last line), because that one inherits the daemons; they all end with it.
const aloneScript = `set -e
mount --make-rprivate /
for dir in /run /var/lib/libvirt /var/cache/libvirt /etc/libvirt/qemu; do mount -t tmpfs none $dir; done
"$0" -test.run '^TestEnsureRunningInside$' -test.v
exit 0`

// TestEnsureRunningStartsDaemons begins on a machine where nothing runs: a mount, network and process namespace of its own.
func TestEnsureRunningStartsDaemons(t *testing.T) {
	t.Parallel()
	client(t, "", testDriver) // skips where libvirt is not installed
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
		"sh", "-c", aloneScript, self)
	cmd.Env = append(os.Environ(), insideMark+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestEnsureRunningInside") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestEnsureRunningInside(t *testing.T) {
	if os.Getenv(insideMark) == "" {
		t.Skip("runs inside the namespace of TestEnsureRunningStartsDaemons")
	}
	c := libvirt.New("", "")
	defer c.Close()
	if _, err := c.List(t.Context(), ""); err == nil {
		t.Fatal("libvirt answers already: the namespace hides nothing")
	}
	if started, err := libvirt.EnsureRunning(t.Context(), "/run/other/libvirt-sock"); started || !errs.Is(err, errs.Unavailable) {
		t.Fatalf("somebody's own socket: started %v, error %v; want none started and Unavailable", started, err)
	}
	if _, err := c.List(t.Context(), ""); err == nil {
		t.Fatal("a daemon was started for somebody's own socket")
	}
	for i, want := range []bool{true, false} {
		if started, err := libvirt.EnsureRunning(t.Context(), "/run/libvirt/libvirt-sock"); started != want || err != nil {
			t.Fatalf("call %d: started %v, error %v; want %v and none", i+1, started, err, want)
		}
	}
	if info, err := c.HostInfo(t.Context()); err != nil || len(info.MachineTypes) == 0 {
		t.Errorf("HostInfo of the fresh daemon: %+v, %v", info, err)
	}
}

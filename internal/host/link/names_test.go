package link_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"dewpoint/internal/host/link"
	"dewpoint/internal/host/link/linktest"
)

const names = "/run/netns"

// run runs a program of the host.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// gone checks that nothing is left of the namespace: no name, no mount, and nothing that keeps it alive.
func gone(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Lstat(filepath.Join(names, name)); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", name, err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), "/"+name+" ") {
		t.Errorf("%s is still mounted: %v\n%s", name, err, mounts)
	}
}

// TestNamesBesideIproute2 has ip make its first name after ours, on a host whose mounts are private.
func TestNamesBesideIproute2(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "ip")
	if !linktest.Alone(t) {
		return
	}
	if err := link.EnsureNamespace("ours"); err != nil {
		t.Fatal(err)
	}
	if err := link.In("ours", func() error { return link.EnsureBridge("lan", 1500) }); err != nil {
		t.Fatal(err)
	}
	run(t, "ip", "netns", "add", "theirs")
	if out := run(t, "ip", "-n", "ours", "-br", "link"); !strings.Contains(out, "lan") {
		t.Errorf("ip sees %q in our namespace", out)
	}
	if err := link.DeleteNamespace("ours"); err != nil {
		t.Error(err)
	}
	gone(t, "ours")
	if err := link.EnsureNamespace("ours"); err != nil {
		t.Errorf("the name can't be used again: %v", err)
	}
	run(t, "ip", "netns", "del", "ours") // ip can take ours away, too
	gone(t, "ours")
	run(t, "ip", "netns", "exec", "theirs", "true")
}

// TestNamesCoveredByIproute2 makes names as we did before, which ip then covers with a copy of the folder: once with the mount below
// left alive, once with the copy deleted already, and once with everything covered twice.
func TestNamesCoveredByIproute2(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "ip")
	if !linktest.Alone(t) {
		return
	}
	for _, name := range []string{"dpold-1", "dpold-2", "dpold-3"} {
		run(t, "sh", "-c", "mkdir -p /run/netns && : >/run/netns/"+name+" && unshare --net mount --bind /proc/self/ns/net /run/netns/"+name)
	}
	run(t, "ip", "netns", "add", "theirs")
	run(t, "umount", names+"/dpold-2")
	run(t, "mount", "--make-private", names)
	run(t, "mount", "--rbind", names, names)
	found, remnants, err := link.Namespaces("dpold-")
	if err != nil || len(found) != 2 || len(remnants) != 1 || remnants[0] != "dpold-2" {
		t.Fatalf("there are %v and remnants %v, %v", found, remnants, err)
	}
	if err := link.DeleteNamespace("dpold-1"); err != nil {
		t.Error(err)
	}
	gone(t, "dpold-1")
	if err := link.EnsureNamespace("dpold-2"); err != nil { // in whose way the remnant stands
		t.Error(err)
	}
	for _, name := range []string{"dpold-2", "dpold-3"} {
		if err := link.DeleteNamespace(name); err != nil {
			t.Error(err)
		}
		gone(t, name)
	}
	run(t, "ip", "netns", "exec", "theirs", "true")
}

// TestNameHeldElsewhere deletes a name that another mount namespace still has a mount on.
func TestNameHeldElsewhere(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "unshare")
	if !linktest.Alone(t) {
		return
	}
	if err := link.EnsureNamespace("ours"); err != nil {
		t.Fatal(err)
	}
	holder := exec.Command("unshare", "--mount", "--propagation", "private", "cat")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write([]byte("."))
	_, _ = out.Read(make([]byte, 1)) // it runs, and has copied the mounts
	if err := link.DeleteNamespace("ours"); err != nil {
		t.Error(err)
	}
	gone(t, "ours")
	mounts, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(holder.Process.Pid), "mountinfo"))
	if err != nil || strings.Contains(string(mounts), "/ours ") {
		t.Errorf("the other one keeps the namespace alive: %v\n%s", err, mounts)
	}
	in.Close()
	if err := holder.Wait(); err != nil {
		t.Error(err)
	}
}

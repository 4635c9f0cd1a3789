package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/test/locked"
)

// PrivateLibvirt is a libvirtd of a test's own, which may be stopped and ended: nobody else on the machine uses it. It lives in namespaces
// for mounts, processes and the network, so its guests can't have NICs of a server outside. All of it ends with the test.
type PrivateLibvirt struct {
	t   testing.TB
	run string // what is /run/libvirt inside
	pid string // of the namespaces' first process, as seen from outside
}

// privateScript hides the machine's libvirt: its sockets, state and domains. $1 becomes /run/libvirt. What the machine's libvirt has
// learned of QEMU is copied, for learning it takes long. Control groups are left alone: they are the machine's, and others' domains are in
// them. It ends when its standard input does.
const privateScript = `set -e
mount --make-rprivate /
mkdir "$1/cache" "$1/etc"
cp -a /var/cache/libvirt/. "$1/cache"
cp -a /etc/libvirt/. "$1/etc"
echo 'cgroup_controllers = []' >>"$1/etc/qemu.conf"
for dir in /run /var/lib/libvirt; do mount -t tmpfs none $dir; done
mkdir -p /run/libvirt /run/lock
mount --bind "$1" /run/libvirt
mount --bind "$1/cache" /var/cache/libvirt
mount --bind "$1/etc" /etc/libvirt
mount -t tmpfs none /etc/libvirt/qemu
ip link set lo up
echo ready
cat`

// NewPrivateLibvirt makes the namespaces; nothing answers on the socket until Start.
func NewPrivateLibvirt(t testing.TB) *PrivateLibvirt {
	t.Helper()
	run, err := os.MkdirTemp("", "dewpoint-libvirt-") // not t.TempDir: a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(run, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", privateScript, "sh", run)
	var stderr locked.Buffer
	cmd.Stderr = &stderr
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hold.Close()
		cmd.Wait()
		os.RemoveAll(run)
	})
	if _, err := out.Read(make([]byte, len("ready\n"))); err != nil {
		t.Fatalf("making namespaces for a libvirt: %v: %s", err, stderr.String())
	}
	children, err := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/task/" + strconv.Itoa(cmd.Process.Pid) + "/children")
	if err != nil {
		t.Fatal(err)
	}
	return &PrivateLibvirt{t: t, run: run, pid: strings.TrimSpace(string(children))}
}

// Socket is the path of its socket, for --libvirt-socket.
func (l *PrivateLibvirt) Socket() string { return filepath.Join(l.run, "libvirt-sock") }

// inside runs a program where the libvirt lives.
func (l *PrivateLibvirt) inside(args ...string) string {
	l.t.Helper()
	return Output(l.t, "nsenter", append([]string{"--target", l.pid, "--mount", "--net", "--pid", "--"}, args...)...)
}

// Start starts the daemons and waits until libvirt answers.
func (l *PrivateLibvirt) Start() {
	l.t.Helper()
	l.inside("sh", "-c", "[ -e /run/libvirt/virtlogd-sock ] || virtlogd -d; libvirtd -d")
	Eventually(l.t, time.Minute, "the private libvirt answers", func() (bool, string) {
		out, err := exec.Command("nsenter", "--target", l.pid, "--mount", "--net", "--pid", "--", "virsh", "-q", "-c", "qemu:///system", "uri").CombinedOutput()
		return err == nil, string(out)
	})
}

// Signal sends a signal to libvirtd, by its name without SIG.
func (l *PrivateLibvirt) Signal(name string) {
	l.t.Helper()
	l.inside("sh", "-c", "kill -"+name+" $(cat /run/libvirtd.pid)")
}

// End ends libvirtd by a signal and waits until it is gone.
func (l *PrivateLibvirt) End(name string) {
	l.t.Helper()
	l.inside("sh", "-c", `pid=$(cat /run/libvirtd.pid); kill -"$0" $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done`, name)
}

// Guest tells one life of a domain's QEMU process from another: its process id and when it started. It is empty when none runs.
func (l *PrivateLibvirt) Guest(domain string) string {
	l.t.Helper()
	script := `pid=$(cat "/run/libvirt/qemu/$0.pid" 2>/dev/null) && cut -d' ' -f1,22 "/proc/$pid/stat" 2>/dev/null || true`
	return strings.TrimSpace(l.inside("sh", "-c", script, domain))
}

// Virsh runs virsh on it.
func (l *PrivateLibvirt) Virsh(args ...string) string {
	l.t.Helper()
	return l.inside(append([]string{"virsh", "-q", "-c", "qemu:///system"}, args...)...)
}

package dnsmasq_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/link/linktest"
)

func TestMain(m *testing.M) { os.Exit(linktest.Main(m.Run)) }

// started runs a dnsmasq in a namespace of its own and returns it, with the directory above its own.
func started(t *testing.T) (root string, p dnsmasq.Process) {
	t.Helper()
	linktest.Tool(t, "dnsmasq")
	root = t.TempDir()
	c := config()
	c.Dir = filepath.Join(root, "7")
	files, err := c.Files()
	if err != nil {
		t.Fatal(err)
	}
	if err := dnsmasq.Write(c.Dir, files); err != nil {
		t.Fatal(err)
	}
	ns := linktest.Namespace(t)
	if err := link.In(ns, func() error {
		if err := link.EnsureBridge("lan", 1500); err != nil {
			return err
		}
		return link.EnsureAddress("lan", netip.MustParsePrefix("10.0.0.1/24"))
	}); err != nil {
		t.Fatal(err)
	}
	if err := (dnsmasq.Tool{In: link.In}).Start(context.Background(), ns, c.Dir); err != nil {
		t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	p = only(t, root)
	t.Cleanup(func() {
		if err := dnsmasq.Stop(context.Background(), p); err != nil {
			t.Error(err)
		}
	})
	if known, err := link.GetNamespace(ns); err != nil || p.Namespace != known.Inode || p.Dir != c.Dir {
		t.Errorf("found %+v, want one in %s in namespace %+v, %v", p, c.Dir, known, err)
	}
	own, _ := unix.Getsid(0)
	if session, err := unix.Getsid(p.PID); err != nil || session == own {
		t.Errorf("dnsmasq lives in session %d, %v, which dies with the caller's", session, err)
	}
	return root, p
}

func only(t *testing.T, root string) dnsmasq.Process {
	t.Helper()
	list, err := dnsmasq.List(root)
	if err != nil || len(list) != 1 {
		t.Fatalf("List says %+v, %v, want one process", list, err)
	}
	return list[0]
}

func TestStartFindStop(t *testing.T) {
	t.Parallel()
	root, p := started(t)
	if list, err := dnsmasq.List(t.TempDir()); err != nil || len(list) != 0 {
		t.Errorf("another root owns %v, %v", list, err)
	}
	// Found without its files, too.
	if err := dnsmasq.Remove(p.Dir); err != nil {
		t.Fatal(err)
	}
	if got := only(t, root); got != p {
		t.Errorf("found %+v, want %+v", got, p)
	}
	for range 2 {
		if err := dnsmasq.Stop(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		if list, err := dnsmasq.List(root); err != nil || len(list) != 0 {
			t.Errorf("after Stop there is %v, %v", list, err)
		}
	}
}

func TestStopLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := dnsmasq.Stop(context.Background(), dnsmasq.Process{PID: cmd.Process.Pid, Dir: "/x/7"}); err != nil {
		t.Error(err)
	}
	fmt.Fprint(in, "alive")
	in.Close()
	if err := cmd.Wait(); err != nil || out.String() != "alive" {
		t.Errorf("the other process said %q, %v", out.String(), err)
	}
}

func TestReloadReadsReservations(t *testing.T) {
	t.Parallel()
	root, p := started(t)
	looks := func() int {
		log, _ := os.ReadFile(filepath.Join(p.Dir, "run", "dnsmasq.log"))
		return strings.Count(string(log), "read "+filepath.Join(p.Dir, "dnsmasq.hosts"))
	}
	linktest.Eventually(t, "dnsmasq reads its reservations", func() bool { return looks() == 1 })
	if told, err := dnsmasq.Announced(p.Dir); err != nil || !told {
		t.Errorf("Announced after the start is %v, %v", told, err)
	}
	c := config()
	c.Hosts = c.Hosts[:1]
	hosts, err := c.RenderHosts()
	if err != nil {
		t.Fatal(err)
	}
	if err := dnsmasq.Reload(p, hosts); err != nil {
		t.Fatal(err)
	}
	if got := only(t, root); got != p {
		t.Errorf("Reload made %+v of %+v", got, p)
	}
	if told, err := dnsmasq.Announced(p.Dir); err != nil || !told {
		t.Errorf("Announced after Reload is %v, %v", told, err)
	}
	if files, err := dnsmasq.Read(p.Dir); err != nil || files.Hosts != hosts {
		t.Errorf("reservations are %q, %v", files.Hosts, err)
	}
	linktest.Eventually(t, "dnsmasq reads its reservations again", func() bool { return looks() == 2 })
}

func TestReloadOfAGoneProcessStaysUnannounced(t *testing.T) {
	t.Parallel()
	_, p := started(t)
	if err := dnsmasq.Stop(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if err := dnsmasq.Reload(p, "02:00:00:00:00:09,10.0.0.9\n"); err != nil {
		t.Fatal(err)
	}
	if told, err := dnsmasq.Announced(p.Dir); err != nil || told {
		t.Errorf("Announced is %v, %v, though nobody was told", told, err)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "dnsmasq")
	dir := t.TempDir()
	if err := dnsmasq.Write(dir, dnsmasq.Files{Conf: "no-such-option\n"}); err != nil {
		t.Fatal(err)
	}
	err := dnsmasq.Tool{In: link.In}.Start(context.Background(), linktest.Namespace(t), dir)
	if log := fmt.Sprint(errs.Logged(err)...); !errs.Is(err, errs.Unavailable) || !strings.Contains(log, "bad option") {
		t.Errorf("the log gets %v, want dnsmasq's own words", log)
	}
	if shown := errs.Shown(err); strings.Contains(shown, "option") || strings.Contains(shown, dir) {
		t.Errorf("people are shown %q", shown)
	}
}

// TestRunsAsItsUser reads from /proc what the running dnsmasq is.
func TestRunsAsItsUser(t *testing.T) {
	t.Setenv("DEWPOINT_ADMIN_PASSWORD", "hunter2")
	_, p := started(t)
	proc := filepath.Join("/proc", strconv.Itoa(p.PID))
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := user.Lookup("dnsmasq")
	if err != nil {
		t.Fatal(err)
	}
	rights := fmt.Sprintf("%016x", 1<<unix.CAP_NET_BIND_SERVICE|1<<unix.CAP_NET_RAW|1<<unix.CAP_NET_ADMIN)
	for _, line := range []string{
		"Uid:\t" + strings.Repeat("\t"+u.Uid, 4)[1:] + "\n", "Groups:\t \n", "NoNewPrivs:\t1\n", "CapEff:\t" + rights + "\n", "CapBnd:\t" + rights + "\n",
	} {
		if !strings.Contains(string(status), line) {
			t.Errorf("its status lacks %q:\n%s", line, status)
		}
	}
	if environ, err := os.ReadFile(filepath.Join(proc, "environ")); err != nil || strings.Contains(string(environ), "hunter2") {
		t.Errorf("its environment is %q, %v", environ, err)
	}
	if _, err := os.Stat(filepath.Join(proc, "root", "home")); !os.IsNotExist(err) {
		t.Errorf("it sees the host's files: %v", err)
	}
}

// TestLeasesThroughALink: a link that dnsmasq's user puts in the place of its leases leads nowhere.
func TestLeasesThroughALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret, own := filepath.Join(dir, "secret"), filepath.Join(dir, dnsmasq.OwnFolder)
	if err := os.WriteFile(secret, []byte("0 02:00:00:00:00:01 10.0.0.1 * *\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(own, dnsmasq.LeasesFile)); err != nil {
		t.Fatal(err)
	}
	if leases, err := dnsmasq.ReadLeases(dir); err != nil || len(leases) != 0 {
		t.Errorf("read %v, %v through a link", leases, err)
	}
}

// Package linktest gives tests a host of their own: fresh network, mount and process namespaces, so that they may make links,
// rules and daemons without the machine's own ever being touched, and nothing survives them.
package linktest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"

	"dewpoint/internal/host/link"
)

const (
	insideEnv = "DEWPOINT_TEST_HOST"
	aloneEnv  = "DEWPOINT_TEST_ALONE" // names the test that has a host to itself
)

// Main runs the tests of a package in a host of their own; call it from TestMain with m.Run and leave with its result. Without
// the rights to make one the tests are skipped, unless CI=true. A goroutine that outlives the tests fails them.
func Main(run func() int) int {
	if os.Getenv(insideEnv) == "" {
		return runAgainInside()
	}
	if slices.Contains(os.Args, "-test.fuzzworker") {
		return run() // started by a process that is inside already
	}
	if err := furnish(); err != nil {
		fmt.Fprintln(os.Stderr, "preparing the test host:", err)
		return 1
	}
	code := run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func runAgainInside() int {
	if os.Getuid() != 0 {
		fmt.Fprintln(os.Stderr, "these tests need root to make namespaces")
		if os.Getenv("CI") == "true" {
			return 1
		}
		return 0
	}
	runtime.LockOSThread() // the death signal follows the thread, not the process
	cmd := inside(insideEnv+"=1", os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the test host:", err)
		return 1
	}
	return 0
}

// inside is a run of this program in a host of its own.
func inside(env string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), env)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	return cmd
}

// Alone reports whether the test has a host to itself, freshly booted. Else it has just run there, with its failures told here, and is
// to return: for tests of what a whole host has but once.
func Alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneEnv) == t.Name() {
		return true
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := inside(aloneEnv+"="+t.Name(), "-test.run=^"+t.Name()+"$", "-test.count=1").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// furnish gives the new host what a booted one has: its own /run, /proc and /sys, and its loopback up.
func furnish() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cutting mounts off: %w", err)
	}
	for dir, kind := range map[string]string{"/run": "tmpfs", "/proc": "proc", "/sys": "sysfs"} {
		if err := syscall.Mount(kind, dir, kind, 0, ""); err != nil {
			return fmt.Errorf("mounting %s: %w", dir, err)
		}
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

// Namespace makes a network namespace with a random name that goes when the test ends.
func Namespace(t *testing.T) string {
	t.Helper()
	name := "t-" + rand.Text()[:8]
	if err := link.EnsureNamespace(name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := link.DeleteNamespace(name); err != nil {
			t.Error(err)
		}
	})
	return name
}

// Tool skips the test when the program isn't installed; with CI=true that is a failure.
func Tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
}

// Eventually polls until done reports true, for at most thirty seconds.
func Eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("timed out: %s", what)
}

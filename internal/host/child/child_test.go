package child_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/child"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("not root")
		}
		t.Skip("only root may make a cage")
	}
}

// seen is what /proc tells of a child while it runs.
type seen struct {
	pid         int
	environ     []string
	status      map[string]string
	net, limits string
	files       []string // its descriptors
}

// look runs the command, made by waits, and looks at it before it is cancelled.
func look(t *testing.T, c child.Command) seen {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	c.Output = w
	ended := make(chan error, 1)
	go func() {
		_, err := c.Run(ctx)
		w.CloseWithError(io.EOF)
		ended <- err
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("it ended early: %v", <-ended)
	}
	s := inspect(t, strings.TrimSpace(line))
	go func() { _, _ = io.Copy(io.Discard, r) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, it says %v", err)
	}
	return s
}

// inspect reads /proc of our child that has the mark in its command line.
func inspect(t *testing.T, mark string) (s seen) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		cmdline, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if pid == os.Getpid() || !strings.Contains(string(cmdline), mark) {
			continue
		}
		text := func(name string) string {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		s = seen{pid: pid, environ: strings.Split(strings.Trim(text("environ"), "\x00"), "\x00"), limits: text("limits"), status: map[string]string{}}
		for line := range strings.Lines(text("status")) {
			key, value, _ := strings.Cut(line, ":")
			s.status[key] = strings.Join(strings.Fields(value), " ")
		}
		s.net, _ = os.Readlink(filepath.Join(dir, "ns/net"))
		entries, _ := os.ReadDir(filepath.Join(dir, "fd"))
		for _, e := range entries {
			s.files = append(s.files, e.Name())
		}
		return s
	}
	t.Fatalf("no process has %s in its command line", mark)
	return s
}

// waits are the arguments of a shell that prints the mark and then waits for its end.
func waits(mark string) []string { return []string{"-c", "echo " + mark + "; while :; do :; done"} }

func TestChildInheritsNothing(t *testing.T) {
	t.Setenv("DEWPOINT_ADMIN_PASSWORD", "hunter2")
	// A descriptor that does not close by itself, as one that we were born with.
	fd, err := unix.Open("/etc/passwd", unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	s := look(t, child.Command{Name: "sh", Args: waits("mark-plain")})
	slices.Sort(s.environ)
	if len(s.environ) != 2 || s.environ[0] != "LANG=C.UTF-8" || !strings.HasPrefix(s.environ[1], "PATH=") {
		t.Errorf("its environment is %q", s.environ)
	}
	if slices.Contains(s.files, strconv.Itoa(fd)) {
		t.Errorf("it has the descriptors %v, %d among them", s.files, fd)
	}
	if session, err := unix.Getsid(0); err != nil || s.status["NSsid"] == strconv.Itoa(session) {
		t.Errorf("its session is ours, %v", s.status["NSsid"])
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	_, err := child.Command{Name: "sh", Args: []string{"-c", "echo out; echo sorry >&2; exit 3"}}.Run(t.Context())
	var failed *child.Failure
	var exit *exec.ExitError
	if !errors.As(err, &failed) || failed.Stderr != "sorry" || !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("got %v", err)
	}
	if _, err := (child.Command{Name: "sleep", Args: []string{"1000"}, Limit: time.Millisecond}).Run(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("too late, got %v", err)
	}
	if _, err := (child.Command{Name: "no-such-program"}).Run(t.Context()); !errs.Is(err, errs.Unavailable) {
		t.Errorf("missing, got %v", err)
	}
	if out, err := (child.Command{Name: "cat", Input: "in"}).Run(t.Context()); err != nil || string(out) != "in" {
		t.Errorf("got %q, %v", out, err)
	}
	// What stays in the background with our end of the pipe is no failure.
	if _, err := (child.Command{Name: "sh", Args: []string{"-c", "sleep 2 &"}}).Run(t.Context()); err != nil {
		t.Errorf("of a daemon: %v", err)
	}
}

// listen is an io.Writer.
type listen func(p []byte) (int, error)

func (l listen) Write(p []byte) (int, error) { return l(p) }

// TestEndsWithItsContext cancels before the start, during the start, and at the first output, inside a cage and outside.
func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	needRoot(t)
	for _, cage := range []*child.Cage{nil, {UID: cagedUser, GID: cagedUser}} {
		c := child.Command{Name: "sh", Args: []string{"-c", "while :; do echo more; done"}, Cage: cage}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		c.Output = listen(func([]byte) (int, error) { t.Error("it ran"); return 0, io.EOF })
		if _, err := c.Run(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before the start: %v", err)
		}
		c.Output = io.Discard
		for after := range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(after)*time.Millisecond/2) // at this moment or that
			if _, err := c.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled after %d half milliseconds: %v", after, err)
			}
			cancel()
		}
		ctx, cancel := context.WithCancel(t.Context())
		c.Output = listen(func(p []byte) (int, error) { cancel(); return len(p), nil })
		if _, err := c.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at its output: %v", err)
		}
	}
}

// TestListenerEndsItsGoroutine: so does a test that fails in it.
func TestListenerEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	c := child.Command{Name: "echo", Args: []string{"text"}, Output: listen(func([]byte) (int, error) { runtime.Goexit(); return 0, nil })}
	if _, err := c.Run(t.Context()); err == nil {
		t.Error("its output was lost without an error")
	}
}

const cagedUser = 60908

func TestCage(t *testing.T) {
	t.Parallel()
	needRoot(t)
	s := look(t, child.Command{Name: "sh", Args: waits("mark-caged"), Cage: &child.Cage{
		UID: cagedUser, GID: cagedUser, Memory: 1 << 30, FileSize: 1 << 20, CPU: time.Minute,
	}})
	id := fmt.Sprintf("%[1]d %[1]d %[1]d %[1]d", cagedUser)
	for key, want := range map[string]string{
		"Umask": "0077", "Uid": id, "Gid": id, "Groups": "", "NoNewPrivs": "1", "CapInh": none, "CapPrm": none, "CapEff": none, "CapBnd": none, "CapAmb": none,
	} {
		if got := s.status[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if own := unix.Umask(0o022); own != 0o022 {
		t.Errorf("our own mask became %#o", own)
	}
	if own, _ := os.Readlink("/proc/self/ns/net"); s.net == own || s.net == "" {
		t.Errorf("its network is %s, ours", s.net)
	}
	if !strings.HasSuffix(s.status["NSpid"], " 1") {
		t.Errorf("it is process %s, not alone", s.status["NSpid"])
	}
	for name, most := range map[string]int64{"Max address space": 1 << 30, "Max file size": 1 << 20, "Max cpu time": 60, "Max core file size": 0} {
		i := strings.Index(s.limits, name)
		if fields := strings.Fields(s.limits[i+len(name):]); i < 0 || fields[1] != strconv.FormatInt(most, 10) {
			t.Errorf("%s is %v, want %d", name, fields[1], most)
		}
	}
}

const none = "0000000000000000"

func TestCageKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	needRoot(t)
	s := look(t, child.Command{Name: "sh", Args: waits("mark-kept"), Cage: &child.Cage{
		UID: cagedUser, GID: cagedUser, Network: true, Caps: []uintptr{unix.CAP_NET_BIND_SERVICE},
	}})
	for _, key := range []string{"CapPrm", "CapEff", "CapBnd", "CapAmb"} {
		if got, want := s.status[key], fmt.Sprintf("%016x", 1<<unix.CAP_NET_BIND_SERVICE); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if own, _ := os.Readlink("/proc/self/ns/net"); s.net != own {
		t.Errorf("its network is %s, not the caller's", s.net)
	}
}

func TestCageShowsOnlyItsFiles(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, path := range []string{in, out} {
		if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, cagedUser, cagedUser); err != nil {
			t.Fatal(err)
		}
	}
	cage := child.Cage{UID: cagedUser, GID: cagedUser, Files: []child.File{{Path: in, At: "/in"}, {Path: out, At: "/box/out", Writable: true}}}
	script := "ls -A /; ls -A /box /dev; cat /in; echo more >>/box/out; (echo x >>/in) 2>&1; (: >/new) 2>&1; (: >/usr/new) 2>&1; true"
	got, err := child.Command{Name: "sh", Args: []string{"-c", script}, Cage: &cage}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "bin\nbox\ndev\nin\nlib\nlib64\nsbin\nusr\n/box:\nout\n\n/dev:\nnull\ntext"
	for _, path := range []string{"/in", "/new", "/usr/new"} {
		want += "/usr/bin/sh: 1: cannot create " + path + ": Read-only file system\n"
	}
	if string(got) != want {
		t.Errorf("it saw %q,\nwant %q", got, want)
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != "textmore\n" {
		t.Errorf("it wrote %q, %v", text, err)
	}
	// A link in the place of a file leads nowhere.
	if err := os.Symlink(in, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	cage.Files = []child.File{{Path: filepath.Join(dir, "link"), At: "/in"}}
	if got, err := (child.Command{Name: "cat", Args: []string{"/in"}, Cage: &cage}).Run(t.Context()); err == nil {
		t.Errorf("through a link it read %q", got)
	}
}

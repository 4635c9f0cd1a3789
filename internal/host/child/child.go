// Package child starts the programs that the server runs: each with a clean environment, no descriptor of ours but the three of its own,
// an end in time, and what it complained of in the error. What reads bytes of strangers is put into a Cage besides. Nothing else in the
// program starts a process (test/arch).
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// folders are where programs are looked for, by us and by them.
var folders = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// Most that is kept of what a program prints.
const (
	mostOutput     = 64 << 20
	mostComplaints = 16 << 10
)

// Command is one run of a program.
type Command struct {
	Name   string // without a folder
	Args   []string
	Input  string        // on its standard input
	Output io.Writer     // gets its standard output while it runs, and must not block for ever; nil: Run returns it
	Limit  time.Duration // after which it is killed; zero: as long as the context
	Cage   *Cage         // nil: it runs as we do
}

// Failure is a program that could not be started, did not end well, or not in time (then it is the context's error, too).
type Failure struct {
	Name   string
	Stderr string // without the space around it
	Err    error
}

func (f *Failure) Error() string {
	if f.Stderr == "" {
		return fmt.Sprintf("%s: %v", f.Name, f.Err)
	}
	return fmt.Sprintf("%s: %v: %s", f.Name, f.Err, f.Stderr)
}

func (f *Failure) Unwrap() error { return f.Err }

// Run runs the command in a session of its own and returns when it has ended; of one that goes to the background, its first process. It is
// killed when we die. It is born in the namespaces of the calling thread. Errors are *Failure, or Unavailable when there is no such program.
func (c Command) Run(ctx context.Context) ([]byte, error) {
	path, err := find(c.Name)
	if err != nil {
		return nil, err
	}
	if c.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Limit)
		defer cancel()
	}
	if err := ctx.Err(); err != nil { // no cage is made for what would not start
		return nil, &Failure{Name: c.Name, Err: err}
	}
	stdout, stderr := &bounded{most: mostOutput}, &bounded{most: mostComplaints}
	cmd := exec.CommandContext(ctx, path, c.Args...)
	cmd.Env = []string{"PATH=" + strings.Join(folders, ":"), "LANG=C.UTF-8"}
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.Input), stdout, stderr
	if c.Output != nil {
		cmd.Stdout = listener{c.Output}
	}
	cmd.WaitDelay = time.Second // should a daemon keep our end of a pipe
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if c.Cage == nil {
		err = start(cmd)
	} else {
		err = c.Cage.start(cmd)
	}
	if err == nil && stdout.over {
		err = errors.New("printed more than is believable")
	}
	if err == nil {
		return stdout.text, nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return nil, &Failure{Name: c.Name, Stderr: strings.TrimSpace(string(stderr.text)), Err: err}
}

// start runs the command on the calling thread. To be killed with us means with the thread that began it (prctl(2), PR_SET_PDEATHSIG), so
// the goroutine keeps to its thread meanwhile.
func start(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Go opens all its files this way; these are those that we were born with.
	if err := unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("keeping our files from it: %w", err)
	}
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // it ended well, a daemon of it lives on
		return nil
	}
	return err
}

// listener hands output to a writer on a goroutine of its own. The writer may end its goroutine, as testing.T.FailNow does; were that the one in
// which os/exec copies, Run would wait for ever for the end of the copy.
type listener struct{ to io.Writer }

var errDeaf = errors.New("what listens to its output ended its goroutine")

// Write implements io.Writer.
func (l listener) Write(p []byte) (n int, err error) {
	done := make(chan struct{})
	err = errDeaf
	go func() {
		defer close(done)
		n, err = l.to.Write(p)
	}()
	<-done
	return n, err
}

// Has reports whether the host has a program of that name.
func Has(name string) bool {
	_, err := find(name)
	return err == nil
}

func find(name string) (string, error) {
	for _, folder := range folders {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", errs.New(errs.Unavailable, "program_missing", "the program %s is not installed", name)
}

// bounded keeps the first bytes that are written to it, as many as it may.
type bounded struct {
	text []byte
	most int
	over bool // there was more
}

func (b *bounded) Write(p []byte) (int, error) {
	room := min(len(p), b.most-len(b.text))
	b.text = append(b.text, p[:room]...)
	b.over = b.over || room < len(p)
	return len(p), nil
}

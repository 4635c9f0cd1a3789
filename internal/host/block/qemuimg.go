package block

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// quickLimit bounds qemu-img commands that touch only an image's tables. Conversions last as long as their context.
const quickLimit = 60 * time.Second

// maxMemory is what a qemu-img that reads a foreign image may take: forged tables must not eat the host's memory.
const maxMemory = 4 << 30

// Create makes an empty qcow2 image of size bytes. The path must not exist.
func Create(ctx context.Context, path string, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, quickLimit)
	defer cancel()
	_, err := qemuImg(ctx, nil, "create", "-q", "-f", "qcow2", "-o", "lazy_refcounts=off", path, strconv.FormatInt(size, 10))
	return err
}

// Resize lets an image of the given format grow to size bytes; it never shrinks one. No guest may use it meanwhile.
func Resize(ctx context.Context, path string, format Format, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, quickLimit)
	defer cancel()
	_, err := qemuImg(ctx, nil, "resize", "-q", "-f", string(format), path, strconv.FormatInt(size, 10))
	return err
}

// Details is what qemu-img knows of one of our own images.
type Details struct {
	VirtualSize int64  `json:"virtual-size"` // bytes that a guest sees
	ActualSize  int64  `json:"actual-size"`  // bytes that it takes on the host
	Format      Format `json:"format"`
}

// Info reads the tables of an image; a guest may be using it.
func Info(ctx context.Context, path string, format Format) (Details, error) {
	ctx, cancel := context.WithTimeout(ctx, quickLimit)
	defer cancel()
	out, err := qemuImg(ctx, nil, "info", "--force-share", "--output=json", "-f", string(format), path)
	if err != nil {
		return Details{}, err
	}
	var d Details
	if err := json.Unmarshal(out, &d); err != nil {
		return Details{}, fmt.Errorf("qemu-img info %s: %w", path, err)
	}
	return d, nil
}

// Convert copies the image at from, which Inspect let pass as the given format, into a new qcow2 image at to. progress, when not nil, is
// told percentages as they grow, from one goroutine. When ctx ends the process is killed and the half-made file stays for the caller.
func Convert(ctx context.Context, from string, format Format, to string, progress func(percent float64)) error {
	_, err := qemuImg(ctx, progress, "convert", "-p", "-f", string(format), "-O", "qcow2", from, to)
	return err
}

// qemuImg runs one qemu-img without network and with bounded memory, and returns its output. The full disk is told apart by its message.
func qemuImg(ctx context.Context, progress func(float64), args ...string) ([]byte, error) {
	// Pdeathsig means the death of the thread that started the process (prctl(2)), and threads that visited a namespace end early.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "qemu-img", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "qemu_img_missing", "qemu-img can't be run; is qemu-utils installed?")
	}
	// Best effort: the process may have ended already.
	_ = unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: maxMemory, Max: maxMemory}, nil)
	if progress != nil {
		readProgress(pipe, progress)
	} else {
		_, _ = io.Copy(&stdout, pipe)
	}
	if err := cmd.Wait(); err != nil {
		return nil, failure(ctx, args[0], err, stderr.String())
	}
	return stdout.Bytes(), nil
}

func failure(ctx context.Context, verb string, err error, stderr string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("qemu-img %s: %w", verb, ctx.Err())
	}
	if strings.Contains(stderr, "No space left on device") {
		return errs.Wrap(err, errs.Full, "pool_full", "there is no space left for the disk")
	}
	return fmt.Errorf("qemu-img %s: %w: %s", verb, err, strings.TrimSpace(stderr))
}

// readProgress parses what -p prints: "    (12.34/100%)" and a carriage return, again and again.
func readProgress(r io.Reader, progress func(float64)) {
	lines := bufio.NewScanner(r)
	lines.Split(splitAtReturn)
	for lines.Scan() {
		text, _, found := strings.Cut(strings.TrimLeft(lines.Text(), " ("), "/100%")
		if percent, err := strconv.ParseFloat(text, 64); found && err == nil {
			progress(percent)
		}
	}
	_, _ = io.Copy(io.Discard, r)
}

func splitAtReturn(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

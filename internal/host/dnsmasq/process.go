package dnsmasq

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// Process is a running dnsmasq of ours.
type Process struct {
	PID       int
	Dir       string // of its configuration
	Namespace uint64 // inode of its network namespace
}

// How long a dnsmasq may take to end before it is killed; it saves nothing at its end, the lease file is always current.
const stopGrace = 3 * time.Second

// confFlag is how Start names the configuration on the command line.
const confFlag = "--conf-file="

// List finds the dnsmasq processes whose configuration lies in a directory directly below root, by a walk over /proc. It does
// not trust pid files, so one whose files were deleted is found too.
func List(root string) ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, errs.New(errs.Internal, "proc_unreadable", "listing processes: %w", err)
	}
	var out []Process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ours := inspect(pid); ours && filepath.Dir(p.Dir) == filepath.Clean(root) {
			out = append(out, p)
		}
	}
	return out, nil
}

// inspect tells whether pid is a dnsmasq that Start began. A process that has ended, or a zombie, is none.
func inspect(pid int) (Process, bool) {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cmdline, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	if err != nil {
		return Process{}, false
	}
	args := strings.Split(strings.TrimSuffix(string(cmdline), "\x00"), "\x00")
	if len(args) != 2 || filepath.Base(args[0]) != "dnsmasq" {
		return Process{}, false
	}
	conf, ok := strings.CutPrefix(args[1], confFlag)
	if !ok || filepath.Base(conf) != confFile {
		return Process{}, false
	}
	var st unix.Stat_t
	if err := unix.Stat(filepath.Join(proc, "ns/net"), &st); err != nil {
		return Process{}, false
	}
	return Process{PID: pid, Dir: filepath.Dir(conf), Namespace: st.Ino}, true
}

// Stop ends the process and returns when it is gone; one that is gone already, or whose number now means another process, is left alone.
func Stop(ctx context.Context, p Process) error {
	return p.hold(func(fd int) error {
		for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGKILL} {
			if err := unix.PidfdSendSignal(fd, signal, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
				return errs.New(errs.Internal, "dnsmasq_signal", "ending dnsmasq %d: %w", p.PID, err)
			}
			gone, err := awaitExit(ctx, fd, stopGrace)
			if gone || err != nil {
				return err
			}
		}
		return errs.New(errs.Unavailable, "dnsmasq_stuck", "dnsmasq %d did not end when killed", p.PID)
	})
}

// Reload replaces the reservations and has the process read them; its other settings stay what they were at its start.
func Reload(p Process, hosts string) error {
	if err := writeUnannounced(p.Dir, hosts); err != nil {
		return err
	}
	return p.hold(func(fd int) error {
		if err := unix.PidfdSendSignal(fd, unix.SIGHUP, nil, 0); err != nil {
			return errs.Wrap(err, errs.Unavailable, "dnsmasq_signal", "dnsmasq %d could not be told of a change", p.PID)
		}
		return fileError(setNewer(filepath.Join(p.Dir, hostsFile), Conf(p.Dir), 0), "marking the reservations as announced")
	})
}

// hold calls f with a handle that keeps meaning this very process, or not at all when it is gone.
func (p Process) hold(f func(pidfd int) error) error {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return errs.New(errs.Internal, "dnsmasq_signal", "opening process %d: %w", p.PID, err)
	}
	defer unix.Close(fd)
	if now, ours := inspect(p.PID); !ours || now != p {
		return nil
	}
	return f(fd)
}

// awaitExit polls the process handle, which turns readable when the process ends (pidfd_open(2)).
func awaitExit(ctx context.Context, fd int, limit time.Duration) (bool, error) {
	const step = 50 * time.Millisecond // how soon a cancelled ctx is noticed
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(step.Milliseconds()))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return false, errs.New(errs.Internal, "dnsmasq_signal", "waiting for a process: %w", err)
		}
		if n > 0 || ctx.Err() != nil {
			return n > 0, context.Cause(ctx)
		}
	}
	return false, nil
}

// Dirs returns the paths of the directories below root, ordered; none when root doesn't exist.
func Dirs(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fileError(err, "listing the networks' directories")
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, filepath.Join(root, e.Name()))
		}
	}
	slices.Sort(out)
	return out, nil
}

func isFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

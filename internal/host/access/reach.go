package access

import (
	"errors"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/thread"
)

// Reach is Unavailable, with what to do about it, when a user can't get at what lies in a folder, because a folder above it is closed to him: those are
// not ours, and Pass doesn't open them. Root and users that aren't known, which are below 1, reach everything.
func Reach(folder string, uid, gid int) error {
	if uid < 1 {
		return nil
	}
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return err
	}
	closed := ""
	err = thread.Own(func() error {
		if err := become(uid, gid); err != nil {
			return err
		}
		closed, err = closedAbove(folder)
		return err
	})
	if err != nil || closed == "" {
		return err
	}
	return errs.New(errs.Unavailable, "data_unreachable",
		"VMs can't start: QEMU's user may not pass the folder %s, in which the data directory %s lies; run chmod o+x %s, or start the server with another directory, such as /var/lib/dewpoint",
		errs.Ours(closed), errs.Ours(folder), errs.Ours(closed))
}

// become makes the calling thread another user's. The calls of package unix would change all threads.
func become(uid, gid int) error {
	group, id := uintptr(gid), uintptr(uid)
	for _, call := range [][4]uintptr{{unix.SYS_SETGROUPS, 0, 0, 0}, {unix.SYS_SETRESGID, group, group, group}, {unix.SYS_SETRESUID, id, id, id}} {
		if _, _, failed := unix.RawSyscall(call[0], call[1], call[2], call[3]); failed != 0 {
			return failed
		}
	}
	return nil
}

// closedAbove names the first folder above path that this thread may not pass, "" for none. The kernel is asked, which knows of more than modes.
func closedAbove(path string) (string, error) {
	at := "/"
	for _, name := range strings.Split(strings.Trim(path, "/"), "/") {
		next := filepath.Join(at, name)
		fd, err := unix.Open(next, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EACCES) {
			return at, nil
		}
		if err != nil {
			return "", err
		}
		unix.Close(fd)
		at = next
	}
	return "", nil
}

// Mounted is Unavailable, with what to do about it, when the file system of the data directory is mounted so that guests and services can't live in it.
func Mounted(folder string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return err
	}
	for _, m := range []struct {
		flag int64
		is   string
		so   string
	}{
		{unix.ST_RDONLY, "read-only", "rw"}, {unix.ST_NOEXEC, "without the right to run programs (noexec)", "exec"},
	} {
		if st.Flags&m.flag != 0 {
			return errs.New(errs.Unavailable, "data_mount",
				"the file system of the data directory %s is mounted %s; mount it with -o remount,%s, or start the server with another directory, such as /var/lib/dewpoint",
				errs.Ours(folder), errs.Ours(m.is), errs.Ours(m.so))
		}
	}
	return nil
}

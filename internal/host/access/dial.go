package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// Dial connects to the socket of that name in the inner folder of a guest's folder; see Sockets. The inner folder is QEMU's, so what lies in
// it is not to be trusted: a link there would lead a viewer to a daemon of the host, and is refused. Unavailable when nobody listens.
func Dial(ctx context.Context, folder, inner, name string) (net.Conn, error) {
	socket, err := openSocket(folder, inner, name)
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "connection_failed", "the console isn't there; if the VM runs, try again")
	}
	defer socket.Close()
	var d net.Dialer
	// The way through the descriptor leads to what was looked at, and has no length that matters.
	conn, err := d.DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d", socket.Fd()))
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "connection_failed", "the console doesn't answer; if the VM runs, try again")
	}
	return conn, nil
}

// openSocket returns a handle of the very socket.
func openSocket(folder, inner, name string) (*os.File, error) {
	outer, err := unix.Open(folder, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: folder, Err: err}
	}
	defer unix.Close(outer)
	dir, err := unix.Openat(outer, inner, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: inner, Err: err}
	}
	defer unix.Close(dir)
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	socket := os.NewFile(uintptr(fd), name)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return nil, errors.Join(fmt.Errorf("%s is no socket", name), socket.Close())
	}
	return socket, nil
}

// Tail opens a file in a guest's folder at the last bytes of it, at most that many. NotFound where there is none.
func Tail(folder, name string, most int64) (io.ReadCloser, error) {
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "no_log", "there is no log")
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Seek(max(info.Size()-most, 0), io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

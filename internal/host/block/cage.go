package block

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/internal/host/child"
)

// imageUser is as whom qemu-img runs: the number of a user and of a group that have nothing but the files they are shown. It is one of
// those that neither Debian nor systemd ever gives to anybody (Debian Policy 9.2.2, https://systemd.io/UIDS-GIDS), so it needs no name.
const imageUser = 60907

// maxMemory is what a qemu-img may take: forged tables must not eat the host's memory.
const maxMemory = 4 << 30

// cage is for a qemu-img that sees the files alone, and writes none that is longer than a qcow2 disk of size bytes can be: its tables
// take less than a 4,000th, and some. It may compute as long as the slowest disk would take for that, but not for ever.
func cage(size int64, files ...child.File) *child.Cage {
	const (
		tables    = 1 << 8
		some      = 16 << 20
		slowest   = 8 << 20 // bytes a second
		beginning = 2 * time.Minute
	)
	return &child.Cage{
		UID: imageUser, GID: imageUser, Files: files, Memory: maxMemory,
		FileSize: size + size/tables + some, CPU: beginning + time.Duration(size/slowest)*time.Second,
	}
}

// openImage opens a file of ours, and nothing that lies in its place.
func openImage(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, refused("is not a regular file"))
	}
	return f, nil
}

// lend makes the file that of the cage's user while use runs, and root's alone afterwards. After a crash in between it is nobody's who
// has a process; libvirt makes it QEMU's own when a guest needs it.
func lend(f *os.File, use func(disk child.File) error) error {
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	if err := f.Chown(imageUser, imageUser); err != nil {
		return err
	}
	err := use(child.File{Path: f.Name(), At: outputPlace, Writable: true})
	return errors.Join(err, f.Chown(0, 0))
}

// show lets the file's group read it and returns that group, for the cage to take: where it is root's it becomes that of the cage's
// user. Any other is left what it is, since a guest may be reading by its right.
func show(path string) (group uint32, err error) {
	f, err := openImage(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return 0, err
	}
	if st.Gid == 0 {
		if err := f.Chown(-1, imageUser); err != nil {
			return 0, err
		}
		st.Gid = imageUser
	}
	return st.Gid, f.Chmod(os.FileMode(st.Mode&0o700 | 0o040))
}

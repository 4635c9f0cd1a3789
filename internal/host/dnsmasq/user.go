package dnsmasq

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/child"
)

// runAs is the user whom Debian's package dnsmasq-base makes for it.
const runAs = "dnsmasq"

// account is as whom dnsmasq runs.
type account struct{ uid, gid uint32 }

func findUser() (account, error) {
	u, err := user.Lookup(runAs)
	if err != nil {
		return account{}, errs.New(errs.Unavailable, "dnsmasq_user", "looking up the user %s, as whom dnsmasq runs: %w; is dnsmasq-base installed?", runAs, err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("the user %s has the number %q", runAs, u.Uid)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("the user %s has the group %q", runAs, u.Gid)
	}
	return account{uid: uint32(uid), gid: uint32(gid)}, nil
}

// cage is for a dnsmasq that sees its network's folder alone. It stays in the namespace of the router, with the rights that it needs to
// answer on low ports, to send to clients without an address, and to enter them into the table of neighbours.
func (u account) cage(dir string) *child.Cage {
	own := filepath.Join(dir, OwnFolder)
	return &child.Cage{
		UID: u.uid, GID: u.gid, Network: true,
		Caps: []uintptr{unix.CAP_NET_BIND_SERVICE, unix.CAP_NET_RAW, unix.CAP_NET_ADMIN},
		Files: []child.File{
			{Path: dir, At: dir},
			{Path: own, At: own, Writable: true},
			{Path: "/etc/passwd", At: "/etc/passwd"},
			{Path: "/dev/urandom", At: "/dev/urandom"},
		},
	}
}

// makeFolders makes the network's folder, which dnsmasq's group may read, and in it dnsmasq's own. Leases of an older server, which lie in
// the first, are moved.
func (u account) makeFolders(dir string) error {
	own := filepath.Join(dir, OwnFolder)
	if err := os.MkdirAll(own, 0o700); err != nil {
		return err
	}
	if err := os.Chown(dir, 0, int(u.gid)); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		return err
	}
	old := filepath.Join(dir, LeasesFile)
	if err := os.Chown(old, int(u.uid), int(u.gid)); err == nil {
		err = os.Rename(old, filepath.Join(own, LeasesFile))
		if err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Lchown(own, int(u.uid), int(u.gid)) // last: from here on it is not ours to look into
}

// replace writes a file of ours that dnsmasq's group may read.
func (u account) replace(path, text string) error {
	pending, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o640))
	if err != nil {
		return err
	}
	defer pending.Cleanup()
	if _, err := pending.WriteString(text); err != nil {
		return err
	}
	if err := pending.Chown(0, int(u.gid)); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

// errNotPlain is of what dnsmasq did not make in good faith.
var errNotPlain = errors.New("not a plain file")

// mostLeases is more than a network of a million clients needs.
const mostLeases = 256 << 20

// readOwn reads a file in dnsmasq's own folder, where it may have put anything: what is no plain file of that very folder is not opened.
func readOwn(dir, name string) ([]byte, error) {
	folder, err := unix.Open(filepath.Join(dir, OwnFolder), unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: OwnFolder, Err: err}
	}
	defer unix.Close(folder)
	fd, err := unix.Openat(folder, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, errNotPlain
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errNotPlain)
	}
	return io.ReadAll(io.LimitReader(f, mostLeases))
}

package link

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"dewpoint/internal/fileio"
	"dewpoint/internal/host/thread"
)

// shareNames makes namespaceDir a shared mount of itself, as iproute2 does before its first name (create_netns_dir in ip/ipnetns.c).
// Were it left to the first `ip netns add`, that would lay a copy of the folder, with the names in it, over them: to delete a name then
// takes away the copy alone, and the mount below keeps the file busy for ever. It takes iproute2's lock, so that both may begin at once.
func shareNames() error {
	if err := os.MkdirAll(namespaceDir, 0o755); err != nil {
		return err
	}
	dir, err := os.Open(namespaceDir)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	share := func() error { return unix.Mount("", namespaceDir, "none", unix.MS_SHARED|unix.MS_REC, "") }
	if err := share(); !errors.Is(err, unix.EINVAL) { // EINVAL: it is no mount yet
		return err
	}
	if err := unix.Mount(namespaceDir, namespaceDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	return share()
}

// removeName takes the name away with what is mounted on it, wherever that can be seen. No such name is no error.
func removeName(name string) error {
	path := filepath.Join(namespaceDir, name)
	err := unmountAndRemove(path)
	if errors.Is(err, unix.EBUSY) {
		err = thread.Own(func() error { return removeCovered(path) })
	}
	return err
}

// removeCovered removes a name on which something is mounted below the mount that covers the folder. No call reaches such a mount. But a
// file that is no mount point in the mount namespace of the caller may be unlinked, and then the kernel takes down what is mounted on it
// everywhere else. So this is done in a copy of the mount namespace, from which the layers are taken off; the thread is the caller's to end.
func removeCovered(path string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	for {
		err := unmountAndRemove(path)
		if !errors.Is(err, unix.EBUSY) {
			return err
		}
		if unix.Unmount(filepath.Dir(path), unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW) != nil {
			return err // the last layer
		}
	}
}

// unmountAndRemove takes off all that can be seen to be mounted on the file, and then the file.
func unmountAndRemove(path string) error {
	for {
		err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if errors.Is(err, unix.EINVAL) { // a plain file
			break
		}
		if err != nil {
			return err
		}
	}
	return fileio.Remove(path)
}

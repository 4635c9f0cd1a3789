// Package access says who besides root gets at what lies in the data directory: nobody, save QEMU's group, which passes the folders on the
// way to the files of a guest that starts, and reads its media. docs/design/0012-who-runs-as-whom.md has the whole of it.
package access

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"dewpoint/internal/fileio"
)

// The modes of what QEMU's group may use.
const (
	passable = 0o710 // a folder: it can be crossed, and not listed
	readable = 0o640
)

// Pass lets the group through the folders from root down to the one that holds path. Its own mode of path stays.
func Pass(root, path string, gid int) error {
	rest, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil || !filepath.IsLocal(rest) {
		return fmt.Errorf("%s does not lie below %s", path, root)
	}
	for folder := filepath.Join(root, rest); ; folder = filepath.Dir(folder) {
		if err := give(folder, unix.O_DIRECTORY, 0, gid, passable); err != nil {
			return err
		}
		if folder == filepath.Clean(root) {
			return nil
		}
	}
}

// Show lets the group read a file that stays root's.
func Show(path string, gid int) error { return give(path, 0, 0, gid, readable) }

// Sockets makes a guest's folder, which is root's, and in it the folder of that name in which QEMU's user makes its sockets. In the
// first lies what root opens, so whatever else than files and folders an older server let QEMU's user put there goes.
func Sockets(folder, name string, uid, gid int) error {
	if err := makeOne(folder); err != nil {
		return err
	}
	if err := give(folder, unix.O_DIRECTORY, 0, gid, passable); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || e.Type().IsRegular() {
			continue
		}
		if err := fileio.Remove(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	inner := filepath.Join(folder, name)
	if err := makeOne(inner); err != nil {
		return err
	}
	return give(inner, unix.O_DIRECTORY, uid, gid, 0o700)
}

func makeOne(folder string) error {
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// give sets owner, group and mode of the very file or folder, never of what a link in its place leads to.
func give(path string, kind, uid, gid int, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|kind, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	if int(st.Uid) != uid || int(st.Gid) != gid {
		if err := f.Chown(uid, gid); err != nil {
			return err
		}
	}
	if os.FileMode(st.Mode&0o7777) != mode {
		return f.Chmod(mode)
	}
	return nil
}

// Close takes from everything below the folder, and from itself, what others may do with it: older servers let them. It follows no link,
// and leads nowhere outside whatever the owners of folders do meanwhile.
func Close(folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	const others = 0o007
	return fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // went meanwhile
		}
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode()&others != 0 {
			err = root.Chmod(path, info.Mode().Perm()&^others)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// Package firmware copies what a machine has beside its disks: the variables of its UEFI firmware, and what its TPM keeps. Both lie in the machine's own
// folder; what a TPM keeps moves from there into libvirt's folder at the next start, where it stays.
package firmware

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
)

const (
	variables = "nvram.fd" // as domxml names it
	tpm       = "tpm"
	part      = ".part"
)

// libvirt keeps what TPMs hold below this, in folders named after UUIDs.
const libvirt = "/var/lib/libvirt/swtpm"

// The most that is copied of a TPM: what it keeps is a few KiB.
const (
	mostFiles = 64
	mostBytes = 1 << 20
)

// CopyVariables copies the variables of the machine with the folder from into the folder to. A machine without any leaves that as it is.
func CopyVariables(from, to string) error { return full(copyVariables(from, to)) }

func copyVariables(from, to string) error {
	text, err := os.ReadFile(filepath.Join(from, variables))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o710); err != nil {
		return err
	}
	path := filepath.Join(to, variables)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	return fileio.Sync(path)
}

// TPM is that of a machine with its own folder, and the UUID by which libvirt knows it.
type TPM struct{ Dir, UUID string }

// CopyTo copies what the TPM keeps into the folder of another machine, which has it from its next start on. One that never ran keeps nothing.
func (t TPM) CopyTo(dir string) error {
	from := filepath.Join(t.Dir, tpm) // it waits for the start
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		from = filepath.Join(libvirt, t.UUID)
	}
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o710); err != nil {
		return err
	}
	return full(replace(from, filepath.Join(dir, tpm)))
}

// Plant gives the TPM what waits for it in the machine's folder, before a start. It may be repeated.
func (t TPM) Plant() error {
	from := filepath.Join(t.Dir, tpm)
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := replace(from, filepath.Join(libvirt, t.UUID)); err != nil {
		return full(err)
	}
	return os.RemoveAll(from)
}

// full tells the errors of a file system that has no room.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errs.Wrap(err, errs.Full, "no_space", "there is no space left in the data directory for what the machine's firmware keeps; free some space")
	}
	return err
}

// replace makes a folder the same as another one, in one step as far as a crash can see.
func replace(from, to string) error {
	if err := os.RemoveAll(to + part); err != nil {
		return err
	}
	if err := copyFolder(from, to+part); err != nil {
		return errors.Join(err, os.RemoveAll(to+part))
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.Rename(to+part, to); err != nil {
		return err
	}
	return fileio.Sync(filepath.Dir(to))
}

// copyFolder copies folders and plain files with their owners. They are the TPM emulator's, so no link leads out of the folder.
func copyFolder(from, to string) error {
	root, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer root.Close()
	n := 0
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			return err
		}
		if n++; n > mostFiles {
			return errors.New("a TPM keeps more files than it can have")
		}
		path := filepath.Join(to, name)
		if info.IsDir() {
			err = os.MkdirAll(path, 0o700)
		} else {
			err = copyFile(root, name, path)
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && err == nil {
			err = errors.Join(os.Chown(path, int(owner.Uid), int(owner.Gid)), os.Chmod(path, info.Mode().Perm()))
		}
		return err
	})
}

func copyFile(root *os.Root, name, to string) error {
	in, err := root.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, mostBytes))
	return errors.Join(err, out.Sync(), out.Close())
}

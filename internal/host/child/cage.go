package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"dewpoint/internal/host/thread"
)

// Cage is what a program is left with that reads what strangers wrote: a user without rights, the folder /usr, the files named, no
// processes to see, and bounds. It is made of the kernel's own means, by a thread that gives them up before it starts the program: no
// other program takes part, and there is no moment at which it has more.
type Cage struct {
	UID, GID uint32
	Groups   []uint32  // it is in beside GID
	Caps     []uintptr // capabilities that it keeps; all others are gone for good
	Files    []File    // in the order in which they are laid out; a later one may lie in an earlier one
	Network  bool      // it stays in the caller's network namespace; else it has none, and is alone among processes, too
	Memory   int64     // bytes of address space
	FileSize int64     // bytes that a file which it writes may be long; holes count
	CPU      time.Duration
}

// File is a file or folder that can be seen in the cage. What the cage's user may do with it is for its owner and mode to say.
type File struct {
	Path     string // outside; its last part is no link
	At       string // inside
	Writable bool
}

// mostFiles bounds the descriptors of a program in a cage.
const mostFiles = 256

// start runs the command in the cage.
func (c *Cage) start(cmd *exec.Cmd) error {
	cmd.Args = append(c.limits(), append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = cmd.Args[0]
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: c.UID, Gid: c.GID, Groups: c.Groups}
	cmd.SysProcAttr.AmbientCaps = c.Caps
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
	if !c.Network {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET | syscall.CLONE_NEWPID
	}
	// The thread that is made for it begins in our first network namespace, and not in that of the calling thread.
	network, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("making its cage: %w", err)
	}
	defer unix.Close(network)
	return thread.Own(func() error {
		if err := unix.Setns(network, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("making its cage: %w", err)
		}
		if err := c.lock(); err != nil {
			return fmt.Errorf("making its cage: %w", err)
		}
		return start(cmd)
	})
}

// limits is the command that bounds itself and becomes the program after it: bounds must stand before the first byte is read.
func (c *Cage) limits() []string {
	args := []string{"/usr/bin/prlimit", "--core=0", "--nofile=" + strconv.Itoa(mostFiles)}
	for name, most := range map[string]int64{"as": c.Memory, "fsize": c.FileSize, "cpu": int64(c.CPU / time.Second)} {
		if most > 0 {
			args = append(args, "--"+name+"="+strconv.FormatInt(most, 10))
		}
	}
	return append(args, "--")
}

// lock takes away from the calling thread all that the cage does not have. The thread can't get it back.
func (c *Cage) lock() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := c.furnish(); err != nil {
		return err
	}
	unix.Umask(0o077) // of this thread alone, since it has a mount namespace: what the program makes is for its user
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	for capability := uintptr(0); ; capability++ {
		if err := keepOrDrop(capability, c.Caps); errors.Is(err, unix.EINVAL) {
			return nil // the kernel knows no more
		} else if err != nil {
			return err
		}
	}
}

func keepOrDrop(capability uintptr, kept []uintptr) error {
	for _, k := range kept {
		if k == capability {
			return nil
		}
	}
	return unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
}

// furnish makes a root directory of what may be seen and moves into it, as pivot_root(2) describes.
func (c *Cage) furnish() error {
	// Opened before anything covers them, and in this mount namespace: only its own mounts can be bound.
	files := append([]File{{Path: "/usr", At: "/usr"}, {Path: os.DevNull, At: os.DevNull, Writable: true}}, c.Files...)
	opened := make([]int, len(files))
	for i, f := range files {
		fd, err := unix.Open(f.Path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return &os.PathError{Op: "open", Path: f.Path, Err: err}
		}
		defer unix.Close(fd)
		opened[i] = fd
	}
	const root = "/usr" // any folder that is there for certain; it is covered for this thread alone
	if err := unix.Mount("tmpfs", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=1m,nr_inodes=1k"); err != nil {
		return err
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	for i, f := range files {
		if err := f.lay(opened[i], filepath.Join(root, f.At)); err != nil {
			return fmt.Errorf("laying out %s: %w", f.At, err)
		}
	}
	if err := unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
		return err
	}
	if err := unix.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil { // the old root now lies over the new one
		return err
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return err
	}
	return unix.Chdir("/")
}

// lay binds the opened file to a place in the new root.
func (f File) lay(fd int, place string) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if err := prepare(place, st.Mode&unix.S_IFMT == unix.S_IFDIR); err != nil {
		return err
	}
	if err := unix.Mount("/proc/self/fd/"+strconv.Itoa(fd), place, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	flags := uintptr(unix.MS_REMOUNT | unix.MS_BIND | unix.MS_NOSUID)
	if st.Mode&unix.S_IFMT != unix.S_IFCHR {
		flags |= unix.MS_NODEV
	}
	if !f.Writable {
		flags |= unix.MS_RDONLY
	}
	return unix.Mount("", place, "", flags, "")
}

// prepare makes the empty file or folder that something is bound to, if an earlier one doesn't hold it.
func prepare(place string, folder bool) error {
	if _, err := os.Lstat(place); err == nil {
		return nil
	}
	if folder {
		return os.MkdirAll(place, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	return os.WriteFile(place, nil, 0o644)
}

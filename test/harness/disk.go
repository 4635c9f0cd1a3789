package harness

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

// DiskSize is the size of the file system that holds a data directory: what the server keeps free for itself, and a little more.
const DiskSize = 320 << 20

// Disk is a file system of a test's own, in memory. It takes what is written to it only: it is made full by making it smaller.
type Disk struct {
	t   testing.TB
	Dir string
}

// MountDisk mounts one until the test ends.
func MountDisk(t testing.TB) *Disk {
	t.Helper()
	dir, err := os.MkdirTemp("", "dewpoint-full-")
	if err != nil {
		t.Fatal(err)
	}
	d := &Disk{t, dir}
	d.mount(0, DiskSize)
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
		os.Remove(dir)
	})
	return d
}

func (d *Disk) mount(flags uintptr, size int64) {
	d.t.Helper()
	if err := syscall.Mount("dewpoint-test", d.Dir, "tmpfs", flags, fmt.Sprintf("size=%d,mode=755", size)); err != nil {
		d.t.Fatal(err)
	}
}

// Fill leaves that many bytes free, or some more or less while others write.
func (d *Disk) Fill(leave int64) {
	d.t.Helper()
	var err error
	for range 100 {
		var s syscall.Statfs_t
		if err := syscall.Statfs(d.Dir, &s); err != nil {
			d.t.Fatal(err)
		}
		size := int64(s.Blocks-s.Bfree)*s.Bsize + leave
		if err = syscall.Mount("dewpoint-test", d.Dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d,mode=755", size)); err != syscall.EINVAL {
			break // otherwise more was written meanwhile than would fit
		}
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// Free makes it as large as it was.
func (d *Disk) Free() {
	d.t.Helper()
	d.mount(syscall.MS_REMOUNT, DiskSize)
}

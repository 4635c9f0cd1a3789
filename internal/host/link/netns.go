package link

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/thread"
)

// namespaceDir is where iproute2 and everybody else keeps named network namespaces (ip-netns(8)).
const namespaceDir = "/run/netns"

// Namespace is a named network namespace.
type Namespace struct {
	Name  string
	Inode uint64    // equals that of /proc/<pid>/ns/net of every process inside
	Made  time.Time // when it was made
}

// EnsureNamespace makes the named network namespace, with its loopback up.
func EnsureNamespace(name string) error {
	if len(name) > 255 || !validName.MatchString(name) {
		return errs.New(errs.Invalid, "netns_name", "%q can't name a network namespace", name)
	}
	_, err := GetNamespace(name)
	if errs.Is(err, errs.NotFound) {
		// A crash between making the file and mounting on it leaves a plain file, in whose way nothing of value stands.
		if err := removeName(name); err != nil {
			return translate(err, "clearing the way for network namespace "+name)
		}
		if err := shareNames(); err != nil {
			return translate(err, "preparing "+namespaceDir)
		}
		err = thread.Own(func() error {
			ns, err := netns.NewNamed(name)
			if err != nil {
				return err
			}
			return ns.Close()
		})
	}
	if err != nil {
		return translate(err, "making network namespace "+name)
	}
	return In(name, func() error { return ensureUp("lo") })
}

// DeleteNamespace removes the named namespace if it exists. The kernel frees it, and what is in it, once the last process inside has gone.
func DeleteNamespace(name string) error {
	return translate(removeName(name), "deleting network namespace "+name)
}

// GetNamespace returns the namespace of that name, NotFound when there is none.
func GetNamespace(name string) (Namespace, error) {
	path := filepath.Join(namespaceDir, name)
	var st unix.Stat_t
	var fsStat unix.Statfs_t
	if err := unix.Stat(path, &st); err != nil {
		return Namespace{}, translate(err, "looking up network namespace "+name)
	}
	if err := unix.Statfs(path, &fsStat); err != nil {
		return Namespace{}, translate(err, "looking up network namespace "+name)
	}
	if fsStat.Type != unix.NSFS_MAGIC {
		return Namespace{}, errs.New(errs.NotFound, "netns_missing", "%s is a plain file, not a network namespace", errs.Ours(path))
	}
	return Namespace{Name: name, Inode: st.Ino, Made: time.Unix(st.Mtim.Unix()).UTC()}, nil
}

// Namespaces returns the named namespaces whose name begins with prefix, ordered by name, and apart from them the remnants: names under
// which there is a plain file only, because a crash came between making or deleting the file and the namespace. EnsureNamespace and
// DeleteNamespace clear a remnant away.
func Namespaces(prefix string) (found []Namespace, remnants []string, err error) {
	entries, err := os.ReadDir(namespaceDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, translate(err, "listing the network namespaces")
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		ns, err := GetNamespace(e.Name())
		switch {
		case errs.Is(err, errs.NotFound):
			remnants = append(remnants, e.Name())
		case err != nil:
			return nil, nil, err
		default:
			found = append(found, ns)
		}
	}
	return found, remnants, nil
}

// In runs f on a thread of its own inside the named namespace and returns its error; with an empty name it just calls f. A
// process that f starts is born in the namespace. f must not hand work to other goroutines: they stay outside.
func In(name string, f func() error) error {
	if name == "" {
		return f()
	}
	ns, err := netns.GetFromName(name)
	if err != nil {
		return translate(err, "entering network namespace "+name)
	}
	defer ns.Close()
	return thread.Own(func() error {
		if err := netns.Set(ns); err != nil {
			return translate(err, "entering network namespace "+name)
		}
		return f()
	})
}

func ensureUp(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return translate(err, "looking up link "+name)
	}
	return bringTo(l, l.Attrs().MTU)
}

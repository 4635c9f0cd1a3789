// Package link drives the kernel's network objects: bridges, veth pairs, network namespaces, addresses, routes and their sysctls.
//
// Every function works in the namespace of the calling thread; In moves a function into a named one. Ensure… and Delete…
// are idempotent: what is already so is left alone, byte for byte, so a caller may run them in every pass. No tool is started;
// all is netlink, mounts and /proc.
package link

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"dewpoint/internal/errs"
)

// MaxName is the longest link name the kernel takes (IFNAMSIZ less the final NUL).
const MaxName = 15

// validName is narrower than the kernel's rule, so that a name is also safe as a path element and in nft text.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Link is what is known of one network link of a namespace.
type Link struct {
	Name   string
	Kind   string // "bridge", "veth", "tuntap", …
	Index  int
	Peer   int // index of a veth's other end in its own namespace, else 0
	Master int // index of the bridge it is a port of, else 0
	MTU    int // bytes
	Up     bool
}

// List returns the links whose name begins with prefix, ordered by name.
func List(prefix string) ([]Link, error) {
	all, err := whole(netlink.LinkList)
	if err != nil {
		return nil, translate(err, "listing the network links")
	}
	var out []Link
	for _, l := range all {
		if strings.HasPrefix(l.Attrs().Name, prefix) {
			out = append(out, describe(l))
		}
	}
	slices.SortFunc(out, func(a, b Link) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// mostDumps is how often the kernel is asked for a list at the most.
const mostDumps = 10

// whole asks the kernel for a list. While others change what is on it the kernel may say that it isn't whole (NLM_F_DUMP_INTR, netlink(7)): then
// it is asked again.
func whole[T any](list func() ([]T, error)) (all []T, err error) {
	for range mostDumps {
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}

// Get returns the link of that name, NotFound when there is none.
func Get(name string) (Link, error) {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return Link{}, translate(err, "looking up link "+name)
	}
	return describe(l), nil
}

// Delete removes the link of that name if it exists. With a veth its other end goes too.
func Delete(name string) error {
	l, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkDel(l)
	}
	if isMissing(err) {
		return nil
	}
	return translate(err, "deleting link "+name)
}

func describe(l netlink.Link) Link {
	a := l.Attrs()
	out := Link{Name: a.Name, Kind: l.Type(), Index: a.Index, Master: a.MasterIndex, MTU: a.MTU, Up: a.RawFlags&unix.IFF_UP != 0}
	if l.Type() == "veth" {
		out.Peer = a.ParentIndex
	}
	return out
}

// bringTo sets the MTU and brings the link up, each only when it differs.
func bringTo(l netlink.Link, mtu int) error {
	name := l.Attrs().Name
	if l.Attrs().MTU != mtu {
		if err := netlink.LinkSetMTU(l, mtu); err != nil {
			return translate(err, "setting the MTU of link "+name)
		}
	}
	if l.Attrs().RawFlags&unix.IFF_UP == 0 {
		if err := netlink.LinkSetUp(l); err != nil {
			return translate(err, "bringing up link "+name)
		}
	}
	return nil
}

func checkName(name string) error {
	if len(name) > MaxName || !validName.MatchString(name) {
		return errs.New(errs.Invalid, "link_name", "%q can't name a network link: at most %d letters, digits and _.-", name, MaxName)
	}
	return nil
}

func isMissing(err error) bool {
	var missing netlink.LinkNotFoundError
	return errors.As(err, &missing) || errors.Is(err, unix.ENODEV) || errors.Is(err, fs.ErrNotExist)
}

// translate turns what netlink, mounts and files say into a typed error; nil stays nil. doing completes "… failed".
func translate(err error, doing string) error {
	kind, code, why := errs.Internal, "link_failed", ""
	switch {
	case err == nil:
		return nil
	case errs.As(err) != nil:
		return err
	case isMissing(err):
		kind, code, why = errs.NotFound, "link_missing", "it isn't there"
	case errors.Is(err, fs.ErrExist):
		kind, code, why = errs.Conflict, "link_exists", "it is there already"
	case errors.Is(err, fs.ErrPermission):
		kind, code, why = errs.Unavailable, "link_not_permitted", "the server is not permitted to"
	case errors.Is(err, unix.EBUSY), errors.Is(err, netlink.ErrDumpInterrupted), errors.Is(err, os.ErrDeadlineExceeded):
		kind, code, why = errs.Unavailable, "link_busy", "the host is busy with it"
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ERANGE):
		kind, code, why = errs.Invalid, "link_refused", "the kernel refused it"
	default:
		return errs.New(kind, code, "%s: %w", errs.Ours(doing), err)
	}
	return errs.Wrap(err, kind, code, "%s: %s", errs.Ours(doing), errs.Ours(why))
}

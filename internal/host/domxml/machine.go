package domxml

import (
	"slices"
	"strconv"
	"strings"
)

// The families of PC machine types; each has versions and an alias for the newest.
const (
	q35Family, q35Alias       = "pc-q35-", "q35"
	i440fxFamily, i440fxAlias = "pc-i440fx-", "pc"
)

// MachineType returns what a wished machine type runs as on a QEMU that has the supported ones: itself, or the nearest lower version of
// its family. Empty and the contract's "yottabyte" mean q35. A wish older than everything here is errs.Invalid on machine_type.
func MachineType(wish string, supported []string) (string, error) {
	switch wish {
	case "", "yottabyte", q35Alias:
		wish = q35Alias
	case i440fxAlias:
	default:
		return nearest(wish, supported)
	}
	if !slices.Contains(supported, wish) {
		return "", invalid("machine_type", "machine type %q is not to be had on this node", wish)
	}
	return wish, nil
}

// nearest finds the highest supported version that is not above the wish.
func nearest(wish string, supported []string) (string, error) {
	family, version, ok := splitMachine(wish)
	if !ok {
		return "", invalid("machine_type", "%q is not a machine type", wish)
	}
	var best string
	var bestVersion []int
	for _, have := range supported {
		f, v, ok := splitMachine(have)
		if !ok || f != family || slices.Compare(v, version) > 0 {
			continue
		}
		if best == "" || slices.Compare(v, bestVersion) > 0 {
			best, bestVersion = have, v
		}
	}
	if best == "" {
		return "", invalid("machine_type", "this node has no machine type as old as %q; choose a newer one", wish)
	}
	return best, nil
}

// splitMachine takes "pc-q35-4.0.1" apart into family and version numbers.
func splitMachine(machine string) (family string, version []int, ok bool) {
	for _, family := range []string{q35Family, i440fxFamily} {
		text, found := strings.CutPrefix(machine, family)
		if !found {
			continue
		}
		for part := range strings.SplitSeq(text, ".") {
			n, err := strconv.ParseUint(part, 10, 16)
			if err != nil {
				return "", nil, false
			}
			version = append(version, int(n))
		}
		return family, version, true
	}
	return "", nil, false
}

// isQ35 reports whether a machine type is of the q35 family: it has PCI Express and SATA, and no IDE.
func isQ35(machine string) bool {
	return machine == q35Alias || strings.HasPrefix(machine, q35Family)
}

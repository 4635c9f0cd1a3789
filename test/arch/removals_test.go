package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// sweepers are the packages that find things on the host and look for their rows. What they don't know they hand to internal/quarantine.
var sweepers = []string{
	"internal/media", "internal/api/upload", "internal/control/storage", "internal/control/vm", "internal/control/vnet", "internal/host/dnsmasq",
}

// removal matches the calls that end a file, or put another in its place.
var removal = regexp.MustCompile(`\b(os\.(Remove|RemoveAll|Rename|Truncate)|(unix|syscall)\.(Unlink|Unlinkat|Rmdir|Rename|Renameat|Renameat2)|(dnsmasq|fileio)\.Remove)\(`)

// removals says how many such calls a file of a sweeper has, and why none of them ends bytes that somebody may miss.
var removals = map[string]struct {
	calls int
	why   string
}{
	"internal/media/sweep.go":                {1, "the bytes of a tombstone, by the row's own name"},
	"internal/media/empty.go":                {1, "the empty file that was just made for a row which then was not"},
	"internal/media/adopt.go":                {1, "an upload or a thing from quarantine moves to the new name of its row"},
	"internal/api/upload/sweep.go":           {1, "notes of uploads that a killed writer left; never bytes"},
	"internal/api/upload/session.go":         {1, "an upload that ended, expired or was called off, by its session"},
	"internal/api/upload/strays.go":          {1, "tusd's note, after the bytes went into quarantine"},
	"internal/control/storage/apply.go":      {8, "half-made disks of drives that are there, disks of tombstones and of imports that are undone, empty folders, and moves of a drive's own disk"},
	"internal/control/storage/owners.go":     {1, "half-made disks of drives that are there"},
	"internal/control/vm/apply.go":           {1, "the folder of a tombstone, by the row's own name"},
	"internal/control/storage/clone.go":      {2, "the next file of a disk that was not frozen, and its half-made one"},
	"internal/control/storage/clone_full.go": {1, "the half-made disk of a clone that is undone"},
	"internal/control/storage/adopt.go":      {1, "the half-made copy of a disk whose adoption is undone"},
	"internal/control/storage/import_vm.go":  {1, "the half-made disk of a VM whose import is undone"},
	"internal/control/storage/export.go":     {4, "what an export makes on its way to the media file that its row stands for"},
	"internal/control/vm/erase.go":           {2, "the empty disk of an earlier try, or of an erasure that is undone"},
	"internal/control/vm/merge.go":           {1, "the upper one of two files, once the lower one has all that it holds"},
	"internal/control/vm/revert.go":          {1, "the next files of a revert that is undone"},
	"internal/control/vm/works.go":           {2, "a file that an earlier try of the same step made, or this one in part"},
	"internal/control/vm/release.go":         {1, "the folder that a release has made, of an earlier try or one that is undone"},
	"internal/control/vm/seed.go":            {1, "the disk for cloud-init of an earlier start, made from rows: the VM has no source for one any more"},
	"internal/control/vm/snapshot.go":        {2, "the next files of a snapshot that is undone, and the memory that an earlier try wrote"},
	"internal/control/vnet/facet_dnsmasq.go": {1, "the folder of a tombstone; diff plans it for no other"},
	"internal/control/vnet/linux_folders.go": {1, "the folder of a network that an older version made gets its new name"},
	"internal/host/dnsmasq/files.go":         {1, "the removal that the line above calls"},
	"internal/host/dnsmasq/user.go":          {1, "the leases of an older server move into dnsmasq's own folder"},
}

// TestSweepsRemoveNothingNew: who adds a removal says here what it removes.
func TestSweepsRemoveNothingNew(t *testing.T) {
	t.Parallel()
	calls := map[string]int{}
	for _, p := range load(t) {
		if !slices.ContainsFunc(sweepers, func(owner string) bool { return isBelow(p.place(), owner) }) {
			continue
		}
		for _, file := range p.GoFiles {
			place := filepath.Join(p.place(), file)
			text, err := os.ReadFile(filepath.Join("../..", place))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(removal.FindAll(text, -1)); n > 0 {
				calls[place] = n
			}
		}
	}
	for place, n := range calls {
		if known := removals[place]; n != known.calls {
			t.Errorf("%s has %d removals, and reasons for %d: what no row stands for goes to internal/quarantine; else give the reason", place, n, known.calls)
		}
	}
	for place, known := range removals {
		if calls[place] == 0 || known.why == "" {
			t.Errorf("%s has no removals any more, or no reason", place)
		}
	}
}

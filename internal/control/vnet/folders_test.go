package vnet

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/dnsmasq"
)

// ofOlder makes the network as a version without ids made it, with a client that has a lease, and returns the wish.
func (h *realHost) ofOlder(t *testing.T) (Vnet, []dnsmasq.Lease) {
	t.Helper()
	old := with(usual(1), func(v *Vnet) { v.ID = "" })
	plan := diff([]Vnet{old}, h.observe(t), h.marks)
	for _, steps := range [][]Step{plan.Before, plan.Vnets[0].Steps} {
		for _, s := range steps {
			if err := h.Host.Apply(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.join(t, 1).dhcp(t, "web")
	leases, err := dnsmasq.ReadLeases(h.marks.path(1, ""))
	if err != nil || len(leases) != 1 {
		t.Fatalf("leases are %+v, %v", leases, err)
	}
	return old, leases
}

func (h *realHost) folderNames(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// namedAnew wants the only folder to be the network's by its new name, with the leases that were, and one dnsmasq that runs by it.
func (h *realHost) namedAnew(t *testing.T, when string, leases []dnsmasq.Lease) {
	t.Helper()
	h.pass(t)
	v := h.rows.want[0]
	dir := h.marks.path(1, v.ID)
	if names := h.folderNames(t); len(v.ID) != 8 || len(names) != 1 || names[0] != filepath.Base(dir) {
		t.Fatalf("%s: the id is %q, the folders are %v", when, v.ID, names)
	}
	if diff := cmp.Diff(leases, h.rows.fact(1).Leases, comparables); diff != "" {
		t.Errorf("%s: leases (-before +after):\n%s", when, diff)
	}
	if runs := h.observe(t).Vnets[1].Dnsmasq; len(runs) != 1 || runs[0].Dir != dir {
		t.Errorf("%s: the processes are %+v", when, runs)
	}
	h.steps.taken = nil
	h.pass(t)
	if len(h.steps.taken) > 0 || h.rows.want[0].ID != v.ID {
		t.Errorf("%s: the next pass took %v, the id is %q", when, h.steps.taken, h.rows.want[0].ID)
	}
}

// TestFoldersOfOlderVersionsAreNamedOnce upgrades, and is killed after each step of it.
func TestFoldersOfOlderVersionsAreNamedOnce(t *testing.T) {
	t.Parallel()
	h := newReal(t)
	old, leases := h.ofOlder(t)
	h.rows.want = []Vnet{old}
	h.namedAnew(t, "not killed", leases)

	h.rows.want = []Vnet{old} // killed between the new name and the row
	h.namedAnew(t, "killed before the row", leases)

	dir := h.marks.path(1, h.rows.want[0].ID) // killed when dnsmasq had been stopped
	if err := errors.Join(dnsmasq.Stop(t.Context(), h.observe(t).Vnets[1].Dnsmasq[0]), os.Rename(dir, h.marks.path(1, ""))); err != nil {
		t.Fatal(err)
	}
	h.rows.want = []Vnet{old}
	h.namedAnew(t, "killed before the new name", leases)
}

// TestANewNetworkTakesNoLeasesOfALostOne makes a network under the key of one that a lost database knew, whose router still runs.
func TestANewNetworkTakesNoLeasesOfALostOne(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"", "0defaced"} {
		h := newReal(t)
		h.ofOlder(t)
		dir := h.marks.path(1, lost)
		if lost != "" { // its dnsmasq runs on by the old name
			if err := os.Rename(h.marks.path(1, ""), dir); err != nil {
				t.Fatal(err)
			}
		}
		h.rows.want = []Vnet{usual(1)}
		h.pass(t)
		if got := h.rows.fact(1).Leases; len(got) > 0 {
			t.Errorf("the new network has the leases %+v of the lost one %q", got, lost)
		}
		if kept, err := dnsmasq.ReadLeases(dir); err != nil || len(kept) != 1 {
			t.Errorf("the lost one %q has the leases %+v, %v", lost, kept, err)
		}
		if runs := h.observe(t).Vnets[1].Dnsmasq; len(runs) != 1 || runs[0].Dir != h.marks.path(1, usual(1).ID) {
			t.Errorf("beside the lost one %q the processes are %+v", lost, runs)
		}
	}
}

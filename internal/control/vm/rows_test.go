package vm_test

import (
	"slices"
	"testing"

	"dewpoint/internal/control/vm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestWishLeavesOutWhatIsSettled makes VMs in every state and looks which of them the controller reads.
func TestWishLeavesOutWhatIsSettled(t *testing.T) {
	t.Parallel()
	const here, there = 7, 8
	db := rig.Database(t, t.TempDir())
	number, flag := schema.IntValue, schema.BoolValue
	machines := map[string]int64{}
	update := func(f func(*store.Tx) error) {
		t.Helper()
		if err := db.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *store.Tx) error {
		for _, node := range []int64{here, there} {
			r := schema.NewRecord(tx.Schema().Table("nodes"))
			r.Key = number(node)
			r.Put("machine_id", schema.TextValue(r.Key.Text()))
			if _, err := tx.Create(r, nil); err != nil {
				return err
			}
		}
		for name, status := range map[string]schema.Set{
			"new":             {},
			"settled":         {"settled": flag(true)},
			"running here":    {"running": flag(true), "node": number(here)},
			"running there":   {"running": flag(true), "node": number(there)},
			"deleted":         {"settled": flag(true)},
			"deleted there":   {"node": number(there)},
			"started by hand": {"settled": flag(true)},
		} {
			r := schema.NewRecord(tx.Schema().Table("vms"))
			r.Put("name", schema.TextValue(name))
			key, err := tx.Create(r, nil)
			if err != nil {
				return err
			}
			machine := r.Get("machine")
			machines[name] = machine.Int()
			if err := tx.Change("machine_status", machine, status); err != nil {
				return err
			}
			if name == "deleted" || name == "deleted there" {
				if err := tx.Delete("vms", key); err != nil {
					return err
				}
			}
		}
		return nil
	})
	rows := vm.NewStoreRows(db, nil, t.TempDir(), "abcd", here)
	wish := func(present ...int64) (found []string) {
		t.Helper()
		all, err := rows.Wish(t.Context(), present)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			for name, key := range machines {
				if key == m.Key {
					found = append(found, name)
				}
			}
		}
		slices.Sort(found)
		return found
	}
	if got, want := wish(machines["started by hand"], 9999), []string{"deleted", "new", "running here", "started by hand"}; !slices.Equal(got, want) {
		t.Errorf("the wish is %q, want %q", got, want)
	}
	settle := func(name string, seq int64) {
		t.Helper()
		fact := vm.Fact{Machine: machines[name], Status: vm.Status{Status: "stopped", State: "offline", DoneSeq: seq, Settled: true}}
		if err := rows.Report(t.Context(), []vm.Fact{fact}); err != nil {
			t.Fatal(err)
		}
	}
	settle("new", 0)
	if got, want := wish(), []string{"deleted", "running here"}; !slices.Equal(got, want) {
		t.Errorf("after the new one has settled the wish is %q, want %q", got, want)
	}
	// Something is asked of it while the controller, which doesn't know yet, reports again.
	update(func(tx *store.Tx) error {
		return tx.Change("machines", number(machines["new"]), schema.Set{"power_seq": number(1)})
	})
	settle("new", 0)
	if got, want := wish(), []string{"deleted", "new", "running here"}; !slices.Equal(got, want) {
		t.Errorf("a machine that something is asked of was settled: the wish is %q, want %q", got, want)
	}
}

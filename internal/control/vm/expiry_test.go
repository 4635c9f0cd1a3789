package vm_test

import (
	"log/slog"
	"slices"
	"testing"

	"dewpoint/internal/control/vm"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestExpirySparesTheNewest: of the snapshots of a period as many stay as it says, of each machine; what somebody queued goes in any case, but not while its VM
// is being taken back to it.
func TestExpirySparesTheNewest(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		past := func(tx *store.Tx) int64 { return tx.Now().Unix() - 60 }
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			profile, err := store.Create(tx, compute.SnapshotProfileSet{}.Name("p"))
			if err != nil {
				return err
			}
			period, err := store.Create(tx, compute.SnapshotProfilePeriodSet{}.Profile(profile.Int()).Name("hourly").Retention(60).MinSnapshots(2))
			if err != nil {
				return err
			}
			for _, name := range []string{"a", "b"} {
				row := schema.NewRecord(tx.Schema().Table("machines"))
				row.PutAll(schema.Set{"name": schema.TextValue(name), "type": schema.TextValue("vm")})
				machine, err := tx.Create(row, nil)
				if err != nil {
					return err
				}
				shot := func(name string) compute.MachineSnapshotSet {
					return compute.MachineSnapshotSet{}.Name(name).Machine(machine.Int()).Taken(true)
				}
				for _, s := range []compute.MachineSnapshotSet{
					shot(name + "1").Expires(past(tx)).SnapshotPeriod(period.Int()), shot(name + "2").Expires(past(tx)).SnapshotPeriod(period.Int()),
					shot(name + "3").Expires(past(tx)).SnapshotPeriod(period.Int()), shot(name + "4").Expires(past(tx)).SnapshotPeriod(period.Int()).QueueDelete(true),
					shot(name + " by hand").Expires(past(tx)), shot(name + " for ever").Expires(past(tx)).ExpiresType("never"), shot(name + " later").Expires(tx.Now().Unix() + 3600),
				} {
					if _, err := store.Create(tx, s); err != nil {
						return err
					}
				}
			}
			wanted, err := store.Create(tx, compute.MachineSnapshotSet{}.Name("wanted").Machine(1).Taken(true).Expires(past(tx)))
			if err == nil {
				_, err = operation.Begin(tx, operation.Request{Object: "vms/1", Params: compute.VMRevert{Snapshot: wanted.Int()}})
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := vm.NewExpiry(db, slog.New(slog.DiscardHandler)).Reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		if err := db.View(t.Context(), func(tx *store.Tx) error {
			left, err := store.FindRows[compute.MachineSnapshot](tx)
			for _, s := range left {
				names = append(names, s.Name)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a2", "a3", "a for ever", "a later", "b2", "b3", "b for ever", "b later", "wanted"}; !slices.Equal(names, want) {
			t.Errorf("left are %q, want %q", names, want)
		}
	})
}

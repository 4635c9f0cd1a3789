package store_test

import (
	"testing"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestKeep brings rows, their twins and rows with names in line: what isn't there is made, and what is so already isn't written.
func TestKeep(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		keep := func(tx *store.Tx) error {
			key, err := store.KeepFirst(tx, cluster.NodeSet{}.Name("n1").Cores(4).MachineID("a"), store.Is(cluster.NodeCol.MachineID, "a"))
			if err != nil {
				return err
			}
			node, err := store.GetRow[cluster.Node](tx, key)
			if err != nil {
				return err
			}
			if err := store.Keep(tx, node.Machine, compute.MachineSet{}.Name("n1")); err != nil {
				return err
			}
			return store.KeepTwin[compute.Machine](tx, node.Machine, compute.MachineStatsSet{}.RAMUsed(7).TotalCPU(12))
		}
		write(t, db, keep)
		told := 0
		db.Watch(func(changes []store.Change) { told += len(changes) })
		write(t, db, keep)
		if told != 0 {
			t.Errorf("what is so already comes to %d changes", told)
		}
		for _, value := range []string{"first", "second"} {
			write(t, db, func(tx *store.Tx) error {
				return store.WriteOrCreate(tx, "cloud_name", system.SettingSet{}.Value(value))
			})
			write(t, db, func(tx *store.Tx) error {
				row, err := store.GetRow[system.Setting](tx, "cloud_name")
				if row.Value != value {
					t.Errorf("the setting is %q, want %q", row.Value, value)
				}
				return err
			})
		}
	})
}

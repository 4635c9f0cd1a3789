package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// machineSnapshots declares the states of machines that can be gone back to. What a machine was at the time is a machine of its own, that of
// a VM with is_snapshot set.
func machineSnapshots() *schema.Table {
	return &schema.Table{
		Name: "machine_snapshots", Title: "Snapshot", LogType: "vm", Parent: "machine", Queue: "machine", Wakes: []string{"snapshot", "storage"},
		Doc: "Snapshots of machines. Each refers to its own machine, which belongs to a VM with is_snapshot set.",
		Fields: schema.Fields{
			schema.String("name").Required().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048),
			schema.Created("created").Summary(),
			schema.Uint64("expires").Default(0).Summary().Unit("seconds since 1970").Doc("0: never").When("expires_type", "date"),
			schema.Enum("expires_type", "never", "date").Default("date"),
			schema.Uint64("expires_timer").Unit("seconds").Section("Expiry"),
			schema.Bool("quiesce").CreateOnly().Doc("ask the guest to flush its data to disk first").Section("Guest"),
			schema.Bool("quiesced").ReadOnly(),
			schema.Bool("memory").CreateOnly().Doc("keep the memory of a running guest too, so that it goes on from there").Section("Guest").Label("With memory"),
			schema.Uint32("pause_ms").ReadOnly().Unit("milliseconds").Doc("how long the guest stood still, at the most"),
			schema.Bool("taken").ReadOnly().Doc("it was taken, and can be gone back to"),
			schema.Bool("created_manually"),
			schema.Bool("queue_delete"),
			schema.Row("machine", "machines").Required().CreateOnly().Summary(),
			schema.Row("snap_machine", "machines").ReadOnly().Summary().Doc("the machine at the time of the snapshot"),
			schema.Row("snapshot_period", "snapshot_profile_periods").CreateOnly().Section("Expiry"),
		},
	}
}

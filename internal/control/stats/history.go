package stats

import (
	"context"
	"time"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// What the histories hold: of each machine, drive and NIC at most 288 rows in the short one and 360 in the long one.
const (
	shortEvery = 5 * time.Minute
	shortFor   = 24 * time.Hour
	longEvery  = 2 * time.Hour
	longFor    = 30 * 24 * time.Hour
)

// series is what is kept of one kind of thing.
type series struct {
	stats, short, long string
	parent             string
	// taken are the columns of the long history that aren't averages of those by the same name.
	taken map[string]store.Taking
	// running keeps the rows of stats of what is in use now on a node.
	running func(node int64) store.Cond
}

var kept = []series{
	{
		stats: "machine_stats", short: "machine_stats_history_short", long: "machine_stats_history_long", parent: "machine",
		taken: map[string]store.Taking{"core_peak": {Column: "core_peak", Greatest: true}},
		running: func(node int64) store.Cond {
			return store.KeyWithin("machine_stats", measured, store.KeyWithin("machines", store.Is(compute.MachineCol.Type, "vm")), here(node))
		},
	},
	{
		stats: "machine_drive_stats", short: "machine_drive_stats_history_short", long: "machine_drive_stats_history_long", parent: "parent_drive",
		taken: summed(compute.DriveRates, "reads", "writes", "read_bytes", "write_bytes"),
		running: func(node int64) store.Cond {
			return store.KeyWithin("machine_drives", store.Within(compute.MachineDriveCol.Machine.Name(), "machine_stats", measured, here(node)))
		},
	},
	{
		stats: "machine_nic_stats", short: "machine_nic_stats_history_short", long: "machine_nic_stats_history_long", parent: "parent_nic",
		taken: summed(compute.NICRates, "tx_pckts", "rx_pckts", "tx_bytes", "rx_bytes"),
		running: func(node int64) store.Cond {
			return store.KeyWithin("machine_nics", store.Within(compute.MachineNICCol.Machine.Name(), "machine_stats", measured, here(node)))
		},
	},
}

// measured keeps the machines whose load is known, which is that of all that run and were seen twice.
var measured = store.IsNot(compute.MachineStatsCol.TotalCPU, -1)

func here(node int64) store.Cond {
	return store.KeyWithin("machine_status", store.IsOrNull(compute.MachineStatusCol.Node, node))
}

// summed says how rates become peaks and averages, and that of sums that grow the last value counts.
func summed(rates []string, sums ...string) map[string]store.Taking {
	taken := map[string]store.Taking{}
	for _, r := range rates {
		taken[r+"_peak"] = store.Taking{Column: r, Greatest: true}
		taken[r+"_avg"] = store.Taking{Column: r}
	}
	for _, s := range sums {
		taken[s] = store.Taking{Column: s, Greatest: true}
	}
	return taken
}

// at is the column by which all histories tell when a row was written.
var at = compute.MachineStatsHistoryShortCol.Timestamp

func now(tx *store.Tx) schema.Set {
	return schema.Set(compute.MachineStatsHistoryShortSet{}.Timestamp(tx.Now().Unix()))
}

// keep writes the histories when it is time to, each in a transaction of its own, and drops what is too old or of a clock that was ahead.
func (c *Controller) keep(ctx context.Context) error {
	present := c.DB.Now()
	if !due(c.kept, present) {
		return c.keepFirst(ctx)
	}
	for _, s := range kept {
		for _, f := range []func(*store.Tx) error{s.drop, func(tx *store.Tx) error { return s.keep(tx, c.Node) }, s.sumUp} {
			if err := c.DB.Update(ctx, f); err != nil {
				return err
			}
		}
	}
	c.kept = present
	return nil
}

// keepFirst begins the curves of machines whose load is known since this pass, so that nobody waits for theirs.
func (c *Controller) keepFirst(ctx context.Context) error {
	if len(c.first) == 0 {
		return nil
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		s := kept[0]
		return tx.Roll(store.Roll{Into: s.short, From: s.stats, Set: now(tx)}, measured, store.Key(c.first...))
	})
}

// greet notes the machines that were seen for the second time, and so have a load. Those of the first pass had one before.
func (c *Controller) greet(samples map[int64]sample) {
	greeted := make(map[int64]bool, len(samples))
	c.first = nil
	for key := range samples {
		if _, twice := c.before[key]; twice && !c.greeted[key] {
			c.first = append(c.first, schema.IntValue(key))
		}
		if _, twice := c.before[key]; twice || c.greeted == nil {
			greeted[key] = true
		}
	}
	c.greeted = greeted
}

// due reports whether figures that went to the history at a time have to go there again: after shortEvery, or when that time hasn't come
// yet, since it was told by a clock that was ahead.
func due(kept, present time.Time) bool {
	return present.Sub(kept) >= shortEvery || kept.After(present)
}

// drop removes what is too old. Rows of a clock that was ahead would stand at the end of every curve, and never grow old.
func (s series) drop(tx *store.Tx) error {
	for table, age := range map[string]time.Duration{s.short: shortFor, s.long: longFor} {
		old := store.IsUpTo(at, tx.Now().Add(-age).Unix())
		for _, which := range []store.Cond{old, tx.InFuture(at)} {
			if err := tx.PurgeAll(table, which); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep copies the present figures of what is in use on a node, and of the node itself.
func (s series) keep(tx *store.Tx, node int64) error {
	roll := store.Roll{Into: s.short, From: s.stats, Set: now(tx)}
	if err := tx.Roll(roll, s.running(node)); err != nil || s.stats != "machine_stats" {
		return err
	}
	n, err := store.GetRow[cluster.Node](tx, node)
	if err != nil {
		return err
	}
	return tx.Roll(roll, measured, store.Key(schema.IntValue(n.Machine)))
}

// sumUp makes rows of the long history from those of the short one since the last time. Whichever node comes first does it for all.
func (s series) sumUp(tx *store.Tx) error {
	from := tx.Now().Add(-longEvery).Unix() + 1
	n, err := tx.Count(s.long, store.IsFrom(at, from))
	if err != nil || n > 0 {
		return err
	}
	roll := store.Roll{Into: s.long, From: s.short, By: s.parent, Taken: s.taken, Set: now(tx)}
	return tx.Roll(roll, store.IsFrom(at, from))
}

package stats

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// mostSteps is how many rows are written in one transaction: nobody else can write meanwhile.
const mostSteps = 200

// steps are what the plan comes to, a row each.
func (p plan) steps() (steps []func(*store.Tx) error) {
	for _, c := range p.change {
		steps = append(steps, func(tx *store.Tx) error {
			if err := tx.Change("machine_stats", c.key, c.set); !errs.Is(err, errs.NotFound) { // else it is gone by now
				return err
			}
			return nil
		})
	}
	for _, r := range p.keep {
		steps = append(steps, func(tx *store.Tx) error { return keep(tx, r) })
	}
	for _, r := range p.drop {
		steps = append(steps, func(tx *store.Tx) error { return tx.Purge(history, r.Key) })
	}
	return steps
}

// keep copies the figures of a machine into the history, unless it is gone by now.
func keep(tx *store.Tx, stats *schema.Record) error {
	n, err := tx.Count("machines", store.Key(stats.Key))
	if err != nil || n == 0 {
		return err
	}
	r := store.RecordOf(tx, compute.MachineStatsHistoryShortSet{}.Timestamp(tx.Now().Unix()))
	for i, f := range r.Table.Fields {
		if f.Name != compute.MachineStatsHistoryShortCol.Timestamp.Name() { // all others are those of machine_stats, by the same names
			r.PutAt(i, stats.Get(f.Name))
		}
	}
	_, err = tx.Insert(r)
	return err
}

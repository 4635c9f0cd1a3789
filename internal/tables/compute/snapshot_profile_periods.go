package compute

import (
	"maps"

	"dewpoint/internal/engine"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// periodHooks keep in each period when it is due next.
var periodHooks = engine.Hooks{
	Create: func(w *engine.Inside, r *schema.Record) error {
		p := store.RowOf[compute.SnapshotProfilePeriod](r)
		r.PutAll(schema.Set(p.PlanAfter(w.Tx.Now())))
		return nil
	},
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		p := store.RowOf[compute.SnapshotProfilePeriod](old.With(set))
		maps.Copy(set, schema.Set(p.PlanAfter(w.Tx.Now())))
		return nil
	},
}

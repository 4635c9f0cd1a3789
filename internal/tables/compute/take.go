package compute

import (
	"context"
	"time"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Taker makes the snapshots that profiles ask for, for the controller of schedules.
type Taker struct{ eng *engine.Engine }

// NewTaker makes the taker of a database, which the engine serves.
func NewTaker(eng *engine.Engine) Taker { return Taker{eng} }

// Take makes the snapshot of a machine for the moment at which the period is due, unless there is one, or the machine is one of a snapshot.
func (t Taker) Take(ctx context.Context, p compute.SnapshotProfilePeriod, machine int64) error {
	of := compute.MachineSnapshotCol
	system := perm.System("schedule")
	find := func(tx *store.Tx) (perm.Actor, bool, error) {
		taken, err := store.FindRows[compute.MachineSnapshot](tx, store.Is(of.Machine, machine), store.Is(of.SnapshotPeriod, p.Key))
		for _, s := range taken {
			if s.Created >= p.Trigger {
				return system, false, err
			}
		}
		if err != nil {
			return system, false, err
		}
		_, err = tx.Find("vms", store.Is(compute.VMCol.Machine, machine), store.Is(compute.VMCol.IsSnapshot, false))
		return system, err == nil, err
	}
	return t.eng.DoAs(perm.WithActor(ctx, system), find, func(w *engine.Write) error {
		_, err := w.Create("machine_snapshots", snapshotOf(p, machine))
		if errs.Is(err, errs.NotFound) {
			return nil // deleted meanwhile
		}
		return err
	})
}

// snapshotOf is what a client would send to make the period's snapshot.
func snapshotOf(p compute.SnapshotProfilePeriod, machine int64) schema.Input {
	of, at := compute.MachineSnapshotCol, time.Unix(p.Trigger, 0).UTC()
	in := schema.Input{
		of.Machine.Name(): engine.Number(machine), of.Name.Name(): engine.Text(p.Name + " " + at.Format("2006-01-02 15:04")),
		of.SnapshotPeriod.Name(): engine.Number(p.Key), of.Quiesce.Name(): engine.Flag(p.Quiesce), of.ExpiresType.Name(): engine.Text("never"),
	}
	if p.Retention > 0 {
		in[of.ExpiresType.Name()], in[of.Expires.Name()] = engine.Text("date"), engine.Number(p.Trigger+p.Retention)
	}
	return in
}

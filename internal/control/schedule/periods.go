package schedule

import (
	"context"
	"errors"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// missed is how many seconds late a period is that was missed: the program didn't run when it was due.
const missed = 5 * 60

// Snapshots makes those that periods of snapshot profiles ask for.
type Snapshots interface {
	// Take makes the snapshot of a machine for the moment at which the period is due, unless there is one.
	Take(ctx context.Context, period compute.SnapshotProfilePeriod, machine int64) error
}

// byPeriod has the snapshots made of the periods that are due. However many moments went by, a VM gets one snapshot.
func (c *Controller) byPeriod(ctx context.Context) error {
	var due []compute.SnapshotProfilePeriod
	err := c.db.View(ctx, func(tx *store.Tx) (err error) {
		due, err = store.FindRows[compute.SnapshotProfilePeriod](tx, store.IsUpTo(compute.SnapshotProfilePeriodCol.Trigger, tx.Now().Unix()))
		return err
	})
	for _, p := range due {
		err = errors.Join(err, c.snapshots(ctx, p))
	}
	return err
}

// snapshots makes those of one period, and plans its next moment. A failure is told in the log and isn't tried again, unless it only came at a bad time:
// then the period stays due, and the VMs that have their snapshots keep them.
func (c *Controller) snapshots(ctx context.Context, p compute.SnapshotProfilePeriod) error {
	late := c.db.Now().Unix() - p.Trigger
	if !p.SkipMissed || late <= missed {
		machines, err := c.machinesOf(ctx, p.Profile)
		if err != nil {
			return err
		}
		for _, m := range machines {
			err := c.taker.Take(ctx, p, m.Key)
			if ctx.Err() != nil || errs.Is(err, errs.Unavailable) {
				return err
			}
			if err == nil {
				continue
			}
			c.log.Warn("a snapshot could not be made", "machine", m.Key, "period", p.Key, "err", err)
			if err := c.tellMachine(ctx, m, p, err); err != nil {
				return err
			}
		}
	}
	return c.db.Update(ctx, func(tx *store.Tx) error {
		now, err := store.GetRow[compute.SnapshotProfilePeriod](tx, p.Key)
		if errs.Is(err, errs.NotFound) || err == nil && now.Trigger != p.Trigger {
			return nil // deleted, or planned anew by a change
		}
		if err != nil {
			return err
		}
		return store.Write(tx, p.Key, now.PlanAfter(tx.Now()))
	})
}

// machinesOf reads the machines with a profile.
func (c *Controller) machinesOf(ctx context.Context, profile int64) (machines []compute.Machine, err error) {
	err = c.db.View(ctx, func(tx *store.Tx) error {
		machines, err = store.FindRows[compute.Machine](tx, store.Is(compute.MachineCol.SnapshotProfile, profile), store.Is(compute.MachineCol.Type, "vm"))
		return err
	})
	return machines, err
}

// tellMachine writes into the log why a machine has no snapshot.
func (c *Controller) tellMachine(ctx context.Context, m compute.Machine, p compute.SnapshotProfilePeriod, failed error) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		_, err := store.Insert(tx, system.LogSet{}.Level(system.LogError).Text("snapshot "+p.Name+" of "+m.Name+" could not be made: "+errs.Shown(failed)).User("system").
			ObjectType("vm").ObjectName(m.Name).Object(m.Owner))
		return err
	})
}

// misplannedPeriods are those of misplanned that make snapshots.
func misplannedPeriods(tx *store.Tx) (wrong []move, err error) {
	periods, err := store.FindRows[compute.SnapshotProfilePeriod](tx)
	for _, p := range periods {
		plan := p.PlanAfter(tx.Now())
		if v := schema.Set(plan)[compute.SnapshotProfilePeriodCol.Trigger.Name()]; p.Trigger > tx.Now().Unix() && v.Int() != p.Trigger {
			wrong = append(wrong, func(tx *store.Tx) error { return store.Write(tx, p.Key, plan) })
		}
	}
	return wrong, err
}

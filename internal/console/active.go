package console

import (
	"context"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	// upkeepInterval is how often rows say who looks.
	upkeepInterval = time.Second
	// leastAge is how old a connection is before a row tells of it: a commit for each of those that come and go would be most of their cost.
	leastAge = time.Second
)

// Run keeps the rows of machine_console_active, and ends the sessions that somebody wants to end, until ctx ends. Then it ends all.
func (s *Service) Run(ctx context.Context) error {
	u := upkeep{Service: s, told: map[*Session]bool{}}
	tick := time.NewTicker(upkeepInterval)
	defer tick.Stop()
	for fresh := true; ; {
		err := u.pass(ctx, fresh)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("who looks at consoles can't be written", "err", err)
		}
		fresh = fresh && err != nil
		select {
		case <-ctx.Done():
			s.Close()
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// upkeep is what Run knows.
type upkeep struct {
	*Service
	told map[*Session]bool // whose rows are there
}

// pass brings the rows in line with the sessions. Those of an earlier run of the server go with its first pass.
func (u *upkeep) pass(ctx context.Context, fresh bool) error {
	var began, gone []*Session
	open := map[*Session]bool{}
	for _, session := range u.Sessions() {
		open[session] = true
		if !u.told[session] && time.Since(session.Since) >= leastAge {
			began = append(began, session)
		}
	}
	for session := range u.told {
		if !open[session] {
			gone = append(gone, session)
		}
	}
	if fresh || len(began)+len(gone) > 0 {
		if err := u.write(ctx, fresh, began, gone); err != nil {
			return err
		}
	}
	return u.endThose(ctx)
}

func (u *upkeep) write(ctx context.Context, fresh bool, began, gone []*Session) error {
	rows := make([]int64, len(began))
	err := u.DB.Update(ctx, func(tx *store.Tx) error {
		if fresh {
			if err := u.clear(tx); err != nil {
				return err
			}
		}
		for _, session := range gone {
			if err := remove(tx, session.row); err != nil {
				return err
			}
		}
		for i, session := range began {
			key, err := store.Create(tx, u.rowOf(session))
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
			rows[i] = key.Int()
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, session := range began {
		session.row, u.told[session] = rows[i], true
	}
	for _, session := range gone {
		delete(u.told, session)
	}
	return nil
}

func (u *upkeep) rowOf(s *Session) compute.MachineConsoleActiveSet {
	return compute.MachineConsoleActiveSet{}.Console(s.Machine).Type(string(s.Kind)).User(s.User).Address(s.Address).
		ReadOnly(s.ReadOnly).Connected(s.Since.Unix()).Node(u.Node)
}

func (u *upkeep) mine() store.Cond { return store.Is(compute.MachineConsoleActiveCol.Node, u.Node) }

func (u *upkeep) clear(tx *store.Tx) error {
	rows, err := store.FindRows[compute.MachineConsoleActive](tx, u.mine())
	for _, row := range rows {
		if err := remove(tx, row.Key); err != nil {
			return err
		}
	}
	return err
}

// remove takes a row away, which may have gone with its machine.
func remove(tx *store.Tx, key int64) error {
	err := tx.Delete("machine_console_active", schema.IntValue(key))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// endThose ends the sessions whose rows say so.
func (u *upkeep) endThose(ctx context.Context) error {
	if len(u.told) == 0 {
		return nil
	}
	ending := map[int64]bool{}
	err := u.DB.View(ctx, func(tx *store.Tx) error {
		rows, err := store.FindRows[compute.MachineConsoleActive](tx, u.mine(), store.Is(compute.MachineConsoleActiveCol.Ending, true))
		for _, row := range rows {
			ending[row.Key] = true
		}
		return err
	})
	for session := range u.told {
		if ending[session.row] {
			session.cut()
		}
	}
	return err
}

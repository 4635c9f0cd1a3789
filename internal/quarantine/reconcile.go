package quarantine

import (
	"context"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
)

// Name implements loop.Reconciler.
func (k *Keeper) Name() string { return "quarantine" }

// Reconcile puts on record what has no row, carries out what is wished, and removes what was kept long enough. A thing that fails
// says so in its row and doesn't stop the others.
func (k *Keeper) Reconcile(ctx context.Context) error {
	stuck := k.sweepFolders(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	there, err := k.lookup(ctx)
	if err != nil {
		return err
	}
	rows, err := k.rows(ctx)
	if err != nil {
		return err
	}
	for _, q := range rows {
		if q.Kind == system.FoundDomain {
			continue // the VM controller's
		}
		e, found := there[q.Place]
		if !found {
			e = entry{dir: filepath.Join(k.data, q.Place)}
		}
		if err := k.attend(ctx, q, e, found); err != nil {
			if ctx.Err() != nil {
				return err
			}
			k.complain(ctx, q, err)
		}
	}
	return stuck
}

// lookup reads the entries by their places, and mends what a crash left: it makes missing rows, and clears entries that nothing was moved into.
func (k *Keeper) lookup(ctx context.Context) (map[string]entry, error) {
	rows, err := k.rows(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, q := range rows {
		known[q.Place] = true
	}
	all, err := k.entries()
	if err != nil {
		return nil, err
	}
	there := map[string]entry{}
	for _, e := range all {
		place, err := k.place(e)
		if err != nil {
			return nil, err
		}
		if !known[place] {
			if err := k.mend(ctx, e); err != nil {
				return nil, err
			}
		}
		there[place] = e
	}
	return there, nil
}

func (k *Keeper) mend(ctx context.Context, e entry) error {
	holds, err := e.holds()
	if err != nil {
		return err
	}
	if !holds {
		return e.clear()
	}
	return k.record(ctx, e)
}

// attend does what one row needs now.
func (k *Keeper) attend(ctx context.Context, q system.Quarantine, e entry, found bool) error {
	switch {
	case q.Wish == system.WishRestore:
		return k.restore(ctx, q, e)
	case q.Wish == system.WishDelete:
		return k.remove(ctx, q, e, "removed as asked for")
	case !found:
		return errs.New(errs.NotFound, "place_missing", "its bytes are not in their place; is a disk not mounted?")
	}
	over, err := k.over(ctx, q)
	switch {
	case err != nil:
		return err
	case over:
		return k.remove(ctx, q, e, "removed, its time was over")
	case q.StatusInfo != "":
		return k.change(ctx, q.Key, system.QuarantineSet{}.StatusInfo(""))
	}
	return nil
}

func (k *Keeper) remove(ctx context.Context, q system.Quarantine, e entry, why string) error {
	if err := e.clear(); err != nil {
		return err
	}
	k.log.Warn("quarantined data was removed", "why", why, "kind", q.Kind, "path", q.Path, "size", q.Size)
	return k.forget(ctx, q, why)
}

// complain says in the row what stands in the way.
func (k *Keeper) complain(ctx context.Context, q system.Quarantine, err error) {
	text := errs.Shown(err)
	if text == q.StatusInfo {
		return
	}
	k.log.Warn("work on quarantined data failed", "quarantine", q.Key, "path", q.Path, "err", err)
	if err := k.change(ctx, q.Key, system.QuarantineSet{}.StatusInfo(text)); err != nil && ctx.Err() == nil {
		k.log.Error("the status of quarantined data can't be saved", "quarantine", q.Key, "err", err)
	}
}

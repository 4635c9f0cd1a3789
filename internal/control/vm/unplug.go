package vm

import (
	"context"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/pause"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// askAgain is how long a guest has to answer before it is asked once more: what is asked while it boots may be lost.
const askAgain = 10 * time.Second

// unplug asks a guest to let go of a part, and waits for it. Nothing has to be taken back: until the guest has let go, it has the part, and so the rows say. It may
// let go later still; then the controller sees it.
func (w *Works) unplug() operation.Kind {
	const atOnce = 16
	return operation.Define(operation.Spec[compute.Unplug]{AtOnce: atOnce, Steps: []operation.Step[compute.Unplug]{
		{Name: "waiting for the guest to let go", Do: w.letGo},
	}})
}

func (w *Works) letGo(ctx context.Context, r *operation.Run[compute.Unplug]) (operation.Commit, error) {
	p := r.Params
	err := r.View(ctx, func(tx *store.Tx) error {
		status, err := store.GetRow[compute.MachineStatus](tx, p.Machine)
		if err == nil && status.Asleep {
			err = errs.New(errs.Conflict, "vm_hibernated", "the VM was hibernated, and its guest goes on with the hardware that it had; power it on first")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := w.release(ctx, p.Machine, p.Table, p.Key, r.Tell); err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		if err := held.Unplug(tx, p.Machine, p.Table, p.Key); err != nil {
			return err
		}
		err := dropRow(tx, p)
		if errs.Is(err, errs.NotFound) {
			err = nil // somebody has deleted it
		}
		if err != nil {
			return err
		}
		return held.Tell(tx, p.Machine)
	}, nil
}

func dropRow(tx *store.Tx, p compute.Unplug) error {
	if p.Delete {
		return tx.Delete(p.Table, schema.IntValue(p.Key))
	}
	return disable(tx, p.Table, p.Key)
}

// release asks the guest of a machine to let go of a part, and returns when it has, or there is no guest. It is a Conflict when the guest keeps it.
func (w *Works) release(ctx context.Context, machine int64, table string, key int64, tell func(percent float64, info string)) error {
	var asked time.Time
	var refused error
	for end := time.Now().Add(w.patience()); ; {
		d, err := w.domain(ctx, machine)
		if err != nil || !d.State.Active() {
			return err
		}
		xml, err := w.elementText(ctx, d.Ref, table, key)
		if err != nil || xml == "" {
			return err
		}
		if time.Since(asked) > askAgain {
			tell(0, "waits until the guest lets go of it")
			asked, refused = time.Now(), w.Host.Detach(ctx, d.Ref, xml)
			if errs.Is(refused, errs.Invalid) {
				return refused
			}
			continue
		}
		if time.Now().After(end) {
			return keptBy(table, w.patience(), refused)
		}
		if err := pause.For(ctx, lookPart); err != nil {
			return err
		}
	}
}

// elementText is what a domain says of a part, "" where it hasn't it.
func (w *Works) elementText(ctx context.Context, ref libvirt.Ref, table string, key int64) (string, error) {
	domain, err := w.Host.Describe(ctx, ref)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if part := w.elementOf(domain, table, key); part != nil {
		return part.Marshal()
	}
	return "", nil
}

// keptBy says that a guest hasn't let go of a part.
func keptBy(table string, limit time.Duration, refused error) error {
	what := "disk; unmount it in the guest, or power the VM off"
	if table == "machine_nics" {
		what = "card; power the VM off"
	}
	if refused != nil {
		return errs.Wrap(refused, errs.Conflict, "guest_keeps_device", "the guest couldn't be made to let go of the %s: %s", errs.Ours(what), errs.Shown(refused))
	}
	return errs.New(errs.Conflict, "guest_keeps_device", "in %s the guest hasn't let go of the %s", errs.Ours(limit.String()), errs.Ours(what))
}

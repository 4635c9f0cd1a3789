package vm

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

type mergeRun = operation.Run[compute.LayerMerge]

// merge writes what rests alone on a layer into it, while a guest runs or not. It takes nothing back: until its rows are written, both files are right.
func (w *Works) merge() operation.Kind {
	const atOnce, most = 2, 98
	return operation.Define(operation.Spec[compute.LayerMerge]{
		AtOnce: atOnce,
		Steps: []operation.Step[compute.LayerMerge]{
			{Name: "looking at the layers", Do: w.lookAtLayers},
			{Name: "merging two layers", Do: w.mergeFiles, Weight: most},
			{Name: "removing the upper file", Do: w.dropMerged},
		},
	})
}

// loneOf finds the layer among those that can be merged; ok is false when it can't any more.
func loneOf(tx *store.Tx, p *compute.LayerMerge) (all layer.Set, lone layer.Lone, ok bool, err error) {
	all, lones, err := layer.ReadLones(tx)
	for _, l := range lones {
		if l.Layer.Key == p.Layer && l.Machine == p.Machine {
			return all, l, true, nil
		}
	}
	return all, lone, false, err
}

func (w *Works) lookAtLayers(ctx context.Context, r *mergeRun) (operation.Commit, error) {
	p := &r.Params
	return nil, r.View(ctx, func(tx *store.Tx) error {
		all, lone, ok, err := loneOf(tx, p)
		if err != nil || !ok {
			return err
		}
		beneath, err := all.Beneath(lone.Layer.Base)
		if err != nil {
			return err
		}
		p.Base, p.Beneath = w.paths([]compute.DriveLayer{lone.Layer})[0], w.paths(beneath)
		if lone.Above.Key != 0 {
			p.Above, p.Size, p.Top = lone.Above.Key, lone.Above.Size, w.paths([]compute.DriveLayer{lone.Above})[0]
			return nil
		}
		machine, err := store.GetRow[compute.Machine](tx, p.Machine)
		if err != nil {
			return err
		}
		p.Drive, p.Size = lone.Drive.Key, lone.Drive.Disksize
		p.Top, err = w.headPath(machine, lone.Drive)
		return err
	})
}

func (w *Works) mergeFiles(ctx context.Context, r *mergeRun) (operation.Commit, error) {
	p := &r.Params
	if p.Top == "" {
		return nil, nil
	}
	domain, err := w.domain(ctx, p.Machine)
	if err != nil {
		return nil, err
	}
	stack, err := w.stackWith(ctx, domain, p)
	if err != nil {
		return nil, err
	}
	switch {
	case stack == merged: // before a crash
	case stack == apart && domain.State.Active():
		err = w.mergeLive(ctx, r, domain)
	default:
		err = block.Commit(ctx, p.Top, append([]string{p.Base}, p.Beneath...), p.Size)
	}
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		_, lone, ok, err := loneOf(tx, p)
		if err == nil && !ok {
			err = errs.New(errs.Conflict, "layer_needed", "the layer has come to be needed meanwhile")
		}
		if err != nil {
			return err
		}
		return layer.Merge(tx, lone)
	}, nil
}

// What a domain's definition has of two layers.
const (
	neither = iota // no disk rests on the lower one
	apart          // a disk rests on both
	merged         // a disk rests on the lower one alone
)

func (w *Works) stackWith(ctx context.Context, d libvirt.Info, p *compute.LayerMerge) (int, error) {
	if d.Ref == (libvirt.Ref{}) {
		return neither, nil
	}
	stacks, err := w.Host.Stacks(ctx, d.Ref)
	found := neither
	for _, stack := range stacks {
		top, base := false, false
		for _, path := range stack {
			top, base = top || path == p.Top, base || path == p.Base
		}
		switch {
		case top:
			return apart, err
		case base:
			found = merged
		}
	}
	return found, err
}

func (w *Works) mergeLive(ctx context.Context, r *mergeRun, domain libvirt.Info) error {
	p := &r.Params
	if err := w.letIn(ctx, p.Base); err != nil {
		return err
	}
	if err := w.Host.Merge(ctx, domain.Ref, p.Top, p.Base, func(percent float64) { r.Tell(percent, "") }); err != nil {
		return err
	}
	now, err := w.stackWith(ctx, domain, p)
	if err == nil && now != merged {
		err = errs.New(errs.Unavailable, "merge_failed", "the layers could not be merged while the guest runs")
	}
	return err
}

func (w *Works) dropMerged(_ context.Context, r *mergeRun) (operation.Commit, error) {
	if r.Params.Top == "" {
		return nil, nil
	}
	return nil, fileio.Remove(r.Params.Top)
}

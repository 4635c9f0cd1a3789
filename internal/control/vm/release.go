package vm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/firmware"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

type releaseRun = operation.Run[compute.VMRelease]

// releaseVM gives a VM to libvirt. Until its last step only copies are made, and the VM is as it was; the mark of that step is the end of its rows, and so of our files.
func (w *Works) releaseVM() operation.Kind {
	const atOnce, most = 2, 97
	return operation.Define(operation.Spec[compute.VMRelease]{AtOnce: atOnce, Steps: []operation.Step[compute.VMRelease]{
		{Name: "looking at the VM", Do: w.lookAtReleased},
		{Name: "copying the disks", Do: w.copyReleased, Undo: w.dropReleased, Weight: most},
		{Name: "handing it over", Do: w.handOver, Undo: w.takeBack},
	}})
}

// released reads a machine that is to be given away; Conflict where it isn't off.
func (w *Works) released(ctx context.Context, r *releaseRun) (m Machine, err error) {
	err = r.View(ctx, func(tx *store.Tx) error {
		if m, err = w.Rows.One(tx, r.Params.Machine); err == nil && m.Last.Asleep {
			err = errs.New(errs.Conflict, "vm_hibernated", "the VM was hibernated; power it on, shut it down, and release it again")
		}
		return err
	})
	if errs.Is(err, errs.NotFound) || err == nil && m.Deleted {
		return m, errs.New(errs.Conflict, "vm_deleted", "the VM was deleted before it was released")
	}
	if err != nil {
		return m, err
	}
	d, err := w.domain(ctx, m.Key)
	if err == nil && d.State.Active() {
		err = errs.New(errs.Conflict, "vm_started", "the VM was started before it was released; shut it down and release it again")
	}
	return m, errors.Join(err, m.Unreadable)
}

// lookAtReleased finds out whether libvirt can have the VM, and where its files shall lie.
func (w *Works) lookAtReleased(ctx context.Context, r *releaseRun) (operation.Commit, error) {
	p := &r.Params
	m, err := w.released(ctx, r)
	if err != nil {
		return nil, err
	}
	p.UUID = m.UUID
	p.Dir = filepath.Join(w.ReleaseDir, p.Name+"-"+m.UUID)
	if _, err := os.Lstat(p.Dir); !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.Conflict, "folder_exists", "the folder %q is there already where the VM's files would go; move it away", filepath.Base(p.Dir))
	}
	if err := w.nameIsFree(ctx, *p); err != nil {
		return nil, err
	}
	if err := w.hasPlug(ctx, *p, len(m.Hardware.NICs)); err != nil {
		return nil, err
	}
	err = r.View(ctx, func(tx *store.Tx) error {
		p.Disks, err = w.releasedDisks(tx, *p)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = w.releasedDomain(ctx, &m, *p)
	return nil, err
}

// nameIsFree is a Conflict where libvirt has a domain of that name or UUID that isn't the VM's own.
func (w *Works) nameIsFree(ctx context.Context, p compute.VMRelease) error {
	domains, err := w.Host.List(ctx, "")
	for _, d := range domains {
		switch {
		case d.Name == mark.Instance(w.Instance).Domain(p.Machine):
			continue
		case d.Name == p.Name:
			return errs.New(errs.Conflict, "domain_exists", "libvirt has a domain %q already; release the VM with another name", p.Name)
		case d.UUID == p.UUID:
			return errs.New(errs.Conflict, "domain_exists", "libvirt's domain %q has the UUID of the VM; remove it first", d.Name)
		}
	}
	return err
}

// hasPlug is a Conflict where there is nothing that the cards could be plugged into.
func (w *Works) hasPlug(ctx context.Context, p compute.VMRelease, cards int) error {
	switch {
	case cards == 0:
		return nil
	case p.Bridge != "":
		if _, err := os.Stat(filepath.Join("/sys/class/net", filepath.Base(p.Bridge), "bridge")); err != nil {
			return errs.New(errs.Conflict, "no_bridge", "the host has no bridge %q; name another one", p.Bridge)
		}
		return nil
	}
	has, err := w.Host.HasNetwork(ctx, p.Network)
	if err == nil && !has {
		err = errs.New(errs.Conflict, "no_network", "libvirt has no network %q that the cards could be plugged into; name one, or a bridge", p.Network)
	}
	return err
}

// releasedDisks says what each disk is made of, and what it becomes.
func (w *Works) releasedDisks(tx *store.Tx, p compute.VMRelease) ([]compute.ReleasedDisk, error) {
	machine, err := store.GetRow[compute.Machine](tx, p.Machine)
	if err != nil {
		return nil, err
	}
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, p.Machine))
	if err != nil {
		return nil, err
	}
	set, err := layer.Of(tx, drives...)
	if err != nil {
		return nil, err
	}
	disks := []compute.ReleasedDisk{}
	for _, d := range drives {
		if !isDisk(d.Media) {
			continue
		}
		status, err := store.GetRow[compute.MachineDriveStatus](tx, d.Key)
		if err == nil && !status.Ready {
			err = errs.New(errs.Conflict, "drive_not_ready", "drive %q has no disk yet; its status says why", d.Name)
		}
		if err != nil {
			return nil, err
		}
		one := compute.ReleasedDisk{Drive: d.Key, To: filepath.Join(p.Dir, fmt.Sprintf("disk-%d%s", len(disks)+1, block.DiskEnding))}
		if err := w.findChain(&one, machine, d, set); err != nil {
			return nil, err
		}
		disks = append(disks, one)
	}
	return disks, nil
}

// findChain finds the files that a disk is made of, and how large it is.
func (w *Works) findChain(disk *compute.ReleasedDisk, machine compute.Machine, d compute.MachineDrive, set layer.Set) error {
	head, err := w.headPath(machine, d)
	if err != nil {
		return err
	}
	beneath, err := set.Beneath(d.Base)
	if err != nil {
		return err
	}
	disk.Chain = append([]string{head}, w.paths(beneath)...)
	for _, path := range disk.Chain {
		used, err := block.Used(path)
		if err != nil {
			return err
		}
		disk.Used += used
	}
	disk.Size, err = block.Size(head)
	return err
}

// releasedDomain is the domain that the VM becomes. A disk that isn't enabled is copied, and no part of it.
func (w *Works) releasedDomain(ctx context.Context, m *Machine, p compute.VMRelease) (string, error) {
	cfg, err := w.Node()
	if err != nil {
		return "", err
	}
	place := newPlatform(cfg, w.Host)
	node, err := place.get(ctx)
	if err != nil {
		return "", err
	}
	vm := m.Hardware
	vm.Instance, vm.MachineKey, vm.UUID, vm.Accelerator = w.Instance, m.Key, m.UUID, cfg.Accelerator
	vm.Drives = nil
	for _, drive := range m.Drives {
		one := drive.Drive
		one.Path, one.Layers = "", nil
		for _, disk := range p.Disks {
			if disk.Drive == one.Row.Key {
				one.Path = disk.To
			}
		}
		vm.Drives = append(vm.Drives, one)
	}
	if _, err := os.Lstat(filepath.Join(p.Dir, domxml.SeedFile)); err == nil {
		vm.Seed = filepath.Join(p.Dir, domxml.SeedFile)
	}
	domain, err := domxml.Release(vm, &node.Host, domxml.Released{Name: p.Name, Dir: p.Dir, Network: p.Network, Bridge: p.Bridge})
	if err != nil {
		return "", err
	}
	return domain.Marshal()
}

// copyReleased makes all that the domain needs in a folder that is its own, anew if there is one of an earlier try.
func (w *Works) copyReleased(ctx context.Context, r *releaseRun) (operation.Commit, error) {
	p := r.Params
	m, err := w.released(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.dropReleased(ctx, r), os.MkdirAll(p.Dir, 0o711)); err != nil {
		return nil, err
	}
	for i, d := range p.Disks {
		release, err := w.Space.Hold(ctx, space.Claim{ID: d.To, Path: d.To, Bytes: d.Used, Where: "the folder of VMs that are given to libvirt"})
		if err != nil {
			return nil, err
		}
		err = block.Flatten(ctx, d.Chain, d.To, d.Size, func(percent float64) { r.Tell((100*float64(i)+percent)/float64(len(p.Disks)), "") })
		release()
		if err != nil {
			return nil, err
		}
		if err := fileio.Sync(d.To); err != nil {
			return nil, err
		}
	}
	own, err := w.ownFolder(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := firmware.CopyVariables(own, p.Dir); err != nil {
		return nil, err
	}
	if err := w.copySeed(ctx, m, p.Dir); err != nil {
		return nil, err
	}
	return nil, errors.Join(fileio.Sync(p.Dir), fileio.Sync(w.ReleaseDir))
}

// ownFolder is where the VM keeps its variables and its TPM's content.
func (w *Works) ownFolder(ctx context.Context, r *releaseRun) (dir string, err error) {
	err = r.View(ctx, func(tx *store.Tx) error {
		row, err := store.GetRow[compute.Machine](tx, r.Params.Machine)
		dir = w.folder(row)
		return err
	})
	return dir, err
}

// copySeed makes the disk for cloud-init, without which a guest takes itself for a new one.
func (w *Works) copySeed(ctx context.Context, m Machine, dir string) error {
	files, err := w.Rows.Seed(ctx, m.Hardware.Row.Key)
	if err != nil {
		return err
	}
	vm := m.Hardware
	vm.UUID = m.UUID
	_, err = writeSeed(filepath.Join(dir, domxml.SeedFile), &vm, files)
	return err
}

// dropReleased removes the folder, which only this has made.
func (w *Works) dropReleased(_ context.Context, r *releaseRun) error {
	if r.Params.Dir == "" {
		return nil
	}
	return os.RemoveAll(r.Params.Dir)
}

// handOver puts the domain in the place of ours, which has the same UUID. What the TPM keeps lies in libvirt's folder by that, and stays.
func (w *Works) handOver(ctx context.Context, r *releaseRun) (operation.Commit, error) {
	p := r.Params
	m, err := w.released(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := w.nameTaken(ctx, p); err != nil {
		return nil, err
	}
	if len(m.Hardware.Devices) > 0 {
		own, err := w.ownFolder(ctx, r)
		if err != nil {
			return nil, err
		}
		if err := (firmware.TPM{Dir: own, UUID: m.UUID}).Plant(); err != nil {
			return nil, err
		}
	}
	text, err := w.releasedDomain(ctx, &m, p)
	if err != nil {
		return nil, err
	}
	d, err := w.domain(ctx, m.Key)
	if err == nil && d.Ref != (libvirt.Ref{}) {
		err = w.Host.Drop(ctx, d.Ref)
	}
	if err != nil {
		return nil, err
	}
	if _, err := w.Host.Define(ctx, text); err != nil {
		return nil, err
	}
	r.Result(map[string]string{"domain": p.Name, "uuid": p.UUID, "folder": p.Dir})
	return func(tx *store.Tx) error {
		err := tx.Delete("vms", schema.IntValue(p.VM))
		if errs.Is(err, errs.NotFound) {
			err = errs.New(errs.Conflict, "vm_deleted", "the VM was deleted while it was released")
		}
		return err
	}, nil
}

// nameTaken is nameIsFree, but for the domain that an earlier try of this has made.
func (w *Works) nameTaken(ctx context.Context, p compute.VMRelease) error {
	if d, err := w.handedOver(ctx, p); err != nil || d.Ref != (libvirt.Ref{}) {
		return err
	}
	return w.nameIsFree(ctx, p)
}

// handedOver finds the domain that the VM has become; it is empty where there is none.
func (w *Works) handedOver(ctx context.Context, p compute.VMRelease) (libvirt.Info, error) {
	domains, err := w.Host.List(ctx, p.Name)
	for _, d := range domains {
		if d.Name == p.Name && d.UUID == p.UUID {
			return d, nil
		}
	}
	return libvirt.Info{}, err
}

// takeBack removes the domain's definition again. The VM's own is made at its next start.
func (w *Works) takeBack(ctx context.Context, r *releaseRun) error {
	d, err := w.handedOver(ctx, r.Params)
	if err != nil || d.Ref == (libvirt.Ref{}) {
		return err
	}
	if d.State.Active() {
		return errs.New(errs.Conflict, "domain_started", "the domain %q was started before its VM was gone; shut it down", d.Name)
	}
	return w.Host.Drop(ctx, d.Ref)
}

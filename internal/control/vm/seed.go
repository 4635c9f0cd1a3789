package vm

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"dewpoint/internal/cloudinit"
	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/access"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/iso"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// Seed implements Rows.
func (r *StoreRows) Seed(ctx context.Context, vm int64) (files []compute.CloudinitFile, err error) {
	err = r.db.View(ctx, func(tx *store.Tx) (err error) {
		files, err = store.FindRows[compute.CloudinitFile](tx, store.Is(compute.CloudinitFileCol.Owner, fmt.Sprintf("vms/%d", vm)))
		return err
	})
	return files, err
}

// plantSeed makes the disk for cloud-init anew, as the VM's files are now, or removes the one of an earlier start. The machine's folder is there.
func (c *Controller) plantSeed(ctx context.Context, vm *domxml.VM, n node) ([]compute.CloudinitFile, error) {
	path := filepath.Join(vm.Dir, domxml.SeedFile)
	files, err := c.seedFiles(ctx, vm)
	if err != nil {
		return nil, err
	}
	of := cloudinit.VM{Key: vm.Row.Key, UUID: vm.UUID, Name: vm.Title}
	seed, err := cloudinit.Compose(vm.Row.CloudinitDatasource, of, files)
	if err != nil {
		return nil, fmt.Errorf("making the disk for cloud-init: %w", err)
	}
	if seed.Label == "" {
		if err := fileio.Remove(path); err != nil {
			return nil, err
		}
		return files, nil
	}
	if err := iso.Write(path, seed.Label, seed.Files); err != nil {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return nil, errs.Wrap(err, errs.Full, "no_space", "the disk for cloud-init can't be written: the data directory is full; free some space")
		}
		return nil, err
	}
	vm.Seed = path
	return files, access.Show(path, max(n.gid, 0))
}

// seedFiles reads the files of a VM that has a source for them.
func (c *Controller) seedFiles(ctx context.Context, vm *domxml.VM) ([]compute.CloudinitFile, error) {
	if source := vm.Row.CloudinitDatasource; source == "" || source == cloudinit.None {
		return nil, nil
	}
	return c.rows.Seed(ctx, vm.Row.Key)
}

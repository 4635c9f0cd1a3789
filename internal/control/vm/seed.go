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
	made, err := writeSeed(path, vm, files)
	if err != nil {
		return nil, err
	}
	if !made {
		if err := fileio.Remove(path); err != nil {
			return nil, err
		}
		return files, nil
	}
	vm.Seed = path
	return files, access.Show(path, max(n.gid, 0))
}

// writeSeed makes the disk for cloud-init of these files, where the VM has a source for it.
func writeSeed(path string, vm *domxml.VM, files []compute.CloudinitFile) (made bool, err error) {
	of := cloudinit.VM{Key: vm.Row.Key, UUID: vm.UUID, Name: vm.Title}
	seed, err := cloudinit.Compose(vm.Row.CloudinitDatasource, of, files)
	if err != nil {
		return false, fmt.Errorf("making the disk for cloud-init: %w", err)
	}
	if seed.Label == "" {
		return false, nil
	}
	err = iso.Write(path, seed.Label, seed.Files)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = errs.Wrap(err, errs.Full, "no_space", "the disk for cloud-init can't be written: its file system is full; free some space")
	}
	return true, err
}

// seedFiles reads the files of a VM that has a source for them.
func (c *Controller) seedFiles(ctx context.Context, vm *domxml.VM) ([]compute.CloudinitFile, error) {
	if source := vm.Row.CloudinitDatasource; source == "" || source == cloudinit.None {
		return nil, nil
	}
	return c.rows.Seed(ctx, vm.Row.Key)
}

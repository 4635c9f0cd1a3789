package storage

import (
	"context"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/firmware"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// copyFirmware gives a clone the variables of the other VM's firmware, by which it finds its system, and what its TPM keeps where that was asked for.
func (c *Config) copyFirmware(ctx context.Context, r *cloneRun) error {
	if r.Params.Firmware == 0 {
		return nil // begun by an older version
	}
	var from, to compute.Machine
	err := r.View(ctx, func(tx *store.Tx) error {
		vm, err := store.GetRow[compute.VM](tx, r.Params.VM)
		if err != nil {
			return err
		}
		if to, err = store.GetRow[compute.Machine](tx, vm.Machine); err != nil {
			return err
		}
		from, err = store.GetRow[compute.Machine](tx, r.Params.Firmware)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.Conflict, "clone_deleted", "the new VM, or the one that was to be cloned, was deleted")
	}
	if err != nil {
		return err
	}
	if err := firmware.CopyVariables(c.folder(from), c.folder(to)); err != nil || !r.Params.TPM {
		return err
	}
	return firmware.TPM{Dir: c.folder(from), UUID: from.UUID}.CopyTo(c.folder(to))
}

// folder is a machine's own.
func (c *Config) folder(m compute.Machine) string {
	return filepath.Join(c.DataDir, "machines", column.StorageName(m.Key, m.StorageID))
}

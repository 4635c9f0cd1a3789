package storage

import (
	"cmp"
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// DropImport implements Rows.
func (r *StoreRows) DropImport(ctx context.Context, key int64, p compute.ApplianceImport) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Delete("vms", schema.IntValue(p.VM)); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		op, err := store.GetRow[system.Operation](tx, key)
		if err != nil {
			return err
		}
		set := compute.VMImportSet{}.Status("error").StatusInfo(cmp.Or(op.Failure, "the import failed; nothing is left of it"))
		level := "error"
		if op.Outcome == operation.Cancelled {
			set.Status("aborted").StatusInfo("aborted; nothing is left of it").Aborted(true)
			level = "message"
		}
		set.Importing(false).Null(compute.VMImportCol.VM, compute.VMImportCol.UUID)
		return endImport(tx, p.Import, set, level)
	})
}

// endImport writes how an import has ended into its row, if that is there and doesn't say so yet, and into its log.
func endImport(tx *store.Tx, key string, set compute.VMImportSet, level string) error {
	row, err := store.GetRow[compute.VMImport](tx, schema.TextValue(key))
	if errs.Is(err, errs.NotFound) || err == nil && !row.Importing {
		return nil
	}
	if err != nil {
		return err
	}
	if err := store.Write(tx, schema.TextValue(key), set); err != nil {
		return err
	}
	text := schema.Set(set)[compute.VMImportCol.StatusInfo.Name()].Text()
	_, err = store.Insert(tx, compute.VMImportLogSet{}.VMImport(key).Level(level).Text(text).Timestamp(tx.Now().UnixMicro()))
	return err
}

// completeImport says that an import is done: as it was, or with warnings.
func completeImport(tx *store.Tx, key string) error {
	of := compute.VMImportLogCol
	warnings, err := tx.Count("vm_import_logs", store.Is(of.VMImport, key), store.Is(of.Level, "warning"))
	if err != nil {
		return err
	}
	set := compute.VMImportSet{}.Status("complete").StatusInfo("the VM is there").Importing(false)
	if warnings > 0 {
		set.Status("warning").StatusInfo("the VM is there; not all is as it was, see the import's log")
	}
	return endImport(tx, key, set, "summary")
}

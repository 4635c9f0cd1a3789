package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

// readImports reads the last import of each drive that has to have one and isn't ready.
func (t *tables) readImports(tx *store.Tx) error {
	var queues []string
	for _, d := range t.drives {
		if imported(d.Media) && !t.statuses[d.Key].Ready {
			queues = append(queues, queueOf(d))
		}
	}
	if len(queues) == 0 {
		return nil
	}
	rows, err := store.FindRows[system.Operation](
		tx, store.Is(system.OperationCol.Queue, queues...), store.Is(system.OperationCol.Kind, compute.DriveImport{}.Operation()))
	if err != nil {
		return err
	}
	t.imports = map[string]Import{}
	for _, row := range rows { // the last one counts
		was := Import{Operation: row.Key, Open: row.Ended == 0, Cancelled: row.Status == operation.Cancelled, Info: row.StatusInfo}
		var params compute.DriveImport
		if err := json.Unmarshal([]byte(row.Params), &params); err != nil {
			return fmt.Errorf("params of operation %d: %w", row.Key, err)
		}
		was.Of = params.Of
		t.imports[row.Object] = was
	}
	return nil
}

func imported(media string) bool { return media == "import" || media == "clone" }

// queueOf names the queue of all that happens to a machine as a whole.
func queueOf(d compute.MachineDrive) string { return fmt.Sprintf("machines/%d", d.Machine) }

func objectOf(d compute.MachineDrive) string { return fmt.Sprintf("machine_drives/%d", d.Key) }

// importing reads what a drive is to be made from now.
func importing(tx *store.Tx, key int64) (d Drive, err error) {
	row, err := store.GetRow[compute.MachineDrive](tx, key)
	if err != nil {
		return d, err
	}
	machine, err := store.GetRow[compute.Machine](tx, row.Machine)
	if err != nil {
		return d, err
	}
	file, err := store.GetRow[storage.File](tx, row.MediaSource)
	if err != nil {
		return d, err
	}
	t := tables{
		drives: []compute.MachineDrive{row}, machines: map[int64]compute.Machine{machine.Key: machine}, files: map[int64]storage.File{file.Key: file},
	}
	return t.wish("")[0], nil
}

// Ask begins the imports of drives that have none under way and whose files are whole.
func (r *StoreRows) Ask(ctx context.Context, drives []*Drive) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, d := range drives {
			row, err := store.GetRow[compute.MachineDrive](tx, d.Key)
			if errs.Is(err, errs.NotFound) {
				continue // deleted meanwhile
			}
			if err != nil {
				return err
			}
			open, err := operation.About(tx, objectOf(row), compute.DriveImport{}.Operation())
			if err != nil {
				return err
			}
			if open {
				continue // a request has begun it meanwhile
			}
			if _, err := operation.Begin(tx, operation.Request{
				Object: objectOf(row), Queue: queueOf(row), Node: r.node, Creator: row.Creator,
				Params: compute.DriveImport{Drive: d.Key, Of: d.importSource()},
			}); err != nil {
				return err
			}
			if err := report(tx, Fact{Drive: d.Key, Status: Status{Status: "importing"}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Cancel stops the imports of drives that are deleted.
func (r *StoreRows) Cancel(ctx context.Context, operations []int64) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, key := range operations {
			if err := operation.Cancel(tx, key); err != nil && !errs.Is(err, errs.Conflict) { // it has ended meanwhile
				return err
			}
		}
		return nil
	})
}

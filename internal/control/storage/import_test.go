package storage_test

import (
	"fmt"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// imported returns the last import of a drive.
func (p *pool) imported(drive int64) (last model.Operation) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[model.Operation](tx, store.Eq("object", schema.TextValue(fmt.Sprintf("machine_drives/%d", drive))))
		if len(rows) > 0 {
			last = rows[len(rows)-1]
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return last
}

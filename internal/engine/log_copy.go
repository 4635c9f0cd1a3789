package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// copyLine writes a line of the log into the logs of single things, too: those that have a parent. The line belongs there when it is about a row that leads to
// the parent by a column of the same name, or is the parent itself, and the parent is still there.
func (w *Write) copyLine(line, r *schema.Record) error {
	for _, log := range w.tx.Schema().Tables() {
		if !log.IsLog || log.Parent == "" {
			continue
		}
		key, leads := log.ParentOf(r)
		if !leads {
			continue
		}
		_, err := w.tx.Get(log.Field(log.Parent).Ref, key)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		copied := schema.NewRecord(log)
		for _, f := range log.Fields {
			if from := line.Table.Field(f.Name); from != nil && from.IsRow() == f.IsRow() { // one names who did it, another refers to the account
				copied.Put(f.Name, line.Get(f.Name))
			}
		}
		copied.Put(log.Parent, key)
		if _, err := w.tx.Insert(copied); err != nil {
			return err
		}
	}
	return nil
}

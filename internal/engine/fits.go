package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Fits is Invalid when a value doesn't fit its column, as it would be at a create: for what is taken now and written later.
func (e *Engine) Fits(table string, in schema.Input) error {
	t, err := e.served(table)
	if err != nil {
		return err
	}
	for name, raw := range in {
		f := t.Field(name)
		if f == nil {
			return errs.New(errs.Internal, "no_column", "table %s has no column %s", table, name)
		}
		if _, err := f.Parse(raw); err != nil {
			return err
		}
	}
	return nil
}

package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// checkRequired is Invalid when what a client sent leaves a column empty that must have a value. It comes before the table's own code, which so
// finds all of them filled but those that are its own to fill. Clients send whole rows back: what was empty may stay so.
func checkRequired(old *schema.Record, set, forwarded schema.Set, create bool) error {
	for _, f := range old.Table.Fields {
		if !f.IsRequired || f.IsFilled || !f.Writable(create) {
			continue
		}
		v, given := set[f.Name]
		if f.Bond == schema.Forwarded {
			v, given = forwarded[f.Name]
		}
		switch {
		case create && v.IsNull():
			v = f.DefaultValue
		case !create && (!given || v == old.Get(f.Name)):
			continue
		}
		if err := keepsRequired(f, v); err != nil {
			return err
		}
	}
	return nil
}

// keepsRequired is Invalid when a column gets no value that must have one.
func keepsRequired(f *schema.Field, v schema.Value) error {
	if f.IsRequired && v.Text() == "" {
		return errs.Field(f.Name, "is required").Coded("required")
	}
	return nil
}

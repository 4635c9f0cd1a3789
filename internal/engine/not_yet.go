package engine

import (
	"encoding/json"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// notYet refuses a value that can't be given yet. Clients send whole rows back: what is as it is, is no wish.
func notYet(f *schema.Field, raw json.RawMessage, present schema.Value) error {
	v, err := f.Parse(raw)
	if err != nil || v.IsNull() || v.Text() == "" || v == present || v == f.DefaultValue && present.IsNull() || slices.Contains(f.Built, v.Text()) {
		return err
	}
	what := f.Name
	if !f.IsReadOnly {
		what += ` "` + errs.Clip(v.Text()) + `"`
	}
	return errs.New(errs.NotBuilt, "not_built", "%s: %s", errs.Ours(what), errs.Ours(f.NotBuilt)).On(f.Name)
}

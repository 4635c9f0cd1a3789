package engine

import (
	"encoding/json"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// notYet refuses a value that can't be given yet. Clients send whole rows back, so a value that stays as it is passes, and
// so does nothing, or the 0 that some send for it.
func notYet(f *schema.Field, raw json.RawMessage, present schema.Value) error {
	v, err := f.Parse(raw)
	none := f.DefaultValue
	if none.IsNull() && v.Kind() == schema.Int && !f.IsRow() {
		none = schema.IntValue(0)
	}
	if err != nil || v.IsNull() || v.Text() == "" || v == present || v == none && (present.IsNull() || !f.IsReadOnly) || slices.Contains(f.Built, v.Text()) {
		return err
	}
	if f.IsReadOnly {
		return errs.New(errs.NotBuilt, "not_built", "%s: %s", errs.Column(f.Name), errs.Ours(f.NotBuilt)).On(f.Name)
	}
	return errs.New(errs.NotBuilt, "not_built", "%s %q: %s", errs.Column(f.Name), v.Text(), errs.Ours(f.NotBuilt)).On(f.Name)
}

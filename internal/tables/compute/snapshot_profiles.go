package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
)

var profileHooks = engine.Hooks{Actions: map[string]engine.Action{
	"delete": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
		return w.Delete(r.Table.Name, r.Key.Text())
	},
}}

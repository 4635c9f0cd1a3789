package system

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
)

var operationHooks = engine.Hooks{
	Actions: map[string]engine.Action{
		"cancel": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return operation.Cancel(w.Tx, r.Key.Int())
		},
	},
}

package engine

import (
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
)

var operationHooks = hooks{
	actions: map[string]action{
		"cancel": func(w *Write, r *schema.Record, _ schema.Set) error { return operation.Cancel(w.Tx, r.Key.Int()) },
	},
}

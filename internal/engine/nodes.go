package engine

import "dewpoint/internal/schema"

var nodeHooks = hooks{actions: map[string]action{
	"refresh": func(w *Write, r *schema.Record, _ schema.Set) error {
		w.Tx.Touch("nodes", r.Key)
		return nil
	},
}}

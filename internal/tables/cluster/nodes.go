package cluster

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
)

var nodeHooks = engine.Hooks{Actions: map[string]engine.Action{
	"refresh": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
		w.Tx.Touch("nodes", r.Key)
		return nil
	},
}}

package system

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/system"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var systemHooks = engine.Hooks{Actions: map[string]engine.Action{"backup": backUp}}

// backUp asks for a backup and notes how many of its kind are left then. While one is being made that is the answer, with the number that was
// given last: a server that can't make any would gather their rows.
func backUp(w *engine.Inside, _ *schema.Record, params schema.Set) error {
	if !w.Actor.Admin {
		return perm.Deny(perm.Create, w.Tx.Schema().Table("database_backups"))
	}
	open, err := w.Tx.Find("database_backups", store.Eq("scheduled", schema.BoolValue(true)),
		store.In("status", schema.TextValue(system.BackupQueued), schema.TextValue(system.BackupRunning)))
	if err != nil {
		return err
	}
	var backup schema.Value
	if len(open) > 0 {
		backup = open[0].Key
	} else {
		made, err := w.Create("database_backups", schema.Input{})
		if err != nil {
			return err
		}
		backup = made.Key
	}
	w.Answers["database_backup"] = backup.Int()
	return w.Tx.Change("database_backups", backup, schema.Set{"scheduled": schema.BoolValue(true), "keep": params["keep"]})
}

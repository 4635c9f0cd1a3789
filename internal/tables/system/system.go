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
	open, err := w.Tx.Find("database_backups", store.Is(system.DatabaseBackupCol.Scheduled, true),
		store.Is(system.DatabaseBackupCol.Status, system.BackupQueued, system.BackupRunning))
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
	set := system.DatabaseBackupSet{}.Scheduled(true)
	set[system.DatabaseBackupCol.Keep.Name()] = params["keep"]
	return store.Write(w.Tx, backup, set)
}

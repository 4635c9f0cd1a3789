package engine

import (
	"context"

	"dewpoint/internal/model/system"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var backupHooks = hooks{
	create: func(w *Write, r *schema.Record) error {
		r.Put("status", schema.TextValue(system.BackupQueued))
		if r.Get("name").Text() == "" {
			r.Put("name", schema.TextValue(w.Tx.Now().UTC().Format("2006-01-02 15:04:05 UTC")))
		}
		return nil
	},
	created: func(w *Write, r *schema.Record) error {
		// The name begins with the key, which is never given again: a restored database gives none that something in the folder has.
		path := system.BackupsFolder + "/" + r.Key.Text() + "-" + w.Tx.Now().UTC().Format("20060102T150405Z") + ".backup"
		return w.Tx.Change(r.Table.Name, r.Key, schema.Set{"path": schema.TextValue(path)})
	},
}

// Taking is told when an administrator is about to download a backup, which has all secrets of all users in it: the log says so. Denied for an API
// key with bounds unless the backup is sealed: by what is in it anybody can be let in.
func (e *Engine) Taking(ctx context.Context, table, key string) error {
	return e.Do(ctx, func(w *Write) error {
		_, r, held, err := w.live(table, key, perm.Read)
		if err == nil {
			err = held.Check(perm.Read)
		}
		if err == nil && !r.Get("sealed").Bool() {
			err = w.mayOutlast("download backups without a passphrase")
		}
		if err != nil {
			return err
		}
		return w.logRow(r, "downloaded")
	})
}

var systemHooks = hooks{actions: map[string]action{"backup": backUp}}

// backUp asks for a backup and notes how many of its kind are left then. While one is being made that is the answer, with the number that was
// given last: a server that can't make any would gather their rows.
func backUp(w *Write, _ *schema.Record, params schema.Set) error {
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

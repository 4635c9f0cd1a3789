package system

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/bounds"
)

var backupHooks = engine.Hooks{
	Create: func(w *engine.Inside, r *schema.Record) error {
		system.DatabaseBackupCol.Status.Put(r, system.BackupQueued)
		if system.DatabaseBackupCol.Name.Of(r).Text() == "" {
			system.DatabaseBackupCol.Name.Put(r, w.Tx.Now().UTC().Format("2006-01-02 15:04:05 UTC"))
		}
		return nil
	},
	Created: func(w *engine.Inside, r *schema.Record) error {
		// The name begins with the key, which is never given again: a restored database gives none that something in the folder has.
		path := system.BackupsFolder + "/" + r.Key.Text() + "-" + w.Tx.Now().UTC().Format("20060102T150405Z") + ".backup"
		return store.Write(w.Tx, r.Key, system.DatabaseBackupSet{}.Path(path))
	},
	Taken: func(w *engine.Inside, r *schema.Record) error {
		if system.DatabaseBackupCol.Sealed.Of(r).Bool() {
			return nil
		}
		// Everybody can be let in by what is in it.
		return bounds.MayOutlast(w, "download backups without a passphrase")
	},
}

package system

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/tables/bounds"
)

var backupHooks = engine.Hooks{
	Create: func(w *engine.Inside, r *schema.Record) error {
		r.Put("status", schema.TextValue(system.BackupQueued))
		if r.Get("name").Text() == "" {
			r.Put("name", schema.TextValue(w.Tx.Now().UTC().Format("2006-01-02 15:04:05 UTC")))
		}
		return nil
	},
	Created: func(w *engine.Inside, r *schema.Record) error {
		// The name begins with the key, which is never given again: a restored database gives none that something in the folder has.
		path := system.BackupsFolder + "/" + r.Key.Text() + "-" + w.Tx.Now().UTC().Format("20060102T150405Z") + ".backup"
		return w.Tx.Change(r.Table.Name, r.Key, schema.Set{"path": schema.TextValue(path)})
	},
	Taken: func(w *engine.Inside, r *schema.Record) error {
		if r.Get("sealed").Bool() {
			return nil
		}
		// Everybody can be let in by what is in it.
		return bounds.MayOutlast(w, "download backups without a passphrase")
	},
}

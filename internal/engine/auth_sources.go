package engine

import (
	"maps"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

var authSourceHooks = hooks{
	create:  prepareSource,
	created: sealSource,
	update:  updateSource,
	remove:  func(w *Write, _ *schema.Record) error { return w.mayChangeSources() },
}

// mayChangeSources lets administrators alone at the sources: who can send logins to a server of his own can enter as anybody.
func (w *Write) mayChangeSources() error {
	if w.Actor.Admin {
		return w.mayOutlast("change who vouches for logins")
	}
	return errs.New(errs.Denied, "denied", "authorization sources are made, changed and deleted by administrators")
}

// prepareSource keeps what is secret of the settings out of the new row; it can be sealed once the row has its key.
func prepareSource(w *Write, r *schema.Record) error {
	if err := w.mayChangeSources(); err != nil {
		return err
	}
	given := r.Get("settings").Text()
	r.Put("settings", schema.Value{})
	set, err := w.eng.secrets.SourceSettings(r, given)
	if err != nil {
		return err
	}
	r.Put("settings", set["settings"])
	if r.Get("debug").Bool() {
		r.Put("debug_ts", schema.IntValue(w.Tx.Now().Unix()))
	}
	return nil
}

func sealSource(w *Write, r *schema.Record) error {
	given, err := r.Table.Field("settings").Parse(w.given["settings"])
	if err != nil {
		return err
	}
	set, err := w.eng.secrets.SourceSettings(r, given.Text())
	if err != nil {
		return err
	}
	return w.Tx.Change(r.Table.Name, r.Key, schema.Set{"secrets": set["secrets"]})
}

func updateSource(w *Write, old *schema.Record, set schema.Set) error {
	if err := w.mayChangeSources(); err != nil {
		return err
	}
	if debug, given := set["debug"]; given && debug != old.Get("debug") {
		set["debug_ts"] = schema.IntValue(debug.Int() * w.Tx.Now().Unix())
	}
	given, ok := set["settings"]
	if !ok {
		return nil
	}
	columns, err := w.eng.secrets.SourceSettings(old, given.Text())
	maps.Copy(set, columns)
	return err
}

package access

import (
	"maps"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/tables/bounds"
)

func (a area) authSources() engine.Hooks {
	return engine.Hooks{
		Create:  a.prepareSource,
		Created: a.sealSource,
		Update:  a.updateSource,
		Remove:  func(w *engine.Inside, _ *schema.Record) error { return mayChangeSources(w) },
	}
}

// mayChangeSources lets administrators alone at the sources: who can send logins to a server of his own can enter as anybody.
func mayChangeSources(w *engine.Inside) error {
	if w.Actor.Admin {
		return bounds.MayOutlast(w, "change who vouches for logins")
	}
	return errs.New(errs.Denied, "denied", "authorization sources are made, changed and deleted by administrators")
}

// prepareSource keeps what is secret of the settings out of the new row; it can be sealed once the row has its key.
func (a area) prepareSource(w *engine.Inside, r *schema.Record) error {
	if err := mayChangeSources(w); err != nil {
		return err
	}
	given := r.Get("settings").Text()
	r.Put("settings", schema.Value{})
	set, err := a.secrets.SourceSettings(r, given)
	if err != nil {
		return err
	}
	r.Put("settings", set["settings"])
	if r.Get("debug").Bool() {
		r.Put("debug_ts", schema.IntValue(w.Tx.Now().Unix()))
	}
	return nil
}

func (a area) sealSource(w *engine.Inside, r *schema.Record) error {
	given, err := r.Table.Field("settings").Parse(w.Given["settings"])
	if err != nil {
		return err
	}
	set, err := a.secrets.SourceSettings(r, given.Text())
	if err != nil {
		return err
	}
	return w.Tx.Change(r.Table.Name, r.Key, schema.Set{"secrets": set["secrets"]})
}

func (a area) updateSource(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if err := mayChangeSources(w); err != nil {
		return err
	}
	if debug, given := set["debug"]; given && debug != old.Get("debug") {
		set["debug_ts"] = schema.IntValue(debug.Int() * w.Tx.Now().Unix())
	}
	given, ok := set["settings"]
	if !ok {
		return nil
	}
	columns, err := a.secrets.SourceSettings(old, given.Text())
	maps.Copy(set, columns)
	return err
}

package access

import (
	"maps"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
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
	return errs.New(errs.Denied, "denied", "only administrators can create, change and delete authorization sources")
}

// prepareSource keeps what is secret of the settings out of the new row; it can be sealed once the row has its key.
func (a area) prepareSource(w *engine.Inside, r *schema.Record) error {
	if err := mayChangeSources(w); err != nil {
		return err
	}
	given := access.AuthSourceCol.Settings.Of(r).Text()
	r.PutAll(schema.Set(access.AuthSourceSet{}.Null(access.AuthSourceCol.Settings)))
	set, err := a.secrets.SourceSettings(r, given)
	if err != nil {
		return err
	}
	delete(set, access.AuthSourceCol.Secrets.Name())
	if access.AuthSourceCol.Debug.Of(r).Bool() {
		set.DebugTs(w.Tx.Now().Unix())
	}
	r.PutAll(schema.Set(set))
	return nil
}

func (a area) sealSource(w *engine.Inside, r *schema.Record) error {
	given, err := r.Table.Field(access.AuthSourceCol.Settings.Name()).Parse(w.Given[access.AuthSourceCol.Settings.Name()])
	if err != nil {
		return err
	}
	set, err := a.secrets.SourceSettings(r, given.Text())
	if err != nil {
		return err
	}
	delete(set, access.AuthSourceCol.Settings.Name()) // they are there
	return store.Write(w.Tx, r.Key, set)
}

func (a area) updateSource(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if err := mayChangeSources(w); err != nil {
		return err
	}
	of := access.AuthSourceCol
	if debug, given := of.Debug.In(set); given && debug != of.Debug.Of(old) {
		access.AuthSourceSet(set).DebugTs(debug.Int() * w.Tx.Now().Unix())
	}
	given, ok := of.Settings.In(set)
	if !ok {
		return nil
	}
	columns, err := a.secrets.SourceSettings(old, given.Text())
	maps.Copy(set, columns)
	return err
}

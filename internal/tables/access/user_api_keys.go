package access

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/bounds"
)

func (a area) apiKeys() engine.Hooks {
	return engine.Hooks{Create: a.createAPIKey, Update: updateAPIKey, Remove: removeAPIKey}
}

func (a area) createAPIKey(w *engine.Inside, r *schema.Record) error {
	of := access.UserAPIKeyCol
	if of.User.Of(r).IsNull() {
		of.User.Put(r, w.Actor.User)
	}
	if of.User.Of(r).Int() != w.Actor.User && !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "you can create API keys only for yourself")
	}
	if of.ExpiresType.Of(r).IsNull() {
		of.ExpiresType.Put(r, map[bool]string{true: "never", false: "date"}[of.Expires.Of(r).Int() == 0])
	}
	if err := bounds.Stay(w, store.RowOf[access.UserAPIKey](r)); err != nil {
		return err
	}
	key, digest := a.secrets.NewAPIKey()
	of.Digest.Put(r, digest)
	w.Response["private_key"], w.Response["token"] = key, key
	return nil
}

// updateAPIKey lets nobody change the key of somebody with more rights, and no key get rid of bounds.
func updateAPIKey(w *engine.Inside, old *schema.Record, set schema.Set) error {
	changed := old.Changes(set)
	if len(changed) == 0 {
		return nil
	}
	if err := mayActAsOwner(w, old); err != nil {
		return err
	}
	of := access.UserAPIKeyCol
	for _, bound := range []schema.Named{of.Expires, of.ExpiresType, of.IPAllowList, of.IPDenyList} {
		if _, given := changed[bound.Name()]; given {
			return bounds.Stay(w, store.RowOf[access.UserAPIKey](old.With(set)))
		}
	}
	return nil
}

// removeAPIKey lets nobody revoke the key of somebody with more rights: what works by it would stand still.
func removeAPIKey(w *engine.Inside, r *schema.Record) error { return mayActAsOwner(w, r) }

func mayActAsOwner(w *engine.Inside, key *schema.Record) error {
	owner, err := w.Tx.Get("users", access.UserAPIKeyCol.User.Of(key))
	if err != nil {
		return err
	}
	return mayActAs(w, owner)
}

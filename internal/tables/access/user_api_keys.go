package access

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/tables/bounds"
)

func (a area) apiKeys() engine.Hooks {
	return engine.Hooks{Create: a.createAPIKey, Update: updateAPIKey, Remove: removeAPIKey}
}

func (a area) createAPIKey(w *engine.Inside, r *schema.Record) error {
	if r.Get("user").IsNull() {
		r.Put("user", schema.RefValue(w.Actor.User))
	}
	if r.Get("user").Int() != w.Actor.User && !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "you can make API keys for yourself only")
	}
	if r.Get("expires_type").IsNull() {
		r.Put("expires_type", schema.TextValue(map[bool]string{true: "never", false: "date"}[r.Get("expires").Int() == 0]))
	}
	if err := bounds.Stay(w, r); err != nil {
		return err
	}
	key, digest := a.secrets.NewAPIKey()
	r.Put("digest", schema.TextValue(digest))
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
	for _, column := range []string{"expires", "expires_type", "ip_allow_list", "ip_deny_list"} {
		if _, given := changed[column]; given {
			return bounds.Stay(w, old.With(set))
		}
	}
	return nil
}

// removeAPIKey lets nobody revoke the key of somebody with more rights: what works by it would stand still.
func removeAPIKey(w *engine.Inside, r *schema.Record) error { return mayActAsOwner(w, r) }

func mayActAsOwner(w *engine.Inside, key *schema.Record) error {
	owner, err := w.Tx.Get("users", key.Get("user"))
	if err != nil {
		return err
	}
	return mayActAs(w, owner)
}

package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

var apiKeyHooks = hooks{create: createAPIKey, update: updateAPIKey, remove: removeAPIKey}

func createAPIKey(w *Write, r *schema.Record) error {
	if r.Get("user").IsNull() {
		r.Put("user", schema.RefValue(w.Actor.User))
	}
	if r.Get("user").Int() != w.Actor.User && !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "you can make API keys for yourself only")
	}
	if r.Get("expires_type").IsNull() {
		r.Put("expires_type", schema.TextValue(map[bool]string{true: "never", false: "date"}[r.Get("expires").Int() == 0]))
	}
	if err := w.staysBound(r); err != nil {
		return err
	}
	key, digest := w.eng.secrets.NewAPIKey()
	r.Put("digest", schema.TextValue(digest))
	w.Response["private_key"], w.Response["token"] = key, key
	return nil
}

// updateAPIKey lets nobody change the key of somebody with more rights, and no key get rid of bounds.
func updateAPIKey(w *Write, old *schema.Record, set schema.Set) error {
	changed := old.Changes(set)
	if len(changed) == 0 {
		return nil
	}
	if err := w.mayActAsOwner(old); err != nil {
		return err
	}
	for _, column := range []string{"expires", "expires_type", "ip_allow_list", "ip_deny_list"} {
		if _, given := changed[column]; given {
			return w.staysBound(old.With(set))
		}
	}
	return nil
}

// removeAPIKey lets nobody revoke the key of somebody with more rights: what works by it would stand still.
func removeAPIKey(w *Write, r *schema.Record) error { return w.mayActAsOwner(r) }

func (w *Write) mayActAsOwner(key *schema.Record) error {
	owner, err := w.Tx.Get("users", key.Get("user"))
	if err != nil {
		return err
	}
	return w.mayActAs(owner)
}

package engine

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func userHooks(secrets Secrets) hooks {
	return hooks{
		create: func(_ *Write, r *schema.Record) error {
			id := make([]byte, 20)
			if _, err := rand.Read(id); err != nil {
				return err
			}
			r.Put("id", schema.TextValue(hex.EncodeToString(id)))
			r.Put("name", schema.TextValue(strings.ToLower(r.Get("name").Text())))
			if password := r.Get("password").Text(); password != "" {
				r.Put("password", schema.TextValue(secrets.HashPassword(password)))
			}
			return nil
		},
		update: func(w *Write, old *schema.Record, set schema.Set) error {
			if v, ok := set["enabled"]; ok && !v.Bool() && old.Get("admin").Bool() {
				if err := w.keepAnAdmin(old); err != nil {
					return err
				}
			}
			if v, ok := set["password"]; ok {
				if v.Text() == "" {
					delete(set, "password")
					return nil
				}
				set["token_epoch"] = schema.IntValue(old.Get("token_epoch").Int() + 1) // tokens given before are void
				set["password"] = schema.TextValue(secrets.HashPassword(v.Text()))
				return w.endSessions(old.Key)
			}
			return nil
		},
		remove: func(w *Write, r *schema.Record) error { return w.keepAnAdmin(r) },
	}
}

// endSessions ends all sessions of a user.
func (w *Write) endSessions(user schema.Value) error {
	sessions, err := w.Tx.Find("sessions", store.Eq("user", user))
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if err := w.Tx.Purge("sessions", s.Key); err != nil {
			return err
		}
	}
	return nil
}

// keepAnAdmin refuses to take away the last enabled user who may do everything.
func (w *Write) keepAnAdmin(r *schema.Record) error {
	admins, err := w.Tx.Count("users", store.Eq("admin", schema.BoolValue(true)), store.Eq("enabled", schema.BoolValue(true)))
	if err == nil && r.Get("admin").Bool() && admins <= 1 {
		err = errs.New(errs.Conflict, "last_admin", "user %q is the last administrator; make another one first", r.Get("name").Text())
	}
	return err
}

func apiKeyHooks(secrets Secrets) hooks {
	return hooks{
		create: func(w *Write, r *schema.Record) error {
			if r.Get("user").IsNull() {
				r.Put("user", schema.RefValue(w.Actor.User))
			}
			if r.Get("user").Int() != w.Actor.User && !w.Actor.Admin {
				return errs.New(errs.Denied, "denied", "you can make API keys for yourself only")
			}
			if r.Get("expires_type").IsNull() && r.Get("expires").Int() == 0 {
				r.Put("expires_type", schema.TextValue("never"))
			}
			key, digest := secrets.NewAPIKey()
			r.Put("digest", schema.TextValue(digest))
			w.Response["private_key"], w.Response["token"] = key, key
			return nil
		},
	}
}

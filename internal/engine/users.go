package engine

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var userHooks = hooks{
	create: createUser,
	update: updateUser,
	remove: func(w *Write, r *schema.Record) error { return w.keepAnAdmin(r) },
	actions: map[string]action{
		"enable":             func(w *Write, r *schema.Record, _ schema.Set) error { return w.setEnabled(r, true) },
		"disable":            func(w *Write, r *schema.Record, _ schema.Set) error { return w.setEnabled(r, false) },
		"two_factor_setup":   setUpSecondFactor,
		"two_factor_confirm": confirmSecondFactor,
		"two_factor_off":     endSecondFactor,
	},
}

// elsewhere stands for the digest of a password that an authorization source knows; no password has it.
const elsewhere = "*"

func createUser(w *Write, r *schema.Record) (err error) {
	if err := w.mayOutlast("make accounts"); err != nil {
		return err
	}
	id := make([]byte, 20)
	rand.Read(id)
	r.Put("id", schema.TextValue(hex.EncodeToString(id)))
	r.Put("name", schema.TextValue(strings.ToLower(r.Get("name").Text())))
	digest, password := schema.TextValue(elsewhere), r.Get("password").Text()
	switch {
	case !r.Get("auth_source").IsNull():
	case password == "":
		return nil // reported as missing
	default:
		digest, err = w.digest(r.Get("name").Text(), password)
	}
	r.Put("password", digest)
	return err
}

func updateUser(w *Write, old *schema.Record, set schema.Set) (err error) {
	if set["password"].Text() == "" {
		delete(set, "password") // clients send whole rows
	}
	if err := w.mayChangeAccount(old, set); err != nil {
		return err
	}
	if err := w.mayChangeOwn(old, set); err != nil {
		return err
	}
	enabled, switched := set["enabled"]
	if switched && !enabled.Bool() || set["account_locked"].Bool() {
		if err := w.keepAnAdmin(old); err != nil {
			return err
		}
	}
	if old.Get("two_factor_authentication").Bool() {
		delete(set, "two_factor_type") // it says what the factor is, and clients send whole rows
	}
	v, ok := set["password"]
	switch {
	case !ok:
		return nil
	case !old.Get("auth_source").IsNull():
		return errs.Field("password", "is known by the account's authorization source; change it there").Coded("password_elsewhere")
	}
	if set["password"], err = w.digest(old.With(set).Get("name").Text(), v.Text()); err != nil {
		return err
	}
	return w.endTokens(old, set)
}

// setEnabled opens or closes an account, as a PUT of the column does. Everybody may act on their own account, so this asks for more.
func (w *Write) setEnabled(r *schema.Record, open bool) error {
	if !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "accounts are opened and closed by administrators")
	}
	set := schema.Set{"enabled": schema.BoolValue(open)}
	if err := updateUser(w, r, set); err != nil {
		return err
	}
	return w.Tx.Change("users", r.Key, set)
}

// endTokens ends what a login of the account gave before: its sessions, but for the one that the request came by, and with the columns
// that it puts into set, its JWTs. API keys stay: they never stood for a password.
func (w *Write) endTokens(account *schema.Record, set schema.Set) error {
	set["token_epoch"] = schema.IntValue(account.Get("token_epoch").Int() + 1)
	sessions, err := w.Tx.Find("sessions", store.Eq("user", account.Key))
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.Key.Int() == w.Actor.Session {
			continue
		}
		if err := w.Tx.Purge("sessions", s.Key); err != nil {
			return err
		}
	}
	return nil
}

// keepAnAdmin refuses to take away the last user who may enter and do everything.
func (w *Write) keepAnAdmin(r *schema.Record) error {
	if !r.Get("admin").Bool() || !r.Get("enabled").Bool() || r.Get("account_locked").Bool() {
		return nil
	}
	admins, err := w.openAdmins()
	if err == nil && admins <= 1 {
		err = errs.New(errs.Conflict, "last_admin", "user %q is the last administrator; make another one first", r.Get("name").Text())
	}
	return err
}

// openAdmins counts the administrators who may enter.
func (w *Write) openAdmins() (int64, error) {
	return w.Tx.Count("users", store.Eq("admin", schema.BoolValue(true)), store.Eq("enabled", schema.BoolValue(true)), store.Eq("account_locked", schema.IntValue(0)))
}

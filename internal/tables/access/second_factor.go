package access

import (
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/bounds"
)

// setUpSecondFactor gives the caller the secret of an authenticator; it counts for nothing until it is confirmed.
func (a area) setUpSecondFactor(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	if err := ownSecondFactor(w, r); err != nil {
		return err
	}
	secret, uri, err := a.secrets.NewSecondFactor(access.UserCol.Name.Of(r).Text())
	if err != nil {
		return err
	}
	w.Response["secret"], w.Response["uri"] = secret, uri
	sealed := a.secrets.Seal(r, access.UserCol.TwoFactorSecret.Name(), secret)
	return store.Write(w.Tx, r.Key, access.UserSet{}.TwoFactorSecret(sealed).TwoFactorStep(0).TwoFactorRecovery(""))
}

// confirmSecondFactor turns the second factor on for who shows that the authenticator has the secret.
func (a area) confirmSecondFactor(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if err := ownSecondFactor(w, r); err != nil {
		return err
	}
	if access.UserCol.TwoFactorSecret.Of(r).Text() == "" {
		return errs.New(errs.Conflict, "no_second_factor", "there is no second factor to confirm; do two_factor_setup first")
	}
	set, err := a.secrets.CheckCode(r, params["code"].Text())
	if err != nil {
		return err
	}
	codes, stored := a.secrets.NewRecoveryCodes()
	w.Response["recovery_codes"] = strings.Join(codes, " ")
	set.TwoFactorRecovery(stored).TwoFactorAuthentication(true).TwoFactorType("authenticator").TwoFactorSetupNextLogin(false)
	if err := endTokens(w, r, set); err != nil { // they were given for a password alone
		return err
	}
	return store.Write(w.Tx, r.Key, set)
}

// ownSecondFactor refuses to change what isn't the caller's, or is in use: a factor that somebody else has seen is none.
func ownSecondFactor(w *engine.Inside, r *schema.Record) error {
	if err := bounds.NotByAPIKey(w, r, "the second factor"); err != nil {
		return err
	}
	switch {
	case r.Key.Int() != w.Actor.User:
		return errs.New(errs.Denied, "denied", "only the account's owner can set up a second factor")
	case access.UserCol.TwoFactorAuthentication.Of(r).Bool():
		return errs.New(errs.Conflict, "second_factor_on", "the account has a second factor; turn it off first")
	}
	return nil
}

// endSecondFactor turns the second factor off. Administrators need no code: people lose their telephones.
func (a area) endSecondFactor(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if err := mayActAs(w, r); err != nil {
		return err
	}
	if err := bounds.NotByAPIKey(w, r, "the second factor"); err != nil {
		return err
	}
	if err := bounds.MayOutlast(w, "end second factors"); err != nil {
		return err
	}
	on := access.UserCol.TwoFactorAuthentication.Of(r).Bool()
	if on && !w.Actor.Admin {
		if _, err := a.secrets.CheckCode(r, params["code"].Text()); err != nil {
			return err
		}
	}
	set := access.UserSet{}.TwoFactorAuthentication(false).TwoFactorSecret("").TwoFactorRecovery("").TwoFactorType("email")
	if on {
		if err := endTokens(w, r, set); err != nil { // who lost the telephone may have lost a session with it
			return err
		}
	}
	return store.Write(w.Tx, r.Key, set)
}

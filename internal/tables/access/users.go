package access

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/bounds"
)

func (a area) users() engine.Hooks {
	return engine.Hooks{
		Create:  a.createUser,
		Created: grantOwnRow,
		Update:  a.updateUser,
		Remove:  func(w *engine.Inside, r *schema.Record) error { return keepAnAdmin(w, r) },
		Actions: map[string]engine.Action{
			"enable":             func(w *engine.Inside, r *schema.Record, _ schema.Set) error { return a.setEnabled(w, r, true) },
			"disable":            func(w *engine.Inside, r *schema.Record, _ schema.Set) error { return a.setEnabled(w, r, false) },
			"two_factor_setup":   a.setUpSecondFactor,
			"two_factor_confirm": a.confirmSecondFactor,
			"two_factor_off":     a.endSecondFactor,
		},
		Live: spareAdmins,
	}
}

// elsewhere stands for the digest of a password that an authorization source knows; no password has it.
const elsewhere = "*"

func (a area) createUser(w *engine.Inside, r *schema.Record) (err error) {
	if err := bounds.MayOutlast(w, "make accounts"); err != nil {
		return err
	}
	id := make([]byte, 20)
	rand.Read(id)
	of := access.UserCol
	of.ID.Put(r, hex.EncodeToString(id))
	of.Name.Put(r, strings.ToLower(of.Name.Of(r).Text()))
	digest, password := schema.TextValue(elsewhere), of.Password.Of(r).Text()
	switch {
	case !of.AuthSource.Of(r).IsNull():
	case password == "":
		return nil // reported as missing
	default:
		digest, err = a.digest(w, of.Name.Of(r).Text(), password)
	}
	of.Password.Put(r, digest.Text())
	return err
}

// grantOwnRow makes the row that says what a user may with the account itself: see it. What it may change of it is said by the table.
func grantOwnRow(w *engine.Inside, r *schema.Record) error { return ownRow(w.Tx, r) }

func ownRow(tx *store.Tx, r *schema.Record) error {
	_, err := store.Create(tx, access.PermissionSet{}.Identity(access.UserCol.Identity.Of(r).Int()).Table("users").Row(r.Row).
		Target(engine.PathOf(r).Text()).List(true).Read(true))
	return err
}

func (a area) updateUser(w *engine.Inside, old *schema.Record, set schema.Set) (err error) {
	of := access.UserCol
	if v, _ := of.Password.In(set); v.Text() == "" {
		delete(set, of.Password.Name()) // clients send whole rows
	}
	if err := mayChangeAccount(w, old, set); err != nil {
		return err
	}
	if err := mayChangeOwn(w, old, set); err != nil {
		return err
	}
	enabled, switched := of.Enabled.In(set)
	locked, _ := of.AccountLocked.In(set)
	if switched && !enabled.Bool() || locked.Bool() {
		if err := keepAnAdmin(w, old); err != nil {
			return err
		}
	}
	if of.TwoFactorAuthentication.Of(old).Bool() {
		delete(set, of.TwoFactorType.Name()) // it says what the factor is, and clients send whole rows
	}
	v, ok := of.Password.In(set)
	switch {
	case !ok:
		return nil
	case !of.AuthSource.Of(old).IsNull():
		return errs.Field("password", "is kept by the account's authorization source; change it there").Coded("password_elsewhere")
	}
	digest, err := a.digest(w, of.Name.Of(old.With(set)).Text(), v.Text())
	if err != nil {
		return err
	}
	access.UserSet(set).Password(digest.Text())
	return endTokens(w, old, access.UserSet(set))
}

// setEnabled opens or closes an account, as a PUT of the column does. Everybody may act on their own account, so this asks for more.
func (a area) setEnabled(w *engine.Inside, r *schema.Record, open bool) error {
	if !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "accounts are opened and closed by administrators")
	}
	set := access.UserSet{}.Enabled(open)
	if err := a.updateUser(w, r, schema.Set(set)); err != nil {
		return err
	}
	return store.Write(w.Tx, r.Key, set)
}

// endTokens ends what a login of the account gave before: its sessions, but for the one that the request came by, and with the columns
// that it puts into set, its JWTs. API keys stay: they never stood for a password.
func endTokens(w *engine.Inside, account *schema.Record, set access.UserSet) error {
	set.TokenEpoch(access.UserCol.TokenEpoch.Of(account).Int() + 1)
	sessions, err := w.Tx.Find("sessions", store.Is(access.SessionCol.User, account.Key.Int()))
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

// digest returns what is stored of a new password of an account. Invalid for one that would be guessed.
func (a area) digest(w *engine.Inside, account, password string) (schema.Value, error) {
	if err := a.secrets.CheckPassword(account, password); err != nil {
		return schema.Value{}, err
	}
	return w.Digest(password)
}

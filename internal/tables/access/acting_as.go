package access

import (
	"slices"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/bounds"
)

// harmlessColumns of another's account are those that nobody enters by: who may modify accounts writes them. All others, those to come
// included, take what mayActAs asks for.
var harmlessColumns = []schema.Named{
	access.UserCol.Displayname, access.UserCol.Type, access.UserCol.ChangePassword, access.UserCol.PhysicalAccess, access.UserCol.TwoFactorType,
	access.UserCol.TwoFactorSetupNextLogin, access.UserCol.FailedAttempts,
}

func harmless(column string) bool {
	return slices.ContainsFunc(harmlessColumns, func(c schema.Named) bool { return c.Name() == column })
}

// mayChangeAccount lets nobody change an account so that they, or whom they tell, could enter as its owner and do more than they may: a
// password, the name that a directory knows, an account that was closed. Closing one is harmless.
func mayChangeAccount(w *engine.Inside, old *schema.Record, set schema.Set) error {
	for name, v := range old.Changes(set) {
		closes := name == access.UserCol.Enabled.Name() && !v.Bool() || name == access.UserCol.AccountLocked.Name() && v.Int() != 0
		if harmless(name) || closes {
			continue
		}
		if err := mayActAs(w, old); err != nil {
			return err
		}
		if old.Key.Int() != w.Actor.User { // mayChangeOwn looks after the key's own account
			if err := bounds.MayOutlast(w, "change how others sign in"); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayActAs is Denied unless the actor is the user, an administrator, or holds all that the user holds.
func mayActAs(w *engine.Inside, user *schema.Record) error {
	if w.Actor.Admin || user.Key.Int() == w.Actor.User {
		return nil
	}
	identities, err := w.Identities(user)
	if err != nil {
		return err
	}
	if access.UserCol.Admin.Of(user).Bool() || holds(w, identities, engine.PathOf(user)) != nil {
		return errs.New(errs.Denied, "denied", "this change would let you act as user %q, who has rights that you don't have; ask an administrator", access.UserCol.Name.Of(user).Text())
	}
	return nil
}

// mayJoin is Denied unless the actor holds all that members of the group get by it.
func mayJoin(w *engine.Inside, group *schema.Record) error {
	if err := bounds.MayOutlast(w, "give rights by a group"); err != nil {
		return err
	}
	if w.Actor.Admin {
		return nil
	}
	identities, err := w.Identities(group)
	if err == nil && holds(w, identities, schema.Value{}) != nil {
		err = errs.New(errs.Denied, "denied", "members of group %q get rights that you don't have; ask an administrator", access.GroupCol.Name.Of(group).Text())
	}
	return err
}

// holds fails unless the actor could grant all that the identities have, but for seeing the row of the user self: every user may, and no more can
// be done by it.
func holds(w *engine.Inside, identities []schema.Value, self schema.Value) error {
	if len(identities) == 0 {
		return nil
	}
	held, err := w.Tx.Find("permissions", store.IsAmong(access.PermissionCol.Identity, identities...))
	for _, p := range held {
		rights := perm.RightsIn(p)
		if !self.IsNull() && access.PermissionCol.Target.Of(p) == self {
			rights &^= perm.RightsOf(perm.List, perm.Read)
		}
		if err == nil {
			err = mayGrant(w, p, rights)
		}
	}
	return err
}

// mayChangeOwn keeps an API key from what gives its account other credentials than keys: it would get rid of its bounds by them.
func mayChangeOwn(w *engine.Inside, old *schema.Record, set schema.Set) error {
	for name := range old.Changes(set) {
		if harmless(name) || name == access.UserCol.Email.Name() {
			continue
		}
		if err := bounds.NotByAPIKey(w, old, name); err != nil {
			return err
		}
	}
	return nil
}

package access

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// settleAdmins makes users.admin, by which logins know administrators, agree with the members of Administrators. Only administrators can
// make or unmake others, and one of them has to be left.
func settleAdmins(w *engine.Inside) error {
	groups, err := w.Tx.Find("groups", store.Is(access.GroupCol.Name, access.Administrators))
	if err != nil || len(groups) == 0 {
		return err
	}
	wanted, err := usersIn(w.Tx, groups[0])
	if err != nil {
		return err
	}
	are, err := w.Tx.Find("users", store.Is(access.UserCol.Admin, true))
	if err != nil {
		return err
	}
	flip := map[schema.Value]bool{}
	for key := range wanted {
		flip[key] = true
	}
	for _, u := range are {
		if wanted[u.Key] {
			delete(flip, u.Key)
		} else {
			flip[u.Key] = false
		}
	}
	for user, admin := range flip {
		if !w.Actor.Admin {
			return errs.New(errs.Denied, "denied", "only administrators can appoint and remove administrators")
		}
		if err := store.Write(w.Tx, user, access.UserSet{}.Admin(admin)); err != nil {
			return err
		}
	}
	return needAnAdmin(w)
}

func needAnAdmin(w *engine.Inside) error {
	n, err := openAdmins(w)
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "last_admin", "no enabled administrator would be left; create another one first")
	}
	return err
}

// usersIn lists the users that belong to a group directly or through enabled groups in it.
func usersIn(tx *store.Tx, group *schema.Record) (map[schema.Value]bool, error) {
	users, seen := map[schema.Value]bool{}, map[schema.Value]bool{group.Key: true}
	for next := []schema.Value{group.Key}; len(next) > 0; {
		members, err := tx.Find("members", store.IsAmong(access.MemberCol.ParentGroup, next...))
		if err != nil {
			return nil, err
		}
		next = nil
		for _, m := range members {
			t, key := access.MemberCol.Member.Target(tx.Schema(), m)
			if t == nil || seen[key] && t.Name == "groups" {
				continue
			}
			r, err := tx.Get(t.Name, key)
			switch {
			case errs.Is(err, errs.NotFound):
			case err != nil:
				return nil, err
			case t.Name == "users":
				users[key] = true
			case access.GroupCol.Enabled.Of(r).Bool():
				seen[key] = true
				next = append(next, key)
			}
		}
	}
	return users, nil
}

// spareAdmins keeps those who may change accounts, but aren't administrators, from the accounts of administrators.
func spareAdmins(w *engine.Inside, r *schema.Record) error {
	if !access.UserCol.Admin.Of(r).Bool() || w.Actor.Admin {
		return nil
	}
	return errs.New(errs.Denied, "denied", "only administrators can change the account of an administrator")
}

// keepAnAdmin refuses to take away the last user who may enter and do everything.
func keepAnAdmin(w *engine.Inside, r *schema.Record) error {
	if !access.UserCol.Admin.Of(r).Bool() || !access.UserCol.Enabled.Of(r).Bool() || access.UserCol.AccountLocked.Of(r).Bool() {
		return nil
	}
	admins, err := openAdmins(w)
	if err == nil && admins <= 1 {
		err = errs.New(errs.Conflict, "last_admin", "user %q is the last administrator; create another one first", access.UserCol.Name.Of(r).Text())
	}
	return err
}

// openAdmins counts the administrators who may enter.
func openAdmins(w *engine.Inside) (int64, error) {
	return w.Tx.Count("users", store.Is(access.UserCol.Admin, true), store.Is(access.UserCol.Enabled, true), store.Is(access.UserCol.AccountLocked, 0))
}

// prepareGroups makes the group of the administrators and the row that says what they may.
func prepareGroups(tx *store.Tx) error {
	if err := seedAdministrators(tx); err != nil {
		return err
	}
	group, err := store.FindRows[access.Group](tx, store.Is(access.GroupCol.Name, access.Administrators))
	if err != nil || len(group) == 0 {
		return err
	}
	of := access.PermissionCol
	n, err := tx.Count("permissions", store.Is(of.Identity, group[0].Identity), store.Is(of.Table, access.AllTables))
	if err == nil && n == 0 {
		_, err = store.Create(tx, access.PermissionSet{}.Identity(group[0].Identity).Table(access.AllTables).Row(0).
			List(true).Read(true).Create(true).Modify(true).Delete(true))
	}
	return err
}

// seedAdministrators makes the group Administrators of those who are administrators, and gives them what others get with their accounts.
func seedAdministrators(tx *store.Tx) error {
	n, err := tx.Count("groups", store.Is(access.GroupCol.Name, access.Administrators))
	if err != nil || n > 0 {
		return err
	}
	group := access.GroupSet{}.Name(access.Administrators).Description("May do everything.").SystemGroup(true).Type("system")
	key, err := store.Create(tx, group)
	if err != nil {
		return err
	}
	admins, err := tx.Find("users", store.Is(access.UserCol.Admin, true))
	if err != nil {
		return err
	}
	for _, u := range admins {
		if _, err := store.Create(tx, access.MemberSet{}.ParentGroup(key.Int()).Member(engine.PathOf(u).Text())); err != nil {
			return err
		}
		if err := ownRow(tx, u); err != nil {
			return err
		}
	}
	return nil
}

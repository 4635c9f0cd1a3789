package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var groupHooks = hooks{
	update: func(w *Write, old *schema.Record, set schema.Set) error {
		name, renamed := set["name"]
		enabled, switched := set["enabled"]
		if switched && enabled.Bool() && !old.Get("enabled").Bool() {
			return w.mayJoin(old) // as its members do now
		}
		if renamed && name != old.Get("name") || switched && !enabled.Bool() {
			return keepSystemGroup(old)
		}
		return nil
	},
	remove:  func(_ *Write, r *schema.Record) error { return keepSystemGroup(r) },
	settled: (*Write).settleAdmins,
}

func keepSystemGroup(r *schema.Record) error {
	if !r.Get("system_group").Bool() {
		return nil
	}
	return errs.New(errs.Conflict, "system_group", "group %q is built in; it can't be renamed, disabled or deleted", r.Get("name").Text())
}

var memberHooks = hooks{create: prepareMember, settled: (*Write).settleAdmins}

// prepareMember refuses a group as a member of itself. Groups that contain each other in a longer circle do no harm.
func prepareMember(w *Write, r *schema.Record) error {
	group, member := r.Get("parent_group"), r.Get("member")
	if member.Text() == "groups/"+group.Text() {
		return errs.Field("member", "a group can't be a member of itself")
	}
	joined, err := w.Tx.Get("groups", group)
	if err != nil {
		return err
	}
	return w.mayJoin(joined)
}

// settleAdmins makes users.admin, by which logins know administrators, agree with the members of Administrators. Only administrators can
// make or unmake others, and one of them has to be left.
func (w *Write) settleAdmins() error {
	groups, err := w.Tx.Find("groups", store.Eq("name", schema.TextValue(access.Administrators)))
	if err != nil || len(groups) == 0 {
		return err
	}
	wanted, err := usersIn(w.Tx, groups[0])
	if err != nil {
		return err
	}
	are, err := w.Tx.Find("users", store.Eq("admin", schema.BoolValue(true)))
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
			return errs.New(errs.Denied, "denied", "only administrators can change who is one")
		}
		if err := w.Tx.Change("users", user, schema.Set{"admin": schema.BoolValue(admin)}); err != nil {
			return err
		}
	}
	return w.needAnAdmin()
}

func (w *Write) needAnAdmin() error {
	n, err := w.openAdmins()
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "last_admin", "no enabled administrator would be left; make another one first")
	}
	return err
}

// usersIn lists the users that belong to a group directly or through enabled groups in it.
func usersIn(tx *store.Tx, group *schema.Record) (map[schema.Value]bool, error) {
	users, seen := map[schema.Value]bool{}, map[schema.Value]bool{group.Key: true}
	for next := []schema.Value{group.Key}; len(next) > 0; {
		members, err := tx.Find("members", store.In("parent_group", next...))
		if err != nil {
			return nil, err
		}
		next = nil
		for _, m := range members {
			t, key := m.Table.Field("member").Target(tx.Schema(), m.Get("member"))
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
			case r.Get("enabled").Bool():
				seen[key] = true
				next = append(next, key)
			}
		}
	}
	return users, nil
}

// spareAdmins keeps those who may change accounts, but aren't administrators, from the accounts of administrators.
func (w *Write) spareAdmins(r *schema.Record) error {
	if !r.Table.Own.IsUser() || !r.Get("admin").Bool() || w.Actor.Admin {
		return nil
	}
	return errs.New(errs.Denied, "denied", "only administrators can change the account of one")
}

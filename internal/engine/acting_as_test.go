package engine_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestNobodyActsAsSomebodyWithMoreRights has a helpdesk, which may change all accounts and groups, try every way into them.
func TestNobodyActsAsSomebodyWithMoreRights(t *testing.T) {
	t.Parallel()
	b := open(t)
	desk, more, less := b.user("desk"), b.user("more"), b.user("less")
	all := []string{"list", "read", "create", "modify", "delete"}
	for _, table := range []string{"users", "groups", "members", "user_api_keys"} {
		b.grant("users", desk, table, 0, all...)
	}
	b.grant("users", desk, "vnets", 0, "list", "read")
	vm, lan := b.make("vms", row{"name": "web"}), b.make("vnets", row{"name": "lan"})
	team, club := b.make("groups", row{"name": "team"}), b.make("groups", row{"name": "club"})
	b.grant("groups", team, "vms", vm, "modify")
	b.grant("groups", club, "vnets", lan, "list")
	b.make("members", row{"parent_group": team, "member": fmt.Sprintf("users/%d", more)})
	b.make("members", row{"parent_group": club, "member": fmt.Sprintf("users/%d", less)})
	sleeping := b.make("groups", row{"name": "sleeping", "enabled": false})
	b.grant("groups", sleeping, "vms", 0, "delete")
	keys := map[int64]int64{more: b.key(more, nil), less: b.key(less, nil), b.admin: b.key(b.admin, nil)}
	for user, want := range map[int64]string{more: "denied", b.admin: "denied", less: "ok"} {
		b.alter("users", user, schema.Set{"enabled": schema.BoolValue(true), "account_locked": schema.IntValue(0)})
		for _, change := range []row{
			{"password": "taken over"},
			{"name": fmt.Sprint("taken", user)},
			{"remote_name": "desk"},
			{"email": "desk@example.org"},
			{"ssh_keys": "ssh-ed25519 AAAA"},
			{"displayname": "x", "password": "taken over"},
		} {
			expect(t, fmt.Sprint(user, change), kindOf(b.eng.Update(b.as(desk), "users", fmt.Sprint(user), change.input(t))), want)
		}
		bounds := row{"ip_allow_list": "192.0.2.0/24"}
		expect(t, fmt.Sprint(user, "'s key"), kindOf(b.eng.Update(b.as(desk), "user_api_keys", fmt.Sprint(keys[user]), bounds.input(t))), want)
		expect(t, fmt.Sprint(user, "'s key's name"), kindOf(b.eng.Update(b.as(desk), "user_api_keys", fmt.Sprint(keys[user]), row{"name": "other"}.input(t))), want)
		expect(t, fmt.Sprint(user, "'s key sent back whole"), kindOf(b.eng.Update(b.as(desk), "user_api_keys", fmt.Sprint(keys[user]), row{"expires_type": "never"}.input(t))), "ok")
		expect(t, fmt.Sprint("revoking ", user, "'s key"), kindOf(b.eng.Delete(b.as(desk), "user_api_keys", fmt.Sprint(keys[user]))), want)
		if user != b.admin {
			expect(t, "closing", kindOf(b.eng.Update(b.as(desk), "users", fmt.Sprint(user), row{"enabled": false, "displayname": "away"}.input(t))), "ok")
			expect(t, "opening", kindOf(b.eng.Update(b.as(desk), "users", fmt.Sprint(user), row{"enabled": true}.input(t))), want)
			b.alter("users", user, schema.Set{"enabled": schema.BoolValue(true)})
			_, err := b.eng.Act(b.as(desk), "users", fmt.Sprint(user), "two_factor_off", nil)
			expect(t, "two_factor_off", kindOf(err), want)
		}
	}
	me := fmt.Sprintf("users/%d", desk)
	outer := b.make("groups", row{"name": "outer"})
	b.make("members", row{"parent_group": team, "member": fmt.Sprintf("groups/%d", outer)})
	for group, want := range map[int64]string{team: "denied", outer: "denied", sleeping: "denied", club: "ok"} {
		expect(t, fmt.Sprint("joining group ", group), kindOf(b.create(desk, "members", row{"parent_group": group, "member": me})), want)
	}
	b.make("members", row{"parent_group": sleeping, "member": me})
	expect(t, "waking a group", kindOf(b.eng.Update(b.as(desk), "groups", fmt.Sprint(sleeping), row{"enabled": true}.input(t))), "denied")
	expect(t, "a group sent back whole", kindOf(b.eng.Update(b.as(desk), "groups", fmt.Sprint(sleeping), row{"enabled": false, "email": "x@example.org"}.input(t))), "ok")
}

// key makes an API key of a user, with more columns.
func (b *bench) key(user int64, more row) int64 {
	b.t.Helper()
	r := row{"user": user, "name": "key"}
	for name, v := range more {
		r[name] = v
	}
	return b.make("user_api_keys", r)
}

// by is the context of a request that came by an API key of the user's.
func (b *bench) by(user, key int64) context.Context {
	a := perm.ActorOf(b.as(user))
	a.APIKey = key
	return perm.WithActor(context.Background(), a)
}

// TestABoundedKeyStaysBounded tries what would give its account a credential with fewer bounds.
func TestABoundedKeyStaysBounded(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann := b.user("ann")
	const end = 4_000_000_000
	for _, c := range []struct {
		what      string
		own, give row
		want      string
	}{
		{"no end", row{"expires": end}, row{"expires_type": "never"}, "denied"},
		{"no end, unsaid", row{"expires": end}, row{}, "denied"},
		{"a date of 0", row{"expires": end}, row{"expires_type": "date", "expires": 0}, "denied"},
		{"a later end", row{"expires": end}, row{"expires": end + 1}, "denied"},
		{"the same end", row{"expires": end}, row{"expires": end}, "ok"},
		{"any end", row{}, row{"expires_type": "never"}, "ok"},
		{"any address", row{"ip_allow_list": "192.0.2.0/24"}, row{}, "denied"},
		{"more addresses", row{"ip_allow_list": "192.0.2.0/24"}, row{"ip_allow_list": "192.0.2.0/23"}, "denied"},
		{"another address too", row{"ip_allow_list": "192.0.2.0/24"}, row{"ip_allow_list": "192.0.2.1, 198.51.100.1"}, "denied"},
		{"all but some", row{"ip_allow_list": "192.0.2.0/24"}, row{"ip_allow_list": "", "ip_deny_list": "198.51.100.1"}, "denied"},
		{"fewer addresses", row{"ip_allow_list": "192.0.2.0/24, 2001:db8::/32"}, row{"ip_allow_list": "192.0.2.1, 2001:db8:1::/48"}, "ok"},
		{"a denied one", row{"ip_deny_list": "192.0.2.0/24"}, row{"ip_allow_list": "192.0.2.1"}, "denied"},
		{"fewer denied", row{"ip_deny_list": "192.0.2.0/24"}, row{"ip_deny_list": "192.0.2.0/25"}, "denied"},
		{"others than the denied", row{"ip_deny_list": "192.0.2.0/24"}, row{"ip_allow_list": "198.51.100.0/24"}, "ok"},
		{"more denied", row{"ip_deny_list": "192.0.2.0/24"}, row{"ip_deny_list": "192.0.0.0/16"}, "ok"},
	} {
		own := b.key(ann, c.own)
		give := row{"name": "more"}
		for name, v := range c.give {
			give[name] = v
		}
		_, err := b.eng.Create(b.by(ann, own), "user_api_keys", give.input(t))
		expect(t, c.what, kindOf(err), c.want)
		if len(c.give) > 0 && c.want == "denied" {
			expect(t, c.what+", for itself", kindOf(b.eng.Update(b.by(ann, own), "user_api_keys", fmt.Sprint(own), row(c.give).input(t))), "denied")
			expect(t, c.what+", by the owner's login", kindOf(b.eng.Update(b.as(ann), "user_api_keys", fmt.Sprint(own), row(c.give).input(t))), "ok")
		}
	}
	own := b.key(ann, row{"expires": end})
	for _, change := range []row{{"expires": 0}, {"expires_type": "never"}, {"ip_deny_list": "", "expires": end + 5}} {
		expect(t, fmt.Sprint("itself: ", change), kindOf(b.eng.Update(b.by(ann, own), "user_api_keys", fmt.Sprint(own), change.input(t))), "denied")
	}
	expect(t, "its name", kindOf(b.eng.Update(b.by(ann, own), "user_api_keys", fmt.Sprint(own), row{"name": "new", "expires": end}.input(t))), "ok")
	b.must(b.db.Update(context.Background(), func(tx *store.Tx) error { return tx.Delete("user_api_keys", schema.IntValue(own)) }))
	_, err := b.eng.Create(b.by(ann, own), "user_api_keys", row{"name": "late", "expires": end}.input(t))
	expect(t, "a key that was revoked meanwhile", kindOf(err), "denied")
}

// TestAKeyChangesNoLogin of its own account; what an administrator's does to others goes on.
func TestAKeyChangesNoLogin(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann, admin := b.user("ann"), fmt.Sprint(b.admin)
	for user, key := range map[int64]int64{ann: b.key(ann, nil), b.admin: b.key(b.admin, nil)} {
		own := fmt.Sprint(user)
		expect(t, "the password", kindOf(b.eng.Update(b.by(user, key), "users", own, row{"password": "another one"}.input(t))), "denied")
		expect(t, "the name shown", kindOf(b.eng.Update(b.by(user, key), "users", own, row{"displayname": "x", "email": "x@example.org", "password": ""}.input(t))), "ok")
		for _, action := range []string{"two_factor_setup", "two_factor_confirm", "two_factor_off"} {
			_, err := b.eng.Act(b.by(user, key), "users", own, action, nil)
			expect(t, action, kindOf(err), "denied")
		}
		task := row{"name": fmt.Sprint("off", user), "owner": "users/" + own, "action": "two_factor_off"}
		_, err := b.eng.Create(b.by(user, key), "tasks", task.input(t))
		expect(t, "a task that does it", kindOf(err), "denied")
	}
	key := b.key(b.admin, nil)
	expect(t, "its account's name", kindOf(b.eng.Update(b.by(b.admin, key), "users", admin, row{"name": "root"}.input(t))), "denied")
	made, err := b.eng.Create(b.by(b.admin, key), "users", row{"name": "bob", "password": "bobs password"}.input(t))
	b.must(err)
	bob := made.Key.Text()
	b.must(b.eng.Update(b.by(b.admin, key), "users", bob, row{"password": "another one", "enabled": false}.input(t)))
	_, err = b.eng.Create(b.by(b.admin, key), "user_api_keys", row{"name": "robot", "user": made.Key.Int()}.input(t))
	b.must(err)
}

// TestABoundedKeyMakesNoWayInWithoutBounds tries all that an administrator may do to let somebody in: by a key with an end, by one for some
// addresses, and by one without bounds, which does what its owner does.
func TestABoundedKeyMakesNoWayInWithoutBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bounds row
		want   string
	}{
		{row{"expires": 4_000_000_000}, "denied"},
		{row{"ip_allow_list": "192.0.2.0/24"}, "denied"},
		{row{"ip_deny_list": "192.0.2.0/24"}, "denied"},
		{row{}, "ok"},
	} {
		b := open(t)
		other, ann := b.user("other"), b.user("ann")
		admins := b.find("groups", "name", "Administrators")
		b.make("members", row{"parent_group": admins, "member": fmt.Sprintf("users/%d", other)})
		club, sleeping := b.make("groups", row{"name": "club"}), b.make("groups", row{"name": "sleeping", "enabled": false})
		permission := b.grant("users", ann, "vms", 0, "list")
		key := b.key(b.admin, c.bounds)
		as := b.by(b.admin, key)
		create := func(table string, r row) func() error {
			return func() error { _, err := b.eng.Create(as, table, r.input(t)); return err }
		}
		update := func(table string, of int64, r row) func() error {
			return func() error { return b.eng.Update(as, table, fmt.Sprint(of), r.input(t)) }
		}
		act := func(of int64, name string) func() error {
			return func() error { _, err := b.eng.Act(as, "users", fmt.Sprint(of), name, nil); return err }
		}
		b.alter("users", ann, schema.Set{"enabled": schema.BoolValue(false)})
		for _, way := range []struct {
			what string
			do   func() error
			want string
		}{
			{"an account", create("users", row{"name": "bob", "password": "bobs password"}), c.want},
			{"an account for programs", create("users", row{"name": "robot", "password": "robots password", "type": "api"}), c.want},
			{"another administrator's password", update("users", other, row{"password": "taken over"}), c.want},
			{"another administrator's name elsewhere", update("users", other, row{"remote_name": "me"}), c.want},
			{"anybody's password", update("users", ann, row{"password": "taken over"}), c.want},
			{"an account opened again", update("users", ann, row{"enabled": true}), c.want},
			{"an account opened by its action", act(ann, "enable"), c.want},
			{"a second factor ended", act(other, "two_factor_off"), c.want},
			{"a task that opens an account", create("tasks", row{"name": "open", "owner": fmt.Sprintf("users/%d", ann), "action": "enable"}), c.want},
			{"a member of Administrators", create("members", row{"parent_group": admins, "member": fmt.Sprintf("users/%d", ann)}), c.want},
			{"a member of any group", create("members", row{"parent_group": club, "member": fmt.Sprintf("users/%d", ann)}), c.want},
			{"a group in Administrators", create("members", row{"parent_group": admins, "member": fmt.Sprintf("groups/%d", club)}), c.want},
			{"a group woken", update("groups", sleeping, row{"enabled": true}), c.want},
			{"a right on everything", create("permissions", row{"identity": b.identity("users", ann), "table": "/", "read": true}), c.want},
			{"a right more", update("permissions", permission, row{"modify": true}), c.want},
			{"a source of logins", create("auth_sources", row{"name": "mine", "driver": "ldap", "settings": "{}"}), c.want},
			{"another one's key without bounds", create("user_api_keys", row{"name": "k", "user": other, "expires_type": "never"}), c.want},

			{"a right less", update("permissions", permission, row{"list": false}), "ok"},
			{"a name shown", update("users", ann, row{"displayname": "Ann"}), "ok"},
			{"an account closed", update("users", ann, row{"enabled": false}), "ok"},
			{"an empty group", create("groups", row{"name": "empty"}), "ok"},
			{"a VM", create("vms", row{"name": "web"}), "ok"},
			{"another one's key with the same bounds", create("user_api_keys", with(c.bounds, row{"name": "same", "user": other})), "ok"},
		} {
			expect(t, fmt.Sprint(c.bounds, ": ", way.what), kindOf(way.do()), way.want)
		}
	}
}

func with(r, more row) row {
	all := row{}
	maps.Copy(all, r)
	maps.Copy(all, more)
	return all
}

// find returns the key of the row whose column has that text.
func (b *bench) find(table, column, text string) (key int64) {
	b.t.Helper()
	b.must(b.db.View(context.Background(), func(tx *store.Tx) error {
		found, err := tx.Find(table, store.Eq(column, schema.TextValue(text)))
		if len(found) == 1 {
			key = found[0].Key.Int()
		}
		return err
	}))
	return key
}

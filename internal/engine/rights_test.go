package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// expect compares an outcome with the wanted one.
func expect(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// TestRevocation takes rights away in every way there is; the next request must feel it.
func TestRevocation(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann, inner, outer := b.user("ann"), b.make("groups", row{"name": "inner"}), b.make("groups", row{"name": "outer"})
	vm := b.make("vms", row{"name": "web"})
	b.make("members", row{"parent_group": outer, "member": fmt.Sprintf("/v4/groups/%d", inner)})
	membership := b.make("members", row{"parent_group": inner, "member": fmt.Sprintf("users/%d", ann)})
	sees := func(what string, want bool) {
		t.Helper()
		expect(t, what, len(b.list(ann, "vms", query.Request{Fields: "$key"})) == 1, want)
		expect(t, what+", by key", b.get(ann, "vms", vm) == "ok", want)
	}
	do := func(err error) { t.Helper(); b.must(err) }
	admin := b.as(b.admin)
	sees("nothing granted", false)
	grant := b.grant("groups", outer, "vms", vm, "list", "read")
	sees("granted to a group of the group", true)
	do(b.eng.Update(admin, "permissions", fmt.Sprint(grant), row{"list": false, "read": false}.input(t)))
	sees("rights unticked", false)
	do(b.eng.Update(admin, "permissions", fmt.Sprint(grant), row{"list": true, "read": true}.input(t)))
	sees("rights ticked", true)
	do(b.eng.Update(admin, "groups", fmt.Sprint(inner), row{"enabled": false}.input(t)))
	sees("inner group disabled", false)
	do(b.eng.Update(admin, "groups", fmt.Sprint(inner), row{"enabled": true}.input(t)))
	sees("inner group enabled", true)
	do(b.eng.Delete(admin, "members", fmt.Sprint(membership)))
	sees("membership ended", false)
	b.make("members", row{"parent_group": outer, "member": fmt.Sprintf("users/%d", ann)})
	sees("member of the outer group", true)
	do(b.eng.Delete(admin, "groups", fmt.Sprint(outer)))
	sees("group deleted", false)
	expect(t, "grants of the deleted group", b.list(b.admin, "permissions", query.Request{Fields: "$key", Filter: "table eq 'vms'"}), []string{})
	b.grant("users", ann, "vms", vm, "list", "read")
	sees("granted to the user", true)
	do(b.eng.Delete(admin, "vms", fmt.Sprint(vm)))
	expect(t, "grants on the deleted VM", b.list(b.admin, "permissions", query.Request{Fields: "$key", Filter: "table eq 'vms'"}), []string{})
}

// TestGroupsInCircles makes sure that groups that contain each other neither hang nor lose anybody.
func TestGroupsInCircles(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann := b.user("ann")
	var groups []int64
	for i := range 4 {
		groups = append(groups, b.make("groups", row{"name": fmt.Sprintf("g%d", i)}))
	}
	for i, g := range groups {
		b.make("members", row{"parent_group": g, "member": fmt.Sprintf("groups/%d", groups[(i+1)%4])})
	}
	b.make("members", row{"parent_group": groups[2], "member": fmt.Sprintf("users/%d", ann)})
	b.grant("groups", groups[3], "vnets", 0, "list")
	b.make("vnets", row{"name": "lan"})
	expect(t, "vnets", b.list(ann, "vnets", query.Request{Fields: "name"}), []string{`{"name":"lan"}`})
	_, err := b.eng.Create(b.as(b.admin), "members", row{"parent_group": groups[0], "member": fmt.Sprintf("groups/%d", groups[0])}.input(t))
	expect(t, "a group in itself", kindOf(err), "invalid")
}

// TestOwnersInCircles makes sure that rows that own each other give nobody anything, and end.
func TestOwnersInCircles(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann := b.user("ann")
	first, second := b.make("vms", row{"name": "first"}), b.make("vms", row{"name": "second"})
	b.grant("users", ann, "vms", first, "list", "read")
	b.alter("vms", first, schema.Set{"owner": schema.TextValue(fmt.Sprintf("vms/%d", second))})
	expect(t, "owned by one without rights", b.get(ann, "vms", first), "not_found")
	b.alter("vms", second, schema.Set{"owner": schema.TextValue(fmt.Sprintf("vms/%d", first))})
	for _, vm := range []int64{first, second} {
		expect(t, "in a circle", b.get(ann, "vms", vm), "not_found")
	}
}

// TestAdministrators makes sure that membership makes administrators, that nobody else can, and that one is left.
func TestAdministrators(t *testing.T) {
	t.Parallel()
	b := open(t)
	const administrators = 1
	ann, eve, ops := b.user("ann"), b.user("eve"), b.make("groups", row{"name": "ops"})
	b.grant("users", eve, "/", 0, "list", "read", "create", "modify", "delete")
	b.make("vms", row{"name": "web"})
	isAdmin := func(what string, user int64, want bool) {
		t.Helper()
		expect(t, what, len(b.list(user, "groups", query.Request{Filter: "name eq 'Administrators'"})) == 1 && b.mayDescribe(user), want)
	}
	isAdmin("ann", ann, false)
	nested := b.make("members", row{"parent_group": administrators, "member": fmt.Sprintf("groups/%d", ops)})
	seat := b.make("members", row{"parent_group": ops, "member": fmt.Sprintf("users/%d", ann)})
	isAdmin("ann in ops in Administrators", ann, true)
	b.must(b.eng.Delete(b.as(b.admin), "members", fmt.Sprint(seat)))
	isAdmin("ann outside of ops", ann, false)
	for what, err := range map[string]error{
		"eve joins":                           b.create(eve, "members", row{"parent_group": administrators, "member": fmt.Sprintf("users/%d", eve)}),
		"eve joins a group of administrators": b.create(eve, "members", row{"parent_group": ops, "member": fmt.Sprintf("users/%d", eve)}),
		"eve changes the password of admin":   b.eng.Update(b.as(eve), "users", fmt.Sprint(b.admin), row{"password": "mine"}.input(t)),
		"eve deletes admin":                   b.eng.Delete(b.as(eve), "users", fmt.Sprint(b.admin)),
	} {
		expect(t, what, kindOf(err), "denied")
	}
	b.must(b.eng.Delete(b.as(b.admin), "members", fmt.Sprint(nested)))
	seats := b.list(b.admin, "members", query.Request{Filter: fmt.Sprintf("member eq '/v4/users/%d'", b.admin), Fields: "$key"})
	expect(t, "seats of admin", len(seats), 1)
	key := strings.Trim(seats[0], `{}"$key:`)
	for what, err := range map[string]error{
		"the last one leaves":     b.eng.Delete(b.as(b.admin), "members", key),
		"the last one is deleted": b.eng.Delete(b.as(b.admin), "users", fmt.Sprint(b.admin)),
		"the group is deleted":    b.eng.Delete(b.as(b.admin), "groups", "1"),
		"the group is disabled":   b.eng.Update(b.as(b.admin), "groups", "1", row{"enabled": false}.input(t)),
		"the group is renamed":    b.eng.Update(b.as(b.admin), "groups", "1", row{"name": "x"}.input(t)),
	} {
		expect(t, what, kindOf(err), "conflict")
	}
}

func (b *bench) create(user int64, table string, r row) error {
	b.t.Helper()
	_, err := b.eng.Create(b.as(user), table, r.input(b.t))
	return err
}

// mayDescribe reports whether a user may delete what nothing is granted on: only administrators may.
func (b *bench) mayDescribe(user int64) bool {
	b.t.Helper()
	can, err := b.eng.Can(b.as(user), []engine.Object{{Table: "clusters"}})
	b.must(err)
	return can[0].Delete
}

// TestNobodyGrantsWhatTheyLack covers grants made by those who may grant.
func TestNobodyGrantsWhatTheyLack(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann := b.user("ann")
	vm, hidden := b.make("vms", row{"name": "web"}), b.make("vms", row{"name": "hidden"})
	b.grant("users", ann, "permissions", 0, "list", "read", "create", "modify")
	b.grant("users", ann, "vms", vm, "list", "read")
	me := b.identity("users", ann)
	for _, c := range []struct {
		r    row
		want string
	}{
		{row{"identity": me, "table": "/", "list": true}, "denied"},
		{row{"identity": me, "table": "vms", "list": true}, "denied"},
		{row{"identity": me, "table": "/v4/vms", "row": hidden, "list": true}, "invalid"},
		{row{"identity": b.identity("users", b.admin), "table": "vms", "row": vm}, "invalid"}, // whom ann can't see
		{row{"identity": me, "table": "sessions"}, "invalid"},
		{row{"identity": me, "table": "/", "row": 7}, "invalid"},
		{row{"identity": me, "table": "/vms/", "row": vm, "list": true}, "conflict"},
	} {
		expect(t, fmt.Sprint(c.r), kindOf(b.create(ann, "permissions", c.r)), c.want)
	}
	mine := b.list(ann, "permissions", query.Request{Fields: "$key", Filter: "table eq 'vms'"})
	err := b.eng.Update(b.as(ann), "permissions", strings.Trim(mine[0], `{}"$key:`), row{"modify": true}.input(t))
	if e := errs.As(err); e == nil || e.Kind != errs.Denied || e.Field != "modify" {
		t.Errorf("ann adds modify to her own grant: %v", err)
	}
}

// TestReferences makes sure that rows can't be tied to what their maker can't read, nor moved there.
func TestReferences(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann := b.user("ann")
	mine, other, lan := b.make("vms", row{"name": "mine"}), b.make("vms", row{"name": "other"}), b.make("vnets", row{"name": "lan"})
	machine := func(vm int64) int64 {
		return int64(b.machines(vm))
	}
	all := []string{"list", "read", "create", "modify", "delete"}
	b.grant("users", ann, "vms", mine, all...)
	nic := func(vm int64, vnet any) error {
		return b.create(ann, "machine_nics", row{"machine": machine(vm), "vnet": vnet})
	}
	expect(t, "a NIC on the own VM", kindOf(nic(mine, nil)), "ok")
	missing, hidden := nic(99, nil), nic(other, nil)
	expect(t, "a NIC on a hidden VM", kindOf(hidden), "invalid")
	expect(t, "its text", strings.ReplaceAll(hidden.Error(), fmt.Sprint(machine(other)), "N"), strings.ReplaceAll(missing.Error(), "99", "N"))
	expect(t, "a NIC on a hidden network", kindOf(nic(mine, lan)), "invalid")
	b.grant("users", ann, "vms", other, "list", "read")
	expect(t, "a NIC on a VM that can only be read", nic(other, nil).Error(), `you need the right "create" on machine_nics`)
	err := b.eng.Update(b.as(ann), "machine_drives", fmt.Sprint(b.make("machine_drives", row{"machine": machine(mine), "disksize": 1})), row{"machine": machine(other)}.input(t))
	expect(t, "a drive moved to a VM that can only be read", kindOf(err), "denied")
	expect(t, "rows sent back whole", kindOf(b.eng.Update(b.as(ann), "vms", fmt.Sprint(mine), row{"name": "new", "machine": machine(mine), "cluster": nil}.input(t))), "ok")
}

func (b *bench) machines(vm int64) int64 {
	if vm == 99 {
		return 99
	}
	rows := b.list(b.admin, "vms", query.Request{Key: fmt.Sprint(vm), Fields: "machine"})
	var n int64
	fmt.Sscanf(rows[0], `{"machine":%d}`, &n)
	return n
}

// TestNothingLeaks asks about a hidden VM by every road that leads from visible rows.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	b := open(t)
	ann := b.user("ann")
	hidden, seen := b.make("vms", row{"name": "hidden", "ram": 4096}), b.make("vms", row{"name": "seen"})
	b.make("machine_drives", row{"machine": b.machines(hidden), "name": "secret", "disksize": 1})
	b.alter("vms", seen, schema.Set{"parent_vm": schema.IntValue(hidden)})
	group := b.make("groups", row{"name": "club"})
	b.make("members", row{"parent_group": group, "member": fmt.Sprintf("users/%d", b.admin)})
	b.grant("users", ann, "vms", seen, "list", "read")
	b.grant("users", ann, "groups", 0, "list", "read")
	b.grant("users", ann, "members", 0, "list", "read")
	for _, c := range []struct {
		table string
		r     query.Request
		want  []string
	}{
		{"vms", query.Request{Fields: "name,parent_vm#name as p,parent_vm[name,ram] as q,parent_vm#$display as d"}, []string{`{"name":"seen","p":null,"q":null,"d":null}`}},
		{"vms", query.Request{Fields: "parent_vm#machine#drives[name] as d,count(parent_vm#machine#drives) as n"}, []string{`{"d":[],"n":0}`}},
		{"vms", query.Request{Fields: "name", Filter: "parent_vm#name eq 'hidden'"}, []string{}},
		{"vms", query.Request{Fields: "name", Filter: "parent_vm#ram gt 1"}, []string{}},
		{"vms", query.Request{Fields: "parent_vm#ram as r", Filter: "r eq 4096"}, []string{}},
		{"vms", query.Request{Fields: "name,parent_vm#name eq 'hidden' as is"}, []string{`{"name":"seen","is":false}`}},
		{"vms", query.Request{Fields: "name", Filter: "name eq 'hidden' or name eq 'seen'", Sort: "-parent_vm#name"}, []string{`{"name":"seen"}`}},
		{"members", query.Request{Fields: "member#$display as d,member#name as n", Filter: fmt.Sprintf("parent_group eq %d", group)}, []string{`{"d":null,"n":null}`}},
		{"members", query.Request{Fields: "$key", Filter: "member#name eq 'admin'"}, []string{}},
		{"machine_drives", query.Request{Fields: "name"}, []string{}},
		{"machines", query.Request{Fields: "name"}, []string{`{"name":"seen"}`}},
		{"clusters", query.Request{Fields: "$key"}, []string{}},
	} {
		expect(t, fmt.Sprintf("%s %+v", c.table, c.r), b.list(ann, c.table, c.r), c.want)
	}
}

// TestListIsFast holds the list of somebody with twenty grants against that of an administrator.
func TestListIsFast(t *testing.T) {
	b := open(t)
	ann, eve := b.user("ann"), b.user("eve")
	b.fillVMs(10_000)
	for i := range 19 {
		b.grant("users", ann, "vms", int64(i*500+1), "list", "read")
		b.grant("users", eve, "vms", int64(i*500+1), "list", "read")
	}
	b.grant("users", ann, "vms", 0, "list", "read")
	b.grant("users", eve, "vms", 10_000, "list", "read")
	r := query.Request{Limit: "100"}
	for user, want := range map[int64]int{b.admin: 100, ann: 100, eve: 20} {
		expect(t, "rows", len(b.list(user, "vms", r)), want)
	}
	admin, some, single := b.fastest(b.admin, r), b.fastest(ann, r), b.fastest(eve, r)
	t.Logf("admin %v, by a grant on the table %v, by grants on rows %v", admin, some, single)
	if most := 2*admin + 500*time.Microsecond; some > most || single > most {
		t.Errorf("a list takes an administrator %v, somebody with a grant on the table %v, on rows %v", admin, some, single)
	}
}

// fastest is the shortest of some times that a list takes: the others tell of the machine.
func (b *bench) fastest(user int64, r query.Request) time.Duration {
	best := time.Hour
	for range 15 {
		began := time.Now()
		b.list(user, "vms", r)
		best = min(best, time.Since(began))
	}
	return best
}

// fillVMs makes VMs without machines.
func (b *bench) fillVMs(n int) {
	b.t.Helper()
	b.must(b.db.Update(b.t.Context(), func(tx *store.Tx) error {
		for i := range n {
			r := schema.NewRecord(tx.Schema().Table("vms"))
			r.Put("name", schema.TextValue(fmt.Sprintf("vm%d", i+1)))
			if _, err := tx.Insert(r); err != nil {
				return err
			}
		}
		return nil
	}))
}

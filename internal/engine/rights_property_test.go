package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dewpoint/internal/engine"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// oracle decides rights as the guide words them, over rows in memory and without any of the code under test.
type oracle struct {
	user int64
	rows map[string]map[int64]*schema.Record // all, by table
	held []*schema.Record                    // permissions of the user and its groups
}

// identities collects those of a user and of the enabled groups around it.
func (o *oracle) identities() map[int64]bool {
	in, found := map[string]bool{fmt.Sprintf("users/%d", o.user): true}, map[int64]bool{o.user + 1000: true}
	for range 10 { // more rounds than there are groups
		for _, m := range o.rows["members"] {
			g := o.rows["groups"][m.Get("parent_group").Int()]
			if g != nil && g.Get("enabled").Bool() && in[m.Get("member").Text()] {
				in["groups/"+g.Key.Text()] = true
				found[g.Key.Int()+2000] = true
			}
		}
	}
	return found
}

// may tells whether the user has the right on a row, looking through so many owners.
func (o *oracle) may(right string, r *schema.Record, owners int) bool {
	t := r.Table
	if t.Owner != "" && !r.Get(t.Owner).IsNull() {
		table, key, _ := strings.Cut(r.Get(t.Owner).Text(), "/")
		owner := o.rows[table][schema.TextValue(key).Int()]
		return owner != nil && owners > 0 && o.may(right, owner, owners-1)
	}
	for _, p := range o.held {
		if on := p.Get("table").Text(); p.Get(right).Bool() && (on == "/" || on == t.Name && (p.Get("row").Int() == 0 || p.Get("row").Int() == r.Key.Int())) {
			return true
		}
	}
	if t.Parent != "" && !r.Get(t.Parent).IsNull() {
		parent := o.rows[t.Field(t.Parent).Ref][r.Get(t.Parent).Int()]
		return parent != nil && o.may(right, parent, owners)
	}
	return false
}

// everything reports whether the right is held on all tables, which no chain of owners takes away.
func (o *oracle) everything(right string) bool {
	return slices.ContainsFunc(o.held, func(p *schema.Record) bool { return p.Get("table").Text() == "/" && p.Get(right).Bool() })
}

// scene draws users, groups in and around each other, VMs and what belongs to them, owners, and grants.
func scene(t *rapid.T, tx *store.Tx) error {
	put := func(table string, key int, set row) error {
		r := schema.NewRecord(tx.Schema().Table(table))
		r.Key = schema.IntValue(int64(key))
		for name, v := range set {
			if n, ok := v.(int); ok {
				v = int64(n)
			}
			r.Put(name, schema.ValueOf(v))
		}
		_, err := tx.Insert(r)
		return err
	}
	pick := func(what string, from ...string) any {
		if s := rapid.SampledFrom(append(from, "")).Draw(t, what); s != "" {
			return s
		}
		return nil
	}
	number := func(what string, most int) int { return rapid.IntRange(1, most).Draw(t, what) }
	rows := []struct {
		table string
		most  int
		set   func(i int) row
	}{
		{"users", 2, func(i int) row { return row{"name": fmt.Sprint("u", i), "identity": 1000 + i} }},
		{"groups", 3, func(i int) row {
			return row{"name": fmt.Sprint("g", i), "identity": 2000 + i, "enabled": number("enabled", 4) > 1}
		}},
		{"members", 5, func(int) row {
			return row{"parent_group": number("group", 3), "member": pick("member", "users/1", "users/2", "groups/1", "groups/2", "groups/3")}
		}},
		{"vms", 4, func(i int) row {
			return row{"name": fmt.Sprint("vm", i), "machine": i, "owner": pick("owner", "vms/1", "vms/2", "vms/3", "vms/9", "tenants/1", "", "", "")}
		}},
		{"machines", 5, func(int) row { return row{"owner": pick("machine's", "vms/1", "vms/2", "vnets/1", "vnets/2")} }},
		{"machine_drives", 5, func(int) row { return row{"machine": number("machine", 6)} }},
		{"machine_drive_status", 5, func(i int) row { return row{"parent_drive": i} }},
		{"vnets", 2, func(i int) row { return row{"name": fmt.Sprint("n", i), "owner": pick("vnet's", "vms/1", "", "")} }},
		{"vnet_addresses", 4, func(int) row {
			return row{"vnet": number("vnet", 2), "type": "static", "owner": pick("address's", "vms/1", "vnets/2", "vnets/1", "", "")}
		}},
		{"permissions", 6, func(int) row {
			set := row{
				"identity": rapid.SampledFrom([]int{1001, 1002, 2001, 2002, 2003}).Draw(t, "identity"),
				"table":    rapid.SampledFrom([]string{"vms", "vms", "machines", "machine_drives", "vnets", "vnet_addresses", "/"}).Draw(t, "table"),
				"row":      rapid.IntRange(0, 4).Draw(t, "row"),
			}
			if set["table"] == "/" {
				set["row"] = 0
			}
			for _, right := range perm.All {
				set[right.String()] = rapid.Bool().Draw(t, right.String())
			}
			return set
		}},
	}
	drawn := map[string]bool{}
	for _, kind := range rows {
		for i := range kind.most {
			set := kind.set(i + 1)
			for _, u := range tx.Schema().Table(kind.table).Unique {
				values := kind.table
				for _, column := range u.Columns {
					values += fmt.Sprintf(" %v", set[column])
				}
				if drawn[values] {
					set = nil
				}
				drawn[values] = true
			}
			if set == nil {
				continue // there can't be two such rows
			}
			if err := put(kind.table, i+1, set); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestRightsAgree holds three answers against each other and against the oracle, for random people, groups, grants, owners and parents:
// what is listed, what can be read singly, and what a check says.
func TestRightsAgree(t *testing.T) {
	t.Parallel()
	b := open(t)
	tables := []string{"vms", "machines", "machine_drives", "machine_drive_status", "vnets", "vnet_addresses"}
	allowed, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		b.empty()
		b.must(b.db.Update(context.Background(), func(tx *store.Tx) error { return scene(rt, tx) }))
		user := rapid.Int64Range(1, 2).Draw(rt, "user")
		o := b.ask(user)
		ctx := perm.WithActor(context.Background(), perm.Actor{User: user})
		for _, table := range tables {
			want := o.verdicts(table)
			listed, can := keys(rt, b.eng, ctx, table), b.can(rt, ctx, table, want)
			for key, may := range want {
				if may.List != slices.Contains(listed, key) {
					rt.Fatalf("user %d, %s/%d: listed %v, want %v", user, table, key, !may.List, may.List)
				}
				outcome := map[bool]string{true: "ok", false: map[bool]string{true: "denied", false: "not_found"}[may.List]}[may.Read]
				err := b.eng.Query(ctx, table, query.Request{Key: fmt.Sprint(key), Fields: "$key"}, func(json.RawMessage) error { return nil })
				if kindOf(err) != outcome {
					rt.Fatalf("user %d, %s/%d: read %v, want %s", user, table, key, err, outcome)
				}
				if !may.List && !may.Read {
					may = engine.Rights{}
					refused++
				} else {
					allowed++
				}
				if d := cmp.Diff(may, can[key]); d != "" {
					rt.Fatalf("user %d, %s/%d (-want +got):\n%s", user, table, key, d)
				}
			}
		}
	})
	t.Logf("%d rows seen, %d hidden", allowed, refused)
	if allowed < refused/10 || refused < allowed/10 {
		t.Errorf("the scenes are one-sided: %d rows seen, %d hidden", allowed, refused)
	}
}

// can asks the engine about the rows of a table.
func (b *bench) can(t *rapid.T, ctx context.Context, table string, rows map[int64]engine.Rights) map[int64]engine.Rights {
	var objects []engine.Object
	var keys []int64
	for key := range rows {
		keys = append(keys, key)
		objects = append(objects, engine.Object{Table: table, Key: fmt.Sprint(key)})
	}
	held, err := b.eng.Can(ctx, objects)
	if err != nil {
		t.Fatal(err)
	}
	all := map[int64]engine.Rights{}
	for i, key := range keys {
		all[key] = held[i]
	}
	return all
}

// ask makes an oracle of all rows that there are.
func (b *bench) ask(user int64) *oracle {
	o := &oracle{user: user, rows: map[string]map[int64]*schema.Record{}}
	b.must(b.db.View(context.Background(), func(tx *store.Tx) error {
		for _, table := range []string{"groups", "members", "permissions", "vms", "machines", "machine_drives", "machine_drive_status", "vnets", "vnet_addresses"} {
			found, err := tx.Find(table)
			if err != nil {
				return err
			}
			o.rows[table] = map[int64]*schema.Record{}
			for _, r := range found {
				o.rows[table][r.Key.Int()] = r
			}
		}
		return nil
	}))
	mine := o.identities()
	for _, p := range o.rows["permissions"] {
		if mine[p.Get("identity").Int()] {
			o.held = append(o.held, p)
		}
	}
	return o
}

// verdicts decides about every row of a table.
func (o *oracle) verdicts(table string) map[int64]engine.Rights {
	all := map[int64]engine.Rights{}
	for key, r := range o.rows[table] {
		may := func(right string) bool { return o.everything(right) || o.may(right, r, 2) }
		all[key] = engine.Rights{List: may("list"), Read: may("read"), Create: may("create"), Modify: may("modify"), Delete: may("delete")}
	}
	return all
}

// keys lists a table's keys.
func keys(t *rapid.T, eng *engine.Engine, ctx context.Context, table string) (all []int64) {
	err := eng.Query(ctx, table, query.Request{Fields: "$key"}, func(raw json.RawMessage) error {
		var r struct {
			Key int64 `json:"$key"`
		}
		err := json.Unmarshal(raw, &r)
		all = append(all, r.Key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// empty takes all rows away.
func (b *bench) empty() {
	b.must(b.db.Update(b.t.Context(), func(tx *store.Tx) error {
		for _, t := range tx.Schema().Tables() {
			rows, err := tx.Find(t.Name, store.Everything())
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := tx.Purge(t.Name, r.Key); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

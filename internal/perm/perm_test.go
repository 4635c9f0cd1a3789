package perm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/golden"
	"dewpoint/test/rig"
)

// world is a database with a row in every table.
type world struct {
	t    *testing.T
	db   *store.DB
	rows map[string]*schema.Record
}

const owner = 2 // key of the user that rows belong to where their table has a user column

func newWorld(t *testing.T) *world {
	t.Helper()
	db := rig.Database(t, t.TempDir())
	w := &world{t: t, db: db, rows: map[string]*schema.Record{}}
	w.do(func(tx *store.Tx) (err error) {
		for _, name := range []string{"admin", "owner", "other"} {
			u := schema.NewRecord(w.table("users"))
			u.Put("name", schema.TextValue(name))
			if _, err := tx.Create(u, nil); err != nil {
				return err
			}
		}
		if w.rows["users"], err = tx.Get("users", schema.IntValue(owner)); err != nil {
			return err
		}
		if _, err := w.make(tx, w.table("vms")); err != nil { // before the others, whose machine is its
			return err
		}
		for _, table := range db.Schema.Tables() {
			if _, err := w.make(tx, table); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) table(name string) *schema.Table { return w.db.Schema.Table(name) }

// do runs f in a transaction that must succeed.
func (w *world) do(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// make gives a table its row, with a parent and the user that it belongs to.
func (w *world) make(tx *store.Tx, t *schema.Table) (*schema.Record, error) {
	if r := w.rows[t.Name]; r != nil {
		return r, nil
	}
	if there, err := tx.Find(t.Name); err != nil || len(there) > 0 {
		w.rows[t.Name] = there[0]
		return there[0], err
	}
	r := w.fresh(t)
	if t.Key == schema.NameKey {
		r.Key = schema.TextValue("probe")
	}
	if t.Parent != "" {
		parent, err := w.make(tx, w.table(t.Field(t.Parent).Ref))
		if err != nil {
			return nil, err
		}
		r.Put(t.Parent, parent.Key)
	}
	_, err := tx.Create(r, nil)
	w.rows[t.Name] = r
	return r, err
}

// fresh makes a record that isn't in the database.
func (w *world) fresh(t *schema.Table) *schema.Record {
	r := schema.NewRecord(t)
	if f := t.Field("user"); f != nil && f.IsRow() {
		r.Put("user", schema.IntValue(owner))
	}
	return r
}

// holding returns an actor with the rights on all rows of a table (row 0) or on one; "" grants nothing.
func (w *world) holding(user int64, table string, row int64, rights ...perm.Right) perm.Actor {
	a := perm.Actor{User: user}
	if table == "" {
		return a
	}
	w.do(func(tx *store.Tx) error {
		u, err := tx.Get("users", schema.IntValue(user))
		if err != nil {
			return err
		}
		p := schema.NewRecord(w.table("permissions"))
		for _, right := range perm.All {
			p.Put(right.String(), schema.BoolValue(perm.RightsOf(rights...).Has(right)))
		}
		p.Put("identity", u.Get("identity"))
		p.Put("table", schema.TextValue(table))
		p.Put("row", schema.IntValue(row))
		before, err := tx.Find("permissions", store.Eq("identity", p.Get("identity")), store.Eq("table", p.Get("table")), store.Eq("row", p.Get("row")))
		if err != nil {
			return err
		}
		for _, b := range before { // there can't be two
			if err := tx.Purge("permissions", b.Key); err != nil {
				return err
			}
		}
		if _, err := tx.Create(p, nil); err != nil {
			return err
		}
		a.Grants = perm.NewGrants([]schema.Value{u.Get("identity")}, []*schema.Record{p})
		return nil
	})
	return a
}

// revoke takes away what holding gave.
func (w *world) revoke() {
	w.do(func(tx *store.Tx) error {
		held, err := tx.Find("permissions", store.Eq("target", schema.Value{}))
		for _, p := range held {
			if p.Key != w.rows["permissions"].Key && err == nil {
				err = tx.Purge("permissions", p.Key)
			}
		}
		return err
	})
}

// verdicts says what a may do with the table's row.
func (w *world) verdicts(a perm.Actor, t *schema.Table) string {
	var cells []string
	w.do(func(tx *store.Tx) error {
		for _, right := range perm.All {
			err := perm.Check(tx, a, right, w.rows[t.Name])
			if right == perm.Create {
				r := w.rows[t.Name].Clone()
				r.Key = schema.Value{}
				err = perm.CheckCreate(tx, a, r)
			}
			cells = append(cells, fmt.Sprintf("%s=%s", right, verdict(err)))
		}
		return nil
	})
	return strings.Join(cells, " ")
}

func verdict(err error) string {
	if err == nil {
		return "yes"
	}
	return errs.KindOf(err).String()
}

// TestMatrix draws who may do what with the row of each table that clients can address: role × table × right.
func TestMatrix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	roles := []struct {
		name  string
		actor func(*schema.Table) perm.Actor
	}{
		{"admin", func(*schema.Table) perm.Actor { return perm.Actor{User: 1, Admin: true} }},
		{"nobody", func(*schema.Table) perm.Actor { return perm.Actor{} }},
		{"owner", func(*schema.Table) perm.Actor { return perm.Actor{User: owner} }},
		{"other", func(*schema.Table) perm.Actor { return perm.Actor{User: 3} }},
		{"lists", func(t *schema.Table) perm.Actor { return w.holding(3, t.Name, 0, perm.List) }},
		{"reads", func(t *schema.Table) perm.Actor { return w.holding(3, t.Name, 0, perm.Read) }},
		{"writes", func(t *schema.Table) perm.Actor {
			return w.holding(3, t.Name, 0, perm.List, perm.Read, perm.Create, perm.Modify)
		}},
		{"row", func(t *schema.Table) perm.Actor { return w.holding(3, t.Name, 1, perm.All[:]...) }},
		{"parent", func(t *schema.Table) perm.Actor {
			if t.Parent == "" {
				return perm.Actor{User: 3}
			}
			return w.holding(3, t.Field(t.Parent).Ref, 0, perm.All[:]...)
		}},
		{"all", func(*schema.Table) perm.Actor { return w.holding(3, "/", 0, perm.All[:]...) }},
	}
	var out strings.Builder
	for _, table := range w.db.Schema.Tables() {
		if table.Internal {
			continue
		}
		for _, role := range roles {
			fmt.Fprintf(&out, "%-22s %-7s %s\n", table.Name, role.name, w.verdicts(role.actor(table), table))
			w.revoke()
		}
	}
	golden.Equal(t, "testdata/matrix.txt", out.String())
}

// TestPredicates keeps the SQL that rights become.
func TestPredicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var out strings.Builder
	for _, c := range []struct {
		what  string
		actor perm.Actor
		right perm.Right
		table string
	}{
		{"an admin", perm.Actor{User: 1, Admin: true}, perm.List, "vms"},
		{"nothing granted", perm.Actor{User: 3}, perm.List, "vms"},
		{"own account", perm.Actor{User: 3}, perm.Modify, "users"},
		{"own account from below", perm.Actor{User: 3}, perm.Modify, "permissions"},
		{"everything", w.holding(3, "/", 0, perm.List), perm.List, "vms"},
		{"a whole table", w.holding(3, "vms", 0, perm.List), perm.List, "vms"},
		{"rows of a table", w.holding(3, "vms", 1, perm.List), perm.List, "vms"},
		{"rows by their number", w.holding(3, "settings", 1, perm.Read), perm.Read, "settings"},
		{"another right", w.holding(3, "vms", 1, perm.Modify), perm.List, "vms"},
		{"through parent and owner", w.holding(3, "vms", 1, perm.Read), perm.Read, "machine_drive_status"},
	} {
		plan, err := query.Build(w.db.Schema, w.table(c.table), &query.AST{Fields: []query.Item{}}, query.Options{Root: perm.Guard(c.actor, c.right)})
		if err != nil {
			t.Fatal(err)
		}
		q, err := w.db.Render(plan)
		if err != nil {
			t.Fatal(err)
		}
		_, where, _ := strings.Cut(q.Text, " WHERE ")
		fmt.Fprintf(&out, "%s: %s %s\n%s\n%v\n\n", c.what, c.right, c.table, where, q.Args)
	}
	golden.Equal(t, "testdata/predicates.txt", out.String())
}

func TestHiddenLooksMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(tx *store.Tx) error {
		r := w.rows["vms"]
		want := store.NotFound(r.Table, r.Key.Text()).Error()
		if d := cmp.Diff(want, perm.Check(tx, perm.Actor{User: 3}, perm.Read, r).Error()); d != "" {
			t.Errorf("a hidden row can be told from a missing one: %s", d)
		}
		return nil
	})
}

func TestDeniedNamesRightAndTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lists := w.holding(3, "vms", 1, perm.List)
	w.do(func(tx *store.Tx) error {
		for _, right := range []perm.Right{perm.Read, perm.Modify, perm.Delete} {
			err := perm.Check(tx, lists, right, w.rows["vms"])
			if want := fmt.Sprintf("you need the right %q on vms", right); !errs.Is(err, errs.Denied) || err.Error() != want {
				t.Errorf("%s: %v, want %s", right, err, want)
			}
		}
		err := perm.CheckCreate(tx, lists, w.fresh(w.table("vms")))
		if want := `you need the right "create" on vms`; !errs.Is(err, errs.Denied) || err.Error() != want {
			t.Errorf("create: %v, want %s", err, want)
		}
		return nil
	})
}

// checkModify asks whether a may change columns of a row.
func checkModify(tx *store.Tx, a perm.Actor, r *schema.Record, columns []string) error {
	held, err := perm.Ask(tx, a, r, perm.Modify)
	if err != nil {
		return err
	}
	return held.CheckModify(columns)
}

func TestModifyOwnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, helpdesk := perm.Actor{User: owner}, w.holding(owner, "users", 0, perm.Modify)
	w.do(func(tx *store.Tx) error {
		me := w.rows["users"]
		other, err := tx.Get("users", schema.IntValue(3))
		if err != nil {
			return err
		}
		if err := checkModify(tx, own, me, []string{"displayname", "email", "password"}); err != nil {
			t.Errorf("own account: %v", err)
		}
		for _, c := range []string{"enabled", "admin", "name", "token_epoch"} {
			err := checkModify(tx, own, me, []string{"email", c})
			if e := errs.As(err); e == nil || e.Kind != errs.Denied || e.Field != c {
				t.Errorf("changing %s of one's own account: %v, want it denied on %s", c, err, c)
			}
		}
		if err := checkModify(tx, helpdesk, me, []string{"enabled"}); err != nil {
			t.Errorf("own account with a grant on the table: %v", err)
		}
		if err := checkModify(tx, own, other, []string{"email"}); !errs.Is(err, errs.NotFound) {
			t.Errorf("another's account: %v", err)
		}
		if err := checkModify(tx, perm.Actor{User: 1, Admin: true}, other, []string{"admin"}); err != nil {
			t.Errorf("as admin: %v", err)
		}
		return nil
	})
}

// TestMove makes sure that a row isn't moved to where its mover couldn't make one.
func TestMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	drive := w.rows["machine_drives"]
	moved := drive.Clone()
	moved.Put("machine", schema.IntValue(99))
	for _, c := range []struct {
		actor perm.Actor
		want  string
	}{
		{w.holding(3, "machine_drives", drive.Key.Int(), perm.All[:]...), "denied"},
		{w.holding(3, "machine_drives", 0, perm.All[:]...), "yes"},
		{perm.Actor{Admin: true}, "yes"},
	} {
		w.do(func(tx *store.Tx) error {
			if got := verdict(perm.CheckMove(tx, c.actor, drive, moved)); got != c.want {
				t.Errorf("%+v: %s, want %s", c.actor, got, c.want)
			}
			if err := perm.CheckMove(tx, c.actor, drive, drive); err != nil {
				t.Errorf("%+v: not moved: %v", c.actor, err)
			}
			return nil
		})
	}
}

func TestMayCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, below := perm.Actor{User: owner}, w.holding(3, "vms", 1, perm.Create)
	for _, c := range []struct {
		actor perm.Actor
		table string
		want  string
	}{
		{own, "user_api_keys", "yes"},
		{own, "users", "denied"},
		{own, "vms", "denied"},
		{perm.Actor{}, "user_api_keys", "denied"},
		{below, "machine_drives", "yes"},
		{below, "vms", "denied"},
		{w.holding(3, "/", 0, perm.Create), "vms", "yes"},
	} {
		if got := verdict(perm.MayCreate(c.actor, w.table(c.table))); got != c.want {
			t.Errorf("%+v on %s: %s, want %s", c.actor, c.table, got, c.want)
		}
	}
	w.do(func(tx *store.Tx) error {
		if err := perm.CheckCreate(tx, perm.Actor{User: 3}, w.fresh(w.table("user_api_keys"))); !errs.Is(err, errs.Denied) {
			t.Errorf("a key for another: %v", err)
		}
		return nil
	})
}

func TestActorTravelsInContext(t *testing.T) {
	t.Parallel()
	a := perm.Actor{User: 2, Name: "ann", Address: "192.0.2.1", Request: "r1"}
	if d := cmp.Diff(a, perm.ActorOf(perm.WithActor(context.Background(), a))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(perm.Actor{}, perm.ActorOf(context.Background())); d != "" {
		t.Error(d)
	}
}

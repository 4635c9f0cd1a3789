package applied_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/applied"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// lab is a database with one network, and what waits below it.
type lab struct {
	*store.DB
	t    *testing.T
	vnet schema.Value
}

func open(t *testing.T, dir string, more ...*schema.Field) *lab {
	t.Helper()
	l := &lab{DB: rig.WithRules(t, dir, more...), t: t}
	l.do(func(tx *store.Tx) error {
		found, err := tx.Find("vnets")
		if err != nil {
			return err
		}
		if len(found) > 0 {
			l.vnet = found[0].Key
			return nil
		}
		l.vnet = l.create(tx, "vnets", schema.Set{"name": schema.TextValue("lab")})
		return nil
	})
	return l
}

func (l *lab) do(f func(*store.Tx) error) {
	l.t.Helper()
	if err := l.Update(l.t.Context(), f); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) create(tx *store.Tx, table string, set schema.Set) schema.Value {
	l.t.Helper()
	r := schema.NewRecord(tx.Schema().Table(table))
	r.PutAll(set)
	key, err := tx.Create(r, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return key
}

func (l *lab) rule(tx *store.Tx, name string, port int64) schema.Value {
	l.t.Helper()
	return l.create(tx, "test_rules", schema.Set{"vnet": l.vnet, "name": schema.TextValue(name), "port": schema.IntValue(port), "weight": schema.RealValue(2)})
}

func (l *lab) pending() store.Pending {
	return store.Pending{Table: "vnets", Key: l.vnet, Column: "need_fw_apply"}
}

func (l *lab) take() {
	l.t.Helper()
	l.do(func(tx *store.Tx) error { return applied.Take(tx, l.pending()) })
}

// expect holds what is in force, and whether anything waits, against what is wanted.
func (l *lab) expect(when string, waits bool, live ...rig.Rule) {
	l.t.Helper()
	l.do(func(tx *store.Tx) error {
		got, err := applied.Rows[rig.Rule](tx, l.vnet.Int())
		if err != nil {
			return err
		}
		if diff := cmp.Diff(live, append([]rig.Rule(nil), got...)); diff != "" {
			l.t.Errorf("%s: in force (-want +got):\n%s", when, diff)
		}
		if w, err := applied.Waits(tx, l.pending()); err != nil || w != waits {
			l.t.Errorf("%s: waits %v, %v; want %v", when, w, err, waits)
		}
		return nil
	})
}

func TestRowsAreInForceAsTheyWereApplied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	l.expect("nothing made", false)
	var key schema.Value
	l.do(func(tx *store.Tx) error { key = l.rule(tx, "a", 80); return nil })
	a := rig.Rule{Key: key.Int(), Vnet: l.vnet.Int(), Name: "a", Port: 80}
	change := func(set schema.Set) {
		l.do(func(tx *store.Tx) error { return tx.Change("test_rules", key, set) })
	}
	l.expect("made", true)
	l.take()
	l.expect("applied", false, a)
	change(schema.Set{"packets": schema.IntValue(7)})
	l.expect("counted", false, a)
	change(schema.Set{"port": schema.IntValue(443)})
	l.expect("changed", true, a)
	change(schema.Set{"port": schema.IntValue(80)})
	l.expect("changed back", false, a)

	if err := l.Close(); err != nil { // a new version, with a column more
		t.Fatal(err)
	}
	l = open(t, dir, schema.String("pin").Default("no"))
	l.expect("upgraded", false, a)
	change(schema.Set{"pin": schema.TextValue("top")})
	l.expect("the new column changed", true, a)
	l.do(func(tx *store.Tx) error { return tx.Delete("test_rules", key) })
	l.expect("deleted", true, a)
	l.take()
	l.expect("the deletion applied", false)
}

// TestWhatIsInForceGoesWithItsObject: neither table keeps a row of a network that is gone.
func TestWhatIsInForceGoesWithItsObject(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir())
	l.do(func(tx *store.Tx) error { l.rule(tx, "a", 80); return applied.Take(tx, l.pending()) })
	l.do(func(tx *store.Tx) error { return tx.Delete("vnets", l.vnet) })
	l.do(func(tx *store.Tx) error {
		for _, table := range []string{"applied_rows", "test_rules"} {
			if n, err := tx.Count(table, store.Everything()); err != nil || n != 0 {
				t.Errorf("%s has %d rows, %v", table, n, err)
			}
		}
		return nil
	})
}

package store_test

import (
	"context"
	"strings"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

func write(t *testing.T, db *store.DB, f func(*store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// TestTypedWrites makes a row, changes columns of it by name and by difference, and finds it by them.
func TestTypedWrites(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		var key int64
		write(t, db, func(tx *store.Tx) error {
			k, err := store.Create(tx, network.VnetSet{}.Name("lab").MTU(1400).DHCPEnabled(true))
			key = k.Int()
			return err
		})
		write(t, db, func(tx *store.Tx) error {
			old, err := store.GetRow[network.Vnet](tx, key)
			if err != nil {
				return err
			}
			if old.Name != "lab" || old.MTU != 1400 || !old.DHCPEnabled || old.DNS != "simple" || old.Machine == 0 {
				t.Errorf("the row is %+v", old)
			}
			now := old
			now.MTU, now.InterfaceVnet = 1300, key
			if d := now.Diff(&old); len(d) != 2 {
				t.Errorf("the difference is %v", d)
			}
			return store.Put(tx, old, now)
		})
		write(t, db, func(tx *store.Tx) error {
			return store.Write(tx, key, network.VnetSet{}.Hostname("gate").InterfaceVnet(0).Null(network.VnetCol.DNS))
		})
		for _, c := range []struct {
			name string
			cond store.Cond
			n    int
		}{
			{"is", store.Is(network.VnetCol.MTU, 1300), 1},
			{"one of", store.Is(network.VnetCol.Hostname, "other", "gate"), 1},
			{"a reference that was emptied", store.IsNull(network.VnetCol.InterfaceVnet), 1},
			{"reference to nothing", store.Is(network.VnetCol.InterfaceVnet, 0), 1},
			{"null", store.IsNull(network.VnetCol.DNS), 1},
			{"or null", store.IsOrNull(network.VnetCol.DNS, "bind"), 1},
			{"not", store.IsNot(network.VnetCol.Hostname, "gate"), 0},
			{"up to", store.IsUpTo(network.VnetCol.MTU, 1299), 0},
			{"a flag", store.Is(network.VnetCol.DHCPEnabled, true), 1},
		} {
			write(t, db, func(tx *store.Tx) error {
				rows, err := store.FindRows[network.Vnet](tx, c.cond)
				if len(rows) != c.n {
					t.Errorf("%s: %d rows, want %d", c.name, len(rows), c.n)
				}
				return err
			})
		}
	})
}

// TestUnknownColumns: a test that names a column that isn't declared stops there.
func TestUnknownColumns(t *testing.T) {
	t.Parallel()
	db := rig.Database(t, t.TempDir())
	for name, f := range map[string]func(*store.Tx, *schema.Record) error{
		"read":   func(_ *store.Tx, r *schema.Record) error { _ = r.Get("nmae"); return nil },
		"put":    func(_ *store.Tx, r *schema.Record) error { r.Put("nmae", schema.Value{}); return nil },
		"change": func(tx *store.Tx, r *schema.Record) error { return tx.Change("vnets", r.Key, schema.Set{"nmae": {}}) },
		"find": func(tx *store.Tx, _ *schema.Record) error {
			_, err := tx.Find("vnets", store.Eq("nmae", schema.Value{}))
			return err
		},
	} {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			key, err := store.Create(tx, network.VnetSet{}.Name(name))
			if err != nil {
				return err
			}
			r, err := tx.Get("vnets", key)
			if err != nil {
				return err
			}
			defer func() {
				if recover() == nil {
					t.Errorf("%s: an unknown column went through", name)
				}
			}()
			return f(tx, r)
		})
		if !errs.Is(err, errs.Internal) {
			t.Errorf("%s: the transaction ends with %v", name, err)
		}
	}
}

// TestUnknownColumnsInLife: outside of tests nothing panics, and a transaction in which such a column was named fails and writes nothing.
func TestUnknownColumnsInLife(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		write(t, db, func(tx *store.Tx) error {
			_, err := store.Create(tx, network.VnetSet{}.Name("first"))
			return err
		})
		for name, f := range map[string]func(*store.Tx) error{
			"read": func(tx *store.Tx) error {
				rows, err := tx.Find("vnets")
				inLife(func() { rows[0].Get("nmae") })
				return err
			},
			"put into a new record": func(tx *store.Tx) error {
				r := schema.NewRecord(tx.Schema().Table("vnets"))
				inLife(func() { r.Put("nmae", schema.TextValue("lab")) })
				_, err := tx.Create(r, nil)
				return err
			},
			"read a new record": func(tx *store.Tx) error {
				r := store.RecordOf(tx, network.VnetSet{}.Name("lab"))
				inLife(func() { r.Get("nmae") })
				_, err := tx.Insert(r.Clone())
				return err
			},
			"change": func(tx *store.Tx) error {
				inLife(func() { _ = tx.Change("vnets", schema.IntValue(1), schema.Set{"nmae": {}}) })
				return nil
			},
			"find": func(tx *store.Tx) error {
				inLife(func() { _, _ = tx.Find("vnets", store.Eq("nmae", schema.Value{})) })
				return nil
			},
			"sum": func(tx *store.Tx) error {
				inLife(func() { _, _ = tx.Sum("vnets", []schema.Column[int64]{schema.Col[int64]("nmae")}) })
				return nil
			},
		} {
			run := map[string]func(context.Context, func(*store.Tx) error) error{"update": db.Update, "dry run": db.DryRun}
			if name == "read" {
				run["view"] = db.View
			}
			for kind, run := range run {
				err := run(t.Context(), func(tx *store.Tx) error {
					if kind != "view" {
						if _, err := store.Create(tx, network.VnetSet{}.Name("before")); err != nil {
							return err
						}
					}
					return f(tx)
				})
				if !errs.Is(err, errs.Internal) || !strings.Contains(err.Error(), "table vnets has no column nmae") {
					t.Errorf("%s: the %s ends with %v", name, kind, err)
				}
			}
		}
		write(t, db, func(tx *store.Tx) error {
			if n, err := tx.Count("vnets"); err != nil || n != 1 {
				t.Errorf("there are %d rows, %v", n, err)
			}
			return nil
		})
	})
}

// inLife goes on after what panics in tests alone.
func inLife(f func()) {
	defer func() { _ = recover() }()
	f()
}

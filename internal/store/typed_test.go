package store_test

import (
	"errors"
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
		write(t, db, func(tx *store.Tx) error {
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
	}
}

// TestUnknownColumnsInLife: outside of tests nothing panics, and a transaction that read such a column fails and writes nothing.
func TestUnknownColumnsInLife(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		noColumn := errs.New(errs.Internal, "no_column", "table vnets has no column nmae")
		f := func(tx *store.Tx) error {
			tx.Fault(noColumn)
			return nil
		}
		if err := db.View(t.Context(), f); !errors.Is(err, noColumn) {
			t.Errorf("the view ends with %v", err)
		}
		if err := db.DryRun(t.Context(), f); !errors.Is(err, noColumn) {
			t.Errorf("the dry run ends with %v", err)
		}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := store.Create(tx, network.VnetSet{}.Name("lab")); err != nil {
				return err
			}
			return f(tx)
		})
		if !errors.Is(err, noColumn) {
			t.Errorf("the change ends with %v", err)
		}
		write(t, db, func(tx *store.Tx) error {
			if n, err := tx.Count("vnets"); err != nil || n != 0 {
				t.Errorf("the change made %d rows, %v", n, err)
			}
			return nil
		})
	})
}

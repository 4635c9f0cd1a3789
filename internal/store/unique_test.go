package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestUniqueTogether: columns that are unique together refuse a second row with the same values of all of them, name the last, and count
// live rows alone, where a condition holds.
func TestUniqueTogether(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		s, err := schema.New(
			&schema.Table{Name: "seats", Title: "Seat", Unique: []schema.Unique{schema.Together("row", "place").When("taken")}, Fields: schema.Fields{
				schema.String("row"), schema.Int64("place"), schema.Bool("taken"),
			}},
			&schema.Table{Name: "names", Title: "Name", Tombstone: true, Aside: "old", Unique: []schema.Unique{schema.Together("tenant", "name")}, Fields: schema.Fields{
				schema.Int64("tenant"), schema.String("name"), schema.Bool("old"),
			}},
		)
		if err != nil {
			t.Fatal(err)
		}
		db := d.connect(t, d.place(t), s)
		make := func(table string, set schema.Set) (key schema.Value, err error) {
			err = db.Update(context.Background(), func(tx *store.Tx) error {
				key, err = tx.Create(record(tx, table, set), nil)
				return err
			})
			return key, err
		}
		seat := func(row string, place int64, taken bool) schema.Set {
			return schema.Set{"row": schema.TextValue(row), "place": schema.RefValue(place), "taken": schema.BoolValue(taken)}
		}
		name := func(tenant int64, name string, old bool) schema.Set {
			return schema.Set{"tenant": schema.RefValue(tenant), "name": schema.TextValue(name), "old": schema.BoolValue(old)}
		}
		for _, c := range []struct {
			table string
			set   schema.Set
			field string // that the refusal names
			text  string
		}{
			{"seats", seat("a", 1, true), "", ""},
			{"seats", seat("a", 2, true), "", ""},
			{"seats", seat("b", 1, true), "", ""},
			{"seats", seat("a", 1, true), "place", "another seat has this row and place; choose a different place"},
			{"seats", seat("a", 1, false), "", ""},
			{"seats", seat("a", 0, true), "", ""}, // null, twice
			{"seats", seat("a", 0, true), "", ""},
			{"names", name(1, "web", false), "", ""},
			{"names", name(2, "web", false), "", ""},
			{"names", name(1, "web", true), "", ""},
			{"names", name(1, "web", true), "", ""},
			{"names", name(1, "web", false), "name", "another name has this tenant and name; choose a different name"},
		} {
			_, err := make(c.table, c.set)
			if c.field == "" && err != nil {
				t.Errorf("%s %v: %v", c.table, c.set, err)
			}
			if e := errs.As(err); c.field != "" && (e == nil || e.Kind != errs.Conflict || e.Code != "exists" || e.Field != c.field || e.Text != c.text) {
				t.Errorf("%s %v: %#v, want a conflict on %s", c.table, c.set, err, c.field)
			}
		}
		update(t, db, func(tx *store.Tx) error { return tx.Delete("names", schema.IntValue(1)) })
		if _, err := make("names", name(1, "web", false)); err != nil {
			t.Errorf("the values of a deleted row: %v", err)
		}
		err = db.Update(context.Background(), func(tx *store.Tx) error {
			return tx.Change("seats", schema.IntValue(2), schema.Set{"place": schema.IntValue(1)})
		})
		if e := errs.As(err); e == nil || e.Kind != errs.Conflict || e.Field != "place" {
			t.Errorf("a change to the values of another row: %v", err)
		}
	})
}

// TestAddressesOfOldNICs opens a database of a version that let a NIC be moved to where another has its address: the older one keeps it.
func TestAddressesOfOldNICs(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		place := d.place(t)
		db := d.connect(t, place, model.Schema())
		for _, text := range []string{`DELETE FROM "_steps"`, `DROP INDEX "machine_nics_vnet__ipaddress"`} {
			if _, err := db.Writer().Exec(text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		_, machine, _, _, vnet := makeVM(t, db, "old")
		update(t, db, func(tx *store.Tx) error {
			for range 3 {
				set := schema.Set{"machine": machine, "vnet": vnet, "ipaddress": schema.TextValue("10.0.0.5"), "ip_reserved": schema.BoolValue(true)}
				if _, err := tx.Create(record(tx, "machine_nics", set), nil); err != nil {
					return err
				}
			}
			return nil
		})
		db.Close()
		for range 2 { // a migration may be run again
			db = d.connect(t, place, model.Schema())
			var wished []int64
			update(t, db, func(tx *store.Tx) error {
				nics, err := tx.Find("machine_nics", store.Eq("ip_reserved", schema.BoolValue(true)))
				for _, n := range nics {
					wished = append(wished, n.Key.Int())
				}
				return err
			})
			if d := cmp.Diff([]int64{2}, wished); d != "" { // the first is makeVM's and has no address
				t.Error(d)
			}
			db.Close()
		}
	})
}

// TestOldImportsAreDisks opens a database of a version whose drives stayed imports: those that have their disk are disks, and name no file.
func TestOldImportsAreDisks(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		place := d.place(t)
		db := d.connect(t, place, model.Schema())
		if _, err := db.Writer().Exec(`DELETE FROM "_steps"`); err != nil {
			t.Fatal(err)
		}
		_, machine, _, _, _ := makeVM(t, db, "old")
		var keys []schema.Value
		update(t, db, func(tx *store.Tx) error {
			file, err := tx.Create(record(tx, "files", schema.Set{"name": schema.TextValue("x.img")}), nil)
			for _, ready := range []bool{true, false} {
				key, failed := tx.Create(record(tx, "machine_drives", schema.Set{"machine": machine, "media": schema.TextValue("import"), "media_source": file, "preferred_tier": schema.Value{}}), nil)
				keys = append(keys, key)
				err = errors.Join(err, failed, tx.Change("machine_drive_status", key, schema.Set{"ready": schema.BoolValue(ready)}))
			}
			return err
		})
		db.Close()
		db = d.connect(t, place, model.Schema())
		defer db.Close()
		update(t, db, func(tx *store.Tx) error {
			done, err := tx.Get("machine_drives", keys[0])
			if err == nil && (done.Get("media").Text() != "disk" || !done.Get("media_source").IsNull()) {
				t.Errorf("a drive that has its disk is %q and names file %q", done.Get("media").Text(), done.Get("media_source").Text())
			}
			if err == nil && done.Get("preferred_tier").Text() != "1" {
				t.Errorf("a drive that preferred no tier shows %q", done.Get("preferred_tier").Text())
			}
			waits, failed := tx.Get("machine_drives", keys[1])
			if failed == nil && waits.Get("media").Text() != "import" {
				t.Errorf("a drive that waits for its disk is %q", waits.Get("media").Text())
			}
			return errors.Join(err, failed)
		})
	})
}

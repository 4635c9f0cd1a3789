package store_test

import (
	"fmt"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestWhatBecomesOfPolymorphicReferences deletes a row that others lead to, each in one of the ways that a declaration can say.
func TestWhatBecomesOfPolymorphicReferences(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		row := func(name string, f *schema.Field) *schema.Table {
			return &schema.Table{Name: name, Title: name, Fields: schema.Fields{f}}
		}
		kept := row("tombs", schema.AnyRow("to", "things").Forgets())
		kept.Tombstone = true
		s, err := schema.New(
			&schema.Table{Name: "things", Title: "Thing", Fields: schema.Fields{schema.String("name")}},
			&schema.Table{Name: "others", Title: "Other", Fields: schema.Fields{schema.String("name")}},
			row("followers", schema.AnyRow("to", "things", "others").Follows()), row("forgetful", schema.AnyRow("to", "things", "others").Forgets()),
			row("historians", schema.AnyRow("to").AnyTable().Remembers()), row("keepers", schema.AnyRow("to", "things").Restrict()), kept,
		)
		if err != nil {
			t.Fatal(err)
		}
		db := d.connect(t, d.place(t), s)
		thing, other := put(t, db, "things", nil), put(t, db, "others", nil)
		if thing != other {
			t.Fatalf("keys %v and %v: rows of two tables with one key would show more", thing, other)
		}
		to := func(table string, key schema.Value) schema.Set {
			return schema.Set{"to": schema.TextValue(table + "/" + key.Text())}
		}
		for _, table := range []string{"followers", "forgetful", "historians", "tombs"} {
			put(t, db, table, to("things", thing))
			if table != "tombs" {
				put(t, db, table, to("others", other))
			}
		}
		keeper := put(t, db, "keepers", to("things", thing))
		remove := func(table string, key schema.Value) error {
			return db.Update(t.Context(), func(tx *store.Tx) error { return tx.Delete(table, key) })
		}
		if err := remove("things", thing); !errs.Is(err, errs.Conflict) {
			t.Errorf("a thing that is kept: %v", err)
		}
		for _, err := range []error{remove("keepers", keeper), remove("things", thing)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for table, want := range map[string]string{
			"followers": "[others/1]", "forgetful": "[ others/1]", "historians": "[things/1 others/1]", "tombs": "[]", "keepers": "[]",
		} {
			if got := fmt.Sprint(values(t, db, table)); got != want {
				t.Errorf("%s lead to %s, want %s", table, got, want)
			}
		}
	})
}

func put(t *testing.T, db *store.DB, table string, set schema.Set) (key schema.Value) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
		r := schema.NewRecord(tx.Schema().Table(table))
		r.PutAll(set)
		key, err = tx.Insert(r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// values are those of the column to of live rows.
func values(t *testing.T, db *store.DB, table string) (texts []string) {
	t.Helper()
	err := db.View(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Find(table)
		for _, r := range rows {
			texts = append(texts, r.Get("to").Text())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestNoDeclaredReferenceDangles deletes a row of each table that each polymorphic column of the program may lead to.
func TestNoDeclaredReferenceDangles(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		s := model.Schema()
		db, pairs := d.connect(t, d.place(t), s), 0
		for _, table := range s.Tables() {
			for _, f := range table.Fields {
				if !f.IsRow() || f.Ref != "" || !f.Stored() {
					continue
				}
				for _, to := range f.Targets(s) {
					pairs++
					if err := db.DryRun(t.Context(), func(tx *store.Tx) error { return dangles(tx, table, f, to) }); err != nil {
						t.Errorf("%s.%s → %s: %v", table.Name, f.Name, to.Name, err)
					}
				}
			}
		}
		if pairs < 50 {
			t.Errorf("%d pairs show little", pairs)
		}
	})
}

// dangles is an error when a row of a table still leads by a column to one that was deleted, unless it tells of the past.
func dangles(tx *store.Tx, table *schema.Table, f *schema.Field, to *schema.Table) error {
	target := schema.NewRecord(to)
	if to.Key == schema.NameKey {
		target.Key = schema.TextValue("x")
	}
	key, err := tx.Insert(target)
	if err != nil {
		return err
	}
	r := schema.NewRecord(table)
	r.Put(f.Name, schema.TextValue(to.Name+"/"+key.Text()))
	if _, err := tx.Insert(r); err != nil {
		return err
	}
	if err := tx.Delete(to.Name, key); err != nil {
		return err
	}
	n, err := tx.Count(table.Name, store.Eq(f.Name, r.Get(f.Name)))
	if err == nil && (n > 0) != (f.Bond == schema.Remembers) {
		err = fmt.Errorf("%d rows lead there", n)
	}
	return err
}

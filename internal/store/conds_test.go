package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// condSchema is a parent with children, of which one may be of no parent.
func condSchema(t *testing.T) *schema.Schema {
	t.Helper()
	s, err := schema.New(
		&schema.Table{Name: "parents", Fields: schema.Fields{schema.String("name"), schema.Bool("away")}},
		&schema.Table{Name: "children", Tombstone: true, Fields: schema.Fields{schema.Row("parent", "parents"), schema.Int64("size"), schema.String("color")}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestConds tries every condition on three parents and their children, whose keys are 1 to 5.
func TestConds(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := d.connect(t, d.place(t), condSchema(t))
		text, number := schema.TextValue, schema.IntValue
		update(t, db, func(tx *store.Tx) error {
			for _, r := range []*schema.Record{
				record(tx, "parents", schema.Set{"name": text("here")}),
				record(tx, "parents", schema.Set{"name": text("there"), "away": schema.BoolValue(true)}),
				record(tx, "children", schema.Set{"parent": number(1), "size": number(1), "color": text("red")}),
				record(tx, "children", schema.Set{"parent": number(1), "size": number(20)}),
				record(tx, "children", schema.Set{"parent": number(2), "size": number(300), "color": text("")}),
				record(tx, "children", schema.Set{"size": number(4000), "color": text("blue")}),
				record(tx, "children", schema.Set{"parent": number(1), "size": number(50000), "color": text("red")}),
			} {
				if _, err := tx.Create(r, nil); err != nil {
					return err
				}
			}
			return tx.Delete("children", number(5))
		})
		long := make([]schema.Value, 0, 40_000)
		for i := range 40_000 {
			long = append(long, number(int64(i+2)))
		}
		away := store.Eq("away", schema.BoolValue(true))
		for name, c := range map[string]struct {
			conds []store.Cond
			keys  []int64
			sum   int64
		}{
			"none":                 {nil, []int64{1, 2, 3, 4}, 4321},
			"everything":           {[]store.Cond{store.Everything()}, []int64{1, 2, 3, 4, 5}, 54321},
			"tombstones":           {[]store.Cond{store.Tombstones()}, []int64{5}, 50000},
			"equal":                {[]store.Cond{store.Eq("color", text("red"))}, []int64{1}, 1},
			"null":                 {[]store.Cond{store.Eq("parent", schema.Value{})}, []int64{4}, 4000},
			"other":                {[]store.Cond{store.Other("color", text("red"))}, []int64{3, 4}, 4300},
			"equal or null":        {[]store.Cond{store.EqOrNull("color", text("red"))}, []int64{1, 2}, 21},
			"up to":                {[]store.Cond{store.UpTo("size", number(20))}, []int64{1, 2}, 21},
			"a short list":         {[]store.Cond{store.In("size", number(20), number(300), text("no number"))}, []int64{2, 3}, 320},
			"an empty list":        {[]store.Cond{store.In("size")}, nil, 0},
			"a long list":          {[]store.Cond{store.Key(long...)}, []int64{2, 3, 4}, 4320},
			"a long list of texts": {[]store.Cond{store.In("color", append([]schema.Value{text("blue")}, greeks(200)...)...)}, []int64{4}, 4000},
			"within":               {[]store.Cond{store.Within("parent", "parents", away)}, []int64{3}, 300},
			"outside":              {[]store.Cond{store.Outside("parent", "parents", away)}, []int64{1, 2}, 21},
			"within by key":        {[]store.Cond{store.KeyWithin("parents", away), store.Everything()}, []int64{2}, 20},
			"outside by key":       {[]store.Cond{store.KeyOutside("parents")}, []int64{3, 4}, 4300},
			"both":                 {[]store.Cond{store.Other("size", number(20)), store.Within("parent", "parents")}, []int64{1, 3}, 301},
		} {
			err := db.View(context.Background(), func(tx *store.Tx) error {
				found, err := tx.Find("children", c.conds...)
				if err != nil {
					return err
				}
				var keys []int64
				for _, r := range found {
					keys = append(keys, r.Key.Int())
				}
				sums, err := tx.Sum("children", []schema.Column[int64]{schema.Col[int64]("size"), schema.RefCol[int64]("parent")}, c.conds...)
				if err != nil {
					return err
				}
				n, err := tx.Count("children", c.conds...)
				if diff := cmp.Diff(c.keys, keys); diff != "" || n != int64(len(c.keys)) || sums[0] != c.sum {
					t.Errorf("%s: %d rows, sum %d, want %d; keys (-want +got):\n%s", name, n, sums[0], c.sum, diff)
				}
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func greeks(n int) (all []schema.Value) {
	for i := range n {
		all = append(all, schema.TextValue(string(rune('α'+i))))
	}
	return all
}

package engine_test

import (
	"context"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestPrepareMakesMissingTwins starts with rows as they were before some tables were declared.
func TestPrepareMakesMissingTwins(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := context.Background()
	b.must(b.db.Update(ctx, func(tx *store.Tx) error {
		for _, name := range []string{"a", "b"} {
			m := schema.NewRecord(tx.Schema().Table("machines"))
			m.Put("name", schema.TextValue(name))
			if _, err := tx.Create(m, nil); err != nil {
				return err
			}
		}
		if err := tx.Delete("machines", schema.IntValue(2)); err != nil { // what is gone gets nothing
			return err
		}
		for _, key := range []int64{1, 2} {
			if err := tx.Purge("machine_stats", schema.IntValue(key)); err != nil {
				return err
			}
		}
		return nil
	}))
	for range 2 {
		b.must(b.eng.Prepare(ctx))
		b.must(b.db.View(ctx, func(tx *store.Tx) error {
			all, err := tx.Find("machine_stats", store.Everything())
			if len(all) != 1 || all[0].Key.Int() != 1 || all[0].Get("machine").Int() != 1 || all[0].Deleted {
				t.Errorf("machine_stats %v", all)
			}
			return err
		}))
	}
}

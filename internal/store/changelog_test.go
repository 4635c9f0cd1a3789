package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// logged returns the entries behind seq as lines.
func logged(t *testing.T, db *store.DB, seq int64) (lines []string) {
	t.Helper()
	entries, err := db.ChangesSince(context.Background(), seq, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range entries {
		if l.Seq <= seq {
			t.Errorf("entry %d comes after %d", l.Seq, seq)
		}
		seq = l.Seq
		verb := [...]string{"created", "changed", "deleted", "purged"}[l.Verb]
		lines = append(lines, fmt.Sprint(verb, " ", l.Table.Name, "/", l.Key.Text()))
	}
	return lines
}

func last(t *testing.T, db *store.DB) int64 {
	t.Helper()
	n, err := db.LastChange(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLogTellsWhatBecameOfEachRow(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		var tier, key schema.Value
		begin := last(t, db)
		update(t, db, func(tx *store.Tx) (err error) {
			if tier, err = tx.Insert(record(tx, "storage_tiers", schema.Set{"tier": schema.IntValue(1)})); err != nil {
				return err
			}
			if key, err = tx.Insert(record(tx, "files", schema.Set{"name": schema.TextValue("a"), "uuid": schema.TextValue("a")})); err != nil {
				return err
			}
			return tx.Change("storage_tiers", tier, schema.Set{"description": schema.TextValue("x")})
		})
		want := []string{"created files/1", "created storage_tiers/1"}
		if d := cmp.Diff(want, logged(t, db, begin)); d != "" {
			t.Errorf("made and changed at once (-want +got):\n%s", d)
		}
		begin = last(t, db)
		update(t, db, func(tx *store.Tx) error {
			if err := tx.Change("files", key, schema.Set{"description": schema.TextValue("x")}); err != nil {
				return err
			}
			if err := tx.Delete("files", key); err != nil {
				return err
			}
			return tx.Delete("storage_tiers", tier)
		})
		update(t, db, func(tx *store.Tx) error { return tx.Purge("files", key) })
		if d := cmp.Diff([]string{"deleted files/1", "deleted storage_tier_stats/1", "deleted storage_tiers/1"}, logged(t, db, begin)); d != "" {
			t.Errorf("deleted, and a tombstone cleared away (-want +got):\n%s", d)
		}
	})
}

func TestLogHoldsOnlyWhatWasCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		touch := func(tx *store.Tx) error {
			tx.Touch("vms", schema.IntValue(1))
			return nil
		}
		if err := db.DryRun(context.Background(), touch); err != nil {
			t.Fatal(err)
		}
		failed := errs.New(errs.Conflict, "no", "no")
		if err := db.Update(context.Background(), func(tx *store.Tx) error { return errs.Wrap(failed, errs.Conflict, "no", "%v", touch(tx)) }); err == nil {
			t.Error("the failed transaction succeeded")
		}
		if n := last(t, db); n != 0 {
			t.Errorf("the log has %d entries, want none", n)
		}
	})
}

// TestLogForgets fills the log beyond its bound, and asks for what it can't know.
func TestLogForgets(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		db.KeepChanges(1000)
		update(t, db, func(tx *store.Tx) error {
			for i := range 10_000 {
				tx.Touch("vms", schema.IntValue(int64(i)))
			}
			return nil
		})
		end := last(t, db)
		for seq, known := range map[int64]bool{0: false, end - 5100: false, end - 1000: true, end: true, end + 1: false} {
			if _, err := db.ChangesSince(context.Background(), seq, 1); errs.Is(err, errs.NotFound) == known {
				t.Errorf("behind %d of %d: %v, want known %v", seq, end, err, known)
			}
		}
	})
}

func TestReadsFindsEveryTable(t *testing.T) {
	t.Parallel()
	got := store.Reads(`SELECT concat('FROM "not"') FROM "a" t1 LEFT JOIN "b" t2 ON 1 = 1 WHERE EXISTS (SELECT 1 FROM "a" t3 CROSS JOIN "c" t4)`)
	if d := cmp.Diff([]string{"not", "a", "b", "c"}, got); d != "" {
		t.Error(d)
	}
}

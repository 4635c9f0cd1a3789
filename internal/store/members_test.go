package store_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dewpoint/internal/query"
	"dewpoint/internal/store"
)

// TestCellsAreTheSameJSON holds the rows that are made of cells against those that PostgreSQL writes as JSON itself, byte for byte, for random
// requests over random rows.
func TestCellsAreTheSameJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onPostgres)
	rows, moved := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w.fill(t)
		for range 8 {
			table := rapid.SampledFrom(w.schema.Tables()).Draw(t, "table")
			ast, err := query.Parse(randomRequest(t, w.schema, table))
			if err != nil {
				t.Fatal(err)
			}
			plan, err := query.Build(w.schema, table, ast, query.Options{Now: time.Unix(1536, 0)})
			if err != nil {
				continue
			}
			cells, err := w.db.Render(plan)
			if err != nil {
				t.Fatal(err)
			}
			text, args, err := w.db.SQL().Render(plan)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readJSON(w.db, cells)
			if err != nil {
				t.Fatal(err)
			}
			want, err := readJSON(w.db, &store.Query{Text: text, Args: args})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s\nwant %s\ngot  %s", cells.Text, want, got)
			}
			if rows += len(got); cells.Text != text {
				moved++
			}
		}
	})
	if rows == 0 || moved == 0 {
		t.Errorf("%d rows, %d requests in two forms", rows, moved)
	}
}

// TestLabelsAreOfTheDigest: they don't stand in the statement of PostgreSQL.
func TestLabelsAreOfTheDigest(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		w := newSample(t, d)
		digest := func(text string) [32]byte {
			p, err := w.plan(text, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			q, err := w.db.Render(p)
			if err != nil {
				t.Fatal(err)
			}
			return q.Digest()
		}
		a := digest("vms?fields=name as a")
		if again := digest("vms?fields=name as a"); a != again {
			t.Error("the digest isn't that of the request")
		}
		if a == digest("vms?fields=name as b") {
			t.Error("two replies that differ have one digest")
		}
	})
}

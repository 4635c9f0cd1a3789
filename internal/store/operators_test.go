package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/query/naive"
	"dewpoint/internal/query/querytest"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestOperators renders every operator that plans have, and one that nobody knows: an error, and not a condition that holds for nothing.
func TestOperators(t *testing.T) {
	t.Parallel()
	s := querytest.Schema()
	for name, sql := range map[string]store.SQL{"sqlite": store.SQLite(), "postgres": store.PostgreSQL()} {
		for _, op := range append(query.Operators(), query.Operator{Op: "unheard of"}) {
			p, err := query.Build(s, s.Table("vms"), &query.AST{}, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p.Where = &query.Cmp{Left: &query.Cell{Src: p.Find.Root, Field: s.Table("vms").Field("name")}, Op: op.Op, Right: []schema.Value{schema.TextValue("x")}}
			_, _, err = sql.Render(p)
			if planned := op.Holds != nil; planned != (err == nil) || err != nil && !errs.Is(err, errs.Internal) {
				t.Errorf("%s: operator %q, which plans have: %t: %v", name, op.Op, planned, err)
			}
		}
	}
}

// letters have another case in one of several ways: none, inside ASCII, to ASCII from beyond, three of them, none that is one letter.
var letters = []string{"s", "S", "ſ", "k", "K", "\u212a", "a", "A", "é", "É", "ß", "ẞ", "σ", "ς", "Σ", "i", "I", "ı", "İ", "ǆ", "ǅ", "1", "-"}

func randomText(t *rapid.T, least, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(letters), least, most).Draw(t, "text"), "")
}

// TestFoldingAgrees asks for parts of texts in any case: both databases, ct and like, and the naive evaluator have to say the same.
func TestFoldingAgrees(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		w := newSample(t, d)
		for key := range 8 {
			w.drive(t, key+10)
		}
		rapid.Check(t, func(t *rapid.T) {
			w.name(t, func() string { return randomText(t, 0, 6) })
			for range 4 {
				part := randomText(t, 1, 2)
				ask := func(filter string) []string {
					p, err := w.plan(fmt.Sprintf("drives?fields=$key,name&filter=%s", filter), query.Options{})
					if err != nil {
						t.Fatal(err)
					}
					q, err := w.db.Render(p)
					if err != nil {
						t.Fatal(err)
					}
					got, err := readJSON(w.db, q)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(naive.Eval(p, w), got); diff != "" {
						t.Fatalf("%s\n%s", filter, diff)
					}
					return got
				}
				if diff := cmp.Diff(ask("name ct '"+part+"'"), ask("name like '%25"+part+"%25'")); diff != "" {
					t.Fatalf("%q: ct and like differ:\n%s", part, diff)
				}
			}
		})
	})
}

// drive adds a drive without a name.
func (w *world) drive(t testing.TB, key int) {
	r := schema.NewRecord(w.schema.Table("drives"))
	r.Key = schema.IntValue(int64(key))
	insert(func(text string, args ...any) {
		if _, err := w.db.Writer().Exec(w.db.SQL().Bind(text), args...); err != nil {
			t.Fatal(err)
		}
	}, r, 0, false)
	w.live["drives"] = append(w.live["drives"], r)
}

// name gives all drives new names.
func (w *world) name(t *rapid.T, draw func() string) {
	for _, r := range w.live["drives"] {
		r.Put("name", schema.TextValue(draw()))
		if _, err := w.db.Writer().Exec(w.db.SQL().Bind(`UPDATE "drives" SET "name" = ? WHERE "_key" = ?`), r.Get("name").Any(), r.Key.Any()); err != nil {
			t.Fatal(err)
		}
	}
}

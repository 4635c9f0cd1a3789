package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dewpoint/internal/query"
	"dewpoint/internal/query/naive"
	"dewpoint/internal/query/querytest"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// world is random rows of the sample tables, in memory and in a database.
type world struct {
	schema *schema.Schema
	live   map[string][]*schema.Record
	db     *store.DB
}

// Rows implements naive.Source.
func (w *world) Rows(t *schema.Table) []*schema.Record { return w.live[t.Name] }

var texts = []string{"", "a", "A", "web-1", "it's", `q"uote`, "line\nbreak\ttab", `back\slash`, "Ünïcode", "100%", "running", "1", "</script>", "\u2028", "\x01\b\f\r\x1f\x7f"}

func newWorld(t testing.TB, d driver) *world {
	s := querytest.Schema()
	return &world{schema: s, db: d.connect(t, d.place(t), s)}
}

// fill replaces all rows by random ones; some rows of tables with tombstones are deleted ones.
func (w *world) fill(t *rapid.T) {
	w.live = map[string][]*schema.Record{}
	tx, err := w.db.Writer().Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	exec := func(text string, args ...any) {
		if _, err := tx.Exec(w.db.SQL().Bind(text), args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range w.schema.Tables() {
		exec(fmt.Sprintf("DELETE FROM %q", table.Name))
		for i := range rapid.IntRange(0, 6).Draw(t, "rows of "+table.Name) {
			r := schema.NewRecord(table)
			r.Key = keyFor(table, i+1)
			for j, f := range table.Fields {
				if f.Stored() {
					r.PutAt(j, w.randomValue(t, f, i))
				}
			}
			dead := table.Tombstone && rapid.IntRange(0, 5).Draw(t, "dead") == 0
			insert(exec, r, i+1, dead)
			if !dead {
				w.live[table.Name] = append(w.live[table.Name], r)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// insert writes a row as it is, past all rules.
func insert(exec func(string, ...any), r *schema.Record, row int, dead bool) {
	cols, args := []string{"_key"}, []any{r.Key.Any()}
	if r.Row = r.Key.Int(); r.Table.Key != schema.NumberKey {
		r.Row = int64(row)
		cols, args = append(cols, "_row"), append(args, row)
	}
	if r.Table.Tombstone {
		cols, args = append(cols, "_deleted"), append(args, schema.BoolValue(dead).Any())
	}
	for _, f := range r.Table.Fields {
		if f.Stored() {
			cols, args = append(cols, f.Name), append(args, r.Get(f.Name).Any())
		}
	}
	exec(fmt.Sprintf(`INSERT INTO %q ("%s") VALUES (?%s)`, r.Table.Name, strings.Join(cols, `","`), strings.Repeat(", ?", len(cols)-1)), args...)
}

// keyFor is the i-th key of a table; keys of text don't sort as they were made.
func keyFor(t *schema.Table, i int) schema.Value {
	switch t.Key {
	case schema.HashKey:
		return schema.TextValue(fmt.Sprintf("%d%039d", 9-i, i))
	case schema.UUIDKey:
		return schema.TextValue(fmt.Sprintf("%d0000000-0000-4000-8000-%012d", 9-i, i))
	case schema.NameKey:
		return schema.TextValue(fmt.Sprintf("key%d", 9-i))
	}
	return schema.IntValue(int64(i))
}

// randomValue draws a value that the column can hold, rarely null.
func (w *world) randomValue(t *rapid.T, f *schema.Field, i int) schema.Value {
	if rapid.IntRange(0, 6).Draw(t, "null") == 0 {
		return schema.Value{}
	}
	n := rapid.IntRange(0, 7).Draw(t, f.Name)
	switch {
	case f.IsRow() && f.Ref == "":
		to := w.schema.Table(rapid.SampledFrom([]string{"vms", "nodes", "volumes", "groups", "settings"}).Draw(t, "to"))
		return schema.TextValue(rapid.SampledFrom([]string{to.Name + "/" + keyFor(to, n).Text(), "gone/1"}).Draw(t, "ref"))
	case f.IsRow() && f.Type.Storage() == schema.Chars:
		return keyFor(w.schema.Table(f.Ref), n)
	case f.IsUnique:
		return schema.TextValue(texts[(i*5+n)%len(texts)] + strconv.Itoa(i))
	case len(f.Enum) > 0:
		return schema.TextValue(append(f.Enum, schema.EnumValue{Value: "other"})[n%(len(f.Enum)+1)].Value)
	case f.Name == "mac":
		return schema.TextValue(fmt.Sprintf("52:54:00:aa:bb:%02x", n))
	case f.Type.Shape() == schema.AsBool:
		return schema.BoolValue(n%2 == 0)
	case f.Type.Shape() == schema.AsJSON:
		return schema.TextValue(rapid.SampledFrom([]string{`{"a":[1,"x"]}`, "[]", "not json", ""}).Draw(t, "json"))
	case f.Type.Storage() == schema.Float:
		return schema.RealValue(float64(n) / 4)
	case f.Type.Storage() == schema.Integer && !f.IsRow():
		return schema.IntValue([]int64{0, 1, 2, 1023, 1536, 1 << 31, 5<<40 + 12345678, 1 << 52}[n])
	case f.Type.Storage() == schema.Integer:
		return schema.IntValue(int64(n))
	}
	return schema.TextValue(rapid.SampledFrom(texts).Draw(t, "text"))
}

// guards hide some rows: by a column, by a path, by the row that they lead to, by a list in another table, and by nothing.
func guards(t *schema.Table) query.Expr {
	switch t.Name {
	case "machines":
		return query.In("type", schema.TextValue("vm"), schema.Value{})
	case "drives":
		return query.Or(query.Eq("machine#cluster#enabled", schema.BoolValue(true)), query.Eq("$key", schema.IntValue(1)))
	case "vms":
		return query.Or(query.In("owner", schema.TextValue("vms/1"), schema.Value{}), query.Eq("inner", schema.TextValue("a")), query.Eq("machine#owner#name", schema.TextValue("a")))
	case "volumes":
		return query.Leads("owner", func(to *schema.Table) query.Expr {
			if to == t {
				return query.False()
			}
			return guards(to)
		})
	case "status":
		return query.Or(query.Leads("machine", guards), query.Among("$key", "vms", "ram", query.Eq("enabled", schema.BoolValue(true))))
	case "settings":
		return query.Or(query.In("$key", schema.TextValue("key8"), schema.TextValue("key6")), query.Refers("node"))
	case "groups":
		return query.Or(query.Among("$row", "clusters", "$key", query.True()), query.Leads("setting", guards))
	case "group_facts":
		return query.False()
	}
	return query.True()
}

// TestRenderAgreesWithNaive holds the SQL against the naive evaluator, for random requests over random rows.
func TestRenderAgreesWithNaive(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		var legal, refused int
		w := newWorld(t, d)
		rapid.Check(t, func(t *rapid.T) {
			w.fill(t)
			for range 8 {
				table := rapid.SampledFrom(w.schema.Tables()).Draw(t, "table")
				req := randomRequest(t, w.schema, table)
				ast, err := query.Parse(req)
				if err != nil {
					t.Fatalf("%+v: %v", req, err)
				}
				opt := query.Options{Now: time.Unix(1536, 0)}
				if rapid.Bool().Draw(t, "guarded") {
					opt.Guard = guards
				}
				plan, err := query.Build(w.schema, table, ast, opt)
				if err != nil {
					refused++
					continue
				}
				legal++
				want := naive.Eval(plan, w)
				q, err := w.db.Render(plan)
				if err != nil {
					t.Fatal(err)
				}
				got, err := readJSON(w.db, q)
				if err != nil {
					t.Fatalf("%s %+v\n%s\n%v", table.Name, req, q.Text, err)
				}
				if diff := cmp.Diff(tokens(t, want), tokens(t, got)); diff != "" {
					t.Fatalf("%s %+v\n%s %v\nwant %s\ngot  %s\n%s", table.Name, req, q.Text, q.Args, want, got, diff)
				}
				w.countsToo(t, plan, want)
			}
		})
		t.Logf("%d requests compared, %d refused", legal, refused)
		if legal < refused {
			t.Errorf("only %d of %d random requests were legal", legal, legal+refused)
		}
	})
}

// countsToo runs a plan that counts: it has the same rows, and tells how many there are without its limit.
func (w *world) countsToo(t *rapid.T, plan *query.Plan, rows []string) {
	all := *plan
	all.Limit, all.Offset = -1, 0
	total := len(naive.Eval(&all, w))
	counting := *plan
	counting.Count = true
	q, err := w.db.Render(&counting)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readJSON(w.db, q)
	if err != nil {
		t.Fatalf("%s\n%v", q.Text, err)
	}
	if diff := cmp.Diff(tokens(t, rows), tokens(t, got)); diff != "" || q.Total != int64(total) {
		t.Fatalf("%s %v\ncounted %d, want %d\n%s", q.Text, q.Args, q.Total, total, diff)
	}
}

// readJSON runs a rendered statement.
func readJSON(db *store.DB, q *store.Query) (all []string, err error) {
	err = db.Each(context.Background(), q, func(row json.RawMessage, _ string) error {
		all = append(all, string(row))
		return nil
	})
	return all, err
}

// tokens reads JSON texts in the order in which they are written, so that the order of members counts; reals are rounded.
func tokens(t interface{ Fatalf(string, ...any) }, texts []string) (all []any) {
	for _, s := range texts {
		d := json.NewDecoder(strings.NewReader(s))
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("not JSON: %s: %v", s, err)
			}
			if f, ok := tok.(float64); ok {
				tok = math.Round(f*1e6) / 1e6
			}
			all = append(all, tok)
		}
	}
	return all
}

package table_test

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

// kind is one kind of key and the table of these tests whose rows have it.
type kind struct {
	table string
	key   schema.KeyKind
	form  *regexp.Regexp // of a key
	bad   []string       // what is no key, as a part of a path
}

var kinds = []kind{
	{"numbers", schema.NumberKey, regexp.MustCompile(`^[1-9][0-9]*$`), []string{"0", "-1", "+1", "01", "1.0", "x", "99999999999999999999"}},
	{
		"hashes", schema.HashKey, regexp.MustCompile(`^[0-9a-f]{40}$`),
		[]string{"1", strings.Repeat("A", 40), strings.Repeat("a", 39), strings.Repeat("a", 41), strings.Repeat("g", 40), strings.Repeat("a", 40) + "%0A"},
	},
	{
		"uuids", schema.UUIDKey, regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
		[]string{"1", strings.Repeat("a", 32), "0B5C5F7E-3F0A-4C57-9D0E-6A1F2B3C4D5E", "%7B0b5c5f7e-3f0a-4c57-9d0e-6a1f2b3c4d5e%7D"},
	},
	{"names", schema.NameKey, regexp.MustCompile(`^[a-z0-9-]+$`), []string{"%00", "%ff", "a%2Fb", "no%20such"}},
}

// nowhere is a good key that no row has.
func (k kind) nowhere() string {
	return [...]string{"987654", strings.Repeat("0", 40), "nowhere", "00000000-0000-4000-8000-000000000000"}[k.key]
}

// json is a key as rows show it.
func (k kind) json(key string) string {
	if k.key == schema.NumberKey {
		return key
	}
	return `"` + key + `"`
}

// refersTo is a column that holds a key of that kind.
func (k kind) refersTo(name string) *schema.Field {
	if k.key == schema.NumberKey {
		return schema.Row(name, k.table)
	}
	return schema.TextRow(name, k.table)
}

// after is the next kind, in a circle.
func (k kind) after() kind {
	i := slices.IndexFunc(kinds, func(o kind) bool { return o.table == k.table })
	return kinds[(i+1)%len(kinds)]
}

// declare makes the table of a kind. It has, for each kind, a reference that is emptied when its row goes, one that keeps the row, one
// whose row takes this one along, and the list of those that this row takes along.
func (k kind) declare() *schema.Table {
	t := &schema.Table{
		Name: k.table, Title: "Keyed row", Doc: "Rows keyed by " + k.key.String() + ".", Key: k.key, LogType: "system", Owner: "owner", Parent: "in_" + k.after().table,
		ActionTable: k.table + "_actions", ActionRef: "row", Actions: schema.Actions{{Name: "jump", NotBuilt: "it has no legs"}},
	}
	name := schema.String("name").Required().Summary().Len(1, 64)
	switch k.key {
	case schema.HashKey:
		t.Fields = schema.Fields{schema.String("id").Via("$key"), schema.TextRow("state", "hash_states").Twin("of")}
	case schema.UUIDKey:
		t.KeyField = "uuid"
		t.Fields = schema.Fields{schema.String("uuid").Via("$key"), schema.TextRow("box", "boxes").Owned(nil)}
	case schema.NameKey:
		t.KeyField = "name"
		name = schema.String("name").AsKey().Summary()
		t.Fields = schema.Fields{schema.TextRow("state", "name_states").Twin("of")}
	}
	t.Fields = append(t.Fields, name, schema.Uint32("size").Default(0).Summary())
	for _, o := range kinds {
		t.Fields = append(t.Fields, o.refersTo("to_"+o.table), o.refersTo("needs_"+o.table).Restrict(), o.refersTo("in_"+o.table),
			schema.Rows(o.table+"_in", o.table, "in_"+k.table))
	}
	// An owner in few tables: the predicate of rights has branches for each, and these rows have owners of owners and parents of parents.
	t.Fields = append(t.Fields, schema.AnyRow("about").AnyTable().Follows(), schema.AnyRow("owner", k.table, k.after().table).Forgets())
	return t
}

// keyedSchema is the program's tables and one for each kind of key, with twins and rows that come with a row.
func keyedSchema(t testing.TB) *schema.Schema {
	t.Helper()
	tables := model.Schema().Tables()
	for _, k := range kinds {
		tables = append(tables, k.declare())
	}
	tables = append(
		tables,
		&schema.Table{Name: "hash_states", Title: "State", Key: schema.HashKey, NoCreate: true, Fields: schema.Fields{schema.TextRow("of", "hashes").ReadOnly(), schema.Bool("lit")}},
		&schema.Table{Name: "name_states", Title: "State", Key: schema.NameKey, KeyField: "id", NoCreate: true, Fields: schema.Fields{schema.String("id").Via("$key"), schema.TextRow("of", "names").ReadOnly()}},
		&schema.Table{
			Name: "boxes", Title: "Box", Key: schema.HashKey, NoCreate: true, Tombstone: true, Owner: "owner",
			Fields: schema.Fields{schema.String("name").Unique(), schema.AnyRow("owner", "uuids").Forgets().ReadOnly()},
		},
	)
	s, err := schema.New(tables...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// onEachDatabase serves the tables of all kinds of keys, from each kind of database.
func onEachDatabase(t *testing.T, f func(*testing.T, *server)) {
	t.Parallel()
	for name, open := range map[string]func(context.Context, *schema.Schema) (*store.DB, error){
		"sqlite": func(ctx context.Context, s *schema.Schema) (*store.DB, error) {
			return sqlite.Open(ctx, filepath.Join(t.TempDir(), "dewpoint.db"), s)
		},
		"postgres": func(ctx context.Context, s *schema.Schema) (*store.DB, error) {
			return postgres.Open(ctx, pgtest.DSN(t), s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := open(context.Background(), keyedSchema(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			f(t, startOn(t, db, t.TempDir()))
		})
	}
}

// row makes a row with a name and more members, and returns its key.
func (s *server) row(k kind, name, more string) string {
	s.t.Helper()
	return s.make(k.table, fmt.Sprintf(`{"name":%q%s}`, name, more))
}

// list answers a list with the parameters as they are meant.
func (s *server) list(query string) string {
	s.t.Helper()
	return s.get(escaped("/api/v4/"+query)).must(s.t, 200).body
}

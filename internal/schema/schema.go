// Package schema is the language in which Dewpoint's tables are declared. A declaration is a plain value; storage, typed rows, coercion,
// checks, both APIs and their documents are derived from it. The package is pure: no database, no HTTP, no clock.
package schema

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"

	"dewpoint/internal/errs"
)

// Table declares one table.
type Table struct {
	Name  string // wire name, plural: "vms"
	Title string // for people, singular: "VM"
	Doc   string
	// Area is the folder of declarations that the table lies in: "compute". The model sets it.
	Area string
	Key  KeyKind
	// KeyField is the column that shows the key, where there is one; a NameKey table has to have it.
	KeyField string
	// Display is the column shown as $display; "name" when empty and there is one.
	Display string
	// Owner names the column that leads to the row whose rights count instead of this one's; Parent the one whose rights count too.
	Owner, Parent string
	// Pending says that rows take effect when somebody applies them, and until then are in force as they were at the last time. It names the
	// read-only boolean of the parent that tells whether any wait, as need_fw_apply of a network.
	Pending string
	// Wakes lists the controllers to nudge when a row changes.
	Wakes []string
	// Internal tables are not served; ReadOnly ones take no POST, PUT or DELETE of clients.
	Internal, ReadOnly bool
	// Open tables may be read by every known user.
	Open bool
	// Admins tables are for administrators: nobody else sees a row or makes one, whatever is granted to them.
	Admins bool
	// NoCreate tables take PUT but no POST and DELETE: facts and settings that come with the system.
	NoCreate bool
	// NotBuilt holds the reason when Dewpoint can't make rows of the table yet; a create is answered with 501.
	NotBuilt string
	// Own says what users may do, without any grant, with the rows that are theirs.
	Own Own
	// Bytes says what clients do with bytes that rows stand for.
	Bytes Bytes
	// Queue names the column that leads to the row in whose queue operations about a row stand; in the row's own when empty.
	Queue string
	// IsLog tables tell of changes: their own are none that anybody is told of.
	IsLog bool
	// Samples are measurements, made and dropped many at a time by a controller: watchers are told that the table has changed, not which rows. They
	// have nothing below them, and go with the row that Parent leads to, in one statement.
	Samples bool
	// Tombstone keeps a deleted row, unseen by clients, until a controller has cleared what it had on the host.
	Tombstone bool
	// Aside names the boolean column that sets rows aside which most requests leave out, such as snapshots: there may be many of them, they
	// may have values of unique columns that others have, and a request that says false reads only the others.
	Aside string
	// Explained rows can be asked why they are as they are: GET <table>/<key>/explain.
	Explained bool
	Fields    Fields
	// Unique lists what no two live rows have in common, beyond columns that are unique by themselves.
	Unique []Unique
	// Views are named lists of fields, besides all, most and summary, which every table has.
	Views map[string]string
	// Actions are what can be done to a row beyond changing it.
	Actions Actions
	// ActionTable is the wire name of the table that actions are posted to ("vm_actions"), ActionRef the member that names the row ("vm").
	ActionTable, ActionRef string
	// LogType is the object_type of this table's log lines; the table is not logged when it is empty.
	LogType string
	// Check looks at a whole row before it is written and returns an error for what single columns can't say. It must be pure.
	Check func(*Record) error

	index map[string]int
}

// Action declares one thing that can be done to a row.
type Action struct {
	Name   string
	Doc    string
	Params Fields
	// Answers are members of the reply that the action has beside what all have.
	Answers Fields
	// Operation names the kind of operation that the action begins, with its params and the row's key as the member "key". Such an action needs
	// no hook, and its reply names the operation.
	Operation string
	// By names a column by whose value clients may name the row, where no row that they see has it for its key.
	By      string
	Aliases []string
	// NotBuilt holds the reason when Dewpoint doesn't have the action; it is answered with 501.
	NotBuilt string
}

// Actions is the list of a table's actions.
type Actions []Action

// Find returns the action of that name or alias.
func (as Actions) Find(name string) (Action, bool) {
	for _, a := range as {
		if a.Name == name {
			return a, true
		}
		for _, alias := range a.Aliases {
			if alias == name {
				return a, true
			}
		}
	}
	return Action{}, false
}

// Word is the table's rows in an error's text.
func (t *Table) Word(form errs.Form) errs.Word {
	noun := t.Title
	if len(noun) > 1 && !unicode.IsUpper(rune(noun[1])) { // not VM
		noun = strings.ToLower(noun[:1]) + noun[1:]
	}
	return errs.Word{Table: t.Name, Noun: noun, Form: form}
}

// Field returns the field of that name, or nil.
func (t *Table) Field(name string) *Field {
	if i, ok := t.index[name]; ok {
		return t.Fields[i]
	}
	return nil
}

// Versioned reports whether rows count their changes: those of tables that clients write to do.
func (t *Table) Versioned() bool { return !t.Internal && !t.ReadOnly }

// Owners returns the fields that lead to the rows which columns of t are forwarded to, each once.
func (t *Table) Owners() (owners []*Field) {
	for _, f := range t.Fields {
		if f.Bond == Forwarded && !slices.Contains(owners, f.Owner(t)) {
			owners = append(owners, f.Owner(t))
		}
	}
	return owners
}

// Stored returns the field of that name that has a column of its own; it panics when there is none, which is a defect of the caller.
func (t *Table) Stored(name string) *Field {
	f := t.Field(name)
	if f == nil || !f.Stored() {
		panic("schema: table " + t.Name + " has no column " + name)
	}
	return f
}

// ParentOf returns the key of the row below which a row of t that is about r lies: r itself, or the one that r leads to by a column of the same name.
func (t *Table) ParentOf(r *Record) (key Value, leads bool) {
	parent := t.Field(t.Parent)
	if r.Table.Name == parent.Ref {
		return r.Key, true
	}
	f := r.Table.Field(t.Parent)
	if f == nil || !f.Stored() || f.Ref != parent.Ref {
		return Value{}, false
	}
	key = r.Get(f.Name)
	return key, !key.IsNull()
}

// Creatable reports whether clients make and delete rows of the table.
func (t *Table) Creatable() bool { return !t.Internal && !t.ReadOnly && !t.NoCreate }

// DisplayField returns the field shown as $display, or nil when the key is shown.
func (t *Table) DisplayField() *Field {
	if t.Display != "" {
		return t.Field(t.Display)
	}
	return t.Field("name")
}

// Schema is a set of tables that refer to each other.
type Schema struct {
	tables  []*Table
	byName  map[string]*Table
	actions map[string]*Table
	back    map[string][]Reference
	follow  map[string][]Reference
	later   map[string]bool // names of tables to come
}

// Reference is a column that points at a table.
type Reference struct {
	Table *Table
	Field *Field
}

// To is the value that the column has where it leads to a row.
func (r Reference) To(table string, key Value) Value {
	if r.Field.Ref == "" {
		return TextValue(table + "/" + key.Text())
	}
	return key
}

// New checks the declarations against each other and makes them ready for use. An error is a defect in a declaration.
func New(tables ...*Table) (*Schema, error) {
	s := &Schema{byName: map[string]*Table{}, actions: map[string]*Table{}, back: map[string][]Reference{}, follow: map[string][]Reference{}}
	for _, t := range tables {
		if s.byName[t.Name] != nil {
			return nil, fmt.Errorf("table %s is declared twice", t.Name)
		}
		t.noteForms()
		t.index = make(map[string]int, len(t.Fields))
		for i, f := range t.Fields {
			if _, twice := t.index[f.Name]; twice {
				return nil, fmt.Errorf("table %s declares %s twice", t.Name, f.Name)
			}
			t.index[f.Name] = i
		}
		s.byName[t.Name] = t
		s.tables = append(s.tables, t)
		if t.ActionTable != "" {
			s.actions[t.ActionTable] = t
		}
	}
	for _, t := range s.tables {
		if err := s.link(t); err != nil {
			return nil, err
		}
	}
	for _, t := range s.tables { // once all twins of tombstones are known
		if err := checkKey(t); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Table returns the table of that name, or nil.
func (s *Schema) Table(name string) *Table { return s.byName[name] }

// Expect notes the names of tables that are there or to come.
func (s *Schema) Expect(names ...string) {
	s.later = map[string]bool{}
	for _, name := range names {
		s.later[name] = s.byName[name] == nil
	}
}

// Expects reports whether a table of that name is to come, and isn't declared yet.
func (s *Schema) Expects(name string) bool { return s.later[name] }

// ActionTable returns the table whose actions are posted to that name ("vm_actions" → vms), or nil.
func (s *Schema) ActionTable(name string) *Table { return s.actions[name] }

// Tables returns all tables in the order of their declaration.
func (s *Schema) Tables() []*Table { return s.tables }

// PointingAt returns the stored columns that lead to rows of a table, and that are emptied, or keep the row, when it is to be deleted.
func (s *Schema) PointingAt(table string) []Reference { return s.back[table] }

// Followers returns the polymorphic columns whose rows go with a row of the table that they lead to.
func (s *Schema) Followers(table string) []Reference { return s.follow[table] }

// Names returns the names of all tables that clients may address, sorted.
func (s *Schema) Names() []string {
	var names []string
	for _, t := range s.tables {
		if !t.Internal {
			names = append(names, t.Name)
		}
	}
	sort.Strings(names)
	return names
}

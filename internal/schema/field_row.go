package schema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"dewpoint/internal/errs"
)

// rowType is a reference to one row of another table. The key of a numbered table is kept as a number, any other as text; a
// polymorphic reference is kept as "table/key".
type rowType struct{ text bool }

// rowsType is the list of the rows of another table that point here. It has no column.
type rowsType struct{}

// Row is a reference to one row of table.
func Row(name, table string) *Field {
	return &Field{Name: name, Type: rowType{}, Ref: table, IsIndexed: true}
}

// TextRow is a reference to one row of a table whose keys are text (hashes, UUIDs, names).
func TextRow(name, table string) *Field {
	return &Field{Name: name, Type: rowType{text: true}, Ref: table, IsIndexed: true}
}

// AnyRow is a reference to a row of one of the given tables, which need not be declared yet, written as "table/key". Of all that clients address it
// is where AnyTable says so.
func AnyRow(name string, among ...string) *Field {
	return &Field{Name: name, Type: rowType{text: true}, Among: among, IsIndexed: true}
}

// Targets returns the tables of s that a row field may lead to. Those that aren't declared are left out, and so are those that clients
// can't address unless the field names them.
func (f *Field) Targets(s *Schema) []*Table {
	if f.Ref != "" {
		if t := s.Table(f.Ref); t != nil {
			return []*Table{t}
		}
		return nil
	}
	var to []*Table
	for _, t := range s.tables {
		if f.leadsTo(t) {
			to = append(to, t)
		}
	}
	return to
}

// leadsTo reports whether a polymorphic row field may lead to rows of t.
func (f *Field) leadsTo(t *Table) bool {
	return slices.Contains(f.Among, t.Name) || f.IsAnyTable && !t.Internal
}

// Rows is the list of the rows of table whose column back points at this row. They are deleted with it.
func Rows(name, table, back string) *Field {
	return (&Field{Name: name, Type: rowsType{}, Ref: table, Back: back}).ReadOnly()
}

// Stay keeps the rows of a list when this row is deleted.
func (f *Field) Stay() *Field { f.IsStaying = true; return f }

// Link names a table whose rows lead by From to the row that has a list, and by To to the rows of the list. From holds a key, or "table/key".
type Link struct{ Table, From, To string }

// Linked is the list of the rows of table that rows of another one tie to this row, as those of members tie groups to a user. They stay when
// it is deleted.
func Linked(name, table string, l Link) *Field {
	f := Rows(name, table, "").Stay()
	f.Link = &l
	return f
}

// Void is the list of the rows of a table that isn't declared yet, of which there can be none: it is empty.
func Void(name, table string) *Field {
	f := Rows(name, table, "").Stay()
	f.IsVoid = true
	return f
}

// Target returns the table and key of the row that a value of the field names. The table is nil when there can't be such a row.
func (f *Field) Target(s *Schema, v Value) (*Table, Value) {
	name, text := f.Ref, v.Text()
	if name == "" {
		name, text, _ = strings.Cut(text, "/")
	}
	if t := s.Table(name); t != nil {
		if key, ok := t.ReadKey(text); ok {
			return t, key
		}
	}
	return nil, Value{}
}

// Known reports whether the table that a value of the field names is declared.
func (f *Field) Known(s *Schema, v Value) bool {
	name := f.Ref
	if name == "" {
		name, _, _ = strings.Cut(v.Text(), "/")
	}
	return s.Table(name) != nil
}

func (t rowType) Name() string { return "row" }
func (t rowType) Storage() Storage {
	if t.text {
		return Chars
	}
	return Integer
}

func (t rowType) Shape() Shape {
	if t.text {
		return AsString
	}
	return AsNumber
}

func (t rowType) GoType() string {
	if t.text {
		return "string"
	}
	return "int64"
}

func (t rowType) Getter() string {
	if t.text {
		return "Text"
	}
	return "Int"
}

func (t rowType) Look() Look {
	if t.text {
		return Look{}
	}
	return Look{Format: "int64", Least: new(int64)}
}

var ownerPath = regexp.MustCompile(`^(?:/v4/)?([a-z_]+)/([A-Za-z0-9_.:-]+)$`)

func (t rowType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	if !t.text {
		n, ok, err := parseInteger(f, raw)
		if err != nil || !ok || n == 0 {
			return Value{}, err
		}
		if n < 0 {
			return Value{}, f.invalid("%d is not the key of a row", n)
		}
		return IntValue(n), nil
	}
	s, ok, err := parseText(f, raw)
	if err != nil || !ok || s == "" {
		return Value{}, err
	}
	if f.Ref == "" {
		m := ownerPath.FindStringSubmatch(s)
		if m == nil {
			return Value{}, f.invalid("must be written as table/key, as in users/3")
		}
		if len(f.Among) > 0 && !slices.Contains(f.Among, m[1]) {
			return Value{}, f.invalid("must lead to a row of %s", errs.Ours(strings.Join(f.Among, " or ")))
		}
		s = m[1] + "/" + m[2]
	}
	return TextValue(s), nil
}

// Form takes off what stands before "table/key" in links to rows.
func (t rowType) Form(text string) string {
	if !t.text {
		return text
	}
	return strings.TrimPrefix(text, linkRoot)
}

func (rowsType) Name() string     { return "rows" }
func (rowsType) Storage() Storage { return NoColumn }
func (rowsType) Shape() Shape     { return AsJSON }
func (rowsType) GoType() string   { return "" }
func (rowsType) Getter() string   { return "" }
func (rowsType) Look() Look       { return Look{} }

func (rowsType) Parse(*Field, json.RawMessage) (Value, error) { return Value{}, nil }

// IsRow reports whether the field leads to one other row, IsRows whether it leads to many.
func (f *Field) IsRow() bool { _, ok := f.Type.(rowType); return ok }

// IsRows reports whether the field is a list of rows that point here.
func (f *Field) IsRows() bool { _, ok := f.Type.(rowsType); return ok }

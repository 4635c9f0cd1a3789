package schema

import (
	"fmt"
	"strings"
)

// Bond says what ties a column, and with it the row, to another row, and what becomes of them when one of the two is deleted. A column has one.
type Bond uint8

// The bonds. Where there is none, the column is emptied when the other row goes; a polymorphic one must say it.
const (
	Loose     Bond = iota
	Owned          // the other row is made and deleted with this one
	Twin           // the same, and the other row has the same key
	Restricts      // the other row can't be deleted while this one leads to it
	Follows        // this row is deleted with the other one, whatever table that is in
	Forgets        // the column is emptied when the other row goes, whatever table that is in
	Remembers      // the column goes on naming the other row: it tells of the past, and no key is given twice
	Forwarded      // the column is that of a row which this row owns, and writes go there
)

// AnyTable lets a polymorphic row lead to any table that clients address. Each of them is one more branch in a query that goes through it, so an
// owner, through which rights go, can't.
func (f *Field) AnyTable() *Field { f.IsAnyTable = true; return f }

// checkAny refuses a polymorphic row that doesn't say where it leads and what becomes of it there, and an owner that leads anywhere.
func checkAny(t *Table, f *Field) error {
	switch {
	case !f.IsRow() || f.Ref != "" || f.Path != "": // what a view shows says it
		return nil
	case t.Owner == f.Name && f.IsAnyTable:
		return fmt.Errorf("%s.%s is the owner and may lead to any table: the rule of rights would have a branch for each; name the tables", t.Name, f.Name)
	case len(f.Among) == 0 && !f.IsAnyTable:
		return fmt.Errorf("%s.%s doesn't say which tables it leads to: name them, or say AnyTable", t.Name, f.Name)
	case len(f.Among) > 0 && f.IsAnyTable:
		return fmt.Errorf("%s.%s names tables and says AnyTable", t.Name, f.Name)
	case f.Bond != Follows && f.Bond != Forgets && f.Bond != Remembers && f.Bond != Restricts:
		return fmt.Errorf("%s.%s doesn't say what becomes of it when the row that it leads to is deleted: Follows, Forgets, Remembers or Restrict", t.Name, f.Name)
	case f.Bond == Forgets && f.IsRequired:
		return fmt.Errorf("%s.%s is required, and can't be emptied when the row that it leads to is deleted", t.Name, f.Name)
	}
	return nil
}

// tie gives the field its bond. A second one is a defect of the declaration.
func (f *Field) tie(b Bond) *Field {
	if f.Bond != Loose {
		panic(fmt.Sprintf("schema: the column %s is tied to another row in two ways", f.Name))
	}
	f.Bond = b
	return f
}

// Owned makes the row that the field leads to come and go with this one, made with the given values.
func (f *Field) Owned(with Set) *Field {
	f.IsReadOnly, f.OwnedSet = true, with
	return f.tie(Owned)
}

// Twin makes the field lead to a row of the other table with the same key, which comes and goes with this one. Back names the
// other table's column that holds this row's key.
func (f *Field) Twin(back string) *Field {
	f.IsReadOnly, f.Path, f.Back = true, keyPath, back
	return f.tie(Twin)
}

// Restrict refuses the deletion of the row that the field leads to.
func (f *Field) Restrict() *Field { return f.tie(Restricts) }

// Follows makes this row be deleted with the one that a polymorphic row field leads to, whatever table that is in.
func (f *Field) Follows() *Field { return f.tie(Follows) }

// Forgets makes a polymorphic row field empty when the row that it leads to is deleted.
func (f *Field) Forgets() *Field { return f.tie(Forgets) }

// Remembers makes a polymorphic row field go on naming a row that was deleted, as what tells of the past does.
func (f *Field) Remembers() *Field { return f.tie(Remembers) }

// Forward makes the field a view of the same-named column of the row that the field owner leads to; writes go there too.
func (f *Field) Forward(owner string) *Field {
	f.Path, f.IsArgument = owner+"#"+f.Name, true
	return f.tie(Forwarded)
}

// Owner returns the field of t that leads to the row which f, a forwarded one, is kept in.
func (f *Field) Owner(t *Table) *Field {
	name, _, _ := strings.Cut(f.Path, "#")
	return t.Field(name)
}

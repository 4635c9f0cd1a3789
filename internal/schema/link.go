package schema

import (
	"errors"
	"fmt"
)

// link checks the references of one table and notes them on the tables that they lead to.
func (s *Schema) link(t *Table) error {
	for _, name := range []string{t.KeyField, t.Display, t.Owner, t.Parent, t.Aside} {
		if name != "" && t.Field(name) == nil {
			return fmt.Errorf("table %s names the column %s, which it does not have", t.Name, name)
		}
	}
	if err := errors.Join(checkUnique(t), checkFacts(t), checkForms(t)); err != nil {
		return err
	}
	if err := s.checkPending(t); err != nil {
		return err
	}
	for _, f := range t.Fields {
		if err := checkAny(t, f); err != nil {
			return err
		}
		if f.IsRow() && f.Ref == "" && f.Stored() {
			s.linkAny(Reference{t, f})
		}
		if f.Ref == "" {
			continue
		}
		to := s.byName[f.Ref]
		if f.IsVoid && to != nil {
			return fmt.Errorf("%s.%s is a list of rows of %s, which is declared now: use Rows or Linked", t.Name, f.Name, f.Ref)
		}
		if to == nil && (f.IsVoid || f.IsRow() && f.Bond != Owned && f.Bond != Twin) {
			continue // a reference to a table that isn't built yet is a column without a path through it, a list of its rows is empty
		}
		if to == nil {
			return fmt.Errorf("%s.%s leads to table %s, which is not declared", t.Name, f.Name, f.Ref)
		}
		if err := errors.Join(checkReference(t, f, to), s.checkLink(t, f)); err != nil {
			return err
		}
		if f.Bond == Twin && t.Tombstone {
			to.Tombstone = true // nobody is to see the facts of a row that is gone
		}
		if f.IsRow() && f.Stored() {
			s.back[f.Ref] = append(s.back[f.Ref], Reference{t, f})
		}
	}
	return nil
}

// linkAny notes a polymorphic reference on all tables that it may lead to.
func (s *Schema) linkAny(ref Reference) {
	for _, to := range ref.Field.Targets(s) {
		switch ref.Field.Bond {
		case Follows:
			s.follow[to.Name] = append(s.follow[to.Name], ref)
		case Forgets, Restricts:
			s.back[to.Name] = append(s.back[to.Name], ref)
		}
	}
}

// checkPending checks that the parent can tell that rows of t wait.
func (s *Schema) checkPending(t *Table) error {
	if t.Pending == "" {
		return nil
	}
	parent := t.Field(t.Parent)
	if parent == nil || s.byName[parent.Ref] == nil || !parent.IsCreateOnly {
		return fmt.Errorf("rows of %s wait to be applied: they need a parent in one declared table, and stay with it", t.Name)
	}
	f := s.byName[parent.Ref].Field(t.Pending)
	if f == nil || !f.Stored() || !f.IsReadOnly || f.Type.Shape() != AsBool {
		return fmt.Errorf("rows of %s wait to be applied: %s needs the read-only boolean %s to say so", t.Name, parent.Ref, t.Pending)
	}
	return nil
}

// checkReference checks that a reference of t can hold the keys of the table that it leads to.
func checkReference(t *Table, f *Field, to *Table) error {
	switch {
	case f.IsRow() && f.Type.Storage() != to.Key.Storage():
		return fmt.Errorf("%s.%s can't hold the keys of %s, which are %ss: use Row for numbers and TextRow for all others", t.Name, f.Name, f.Ref, to.Key)
	case f.Bond == Twin && t.Key != to.Key:
		return fmt.Errorf("%s.%s makes twins of rows keyed by %s and rows keyed by %s, which can't have the same key", t.Name, f.Name, t.Key, to.Key)
	case f.Bond == Owned && to.Key == NameKey:
		return fmt.Errorf("%s.%s owns rows of %s, which are keyed by name: nobody would name them", t.Name, f.Name, f.Ref)
	case f.Back != "" && to.Field(f.Back) == nil:
		return fmt.Errorf("%s.%s expects the column %s in %s", t.Name, f.Name, f.Back, f.Ref)
	case f.Back != "" && to.Field(f.Back).Ref != t.Name:
		return fmt.Errorf("%s.%s expects that %s.%s leads back", t.Name, f.Name, f.Ref, f.Back)
	}
	return nil
}

// checkLink checks that the rows between a row and the rows of its list lead to both.
func (s *Schema) checkLink(t *Table, f *Field) error {
	if f.Link == nil {
		return nil
	}
	via := s.byName[f.Link.Table]
	if via == nil {
		return fmt.Errorf("%s.%s goes through table %s, which is not declared", t.Name, f.Name, f.Link.Table)
	}
	from, to := via.Field(f.Link.From), via.Field(f.Link.To)
	if from == nil || !from.IsRow() || !from.Stored() || from.Ref != t.Name && (from.Ref != "" || !from.leadsTo(t)) {
		return fmt.Errorf("%s.%s goes through %s.%s, which doesn't lead to %s", t.Name, f.Name, via.Name, f.Link.From, t.Name)
	}
	if to == nil || !to.IsRow() || !to.Stored() || to.Ref != f.Ref {
		return fmt.Errorf("%s.%s goes through %s.%s, which doesn't lead to %s", t.Name, f.Name, via.Name, f.Link.To, f.Ref)
	}
	return nil
}

// checkKey checks how the rows of a table are addressed.
func checkKey(t *Table) error {
	for _, f := range t.Fields {
		if f.ShowsKey() && f.Type.Storage() != t.Key.Storage() {
			return fmt.Errorf("%s.%s shows the key, which is a %s, and has another type", t.Name, f.Name, t.Key)
		}
		if f.IsKey && (t.Key != NameKey || f.Name != t.KeyField) {
			return fmt.Errorf("%s.%s lets clients choose the key, which only the KeyField of a table keyed by name can", t.Name, f.Name)
		}
	}
	field := t.Field(t.KeyField)
	if field != nil && !field.ShowsKey() {
		return fmt.Errorf("%s.%s is the KeyField and doesn't show the key", t.Name, t.KeyField)
	}
	if t.Key != NameKey {
		return nil
	}
	switch {
	case field == nil:
		return fmt.Errorf("table %s is keyed by name and has no KeyField", t.Name)
	case t.Creatable() && !field.IsKey:
		return fmt.Errorf("rows of %s are made by clients, who can't name them: make %s the key by AsKey", t.Name, t.KeyField)
	case t.Tombstone:
		return fmt.Errorf("table %s is keyed by name and can't keep tombstones: the name of a deleted row is free again", t.Name)
	}
	return nil
}

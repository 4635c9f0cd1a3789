package perm

import (
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// Rows is what checks look into: the live rows as the transaction at hand sees them.
type Rows interface {
	Schema() *schema.Schema
	// Judge tells which of the tests the row meets that which finds; nil when there is none.
	Judge(t *schema.Table, which query.Expr, tests ...query.Expr) ([]bool, error)
}

// HeldOn returns what a may do with the row of that key, in one statement: nothing with one that isn't there or not a's to see.
func HeldOn(rows Rows, a Actor, t *schema.Table, key schema.Value) (set Rights, err error) {
	tests := make([]query.Expr, len(All))
	for i, right := range All {
		tests[i] = Guard(a, right)(t)
	}
	met, err := rows.Judge(t, query.Eq("$key", key), tests...)
	for i := range met {
		if met[i] {
			set |= RightsOf(All[i])
		}
	}
	if !set.Has(List) && !set.Has(Read) {
		set = 0
	}
	return set, err
}

// HoldsAll reports whether a has the right on all rows of a table that have no owner, those to come included.
func HoldsAll(a Actor, right Right, t *schema.Table) bool {
	return a.Admin || a.wholly(t).Has(right) || opens(a, right, t)
}

// HeldOnAll is HoldsAll for each right.
func HeldOnAll(a Actor, t *schema.Table) (set Rights) {
	for _, right := range All {
		if HoldsAll(a, right, t) {
			set |= RightsOf(right)
		}
	}
	return set
}

// wholly returns what a may do with all rows of a table because it was granted.
func (a Actor) wholly(t *schema.Table) Rights {
	if t.Admins {
		return 0
	}
	return a.Grants.Whole(t.Name)
}

// Check tells whether a has the right on a live row: NotFound when the row isn't a's to see, Denied when it is but the right is missing.
func Check(rows Rows, a Actor, right Right, r *schema.Record) error {
	h, err := Ask(rows, a, r, right)
	if err != nil {
		return err
	}
	return h.Check(right)
}

// MayCreate is Denied when a can't make any row of t at all, whatever its columns hold. CheckCreate then looks at the row.
func MayCreate(a Actor, t *schema.Table) error {
	switch {
	case a.Admin, a.wholly(t).Has(Create), a.User != 0 && ownOf(t).allows(Create):
		return nil
	case t.Parent != "" && a.User != 0 && a.Grants.anywhere(Create):
		return nil
	}
	return Deny(Create, t)
}

// CheckCreate tells whether a may make the row, whose columns are filled: the right is needed on the whole table or on the parent row.
// An owner gives no right to make rows, or everybody could put theirs anywhere.
func CheckCreate(rows Rows, a Actor, r *schema.Record) error {
	own := ownOf(r.Table)
	if a.Admin || a.wholly(r.Table).Has(Create) || own.allows(Create) && own.willHave(a, r) {
		return nil
	}
	if r.Table.Parent != "" && a.User != 0 {
		parent, key := leadsTo(rows, r, r.Table.Parent)
		if parent != nil {
			met, err := rows.Judge(parent, query.Eq("$key", key), granted(a, Create)(parent))
			if err != nil || met != nil && met[0] {
				return err
			}
		}
	}
	return Deny(Create, r.Table)
}

// CheckMove tells whether a may give the row, as changed, another parent or owner, and with it other people's rights: as for a create.
func CheckMove(rows Rows, a Actor, old, changed *schema.Record) error {
	for _, column := range []string{old.Table.Parent, old.Table.Owner} {
		if column != "" && old.Get(column) != changed.Get(column) {
			return CheckCreate(rows, a, changed)
		}
	}
	return nil
}

// leadsTo returns the table and key that a reference of r leads to; the table is nil when it leads nowhere.
func leadsTo(rows Rows, r *schema.Record, column string) (*schema.Table, schema.Value) {
	v := r.Get(column)
	if v.IsNull() {
		return nil, v
	}
	return r.Table.Field(column).Target(rows.Schema(), v)
}

package perm

import (
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// Rows is what checks look into: the live rows as the transaction at hand sees them.
type Rows interface {
	Schema() *schema.Schema
	// Any reports whether the table has a row that meets e.
	Any(t *schema.Table, e query.Expr) (bool, error)
}

// Holds reports whether the table has a row with that key and a has the right on it.
func Holds(rows Rows, a Actor, right Right, t *schema.Table, key schema.Value) (bool, error) {
	return rows.Any(t, query.And(query.Eq("$key", key), Guard(a, right)(t)))
}

// HoldsAll reports whether a has the right on all rows of a table that have no owner, those to come included.
func HoldsAll(a Actor, right Right, t *schema.Table) bool {
	return a.Admin || a.wholly(t).Has(right) || opens(a, right, t)
}

// wholly returns what a may do with all rows of a table because it was granted.
func (a Actor) wholly(t *schema.Table) Rights {
	if t.Admins {
		return 0
	}
	return a.Grants.Whole(t.Name)
}

// See is NotFound, letter for letter that of a missing row, unless a may list or read the row.
func See(rows Rows, a Actor, r *schema.Record) error {
	if a.Admin {
		return nil
	}
	if seen, err := rows.Any(r.Table, query.And(query.Eq("$key", r.Key), Seen(a)(r.Table))); err != nil || seen {
		return err
	}
	return errs.New(errs.NotFound, "not_found", "Resource '/v4/%s/%s' not found", r.Table.Name, r.Key.Text())
}

// Check tells whether a has the right on a live row: NotFound when the row isn't a's to see, Denied when it is but the right is missing.
func Check(rows Rows, a Actor, right Right, r *schema.Record) error {
	if a.Admin {
		return nil
	}
	if err := See(rows, a, r); err != nil {
		return err
	}
	ok, err := Holds(rows, a, right, r.Table, r.Key)
	if err == nil && !ok {
		err = Deny(right, r.Table)
	}
	return err
}

// MayCreate is Denied when a can't make any row of t at all, whatever its columns hold. CheckCreate then looks at the row.
func MayCreate(a Actor, t *schema.Table) error {
	switch {
	case a.Admin, a.wholly(t).Has(Create), a.User != 0 && ownOf(t.Name).allows(Create):
		return nil
	case t.Parent != "" && a.User != 0 && a.Grants.anywhere(Create):
		return nil
	}
	return Deny(Create, t)
}

// CheckCreate tells whether a may make the row, whose columns are filled: the right is needed on the whole table or on the parent row.
// An owner gives no right to make rows, or everybody could put theirs anywhere.
func CheckCreate(rows Rows, a Actor, r *schema.Record) error {
	own := ownOf(r.Table.Name)
	if a.Admin || a.wholly(r.Table).Has(Create) || own.allows(Create) && own.willHave(a, r) {
		return nil
	}
	if r.Table.Parent != "" && a.User != 0 {
		parent, key := leadsTo(rows, r, r.Table.Parent)
		if parent != nil {
			ok, err := rows.Any(parent, query.And(query.Eq("$key", key), granted(a, Create)(parent)))
			if err != nil || ok {
				return err
			}
		}
	}
	return Deny(Create, r.Table)
}

// CheckModify tells whether a may write these columns of the row: NotFound and Denied as in Check, Denied naming the first column that
// is out of reach.
func CheckModify(rows Rows, a Actor, r *schema.Record, columns []string) error {
	err := Check(rows, a, Modify, r)
	own := ownOf(r.Table.Name)
	if err != nil || a.Admin || own.columns == nil || !own.has(a, r) {
		return err
	}
	if all, err := rows.Any(r.Table, query.And(query.Eq("$key", r.Key), granted(a, Modify)(r.Table))); err != nil || all {
		return err
	}
	for _, c := range columns {
		if !slices.Contains(own.columns, c) {
			return errs.New(errs.Denied, "denied", "you need the right %q on %s to change %s; without it you can change %s",
				Modify, r.Table.Name, c, errs.Ours(strings.Join(own.columns, ", "))).On(c)
		}
	}
	return nil
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

// Lacking is the cause of errors of kind Denied: a right that is missing on a row that may be seen, or on a table. Dialects that call the
// table something else say it in their own words.
type Lacking struct {
	Right Right
	Table string
}

// Error implements error.
func (l *Lacking) Error() string { return fmt.Sprintf("you need the right %q on %s", l.Right, l.Table) }

// Deny is the error of somebody who lacks the right on what they may see.
func Deny(right Right, t *schema.Table) error {
	l := &Lacking{right, t.Name}
	return errs.Wrap(l, errs.Denied, "denied", "%s", l)
}

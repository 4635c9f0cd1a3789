package perm

import (
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// Guard returns, for each table, which rows a has the right on. Read and List are what plans need; references that a plan follows are
// guarded by the same function, so nothing leaks through a path.
func Guard(a Actor, right Right) func(*schema.Table) query.Expr {
	return func(t *schema.Table) query.Expr {
		if a.Admin || opens(a, right, t) {
			return query.True()
		}
		rule, ok := ruleOf(t.Name)
		if !ok || a.User == 0 || !slices.Contains(rule.rights, right) {
			return query.False()
		}
		return query.Eq(rule.owner, schema.IntValue(a.User))
	}
}

// Check tells whether a has the right on the row: NotFound when the row isn't a's to see, Denied when it is but the right is missing.
// With Create, r is the row about to be made, owner column filled.
func Check(a Actor, right Right, r *schema.Record) error {
	if a.Admin || opens(a, right, r.Table) {
		return nil
	}
	rule, ok := ruleOf(r.Table.Name)
	switch own := ok && rule.owns(a, r); {
	case own && slices.Contains(rule.rights, right):
		return nil
	case own || right == Create: // a row that isn't there yet can't be hidden
		return denied(right, r.Table)
	}
	return notFound(r)
}

// CheckCreate tells whether a may make rows of t at all; Denied when not. Check with Create then looks at the row itself.
func CheckCreate(a Actor, t *schema.Table) error {
	if a.Admin {
		return nil
	}
	if rule, ok := ruleOf(t.Name); !ok || a.User == 0 || !slices.Contains(rule.rights, Create) {
		return denied(Create, t)
	}
	return nil
}

// CheckModify tells whether a may write these columns of the row: NotFound and Denied as in Check, Denied naming the first column that
// is out of reach.
func CheckModify(a Actor, r *schema.Record, columns []string) error {
	if err := Check(a, Modify, r); err != nil || a.Admin {
		return err
	}
	rule, _ := ruleOf(r.Table.Name)
	if rule.columns == nil {
		return nil
	}
	for _, c := range columns {
		if !slices.Contains(rule.columns, c) {
			return errs.New(errs.Denied, "denied", "you need the right %q on %s to change %s; without it you can change %s",
				Modify, r.Table.Name, c, strings.Join(rule.columns, ", ")).On(c)
		}
	}
	return nil
}

// opens reports whether the table lets every known user do that.
func opens(a Actor, right Right, t *schema.Table) bool {
	return t.Open && a.User != 0 && (right == List || right == Read)
}

// owns reports whether the row belongs to a.
func (r rule) owns(a Actor, rec *schema.Record) bool {
	if a.User == 0 {
		return false
	}
	if r.owner == "$key" {
		return rec.Key.Int() == a.User
	}
	return rec.Get(r.owner).Int() == a.User
}

func denied(right Right, t *schema.Table) error {
	return errs.New(errs.Denied, "denied", "you need the right %q on %s", right, t.Name)
}

// notFound is the error of a row that isn't there, letter for letter, so that a hidden row can't be told from a missing one.
func notFound(r *schema.Record) error {
	return errs.New(errs.NotFound, "not_found", "Resource '/v4/%s/%s' not found", r.Table.Name, r.Key.Text())
}

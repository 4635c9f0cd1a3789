package perm

import "dewpoint/internal/schema"

// Reaches reports whether there may be rows of the table on which a has the right, or, for Create, that a can make: as far as grants and
// declarations say, without a look at the rows.
func Reaches(s *schema.Schema, a Actor, right Right, t *schema.Table) bool {
	if own := ownOf(t); a.User != 0 && own.allows(right) {
		return true
	}
	if right != Create {
		return reach{s, rule{a: a, right: right, owners: mostOwners, parents: mostParents}}.on(t)
	}
	if a.Admin || a.wholly(t).Has(Create) {
		return true
	}
	return !t.Admins && t.Parent != "" && reach{s, rule{a: a, right: right, owners: mostOwners, parents: mostParents}}.through(t, t.Parent)
}

// reach follows the rule of rights from table to table.
type reach struct {
	schema *schema.Schema
	rule
}

// on is rule.on without rows.
func (r reach) on(t *schema.Table) bool {
	switch g := r.a.Grants; {
	case r.a.Admin:
		return true
	case t.Admins:
		return false
	case g.Whole(t.Name).Has(r.right), opens(r.a, r.right, t):
		return true
	case r.a.User == 0:
		return false
	case g.on(t.Name).Has(r.right):
		return true
	}
	up, owned := r, r
	up.parents--
	owned.owners--
	return t.Parent != "" && r.parents > 0 && up.through(t, t.Parent) || t.Owner != "" && r.owners > 0 && owned.through(t, t.Owner)
}

// through is on for the tables that a column leads to, with what is a's own where it may be looked into.
func (r reach) through(t *schema.Table, column string) bool {
	for _, to := range t.Field(column).Targets(r.schema) {
		own := r.a.User != 0 && (r.right == List || r.right == Read) && ownOf(to).allows(r.right)
		if own || r.on(to) {
			return true
		}
	}
	return false
}

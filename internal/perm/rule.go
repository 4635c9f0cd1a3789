package perm

import (
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// How far rights are looked for along owners and parents. Rows that lead further, or in a circle, give none.
const (
	mostOwners  = 2
	mostParents = 4
)

// Guard returns, for each table, which rows a has the right on. Read and List are what plans need; references that a plan follows are
// guarded by the same function, so nothing leaks through a path.
func Guard(a Actor, right Right) func(*schema.Table) query.Expr {
	return func(t *schema.Table) query.Expr {
		rule := rule{a: a, right: right, owners: mostOwners, parents: mostParents}
		return query.Or(rule.own(t), rule.on(t))
	}
}

// Seen returns, for each table, which rows a may see: those that it may list or read. All others are to a as if they weren't there.
func Seen(a Actor) func(*schema.Table) query.Expr {
	list, read := Guard(a, List), Guard(a, Read)
	return func(t *schema.Table) query.Expr { return query.Or(read(t), list(t)) }
}

// granted is Guard without what users may do because a row is their own.
func granted(a Actor, right Right) func(*schema.Table) query.Expr {
	return rule{a: a, right: right, owners: mostOwners, parents: mostParents}.on
}

// rule is the search for one right of one actor, with the steps that are left to it.
type rule struct {
	a       Actor
	right   Right
	owners  int
	parents int
}

// own holds for the rows of t that are the actor's own, if that gives the right.
func (r rule) own(t *schema.Table) query.Expr {
	o := ownOf(t)
	if r.a.User == 0 || !o.allows(r.right) {
		return query.False()
	}
	return o.rows(r.a)
}

// on holds for the rows of t on which grants give the right.
func (r rule) on(t *schema.Table) query.Expr {
	switch {
	case r.a.Admin:
		return query.True()
	case t.Admins:
		return query.False()
	case r.a.Grants.Whole(everything).Has(r.right), opens(r.a, r.right, t):
		return query.True()
	case r.a.User == 0:
		return query.False()
	}
	e := query.Or(r.direct(t), r.throughParent(t))
	if t.Owner == "" {
		return e
	}
	owned := r.throughOwner(t)
	if !e.IsTrue() { // rows are to be found one by one: without this the owned ones would take a look at the whole table
		owned = query.And(query.Refers(t.Owner), owned)
	}
	return query.Or(query.And(query.Eq(t.Owner, schema.Value{}), e), owned)
}

// direct holds for the rows of t that grants name, or for all.
func (r rule) direct(t *schema.Table) query.Expr {
	switch g := r.a.Grants; {
	case g.Whole(t.Name).Has(r.right):
		return query.True()
	case g.on(t.Name).Has(r.right):
		return query.Among("$row", permissions, "row", query.And(
			query.In("identity", g.identities...),
			query.Eq("table", schema.TextValue(t.Name)),
			query.Eq(r.right.String(), schema.BoolValue(true)),
		))
	}
	return query.False()
}

func (r rule) throughParent(t *schema.Table) query.Expr {
	if t.Parent == "" || r.parents == 0 {
		return query.False()
	}
	r.parents--
	return query.Leads(t.Parent, r.seenFromBelow)
}

func (r rule) throughOwner(t *schema.Table) query.Expr {
	if r.owners == 0 {
		return query.False()
	}
	r.owners--
	return query.Leads(t.Owner, r.seenFromBelow)
}

// seenFromBelow is the rule for a row that another one gets its rights from. What is one's own may be looked into, but writing to what
// belongs to it takes a grant: an own account must not be a way to grant oneself rights.
func (r rule) seenFromBelow(t *schema.Table) query.Expr {
	if r.right == List || r.right == Read {
		return query.Or(r.own(t), r.on(t))
	}
	return r.on(t)
}

// opens reports whether the table lets every known user do that.
func opens(a Actor, right Right, t *schema.Table) bool {
	return t.Open && a.User != 0 && (right == List || right == Read)
}

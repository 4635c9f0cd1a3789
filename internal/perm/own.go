package perm

import (
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// own says what users may do, without any grant, with the rows of a table that are theirs.
type own schema.Own

// ownOf returns the rule of a table; it has no rights where nothing is anybody's own.
func ownOf(t *schema.Table) own { return own(t.Own) }

func (o own) allows(right Right) bool {
	return o.By != "" && (o.Make || right != Create && right != Delete)
}

// rows holds for the rows that are a's.
func (o own) rows(a Actor) query.Expr { return query.Eq(o.By, schema.IntValue(a.User)) }

// has reports whether the row is a's.
func (o own) has(a Actor, r *schema.Record) bool {
	if a.User == 0 || o.By == "" {
		return false
	}
	if schema.Own(o).IsUser() {
		return r.Key.Int() == a.User
	}
	return r.Get(o.By).Int() == a.User
}

// willHave reports whether a row about to be made will be a's. Whose it is may be left out: then it is the maker's.
func (o own) willHave(a Actor, r *schema.Record) bool {
	return o.has(a, r) || a.User != 0 && !schema.Own(o).IsUser() && r.Get(o.By).IsNull()
}

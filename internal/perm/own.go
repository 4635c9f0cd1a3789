package perm

import (
	"slices"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// own says what users may do, without any grant, with the rows of a table that are theirs.
type own struct {
	column  string   // that holds the user's key; "$key" where the row is the user
	rights  []Right  // on own rows
	columns []string // that Modify covers; nil for all that clients write
}

// ownOf returns the rule of a table; it has no rights where nothing is anybody's own.
func ownOf(table string) own {
	switch table {
	case "users":
		return own{column: "$key", rights: []Right{List, Read, Modify}, columns: []string{"displayname", "email", "password"}}
	case "user_api_keys":
		return own{column: "user", rights: []Right{List, Read, Create, Modify, Delete}}
	}
	return own{}
}

func (o own) allows(right Right) bool { return slices.Contains(o.rights, right) }

// rows holds for the rows that are a's.
func (o own) rows(a Actor) query.Expr { return query.Eq(o.column, schema.IntValue(a.User)) }

// has reports whether the row is a's.
func (o own) has(a Actor, r *schema.Record) bool {
	if a.User == 0 || o.column == "" {
		return false
	}
	if o.column == "$key" {
		return r.Key.Int() == a.User
	}
	return r.Get(o.column).Int() == a.User
}

// willHave reports whether a row about to be made will be a's. Whose it is may be left out: then it is the maker's.
func (o own) willHave(a Actor, r *schema.Record) bool {
	return o.has(a, r) || a.User != 0 && o.column != "$key" && r.Get(o.column).IsNull()
}

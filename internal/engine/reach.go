package engine

import (
	"context"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

// Reach is a table, and what the caller may be able to do with some of its rows.
type Reach struct {
	Table *schema.Table
	May   Rights
}

// Reach lists the tables with rows that the caller may have a right on, as far as that can be said without a look at the rows.
func (e *Engine) Reach(ctx context.Context) (found []Reach, err error) {
	a, err := e.actor(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range e.db.Schema.Tables() {
		may := func(right perm.Right) bool { return perm.Reaches(e.db.Schema, a, right, t) }
		r := Rights{may(perm.List), may(perm.Read), t.Creatable() && may(perm.Create), may(perm.Modify), t.Creatable() && may(perm.Delete)}
		if !t.Internal && r != (Rights{}) {
			found = append(found, Reach{t, r})
		}
	}
	return found, nil
}

package store

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// NotFound is the error of a row that isn't there, or that the caller may not see.
func NotFound(t *schema.Table, key string) error {
	return errs.NoRow(t.Word(errs.One), key)
}

// Taken is what a database says of a row whose values another one has in columns that are unique, by themselves or together. Columns has one at least.
type Taken struct {
	Table   string
	Columns []string
	Cause   error
}

// Error implements error.
func (e *Taken) Error() string { return e.Cause.Error() }

// shown is the error for people; it names the last column.
func (e *Taken) shown(t *schema.Table) error {
	last := e.Columns[len(e.Columns)-1]
	format, args := "another %s has this ", []any{t.Word(errs.One)}
	for i, c := range e.Columns {
		switch {
		case i > 0 && i == len(e.Columns)-1:
			format += " and "
		case i > 0:
			format += ", "
		}
		format, args = format+"%s", append(args, errs.Column(c))
	}
	return errs.Wrap(e.Cause, errs.Conflict, "exists", format+"; choose a different %s", append(args, errs.Column(last))...).On(last)
}

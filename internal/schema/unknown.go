package schema

import (
	"testing"

	"dewpoint/internal/errs"
)

// Unknown is the error of a column that the table doesn't declare, which is a defect of the caller. It is told, and then a test panics.
func Unknown(t *Table, column string, tell func(error)) error {
	err := errs.New(errs.Internal, "no_column", "table %s has no column %s", t.Name, column)
	tell(err)
	if testing.Testing() {
		panic(err)
	}
	return err
}

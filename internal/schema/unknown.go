package schema

import (
	"testing"

	"dewpoint/internal/errs"
)

// Unknown is the error of a column that the table doesn't declare, which is a defect of the caller. A test panics where it is made.
func Unknown(t *Table, column string) error {
	err := errs.New(errs.Internal, "no_column", "table %s has no column %s", t.Name, column)
	if testing.Testing() {
		panic(err)
	}
	return err
}

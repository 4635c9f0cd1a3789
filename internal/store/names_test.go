package store_test

import (
	"testing"

	"dewpoint/internal/model"
)

// TestNamesFitPostgreSQL keeps names below the 64 bytes at which PostgreSQL cuts them off: two that are cut to the same would be one.
// An index is named after its table and column.
func TestNamesFitPostgreSQL(t *testing.T) {
	t.Parallel()
	for _, table := range model.Schema().Tables() {
		for _, f := range table.Fields {
			if name := table.Name + "_" + f.Name; f.Stored() && len(name) > 63 {
				t.Errorf("%s has %d bytes", name, len(name))
			}
		}
		for _, u := range table.Unique {
			if name := table.Name + "_" + u.Name(); len(name) > 63 {
				t.Errorf("%s has %d bytes", name, len(name))
			}
		}
	}
}

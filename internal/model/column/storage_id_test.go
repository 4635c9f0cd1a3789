package column_test

import (
	"testing"

	"dewpoint/internal/model/column"
)

func TestStorageNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id string
		key      int64
		ok       bool
	}{
		{"7", "", 7, true},
		{"7-0badcafe", "0badcafe", 7, true},
		{"7-", "", 7, false},
		{"07-0badcafe", "0badcafe", 7, false},
		{"-7", "7", 0, false},
		{"+7", "", 7, false},
		{"seven", "", 0, false},
		{"", "", 0, false},
		{"7.iso", "", 0, false},
	} {
		key, id, ok := column.ReadStorageName(c.name)
		if ok != c.ok || ok && (key != c.key || id != c.id || column.StorageName(key, id) != c.name) {
			t.Errorf("%q is read as %d, %q, %v", c.name, key, id, ok)
		}
	}
}

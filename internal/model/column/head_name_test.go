package column_test

import (
	"testing"

	"dewpoint/internal/model/column"
)

func TestHeadNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id        string
		key, generation int64
		ok              bool
	}{
		{"7", "", 7, 0, true},
		{"7.2", "", 7, 2, true},
		{"7-0badcafe", "0badcafe", 7, 0, true},
		{"7-0badcafe.12", "0badcafe", 7, 12, true},
		{"7-0badcafe.0", "", 0, 0, false},
		{"7-0badcafe.", "", 0, 0, false},
		{"7-0badcafe.01", "", 0, 0, false},
		{"7-0badcafe.-1", "", 0, 0, false},
		{"7-0badcafe.1.2", "", 0, 0, false},
		{".1", "", 0, 0, false},
	} {
		key, id, generation, ok := column.ReadHeadName(c.name)
		if ok != c.ok || ok && (key != c.key || id != c.id || generation != c.generation || column.HeadName(key, id, generation) != c.name) {
			t.Errorf("%q is read as %d, %q, %d, %v", c.name, key, id, generation, ok)
		}
	}
}

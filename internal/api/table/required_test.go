package table_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestRequiredColumnsStayFilled: what a create must give, no change takes away, whatever the table.
func TestRequiredColumnsStayFilled(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := s.fill()
	columns := 0
	for _, table := range s.db.Schema.Tables() {
		if table.Internal || table.ReadOnly || table.NotBuilt != "" {
			continue
		}
		path := "/api/v4/" + table.Name + "/" + keys[table.Name]
		for _, f := range table.Fields {
			if !f.IsRequired || !f.Writable(false) || f.IsSecret { // an empty password stands for the one that is kept
				continue
			}
			before := s.get(path+"?fields="+f.Name).must(t, 200).object(t)[f.Name]
			if before == nil || fmt.Sprint(before) == "" {
				continue
			}
			columns++
			for _, nothing := range []string{`null`, `""`} {
				if r := s.send("PUT", path, strings.NewReader(`{"`+f.Name+`":`+nothing+`}`)); r.status != 422 {
					t.Errorf("%s.%s set to %s: status %d, want 422: %s", table.Name, f.Name, nothing, r.status, r.body)
				}
			}
			if after := s.get(path+"?fields="+f.Name).must(t, 200).object(t)[f.Name]; fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("%s.%s was %v and is %v", table.Name, f.Name, before, after)
			}
		}
	}
	if t.Logf("%d columns", columns); columns < 10 {
		t.Error("few tables have such a column: the test shows little")
	}
}

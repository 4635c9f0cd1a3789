package model_test

import (
	"testing"

	"dewpoint/internal/model"
)

// The most columns that a form shows in one part, and the least that are worth a part of their own.
const (
	mostInSection  = 16
	mostAtTheTop   = 8
	mostAlone      = 10 // in a form without sections
	leastInSection = 2
)

// TestLongFormsHaveSections: nobody finds a field among forty. What stands in no section is at the top of the form: what the row is.
func TestLongFormsHaveSections(t *testing.T) {
	t.Parallel()
	for _, table := range model.Schema().Tables() {
		if table.Internal || table.ReadOnly {
			continue
		}
		fields := map[string]int{}
		for _, f := range table.Fields {
			if f.Writable(true) || f.Writable(false) {
				fields[f.SectionName]++
			}
		}
		for section, n := range fields {
			switch {
			case section == "" && len(fields) == 1 && n <= mostAlone:
			case section == "" && n > mostAtTheTop:
				t.Errorf("%s: %d columns stand in no section, at most %d should", table.Name, n, mostAtTheTop)
			case section != "" && n < leastInSection:
				t.Errorf("%s: %q has %d column", table.Name, section, n)
			case n > mostInSection:
				t.Errorf("%s: %q has %d columns, at most %d should", table.Name, section, n, mostInSection)
			}
		}
	}
}

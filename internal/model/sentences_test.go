package model_test

import (
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/test/sentences"
)

// TestSentencesOfDeclarations: what people read of a table is one or more whole sentences. What they read of a column or an action, and why something
// isn't supported, starts in lower case and has no full stop at its end, because it also stands behind other words.
func TestSentencesOfDeclarations(t *testing.T) {
	t.Parallel()
	check := func(where, text string, fault func(string) string) {
		if f := fault(text); text != "" && f != "" {
			t.Errorf("%s %s: %q", where, f, text)
		}
	}
	columns := func(where string, fields schema.Fields) {
		for _, f := range fields {
			check(where+"."+f.Name, f.DocText, sentences.Clause)
			check(where+"."+f.Name, f.NotBuilt, sentences.Clause)
		}
	}
	for _, table := range model.Schema().Tables() {
		if table.Doc == "" && !table.Internal {
			t.Errorf("%s has no Doc", table.Name)
		}
		check(table.Name, table.Doc, sentences.Sentence)
		check(table.Name, table.NotBuilt, sentences.Clause)
		columns(table.Name, table.Fields)
		for _, a := range table.Actions {
			where := table.Name + ", action " + a.Name
			if a.Doc == "" && a.NotBuilt == "" {
				t.Errorf("%s has no Doc", where)
			}
			check(where, a.Doc, sentences.Clause)
			check(where, a.NotBuilt, sentences.Clause)
			columns(where, a.Params)
			columns(where, a.Answers)
		}
	}
}

package model_test

import (
	"strings"
	"testing"
	"unicode"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
)

const longestSentence = 30 // words; two sentences read better

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
			check(where+"."+f.Name, f.DocText, clauseFault)
			check(where+"."+f.Name, f.NotBuilt, clauseFault)
		}
	}
	for _, table := range model.Schema().Tables() {
		if table.Doc == "" && !table.Internal {
			t.Errorf("%s has no Doc", table.Name)
		}
		check(table.Name, table.Doc, sentenceFault)
		check(table.Name, table.NotBuilt, clauseFault)
		columns(table.Name, table.Fields)
		for _, a := range table.Actions {
			where := table.Name + ", action " + a.Name
			if a.Doc == "" && a.NotBuilt == "" {
				t.Errorf("%s has no Doc", where)
			}
			check(where, a.Doc, clauseFault)
			check(where, a.NotBuilt, clauseFault)
			columns(where, a.Params)
			columns(where, a.Answers)
		}
	}
}

// TestFaultsOfSentences holds the rules against texts that break them.
func TestFaultsOfSentences(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", longestSentence) + "word"
	for text, fault := range map[string]string{
		"Storage tiers.": "", "Tags. A tag belongs to one category.": "",
		"storage tiers.": "doesn't start with a capital letter", "Storage tiers": "doesn't end with a full stop", "Storage  tiers.": "has two spaces",
		"W" + long[1:] + ".": "has a sentence that is too long",
	} {
		if got := sentenceFault(text); got != fault {
			t.Errorf("%q as a sentence: %q, want %q", text, got, fault)
		}
	}
	for text, fault := range map[string]string{
		"the subnet": "", "SHA-256 of the key, in hex": "", "YYYY-MM-DD": "", "the name. Leave it out to keep it": "",
		"The subnet": "starts with a capital letter", "the subnet.": "ends with a full stop", "the subnet ": "has a space at an end", long: "has a sentence that is too long",
	} {
		if got := clauseFault(text); got != fault {
			t.Errorf("%q as a clause: %q, want %q", text, got, fault)
		}
	}
}

func sentenceFault(text string) string {
	switch {
	case !unicode.IsUpper(rune((text + " ")[0])):
		return "doesn't start with a capital letter"
	case !strings.HasSuffix(text, "."):
		return "doesn't end with a full stop"
	}
	return textFault(text)
}

func clauseFault(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if first != "" && unicode.IsUpper(rune(first[0])) && strings.ToLower(first[1:]) == first[1:] && len(first) > 1 && first != "Dewpoint" {
		return "starts with a capital letter"
	}
	if strings.HasSuffix(text, ".") {
		return "ends with a full stop"
	}
	return textFault(text)
}

func textFault(text string) string {
	switch {
	case strings.TrimSpace(text) != text:
		return "has a space at an end"
	case strings.Contains(text, "  "):
		return "has two spaces"
	}
	for _, sentence := range strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == ';' || r == ':' }) {
		if len(strings.Fields(sentence)) > longestSentence {
			return "has a sentence that is too long"
		}
	}
	return ""
}

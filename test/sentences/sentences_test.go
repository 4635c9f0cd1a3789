package sentences_test

import (
	"strings"
	"testing"

	"dewpoint/test/sentences"
)

// TestFaults holds the rules against texts that break them.
func TestFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 30) + "word"
	for text, fault := range map[string]string{
		"Storage tiers.": "", "Tags. A tag belongs to one category.": "",
		"storage tiers.": "doesn't start with a capital letter", "Storage tiers": "doesn't end with a full stop", "Storage  tiers.": "has two spaces",
		"W" + long[1:] + ".": "has a sentence that is too long", "This is no tier.": `says "is no"`, "There is no tier.": "",
	} {
		if got := sentences.Sentence(text); got != fault {
			t.Errorf("%q as a sentence: %q, want %q", text, got, fault)
		}
	}
	for text, fault := range map[string]string{
		"the subnet": "", "SHA-256 of the key, in hex": "", "YYYY-MM-DD": "", "the name. Leave it out to keep it": "", "it is no longer kept": "",
		"The subnet": "starts with a capital letter", "the subnet.": "ends with a full stop", "the subnet ": "has a space at an end", long: "has a sentence that is too long",
		"make it anew": `says "anew"`,
	} {
		if got := sentences.Clause(text); got != fault {
			t.Errorf("%q as a clause: %q, want %q", text, got, fault)
		}
	}
}

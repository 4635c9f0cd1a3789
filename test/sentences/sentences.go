// Package sentences says what is wrong with the texts that people read, as far as a machine can tell: declarations, errors and API documents are held
// against it.
package sentences

import (
	"regexp"
	"strings"
	"unicode"
)

// longest is how many words a sentence may have; two sentences read better.
const longest = 30

// Sentence tells what is wrong with one or more whole sentences; "" if nothing is.
func Sentence(text string) string {
	switch {
	case !unicode.IsUpper(rune((text + " ")[0])):
		return "doesn't start with a capital letter"
	case !strings.HasSuffix(text, "."):
		return "doesn't end with a full stop"
	}
	return Text(text)
}

// Clause tells what is wrong with a text that also stands behind other words.
func Clause(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if first != "" && unicode.IsUpper(rune(first[0])) && strings.ToLower(first[1:]) == first[1:] && len(first) > 1 && first != "Dewpoint" {
		return "starts with a capital letter"
	}
	if strings.HasSuffix(text, ".") {
		return "ends with a full stop"
	}
	return Text(text)
}

// Text tells what is wrong with any text.
func Text(text string) string {
	switch {
	case strings.TrimSpace(text) != text:
		return "has a space at an end"
	case strings.Contains(text, "  "):
		return "has two spaces"
	}
	for _, sentence := range strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == ';' || r == ':' }) {
		if len(strings.Fields(sentence)) > longest {
			return "has a sentence that is too long"
		}
	}
	return Odd(text)
}

// fine are phrases that look like odd ones.
var fine = strings.NewReplacer("there is no", "", "is no longer", "", "are no longer", "")

// odd are phrases that nobody says who thinks in English.
var odd = regexp.MustCompile(`\b(anew|is no|are no|is none|are none|that which|broke off|breaks off|any more|for who|who may not|which is also meant|when not given|in the clear|is gone for good|takes? for the truth)\b`)

// Odd tells of a phrase that is plainer said otherwise; "" if there is none.
func Odd(text string) string {
	if found := odd.FindString(fine.Replace(strings.ToLower(text))); found != "" {
		return `says "` + found + `"`
	}
	return ""
}

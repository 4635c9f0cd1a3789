// Package hostile holds huge values for requests, and finds them again in answers.
package hostile

import (
	"regexp"
	"strings"
	"testing"
)

const (
	size       = 100_000
	mostAnswer = 4 << 10
)

// Text is a huge text of letters, Number one of digits.
var (
	Text   = strings.Repeat("Z", size)
	Number = strings.Repeat("7", size)
)

// Values are JSON values of all types that hold something huge.
var Values = []string{
	`"` + Text + `"`, `"` + Number + `"`, `"` + strings.Repeat("ü", size) + `"`, `"` + strings.Repeat(`\u0001`, size) + `"`, Number, "-" + Number, "0." + Number,
	"1e" + Number, Text, `[` + Number + `]`, `["` + Text + `"]`, `{"` + Text + `":1}`, `{"a":"` + Text + `"}`, strings.Repeat("[", size), `"` + Text,
}

var repeated = regexp.MustCompile(`Z{101}|7{101}|ü{101}|(\\u0001){101}|(\\\\x01){101}`)

// Repeats fails the test when an error's body is long, or repeats more than 100 characters of what was sent.
func Repeats(t testing.TB, what, body string) {
	t.Helper()
	if len(body) > mostAnswer {
		t.Errorf("%s: the answer has %d bytes: %.300s", what, len(body), body)
	}
	if at := repeated.FindStringIndex(body); at != nil {
		t.Errorf("%s: the answer repeats what was sent from byte %d on: %.300s", what, at[0], body)
	}
}

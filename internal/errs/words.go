package errs

import (
	"fmt"
	"strings"
)

// Word is, in an error's text, what the rows of a table are called. A dialect that calls them something else puts its own word in its place, by In.
type Word struct {
	Table, Noun string // "machine_drives", "drive"
	Form        Form
}

// Form is how a Word is said.
type Form uint8

// The forms.
const (
	One   Form = iota // a row: "drive"
	Many              // rows: "drives"
	Wired             // the table, as clients of the table API address it: "machine_drives"; another dialect says Many
)

// String says the word as the table API does.
func (w Word) String() string {
	if w.Form == Wired {
		return w.Table
	}
	return w.Called(w.Noun)
}

// Called is the word in its form, with another noun.
func (w Word) Called(noun string) string {
	switch ending := noun[len(noun)-1:]; {
	case w.Form == One:
		return noun
	case ending == "y":
		return strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "us"), strings.HasSuffix(noun, "ss"):
		return noun + "es"
	case ending == "s": // it says many already
		return noun
	}
	return noun + "s"
}

// Column is, in an error's text, the name of a column, which another dialect may have another name for.
type Column string

// Words is what a dialect calls things.
type Words interface {
	Row(w Word) string
	Column(name string) string
}

// In returns a copy of e whose Text and Why are in the words of a dialect. They were made in those of the table API.
func (e *Error) In(words Words) *Error {
	c := *e
	if e.format == "" {
		return &c
	}
	said := make([]any, len(e.args))
	for i, a := range e.args {
		switch a := a.(type) {
		case Word:
			said[i] = words.Row(a)
		case Column:
			said[i] = words.Column(string(a))
		case *Error:
			said[i] = a.In(words)
		default:
			said[i] = a
		}
	}
	text := fmt.Errorf(e.format, said...).Error()
	if e.Why != "" {
		c.Why = text
	} else {
		c.Text = text
	}
	return &c
}

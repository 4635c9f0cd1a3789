// Package errs holds the one error type that travels between the layers: a kind that each API dialect maps to
// its own status, a stable code, a text for people, and where it fits the field it is about.
package errs

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure an error is. Each dialect maps a kind to a status in its own errors.go, nowhere else.
type Kind uint8

// The kinds, from "our fault" to "yours". The zero kind is Internal, so that an untyped error never looks harmless.
const (
	Internal        Kind = iota // a defect or a broken host: details go to the log only
	Malformed                   // the request can't be read at all
	Unauthenticated             // no usable credential
	Denied                      // known caller without the right
	NotFound                    // no such row, or none that the caller may see
	NotAllowed                  // the verb doesn't exist on this thing
	Conflict                    // clashes with something that exists or runs
	Invalid                     // readable, but a value is out of bounds
	TooLarge                    // the body or file is bigger than accepted
	TooMany                     // rate limit
	Unavailable                 // the host part needed isn't answering now; may work later
	NotBuilt                    // Dewpoint has no such function (yet); the text says so
	Full                        // no space left
	Stale                       // the row isn't any more what the caller took it for
)

var kindNames = [...]string{
	"internal", "malformed", "unauthenticated", "denied", "not_found", "not_allowed", "conflict", "invalid",
	"too_large", "too_many", "unavailable", "not_built", "full", "stale",
}

// String returns the kind's name in snake case, for logs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Error is the typed error. Code is stable and in snake case ("vnet_in_use"); Text is a sentence for the caller that says what
// was being done, to what, and what to do next; Field is the wire name of the column it is about, or empty; Why is what is wrong with
// that column's value, without its name, or empty; Wait is how long to wait before the same may succeed, 0 when nobody knows.
type Error struct {
	Kind  Kind
	Code  string
	Text  string
	Field string
	Why   string
	Wait  time.Duration
	cause error

	format string // of Why where there is one, else of Text
	args   []any
}

// New makes a typed error; format and args give its Text, in which no text among args is repeated beyond
// MostRepeated characters, other than of type Ours. An error among args that is wrapped with %w stays reachable by errors.Is.
func New(kind Kind, code, format string, args ...any) *Error {
	args = clipped(args)
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Code: code, Text: err.Error(), cause: errors.Unwrap(err), format: format, args: args}
}

// Wrap keeps cause for the log and errors.Is while the caller sees only the given text.
func Wrap(cause error, kind Kind, code, format string, args ...any) *Error {
	args = clipped(args)
	return &Error{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...), cause: cause, format: format, args: args}
}

// Field makes the error of a column's or parameter's value that doesn't fit, in the words the table API's clients know. It is of kind
// Invalid and its code is "invalid_" and the field's name; Coded gives it another one.
func Field(field, format string, args ...any) *Error {
	args = clipped(args)
	why := fmt.Sprintf(format, args...)
	field = Clip(field)
	return &Error{
		Kind: Invalid, Code: "invalid_" + field, Text: "Validation error on field: '" + field + "' - '" + why + "'", Field: field, Why: why,
		format: format, args: args,
	}
}

// NoRow makes the error of a row that isn't there, or that the caller may not see; key is as the client wrote it. The table API has its own
// sentence for it, which its clients know.
func NoRow(row Word, key string) *Error {
	e := New(NotFound, "not_found", "there is no %s '%s'", row, key)
	e.Text = "Resource '/v4/" + row.Table + "/" + Clip(key) + "' not found"
	return e
}

// Coded returns a copy of e with another code.
func (e *Error) Coded(code string) *Error {
	c := *e
	c.Code = code
	return &c
}

// On returns a copy of e that names the field it is about, which a client may have named.
func (e *Error) On(field string) *Error {
	c := *e
	c.Field = Clip(field)
	return &c
}

// After returns a copy of e that says when to try again.
func (e *Error) After(wait time.Duration) *Error {
	c := *e
	c.Wait = wait
	return &c
}

// Error returns the text, with the cause behind it when there is one that the text doesn't already hold.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Cause returns what lies under the error, for the log; nil when it began here.
func (e *Error) Cause() error { return e.cause }

// KindOf returns the kind of the first typed error in err's chain, Internal when there is none.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// As returns the first typed error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Is reports whether err is of the given kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

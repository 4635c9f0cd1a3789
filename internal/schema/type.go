package schema

import "encoding/json"

// Storage is how a column lies in the database.
type Storage uint8

// The storage classes; NoColumn is for fields that are read through others.
const (
	NoColumn Storage = iota
	Integer
	Float
	Chars
)

// Shape is how a stored value is written in a JSON reply.
type Shape uint8

// The shapes: a number, a string, true or false, a JSON document as it is, or a moment.
const (
	AsNumber Shape = iota
	AsString
	AsBool
	AsJSON
	AsTime // a number of seconds since 1970, written as "2006-01-02 15:04:05" in UTC
)

// Look is what documents say of the values of a type, besides what its Shape says.
type Look struct {
	// Format is the size of numbers, as the OpenAPI format registry names it.
	Format string
	// Least and Most are the ends of what a number may be; nil where the format alone says it.
	Least, Most *int64
	// Sample is a value for examples; nil where none tells more than another.
	Sample any
}

// Type is what a field can hold, with all that depends on it: a new one is one file. There is a file per type or family of types; the wire names
// are those of the table API's guide.
type Type interface {
	// Name is the wire name, as in "uint32".
	Name() string
	// Storage and Shape say how a value is kept and shown.
	Storage() Storage
	Shape() Shape
	// GoType is the type of the member in the generated row, Getter the method of Value that gives it.
	GoType() string
	Getter() string
	// Look is what documents say of its values.
	Look() Look
	// Parse reads a value that a client sent. Numbers may come as strings and booleans as strings or 0 and 1, since real clients
	// send them so. JSON null and the empty string of a non-text type give null, which means "the default". Errors are of kind Invalid.
	Parse(f *Field, raw json.RawMessage) (Value, error)
}

// Former is a Type whose values can be written in several ways and are kept in one form.
type Former interface {
	// Form brings what a condition compares with, whole values or parts of them, into the form of the values that are kept.
	Form(text string) string
}

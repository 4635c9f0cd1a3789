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

// The shapes: a number, a string, true or false, or a JSON document as it is.
const (
	AsNumber Shape = iota
	AsString
	AsBool
	AsJSON
)

// Type is what a field can hold. One file per type or family of types; the wire names are those of the table API's guide.
type Type interface {
	// Name is the wire name, as in "uint32".
	Name() string
	// Storage and Shape say how a value is kept and shown.
	Storage() Storage
	Shape() Shape
	// GoType is the type of the member in the generated row.
	GoType() string
	// Parse reads a value that a client sent. Numbers may come as strings and booleans as strings or 0 and 1, since real clients
	// send them so. JSON null and the empty string of a non-text type give null, which means "the default". Errors are of kind Invalid.
	Parse(f *Field, raw json.RawMessage) (Value, error)
}

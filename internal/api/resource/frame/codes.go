package frame

import "github.com/danielgtaylor/huma/v2"

// Codes are the names that an area's clients know failures by. The others are the error's own code in capitals.
type Codes struct {
	Invalid  string // a value that a declaration refuses
	Body     string // a body that can't be read; Invalid when empty
	NotFound string // the row that the path names
	Exists   string // the name is taken
	InUse    string // something else needs the row
	// Fields are the codes of refused values of some columns.
	Fields map[string]string
	// Members are the names of columns that have another one in the area's bodies.
	Members map[string]string
}

// OfBody is the code of a body that can't be read.
func (c Codes) OfBody() string {
	if c.Body != "" {
		return c.Body
	}
	return c.Invalid
}

// codesKey is where huma's description of an operation keeps its codes.
const codesKey = "codes"

// CodesOf returns the codes of the operation that huma serves; none outside operations.
func CodesOf(o *huma.Operation) Codes {
	if o == nil {
		return Codes{}
	}
	c, _ := o.Metadata[codesKey].(Codes)
	return c
}

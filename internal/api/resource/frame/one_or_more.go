package frame

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// OneOrMore is a list that clients may also give as its only element.
type OneOrMore[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *OneOrMore[T]) UnmarshalJSON(raw []byte) error {
	var one T
	if err := json.Unmarshal(raw, &one); err == nil {
		*l = OneOrMore[T]{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]T)(l))
}

// Schema implements huma.SchemaProvider.
func (OneOrMore[T]) Schema(r huma.Registry) *huma.Schema {
	item := r.Schema(reflect.TypeFor[T](), true, "")
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeArray, Items: item}, item}}
}

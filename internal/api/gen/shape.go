package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// shape is a JSON schema.
type shape struct {
	Ref                  string `json:"$ref"`
	Title                string
	Description          string
	Type                 any
	Format, Pattern      string
	Enum                 []any
	Const, Default       any
	Minimum, Maximum     json.Number
	MinLength, MaxLength json.Number
	MinItems, MaxItems   json.Number
	Properties           map[string]*shape
	AdditionalProperties any
	Required             []string
	Items                *shape
	AnyOf, OneOf         []*shape
	ReadOnly, WriteOnly  bool
}

// optional marks a member that need not be there.
func (s *shape) optional(member string) string {
	if slices.Contains(s.Required, member) {
		return ""
	}
	return "?"
}

// text is the schema on one line.
func (s *shape) text() string {
	switch {
	case s == nil:
		return "any"
	case s.Ref != "":
		return path.Base(s.Ref)
	case len(s.AnyOf) > 0:
		return s.flags() + choice(s.AnyOf, " | ")
	case len(s.OneOf) > 0:
		return choice(s.OneOf, "\n  | ")
	case len(s.Properties) > 0:
		return s.flags() + s.object()
	case s.Items != nil:
		return s.flags() + s.Items.text() + "[]" + span(" items", s.MinItems, s.MaxItems)
	}
	return s.flags() + s.plain()
}

func choice(of []*shape, between string) string {
	var all []string
	for _, s := range of {
		all = append(all, s.text())
	}
	return strings.Join(all, between)
}

func (s *shape) object() string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		members = append(members, name+s.optional(name)+" "+s.Properties[name].text())
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// plain is a schema without parts. A type that may be null is a list in OpenAPI 3.1; a list of all six is any.
func (s *shape) plain() string {
	const all = 6
	words := []string{"any"}
	if types, several := s.Type.([]any); several && len(types) < all {
		words = []string{strings.Trim(strings.ReplaceAll(fmt.Sprint(types), " ", "|"), "[]")}
	} else if s.Type != nil && !several {
		words = []string{fmt.Sprint(s.Type)}
	}
	if s.Format != "" {
		words = append(words, s.Format)
	}
	if s.Enum != nil {
		words = append(words, compact(s.Enum))
	}
	if s.Const != nil {
		words = append(words, "= "+compact(s.Const))
	}
	text := strings.Join(words, " ") + span("", s.Minimum, s.Maximum) + span(" characters", s.MinLength, s.MaxLength)
	if s.Pattern != "" {
		text += " /" + s.Pattern + "/"
	}
	if s.Default != nil {
		text += " default " + compact(s.Default)
	}
	return text
}

func (s *shape) flags() string {
	switch {
	case s.ReadOnly:
		return "read-only "
	case s.WriteOnly:
		return "write-only "
	}
	return ""
}

// span writes the ends of a range, as far as there are any.
func span(of string, least, most json.Number) string {
	if least == "" && most == "" {
		return ""
	}
	return " " + string(least) + ".." + string(most) + of
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // it came out of JSON
		panic(err)
	}
	return string(text)
}

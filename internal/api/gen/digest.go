package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// document is what a digest has of an OpenAPI document.
type document struct {
	Paths      map[string]map[string]operation
	Components struct {
		Schemas map[string]*shape
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Parameters  []struct {
		Ref      string `json:"$ref"`
		Name     string
		In       string
		Required bool
		Schema   *shape
	}
	RequestBody struct{ Content content }
	Responses   map[string]struct{ Content content }
	Security    []map[string]any
}

type content map[string]struct{ Schema *shape }

// methods are in the order of the digest.
var methods = []string{"get", "post", "put", "patch", "delete"}

// digest tells what a document says so that a change of it can be read: one line for each operation, each schema and each of its members.
func digest(raw []byte) ([]byte, error) {
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	var out strings.Builder
	for _, p := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, m := range methods {
			if op, ok := doc.Paths[p][m]; ok {
				fmt.Fprintf(&out, "%s %s %s%s\n", strings.ToUpper(m), p, op.OperationID, op.text())
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		s := doc.Components.Schemas[name]
		if len(s.Properties) == 0 || len(s.OneOf) > 0 {
			fmt.Fprintf(&out, "\n%s = %s\n", name, s.text())
			continue
		}
		fmt.Fprintf(&out, "\n%s\n", name)
		for _, member := range slices.Sorted(maps.Keys(s.Properties)) {
			p := s.Properties[member]
			fmt.Fprintf(&out, "  %s%s %s%s\n", member, s.optional(member), p.text(), comment(p.Description))
		}
	}
	return []byte(out.String()), nil
}

// text is what goes in, and what comes out by status.
func (o operation) text() string {
	var b strings.Builder
	if o.Security != nil && len(o.Security[0]) == 0 {
		b.WriteString(" public")
	}
	for _, p := range o.Parameters {
		name, optional := cmp.Or(p.Name, path.Base(p.Ref)), "?"
		if p.Required {
			optional = ""
		}
		if p.In != "path" {
			fmt.Fprintf(&b, " %s%s", name, optional)
		}
	}
	b.WriteString(o.RequestBody.Content.text(" < "))
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		b.WriteString(" " + status + o.Responses[status].Content.text(":"))
	}
	return b.String()
}

// text names the schemas of a body, and the kinds of bytes that aren't JSON.
func (c content) text(before string) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		text := c[kind].Schema.text()
		if !strings.Contains(kind, "json") {
			text = kind
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return ""
	}
	return before + strings.Join(all, "|")
}

// comment is what people read of a member.
func comment(text string) string {
	if text == "" {
		return ""
	}
	return " -- " + strings.Join(strings.Fields(text), " ")
}

package soak

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"dewpoint/test/harness"
)

// operation is one that a document describes.
type operation struct {
	doc          *openapi3.T
	method, path string
	item         *openapi3.PathItem
	op           *openapi3.Operation
}

// operations reads both documents as the server serves them.
func operations(c *harness.Client) (list []*operation) {
	c.T.Helper()
	for _, path := range []string{"/api/v4/openapi.json", "/api/v1/openapi.json"} {
		root := *c
		root.Base = strings.TrimSuffix(c.Base, "/api/v4/")
		doc, err := openapi3.NewLoader().LoadFromData(root.Must(200, "GET", path, nil).Body)
		if err != nil {
			c.T.Fatalf("%s: %v", path, err)
		}
		doc.Servers = nil
		for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
			item := doc.Paths.Value(path)
			for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
				list = append(list, &operation{doc, method, path, item, item.Operations()[method]})
			}
		}
	}
	return list
}

func (o *operation) String() string { return o.method + " " + o.path }

// collection is the path that names of an operation's rows belong to: computes of both path families are the same.
func (o *operation) collection() string {
	path, _, _ := strings.Cut(o.path, "/{")
	if table, ok := strings.CutPrefix(path, "/api/v4/"); ok {
		return table
	}
	path = strings.Replace(path, "virtualization/virtualmachines", "virtualization/computes", 1)
	return strings.Replace(path, "virtualmachines/isos", "virtualization/isos", 1)
}

// body returns the kind and the schema of what an operation takes; nil when it takes nothing.
func (o *operation) body() (kind string, media *openapi3.MediaType) {
	if o.op.RequestBody == nil {
		return "", nil
	}
	content := o.op.RequestBody.Value.Content
	kind = slices.Min(slices.Collect(maps.Keys(content)))
	return kind, content[kind]
}

// examples are the bodies that the document gives.
func examples(media *openapi3.MediaType) (list []map[string]any) {
	add := func(value any) {
		raw, err := json.Marshal(value)
		var object map[string]any
		if err == nil && json.Unmarshal(raw, &object) == nil && object != nil {
			list = append(list, object)
		}
	}
	add(media.Example)
	for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
		add(media.Examples[name].Value.Value)
	}
	return list
}

// referenceText is how the document says that a number or a text is the key of a row.
var referenceText = regexp.MustCompile("[Kk]ey of a row of `([a-z_0-9]+)`")

// refersTo returns the table that a property refers to; "" for none.
func refersTo(s *openapi3.Schema) string {
	if m := referenceText.FindStringSubmatch(s.Description); m != nil {
		return m[1]
	}
	return ""
}

// parameters are those of an operation and its path.
func (o *operation) parameters(t testing.TB) (list []*openapi3.Parameter) {
	for _, ref := range append(slices.Clone(o.item.Parameters), o.op.Parameters...) {
		if ref.Value == nil {
			t.Fatalf("%v: a parameter that leads nowhere", o)
		}
		list = append(list, ref.Value)
	}
	return list
}

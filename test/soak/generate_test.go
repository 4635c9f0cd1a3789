package soak

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// request is one that was made up, in pieces that can be left out one by one.
type request struct {
	op      *operation
	path    []string // values of the path's parameters, in their order
	query   url.Values
	headers map[string]string
	object  map[string]any // the body, when it is a JSON object
	text    []byte         // the body otherwise
	who     int            // the credential
}

func (r *request) clone() *request {
	c := *r
	c.query, c.headers, c.object = maps.Clone(r.query), maps.Clone(r.headers), maps.Clone(r.object)
	return &c
}

// url is the path and the query.
func (r *request) url() string {
	path, rest := "", r.op.path
	for _, value := range r.path {
		before, after, _ := strings.Cut(rest, "{")
		_, rest, _ = strings.Cut(after, "}")
		path += before + url.PathEscape(value)
	}
	if path += rest; len(r.query) > 0 {
		path += "?" + r.query.Encode()
	}
	return path
}

func (r *request) body() []byte {
	if r.object == nil {
		return r.text
	}
	var text bytes.Buffer
	text.WriteByte('{')
	for i, name := range sortedKeys(r.object) {
		if i > 0 {
			text.WriteByte(',')
		}
		key, _ := json.Marshal(name)
		text.Write(append(key, ':'))
		if piece, ok := r.object[name].(raw); ok {
			text.Write(piece) // as it is, JSON or not
			continue
		}
		value, err := json.Marshal(r.object[name])
		if err != nil { // a raw piece inside that is no JSON
			value = []byte("null")
		}
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes()
}

// generate makes up a request for an operation.
func (v *values) generate(g *generator, o *operation) *request {
	r := &request{op: o, query: url.Values{}, headers: map[string]string{}, who: v.who(g)}
	for _, p := range o.parameters(g.t) {
		v.parameter(r, p)
	}
	if v.rng.IntN(40) == 0 {
		r.query.Set(oneOf(v.rng, "token", "nonsense", "fields", "action", "$key"), asText(v.hostile()))
	}
	if v.rng.IntN(40) == 0 {
		name := oneOf(v.rng, "Accept", "Content-Type", "Range", "If-Match", "Idempotency-Key", "X-HTTP-Method-Override", "Origin", "X-Forwarded-For", "Accept-Encoding")
		r.headers[name] = asText(v.hostile())
	}
	v.body(r)
	return r
}

// who picks a credential: mostly the administrator's, who gets furthest.
func (v *values) who(g *generator) int {
	if v.rng.IntN(3) > 0 {
		return 0
	}
	return v.rng.IntN(len(g.credentials))
}

func (v *values) parameter(r *request, p *openapi3.Parameter) {
	switch {
	case p.In == "path":
		r.path = append(r.path, v.pathValue(r.op, p))
	case !p.Required && v.rng.IntN(3) > 0:
	case p.In == "query":
		r.query.Set(p.Name, asText(v.any(p.Name, p.Schema.Value)))
	default:
		r.headers[p.Name] = v.header(p)
	}
}

func (v *values) pathValue(o *operation, p *openapi3.Parameter) string {
	switch {
	case v.rng.IntN(25) == 0:
		return asText(v.hostile())
	case p.Name == "action" && len(p.Schema.Value.Enum) > 0:
		return asText(v.good(p.Name, p.Schema.Value, 0))
	}
	return v.key(o.collection())
}

// header makes up a header, with some knowledge of what uploads want.
func (v *values) header(p *openapi3.Parameter) string {
	if v.rng.IntN(6) > 0 {
		switch p.Name {
		case "Tus-Resumable":
			return "1.0.0"
		case "Upload-Length", "Upload-Offset":
			return oneOf(v.rng, "0", "5", "100")
		case "Upload-Metadata":
			return "filename " + base64.StdEncoding.EncodeToString([]byte(asText(v.goodText("iso", &openapi3.Schema{}))+".iso"))
		}
	}
	return asText(v.any(p.Name, p.Schema.Value))
}

// bodies that are no JSON objects.
var brokenBodies = []string{
	"", "null", "[]", `"text"`, "1", "{", `{"a":`, `{"name":"a","name":"b"}`, "\xef\xbb\xbf{}", "{}{}", "a=b&c=d", strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000),
	`{"name":"` + strings.Repeat("x", 1<<20) + `"}`, "\x00", "<xml/>", `{"name":"a\ud800"}`, `{"name":"` + "\xff" + `"}`, "[{}]", `{"":""}`, `{"$key":1}`, "{\"a\":1,}", "nul",
}

// body makes one up: an example of the document, or what its schema says, with some members changed, left out or added.
func (v *values) body(r *request) {
	kind, media := r.op.body()
	switch {
	case media == nil:
		return
	case v.rng.IntN(40) == 0:
		r.text = []byte(oneOf(v.rng, brokenBodies...))
		return
	case kind != "application/json":
		r.headers["Content-Type"], r.text = kind, bytes.Repeat([]byte("x"), oneOf(v.rng, 0, 1, 5, 100, 5000))
		return
	}
	schema := media.Schema.Value
	if list := examples(media); len(list) > 0 && v.rng.IntN(3) > 0 {
		r.object = oneOf(v.rng, list...)
	} else if made, ok := v.good("", schema, 0).(map[string]any); ok {
		r.object = made
	} else {
		r.text = []byte(asText(v.any("", schema)))
		return
	}
	v.change(r.object, schema)
}

// change changes members, and gives each that must be unique or lead somewhere a value of its own.
func (v *values) change(object map[string]any, schema *openapi3.Schema) {
	names := sortedKeys(schema.Properties)
	for _, name := range names {
		property := schema.Properties[name].Value
		if _, there := object[name]; there && (name == "name" || refersTo(property) != "" || property.WriteOnly) {
			object[name] = v.good(name, property, 0)
		}
	}
	for range v.rng.IntN(3) {
		if len(names) > 0 {
			name := oneOf(v.rng, names...)
			object[name] = v.any(name, schema.Properties[name].Value)
		}
	}
	if there := sortedKeys(object); len(there) > 0 && v.rng.IntN(10) == 0 {
		delete(object, oneOf(v.rng, there...))
	}
	if v.rng.IntN(20) == 0 {
		object[oneOf(v.rng, "nonsense", "$key", "owner", "id", "created", "", "name\x00")] = v.hostile()
	}
}

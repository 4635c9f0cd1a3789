package table

import (
	"maps"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/api/front"
	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Document describes the table API as an OpenAPI 3.1 document made from the declarations: no table has a word of its own in here.
func Document(s *schema.Schema, version string) *huma.OpenAPI {
	d := newDescriber(s, "Dewpoint table API", version)
	d.sessions()
	for _, t := range s.Tables() {
		if !t.Internal {
			d.table(t)
		}
	}
	return d.doc
}

// TableDocument describes one table: what Document says of it, as a document of its own.
func TableDocument(s *schema.Schema, t *schema.Table, version string) *huma.OpenAPI {
	d := newDescriber(s, "Dewpoint table API: "+t.Name, version)
	d.table(t)
	return d.doc
}

// StartDocument describes what belongs to no table.
func StartDocument(s *schema.Schema, version string) *huma.OpenAPI {
	d := newDescriber(s, "Dewpoint table API: "+sessionsTag, version)
	d.sessions()
	return d.doc
}

// newDescriber begins a document.
func newDescriber(s *schema.Schema, title, version string) *describer {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	d := &describer{schema: s, schemas: schemas.Map(), doc: &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: title, Version: version, Description: introduction, License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Servers: []*huma.Server{{URL: "/"}},
		Components: &huma.Components{
			Schemas:   schemas,
			Responses: map[string]*huma.Response{},
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"basic":   {Type: "http", Scheme: "basic", Description: "name and password, or an API key as the name"},
				"bearer":  {Type: "http", Scheme: "bearer", Description: "an API key, or any other token"},
				"session": {Type: "apiKey", In: "header", Name: "x-yottabyte-token", Description: "the token of a session, see POST /api/sys/tokens"},
				"query":   {Type: "apiKey", In: "query", Name: "token", Description: "any token, for links in a browser"},
				"cookie":  {Type: "apiKey", In: "cookie", Name: auth.CookieName, Description: "the session of a browser, see POST /api/sys/session; from pages of this server alone"},
			},
		},
		Security: []map[string][]string{{"basic": {}}, {"bearer": {}}, {"session": {}}, {"query": {}}, {"cookie": {}}},
	}}
	d.common()
	d.conditions()
	return d
}

const introduction = `Every kind of object is a table: ` + "`GET /api/v4/vms`" + ` lists rows, ` + "`POST`" + ` creates one, ` + "`GET`, `PUT` and `DELETE /api/v4/vms/{key}`" + ` read, change and
delete one. Everything else that a row can do is an action.

**Reading.** ` + "`fields`, `filter`, `sort`, `limit` and `offset`" + ` determine the content of a list; the list of each table has examples with its own columns. A reply
has exactly the members that ` + "`fields`" + ` names; members with an alias or a path have the type of the value that they show. Without ` + "`fields`" + ` the view
` + "`most`" + ` is shown. Times are whole seconds since 1970 in UTC unless a column says otherwise.

**Counting.** With ` + "`count=1`" + ` the header ` + "`X-Total-Count`" + ` of a list tells how many rows there are, whatever ` + "`limit` and `offset`" + ` are.

**Following.** ` + "`watch=1`" + ` follows one list. A page that shows several follows all of them on one connection, the websocket ` + "`GET /api/sys/feed`" + `. It takes texts such as
` + "`{\"set\":\"rows\",\"table\":\"vms\",\"fields\":\"$key,name\",\"filter\":\"enabled eq true\",\"keys\":[1,2],\"since\":17}`" + ` and ` + "`{\"drop\":\"rows\"}`" + `, and sends texts such as
` + "`{\"name\":\"rows\",\"event\":\"changed\",\"id\":18,\"data\":{\"$key\":1,\"name\":\"a\"}}`" + `. The events are those of ` + "`watch=1`" + `, and ` + "`ready`, `error`" + ` and ` + "`alive`" + `.

**Writing.** Members that a table doesn't have, and columns that can't be written, are ignored. Numbers and booleans can be sent as strings. ` + "`null`" + ` and
the empty string mean the default, if the column has one. A PUT changes only the columns that it names.

**Replies.** A POST is answered with 201 and the key of the new row, a PUT or DELETE with 200 and no body, a failure with ` + "`{\"err\": \"<text>\"}`" + `. An empty
list is ` + "`[]`" + ` with 200. A row that you can't see is treated like a row that doesn't exist. Every reply has the header ` + "`X-Request-Id`" + `, which is also in the log.
The request header ` + "`X-JSON-Non-Compact: 1`" + ` asks for indented JSON. All replies are JSON, with one exception: ` + front.HeadersTooLarge + `.`

// describer makes one document.
type describer struct {
	schema  *schema.Schema
	doc     *huma.OpenAPI
	schemas map[string]*huma.Schema // components
}

// endpoint is what is said of an operation; its failures and samples are made of it.
type endpoint struct {
	method, path, id string
	tag              string
	summary, doc     string
	params           []*huma.Param
	body             *huma.RequestBody
	status           int
	reply            *huma.Response
	others           map[string]*huma.Response // that aren't failures, by status
	fails            []errs.Kind               // beyond those of every request
	public           bool
	sample           curl
}

func (d *describer) add(e endpoint) {
	op := &huma.Operation{
		Method: e.method, Path: e.path, OperationID: e.id, Tags: []string{e.tag}, Summary: e.summary, Description: e.doc, Parameters: e.params, RequestBody: e.body,
		Responses:  map[string]*huma.Response{strconv.Itoa(e.status): e.reply},
		Extensions: map[string]any{"x-codeSamples": []codeSample{e.sample.of(e)}},
	}
	maps.Copy(op.Responses, e.others)
	fails := append([]errs.Kind{errs.Internal}, e.fails...)
	if e.public {
		op.Security = []map[string][]string{{}}
	} else {
		fails = append(fails, errs.Unauthenticated, errs.TooMany, errs.Unavailable)
	}
	for _, kind := range fails {
		op.Responses[strconv.Itoa(statusOf(kind))] = &huma.Response{Ref: "#/components/responses/" + kind.String()}
	}
	d.doc.AddOperation(op)
}

// failures are the kinds of errors with what each means to a client, and an example of its text.
var failures = []struct {
	kind          errs.Kind
	means, sample string
}{
	{errs.Malformed, "The request can't be read.", "filter: can't read '!' at position 6"},
	{errs.Unauthenticated, "The credential is missing or not valid.", "log in first"},
	{errs.Denied, "You can see the row but not do this with it.", "you need the right \"create\" on vms"},
	{errs.NotFound, "No such row, table or path, or none that you can see.", "Resource '/v4/vms/36' not found"},
	{errs.NotAllowed, "The table doesn't have this verb; the header Allow lists those that it has.", "DELETE is not possible on '/api/v4/nodes/1'; possible: GET, PUT"},
	{errs.Conflict, "It clashes with something that exists or runs, such as a row of the same name.", "another VM has this name; choose a different name"},
	{errs.Stale, "The row has changed since the version in If-Match.", "somebody has changed '/v4/vms/36' since you read it; read it again"},
	{errs.TooLarge, "The body or file is bigger than accepted.", "the body has more than 1048576 bytes"},
	{errs.Invalid, "A value doesn't fit, or there is no column, action or function of that name.", "Validation error on field: 'ram' - '1 is outside 256 to 1048576'"},
	{errs.TooMany, "Too many requests; try again later.", "too many requests"},
	{errs.Internal, "A defect. The log has details under the request's id.", "internal error; the log has more under request id 5f0c6b0de1a2b3c4"},
	{errs.NotBuilt, "Dewpoint doesn't have this.", "clone: Dewpoint can't do this to a VM yet"},
	{errs.Unavailable, "Something that the request needs isn't answering now; try again.", "the database is busy; try again"},
	{errs.Full, "No space left.", "there is no space left for the file"},
}

// common describes what all tables share.
func (d *describer) common() {
	d.schemas["error"] = &huma.Schema{
		Type: huma.TypeObject, Description: "A failure.", Required: []string{"err"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"err": {Type: huma.TypeString, Description: "why the request failed, and what to do next"}},
	}
	d.schemas["created"] = createdSchema(nil)
	d.schemas["table"] = descriptionSchema()
	for _, f := range failures {
		d.doc.Components.Responses[f.kind.String()] = &huma.Response{Description: f.means, Content: asJSON(ref("error"), failure{f.sample})}
	}
}

func ref(name string) *huma.Schema { return &huma.Schema{Ref: "#/components/schemas/" + name} }

// asJSON is a JSON body with an example, which may be nil.
func asJSON(s *huma.Schema, example any) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: s, Example: example}}
}

func requestBody(s *huma.Schema, example any) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: asJSON(s, example)}
}

// empty is the reply to most changes.
func empty(text string) *huma.Response { return &huma.Response{Description: text} }

// pathKey is the parameter of a path that names a row.
func pathKey(t *schema.Table) *huma.Param {
	return &huma.Param{Name: "key", In: "path", Required: true, Description: "the row's $key", Schema: keySchema(t), Example: exampleKey(t)}
}

// keySchema is a key of the table, or of any table whose keys are numbers.
func keySchema(t *schema.Table) *huma.Schema {
	if t == nil || t.Key == schema.NumberKey {
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: number(1.0)}
	}
	s := &huma.Schema{Type: huma.TypeString, MinLength: number(1)}
	if f := t.Field(t.KeyField); f != nil {
		limitText(f, s)
	}
	if p := t.Key.Pattern(); p != nil {
		s.Pattern = p.String()
	}
	if t.Key == schema.UUIDKey {
		s.Format = "uuid"
	}
	return s
}

func number[N int | float64](n N) *N { return &n }

func exampleKey(t *schema.Table) any {
	switch t.Key {
	case schema.NumberKey:
		return 1
	case schema.HashKey:
		return strings.Repeat("0123456789", 4)
	case schema.UUIDKey:
		return "0b5c5f7e-3f0a-4c57-9d0e-6a1f2b3c4d5e"
	}
	return "example"
}

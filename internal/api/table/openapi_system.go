package table

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// sessionsTag is the group of what belongs to no table.
const sessionsTag = "start here"

// sessions describes what isn't a table: logins, the version, the list of tables, this document.
func (d *describer) sessions() {
	d.doc.Tags = append(d.doc.Tags, &huma.Tag{Name: sessionsTag, Description: "Sessions, the version, the list of tables, and this document."})
	d.login()
	d.browserSession()
	d.can()
	d.forms()
	d.add(endpoint{
		method: http.MethodDelete, path: "/api/sys/tokens/{token}", id: "end_session", tag: sessionsTag, summary: "Log out", public: true,
		doc:    "Whoever has the token can end the session.",
		params: []*huma.Param{{Name: "token", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, MinLength: number(1)}, Example: strings.Repeat("0", 40)}},
		status: http.StatusOK, reply: empty("The session is over."), fails: []errs.Kind{errs.NotFound},
	})
	d.add(endpoint{
		method: http.MethodGet, path: "/version.json", id: "version", tag: sessionsTag, summary: "Read the version", public: true, status: http.StatusOK,
		reply: &huma.Response{Description: "The version.", Content: asJSON(textObject("name", "version", "hash"), map[string]string{"name": "v4", "version": d.doc.Info.Version, "hash": "unknown"})},
		fails: []errs.Kind{errs.NotAllowed},
	})
	tables := textObject("name", "title", "doc")
	tables.Properties["actions"] = &huma.Schema{Type: huma.TypeString, Description: "the table that its actions are posted to"}
	d.add(endpoint{
		method: http.MethodGet, path: "/api/v4", id: "tables", tag: sessionsTag, summary: "List the tables", status: http.StatusOK,
		reply: &huma.Response{Description: "The tables.", Content: asJSON(&huma.Schema{Type: huma.TypeArray, Items: tables}, nil)}, fails: []errs.Kind{errs.NotAllowed},
	})
	d.notes()
	d.documents()
}

// documents describes how descriptions such as this one are read.
func (d *describer) documents() {
	entry := textObject("name", "title", "json", "yaml")
	d.add(endpoint{
		method: http.MethodGet, path: documentsPath, id: "documents", tag: sessionsTag, summary: "List the OpenAPI documents",
		doc: "One document of the whole API, one of what belongs to no table, and one of each table, each as JSON and as YAML. For administrators.", status: http.StatusOK,
		reply: &huma.Response{Description: "The documents.", Content: asJSON(&huma.Schema{Type: huma.TypeArray, Items: entry}, nil)}, fails: []errs.Kind{errs.Denied, errs.NotAllowed},
	})
	any := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject}}
	read := endpoint{method: http.MethodGet, tag: sessionsTag, doc: "For administrators.", status: http.StatusOK, fails: []errs.Kind{errs.Denied, errs.NotAllowed}}
	for _, ending := range slices.Sorted(maps.Keys(written)) {
		e := read
		e.path, e.id, e.summary = documentsPath+"."+ending, "document_"+ending, "Read the document of the whole API ("+strings.ToUpper(ending)+")"
		e.reply = &huma.Response{Description: "The document.", Content: map[string]*huma.MediaType{written[ending].kind: any}}
		d.add(e)
	}
	read.path, read.id, read.summary = documentsPath+"/{document}", "document_of_table", "Read the document of one table"
	read.params = []*huma.Param{{
		Name: "document", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, MinLength: number(1)}, Example: "vms.json",
		Description: "the name of a table, or `" + startName + "` for what belongs to none, with the ending `.json` or `.yaml`",
	}}
	read.fails = append(read.fails, errs.NotFound)
	read.reply = &huma.Response{Description: "The document.", Content: map[string]*huma.MediaType{}}
	for _, form := range written {
		read.reply.Content[form.kind] = any
	}
	d.add(read)
}

func (d *describer) login() {
	credentials := textObject("login", "password")
	credentials.AdditionalProperties = true
	credentials.Properties["password"].Format = "password"
	body := map[string]string{"login": "admin", "password": "secret"}
	token := strings.Repeat("0", 40)
	d.add(endpoint{
		method: http.MethodPost, path: "/api/sys/tokens", id: "log_in", tag: sessionsTag, summary: "Log in", public: true,
		doc:  "Opens a session. Its token is the `$key` of the reply; send it as `x-yottabyte-token`. A session is optional: every request may carry a name and password, or an API key, instead.",
		body: requestBody(credentials, body), status: http.StatusOK,
		reply: &huma.Response{Description: "The session.", Content: asJSON(ref("created"), created{Location: "/sys/tokens/" + token, DBPath: "tokens/" + token, Row: 1, Key: token})},
		fails: []errs.Kind{errs.Malformed, errs.Unauthenticated, errs.TooLarge, errs.Invalid, errs.TooMany}, sample: curl{body: body},
	})
}

// textObject is an object of texts, all of them required.
func textObject(names ...string) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Required: names, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	for _, name := range names {
		s.Properties[name] = &huma.Schema{Type: huma.TypeString}
	}
	return s
}

// createdSchema is the reply to a POST; owned columns lead to rows that come with the new one.
func createdSchema(owned []*schema.Field) *huma.Schema {
	s := textObject("location", "dbpath", "$key")
	s.Description = "The key of a new row."
	s.Properties["location"].Description = "the row's path below /api"
	s.Properties["dbpath"].Description = "the row as `table/key`, the form of references to any table"
	s.Properties["$key"].Description = "the row's key, a string here even where keys are numbers"
	s.Properties["$row"] = &huma.Schema{Type: huma.TypeInteger, Format: "int64", Description: "the row's number, as used in permissions; the same as its key where keys are numbers"}
	s.Required = append(s.Required, "$row")
	response := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString}, Description: "what came with the row"}
	if len(owned) == 0 {
		s.Properties["key"] = &huma.Schema{Type: huma.TypeString, Description: "a new API key; it can't be read again"}
		s.Properties["operation"] = operationRef()
	} else {
		s.Required = append(s.Required, "response")
		response.Properties = map[string]*huma.Schema{}
	}
	for _, f := range owned {
		response.Properties[f.Name] = &huma.Schema{Type: huma.TypeString, Description: "key of the row of `" + f.Ref + "` that was made with it"}
		response.Required = append(response.Required, f.Name)
	}
	s.Properties["response"] = response
	return s
}

// operationRef is the member of a reply that names the operation which the request has begun.
func operationRef() *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: "$key of the row of `operations` that tells how far the work is which the request has begun"}
}

// descriptionSchema is the reply to $table, see tableDescription.
func descriptionSchema() *huma.Schema {
	text, flag := &huma.Schema{Type: huma.TypeString}, &huma.Schema{Type: huma.TypeBoolean}
	fields := &huma.Schema{Type: huma.TypeObject, Description: "columns by name", AdditionalProperties: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"type", "required", "readonly"}, AdditionalProperties: true,
		Properties: map[string]*huma.Schema{
			"type": text, "required": flag, "readonly": flag, "doc": text,
			"list": {Type: huma.TypeObject, Description: "allowed values with their labels", AdditionalProperties: text},
		},
	}}
	return &huma.Schema{
		Type: huma.TypeObject, Description: "A table's declaration.", AdditionalProperties: true, Required: []string{"name", "title", "keyfield", "keytype", "owner", "parent", "views", "actions", "fields"},
		Properties: map[string]*huma.Schema{
			"name": text, "title": text, "doc": text, "keyfield": text, "keytype": {Type: huma.TypeString, Enum: []any{"number", "string"}}, "keykind": {Type: huma.TypeString, Enum: []any{"number", "hash", "uuid", "name"}}, "display": text,
			"owner": {Type: huma.TypeString, Nullable: true}, "parent": {Type: huma.TypeString, Nullable: true}, "readonly": flag, "nocreate": flag,
			"views":   {Type: huma.TypeObject, AdditionalProperties: text},
			"actions": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, Required: []string{"name", "params"}, AdditionalProperties: true, Properties: map[string]*huma.Schema{"name": text, "doc": text, "params": fields}}},
			"fields":  fields,
		},
	}
}

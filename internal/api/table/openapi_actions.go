package table

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

var actionFails = []errs.Kind{errs.Malformed, errs.Denied, errs.NotFound, errs.Conflict, errs.TooLarge, errs.Invalid, errs.NotBuilt}

// actions describes what can be done to a row: as a row posted to the action table, which is what most clients do, and by a path.
func (d *describer) actions(t *schema.Table) {
	names := builtActions(t)
	if len(names) > 0 {
		d.postAction(t)
		d.pathActions(t, names)
	}
	d.declaration(t, t.ActionTable)
}

// builtActions are the names and aliases of the actions that are there.
func builtActions(t *schema.Table) []string {
	var names []string
	for _, a := range t.Actions {
		if a.NotBuilt == "" {
			names = append(append(names, a.Name), a.Aliases...)
		}
	}
	return names
}

func (d *describer) postAction(t *schema.Table) {
	body := &huma.Schema{Type: huma.TypeObject, Title: t.Title + " action"}
	examples := map[string]*huma.Example{}
	var missing []string
	for _, a := range t.Actions {
		if a.NotBuilt != "" {
			missing = append(missing, "`"+a.Name+"`")
			continue
		}
		body.OneOf = append(body.OneOf, d.actionSchema(t, a))
		examples[a.Name] = &huma.Example{Summary: sentences(a.Doc), Value: d.actionExample(t, a)}
	}
	if len(body.OneOf) == 1 {
		body = body.OneOf[0]
	}
	d.schemas[t.ActionTable] = body
	doc := "Asks for an action on a row. The reply comes once the request is stored; the row's status shows when the action is done. The same action can be requested with\n" +
		"`POST /api/v4/" + t.ActionTable + "/{action}`, `PUT` or `POST /api/v4/" + t.Name + "/{key}/{action}` and `PUT /api/v4/" + t.Name + "/{key}?action={action}`. " +
		"Arguments can also be given beside `action` instead of in `params`."
	if len(missing) > 0 {
		doc += " Not supported yet, and answered with 501: " + strings.Join(missing, ", ") + "."
	}
	d.add(endpoint{
		method: http.MethodPost, path: "/api/v4/" + t.ActionTable, id: "act_on_" + t.Name, tag: t.Name, summary: "Do something to a row of " + t.Name, doc: doc,
		body:   &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: ref(t.ActionTable), Examples: examples}}},
		status: http.StatusCreated, reply: d.actionReply(t), fails: actionFails, sample: curl{body: d.actionExample(t, firstBuilt(t))},
	}.writes(true))
}

func firstBuilt(t *schema.Table) schema.Action {
	for _, a := range t.Actions {
		if a.NotBuilt == "" {
			return a
		}
	}
	return schema.Action{}
}

// actionSchema is the body that asks for one action.
func (d *describer) actionSchema(t *schema.Table, a schema.Action) *huma.Schema {
	s := &huma.Schema{
		Type: huma.TypeObject, Title: a.Name, Description: sentences(a.Doc), Required: []string{t.ActionRef, "action"}, AdditionalProperties: true,
		Properties: map[string]*huma.Schema{t.ActionRef: rowRef(t), "action": {Type: huma.TypeString, Enum: anys(append([]string{a.Name}, a.Aliases...))}},
	}
	if len(a.Params) > 0 {
		params := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: true}
		for _, f := range a.Params {
			params.Properties[f.Name] = d.writeSchema(f, true)
			if f.IsRequired {
				params.Required = append(params.Required, f.Name)
			}
		}
		s.Properties["params"] = params
	}
	return s
}

// rowRef is the member of an action's body that names the row.
func rowRef(t *schema.Table) *huma.Schema {
	s := keySchema(t)
	s.Description = "the row's $key"
	return s
}

func (d *describer) actionExample(t *schema.Table, a schema.Action) map[string]any {
	body := map[string]any{t.ActionRef: exampleKey(t), "action": a.Name}
	params := map[string]any{}
	for _, f := range a.Params {
		if v, ok := d.valueExample(f, true); ok {
			params[f.Name] = v
		}
	}
	if len(params) > 0 {
		body["params"] = params
	}
	return body
}

func (d *describer) actionReply(t *schema.Table) *huma.Response {
	reply := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"response": {
			Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString}, Description: "what the action answers, such as the key of a row that it created",
		}},
	}
	for _, a := range t.Actions {
		if a.Operation != "" {
			reply.Properties["operation"] = operationRef()
		}
		for _, f := range a.Answers {
			reply.Properties[f.Name] = d.readSchema(t, f)
		}
	}
	return &huma.Response{Description: "The wish is kept.", Content: asJSON(reply, struct{}{})}
}

// pathActions describes the styles that have the action in the path.
func (d *describer) pathActions(t *schema.Table, names []string) {
	action := &huma.Param{
		Name: "action", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Enum: anys(names)}, Description: "what to do", Example: names[0],
	}
	arguments := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "The action's arguments."}
	named := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true, Required: []string{t.ActionRef}, Description: "The row, and the action's arguments.",
		Properties: map[string]*huma.Schema{t.ActionRef: rowRef(t)},
	}
	row := map[string]any{t.ActionRef: exampleKey(t)}
	d.add(endpoint{
		method: http.MethodPost, path: "/api/v4/" + t.ActionTable + "/{action}", id: "act_on_named_" + t.Name, tag: t.Name, summary: "Do an action on a row, with the action in the path",
		params: []*huma.Param{action}, body: requestBody(named, row), status: http.StatusCreated, reply: d.actionReply(t), fails: actionFails, sample: curl{body: row},
	}.writes(true))
	for _, way := range []struct {
		method string
		status int
		reply  *huma.Response
	}{
		{http.MethodPost, http.StatusCreated, d.actionReply(t)},
		{http.MethodPut, http.StatusOK, empty("Accepted. There is a body only if the action answers something.")},
	} {
		d.add(endpoint{
			method: way.method, path: tablePath(t) + "/{key}/{action}", id: strings.ToLower(way.method) + "_action_on_" + t.Name, tag: t.Name,
			summary: "Do an action on a row", params: []*huma.Param{pathKey(t), action}, body: requestBody(arguments, struct{}{}),
			status: way.status, reply: way.reply, fails: actionFails, sample: curl{body: struct{}{}},
		}.writes(true))
	}
}

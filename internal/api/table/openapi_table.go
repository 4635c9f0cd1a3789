package table

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// table describes one table: a group of operations, and the shapes of its rows.
func (d *describer) table(t *schema.Table) {
	d.doc.Tags = append(d.doc.Tags, &huma.Tag{Name: t.Name, Description: t.Doc})
	d.schemas[t.Name] = d.rowSchema(t)
	d.list(t)
	d.get(t)
	if t.Explained {
		d.explain(t)
	}
	if t.Creatable() {
		d.schemas[t.Name+"_new"] = d.inputSchema(t, true)
		d.create(t)
		d.remove(t)
	}
	if !t.ReadOnly {
		d.schemas[t.Name+"_change"] = d.inputSchema(t, false)
		d.change(t)
	} else if len(builtActions(t)) > 0 {
		d.actByQuery(t)
	}
	if t.ActionTable != "" {
		d.actions(t)
	}
	d.declaration(t, t.Name)
}

func tablePath(t *schema.Table) string { return "/api/v4/" + t.Name }

func (d *describer) list(t *schema.Table) {
	fields := fieldsExamples(d.schema, t)
	d.add(endpoint{
		method: http.MethodGet, path: tablePath(t), id: "list_" + t.Name, tag: t.Name, summary: "List rows of " + t.Name,
		doc:    "The name of a column as a parameter keeps the rows where it has the value, as in `?" + equalsExample(t) + "`. Unknown parameters are ignored.",
		params: []*huma.Param{fieldsParam(t, fields), filterParam(d.schema, t), sortParam(t), limitParam, offsetParam},
		status: http.StatusOK, reply: &huma.Response{Description: "The rows, in the order of `sort` and then of their keys.", Content: asJSON(&huma.Schema{Type: huma.TypeArray, Items: ref(t.Name)}, nil)},
		fails:  []errs.Kind{errs.Malformed, errs.Invalid},
		sample: curl{query: [][2]string{{"fields", fields[0].value}, {"sort", "-$key"}, {"limit", "20"}}},
	}.reads().counts(t).feeds())
}

func (d *describer) get(t *schema.Table) {
	fields := fieldsExamples(d.schema, t)
	e := endpoint{
		method: http.MethodGet, path: tablePath(t) + "/{key}", id: "get_" + t.Name, tag: t.Name, summary: "Read one row of " + t.Name,
		params: []*huma.Param{pathKey(t), fieldsParam(t, fields)}, status: http.StatusOK,
		reply: &huma.Response{Description: "The row.", Content: asJSON(ref(t.Name), nil)}, fails: []errs.Kind{errs.Malformed, errs.NotFound, errs.Invalid},
		sample: curl{query: [][2]string{{"fields", fields[0].value}}},
	}
	if hasBytes(t) {
		describeDownload(&e)
	}
	d.add(e.reads())
}

func (d *describer) create(t *schema.Table) {
	reply := "created"
	if owned := ownedFields(d.schema, t); len(owned) > 0 {
		reply = t.Name + "_created"
		d.schemas[reply] = createdSchema(owned)
	}
	body := d.bodyExample(t, true)
	key := fmt.Sprint(exampleKey(t))
	d.add(endpoint{
		method: http.MethodPost, path: tablePath(t), id: "create_" + t.Name, tag: t.Name, summary: "Make a row of " + t.Name,
		body: requestBody(ref(t.Name+"_new"), body), status: http.StatusCreated,
		reply: &huma.Response{
			Description: "The row is there.",
			Content:     asJSON(ref(reply), created{Location: "/v4/" + t.Name + "/" + key, DBPath: t.Name + "/" + key, Row: 1, Key: key, Response: ownedExample(d.schema, t)}),
		},
		fails: []errs.Kind{ // NotAllowed: an action, which only rows have
			errs.Malformed, errs.Denied, errs.NotAllowed, errs.Conflict, errs.TooLarge, errs.Invalid, errs.NotBuilt, errs.Full,
		},
		sample: curl{body: body},
	}.writes(false))
}

func (d *describer) change(t *schema.Table) {
	body := d.bodyExample(t, false)
	e := endpoint{
		method: http.MethodPut, path: tablePath(t) + "/{key}", id: "change_" + t.Name, tag: t.Name, summary: "Change a row of " + t.Name,
		params: []*huma.Param{pathKey(t)}, body: requestBody(ref(t.Name+"_change"), body),
		status: http.StatusOK, reply: empty("Done. Read the row to see the result. A body of `{}` changes nothing and succeeds."),
		fails:  []errs.Kind{errs.Malformed, errs.Denied, errs.NotFound, errs.Conflict, errs.TooLarge, errs.Invalid, errs.NotBuilt, errs.Full},
		sample: curl{body: body},
	}
	if names := builtActions(t); len(names) > 0 {
		e.params = append(e.params, actionParam(t, names))
	}
	if t.Bytes == schema.SentBytes {
		describeUpload(&e)
	}
	d.add(e.writes(true))
}

// actionParam is the style of actions that looks like a change of the row.
func actionParam(t *schema.Table, names []string) *huma.Param {
	return &huma.Param{
		Name: "action", In: "query", Required: t.ReadOnly, Schema: &huma.Schema{Type: huma.TypeString, Enum: anys(names)},
		Description: "Do this action on the row instead of changing it; the body has the arguments. The same as `POST /api/v4/" + t.ActionTable + "`.",
	}
}

// actByQuery describes what is left of a change where rows can't be changed.
func (d *describer) actByQuery(t *schema.Table) {
	d.add(endpoint{
		method: http.MethodPut, path: tablePath(t) + "/{key}", id: "act_by_query_on_" + t.Name, tag: t.Name, summary: "Do something to a row of " + t.Name,
		params: []*huma.Param{pathKey(t), actionParam(t, builtActions(t))}, status: http.StatusOK, reply: empty("Done."), fails: actionFails,
	}.writes(true))
}

func (d *describer) remove(t *schema.Table) {
	d.add(endpoint{
		method: http.MethodDelete, path: tablePath(t) + "/{key}", id: "delete_" + t.Name, tag: t.Name, summary: "Delete a row of " + t.Name, doc: removeDoc(t),
		params: []*huma.Param{pathKey(t)}, status: http.StatusOK, reply: empty("Deleted."), fails: []errs.Kind{errs.Denied, errs.NotFound, errs.Conflict},
	}.writes(true))
}

// removeDoc says what goes with a row.
func removeDoc(t *schema.Table) string {
	var with []string
	for _, f := range t.Fields {
		if (f.IsRows() || f.Bond == schema.Owned || f.Bond == schema.Twin) && !f.IsHidden {
			with = append(with, "`"+f.Name+"`")
		}
	}
	if len(with) == 0 {
		return ""
	}
	return "What stands in " + strings.Join(with, ", ") + " is deleted with it."
}

func (d *describer) declaration(t *schema.Table, name string) {
	d.add(endpoint{
		method: http.MethodGet, path: "/api/v4/" + name + "/$table", id: "describe_" + name, tag: t.Name, summary: "Read the declaration of " + name,
		doc: "Columns with their types, labels, bounds and defaults; views and actions. For administrators.", status: http.StatusOK,
		reply: &huma.Response{Description: "The declaration.", Content: asJSON(ref("table"), nil)}, fails: []errs.Kind{errs.Denied},
	})
}

// describeDownload adds the bytes of a row to what can be read of its row.
func describeDownload(e *endpoint) {
	e.summary += ", or its bytes"
	e.params = append(e.params,
		&huma.Param{Name: "download", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"0", "1"}}, Description: "1: answer with the bytes. Ranges are served."},
		&huma.Param{Name: "asname", In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: "With download: the name under which a browser saves the file."})
	e.reply.Description = "The row, or with download the bytes."
	e.fails = append(e.fails, errs.Conflict) // not all of the bytes are there
	bytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	text := map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}
	e.others = map[string]*huma.Response{
		strconv.Itoa(http.StatusPartialContent):               {Description: "With download: the bytes of the requested range.", Content: bytes},
		strconv.Itoa(http.StatusRequestedRangeNotSatisfiable): {Description: "With download: the range is outside the file, or the header Range can't be read.", Content: text},
		strconv.Itoa(http.StatusPreconditionFailed):           {Description: "With download: the file has changed since the version in If-Match or If-Unmodified-Since."},
	}
	e.reply.Content["application/octet-stream"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
}

// describeUpload adds the chunks of a file to what can be put to its row.
func describeUpload(e *endpoint) {
	e.summary += ", or send a chunk of its bytes"
	e.params = append(e.params, &huma.Param{
		Name: "filepos", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: number(0.0)},
		Description: "The body is a chunk of the file that begins at this offset. Chunks may come in any order and at the same time; the file is complete once allocated_bytes have arrived.",
	})
	e.body.Content["application/octet-stream"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
}

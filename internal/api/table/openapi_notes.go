package table

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
)

// notes describes how the note of a row is set without naming its table in the path.
func (d *describer) notes() {
	body := map[string]any{"owner": "vms/1", "action": "update", "params": map[string]string{"text": "belongs to Ada"}}
	asks := textObject("owner", "action")
	asks.Properties["action"].Enum = []any{"update"}
	asks.Properties["params"] = textObject("text")
	asks.Required = []string{"owner", "action", "params"}
	asks.AdditionalProperties = true
	d.add(endpoint{
		method: http.MethodPost, path: "/api/v4/" + noteTable, id: "set_note", tag: sessionsTag, summary: "Set the note of a row",
		doc:  "Sets the column note of a row of any table that has one. The same as a PUT of the row.",
		body: requestBody(asks, body), status: http.StatusCreated,
		reply: &huma.Response{Description: "The note is set.", Content: asJSON(&huma.Schema{Type: huma.TypeObject}, nil)},
		fails: []errs.Kind{errs.Malformed, errs.Denied, errs.NotFound, errs.NotAllowed, errs.Conflict, errs.TooLarge, errs.Invalid}, sample: curl{body: body},
	}.writes(true))
}

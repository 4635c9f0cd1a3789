package table

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
)

// can describes the question for the caller's own rights.
func (d *describer) can() {
	item := textObject("object")
	for _, name := range []string{"list", "read", "create", "modify", "delete"} {
		item.Properties[name] = &huma.Schema{Type: huma.TypeBoolean}
		item.Required = append(item.Required, name)
	}
	names := &huma.Schema{Type: huma.TypeArray, MaxItems: number(mostObjects), Items: &huma.Schema{Type: huma.TypeString}}
	asks := &huma.Schema{Type: huma.TypeObject, Required: []string{"objects"}, Properties: map[string]*huma.Schema{"objects": names}, AdditionalProperties: true}
	body := map[string][]string{"objects": {"vms/1", "vnets"}}
	d.add(endpoint{
		method: http.MethodPost, path: "/api/sys/can", id: "can", tag: sessionsTag, summary: "Ask what you may do",
		doc:  "What you can do with each row (`vms/42`) or whole table (`vnets`). To create on a row means to create rows below it. Rows that you can't see look like rows that don't exist: you can do nothing with them.",
		body: requestBody(asks, body), status: http.StatusOK,
		reply: &huma.Response{Description: "The rights, in the order of the objects.", Content: asJSON(&huma.Schema{Type: huma.TypeArray, Items: item}, nil)},
		fails: []errs.Kind{errs.Malformed, errs.TooLarge, errs.Invalid}, sample: curl{body: body},
	})
}

package table

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// forms describes the document that forms are made of.
func (d *describer) forms() {
	field := textObject("name", "label", "type")
	field.AdditionalProperties = true
	field.Description = "A column. The other members are present only where they apply: section, required, filled (by the server, when it is left " +
		"out), read_only, create_only, at_start (of a running machine, a change waits for its next start), summary, secret, unique, default, values (each with its label and, where it can't be had, the reason as not_built), leads_to " +
		"(the tables of a reference), back (the column of listed rows that leads here), min, max, min_length, max_length, pattern and hint, example, unit, doc, only_when (the column matters only while " +
		"another one has one of the values `is`, or any), not_built."
	may := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, Description: "what you may be able to do with some of its rows; ask /api/sys/can about one row"}
	for _, name := range []string{"list", "read", "create", "modify", "delete"} {
		may.Properties[name] = &huma.Schema{Type: huma.TypeBoolean}
		may.Required = append(may.Required, name)
	}
	table := textObject("name", "title", "doc", "area", "key")
	table.AdditionalProperties = true
	table.Properties["may"] = may
	table.Properties["fields"] = &huma.Schema{Type: huma.TypeArray, Items: field}
	table.Properties["actions"] = &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}
	table.Required = append(table.Required, "may")
	d.add(endpoint{
		method: http.MethodGet, path: formsPath, id: "forms", tag: sessionsTag, summary: "Read what forms need",
		doc: "The tables that you may have a right on, with all that a form for their rows needs. Tables that you have no right on are missing, and no " +
			"reference names them.",
		params: []*huma.Param{
			{Name: "tables", In: "query", Description: "The names of the tables wanted, separated by commas; without it, all.", Schema: &huma.Schema{Type: huma.TypeString}, Example: "vms,vnets"},
			{Name: "brief", In: "query", Description: "1 leaves columns, sections and actions out.", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"0", "1"}}},
		},
		status: http.StatusOK,
		reply: &huma.Response{Description: "The tables.", Content: asJSON(&huma.Schema{
			Type: huma.TypeObject, Required: []string{"tables"}, Properties: map[string]*huma.Schema{"tables": {Type: huma.TypeArray, Items: table}},
		}, nil)},
		sample: curl{},
	})
}

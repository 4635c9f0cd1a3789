package table

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/errs"
	"dewpoint/internal/explain"
	"dewpoint/internal/schema"
)

// explainPath is below a row of a table that is Explained.
const explainPath = "explain"

// explain answers why a row is as it is. Only VMs are explained.
func (c *call) explain() error {
	if c.method() != http.MethodGet {
		return c.notAllowed(http.MethodGet)
	}
	answer, err := explain.VM(c.r.Context(), c.eng, c.key)
	if err != nil {
		return err
	}
	body, err := json.Marshal(answer)
	if err == nil {
		sendBody(c.w, http.StatusOK, body)
	}
	return err
}

// explain describes it.
func (d *describer) explain(t *schema.Table) {
	check := textObject("about", "code", "state", "text")
	check.Description = "What was looked at. `about` is power, address or console; `state` is ok, note or problem; `next` says what to do, and `row` what it is about."
	for _, name := range []string{"next", "row"} {
		check.Properties[name] = &huma.Schema{Type: huma.TypeString}
	}
	answer := textObject("name", "text")
	answer.Properties["vm"] = &huma.Schema{Type: huma.TypeInteger}
	answer.Properties["running"] = &huma.Schema{Type: huma.TypeBoolean}
	answer.Properties["as_of"] = &huma.Schema{Type: huma.TypeInteger, Description: "When the machine's state was last written, in seconds since 1970."}
	answer.Properties["checks"] = &huma.Schema{Type: huma.TypeArray, Items: check}
	answer.Required = append(answer.Required, "vm", "running", "as_of", "checks")
	d.add(endpoint{
		method: http.MethodGet, path: tablePath(t) + "/{key}/" + explainPath, id: "explain_" + t.Name, tag: t.Name, summary: "Explain why a row of " + t.Name + " is as it is",
		doc:    "Why the VM doesn't run, has no address or shows nothing, and what to do next. Made from what the server knows already: it asks neither the host nor the guest.",
		params: []*huma.Param{pathKey(t)}, status: http.StatusOK, reply: &huma.Response{Description: "The explanation.", Content: asJSON(answer, nil)},
		fails: []errs.Kind{errs.NotFound}, sample: curl{},
	})
}

package resource_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"dewpoint/internal/model"
	"dewpoint/internal/perm"
	"dewpoint/test/rig/v1"
)

// TestErrorsSayMembers names values and rows that are refused in the words of this dialect.
func TestErrorsSayMembers(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	computes := "/virtualization/computes"
	box := computes + "/" + a.Post(computes, `{"name":"box","memory":256,"vcpus":1,"disk_size":1}`).Want(http.StatusCreated).Text("data.uuid")
	a.Post("/virtualization/networks", `{"name":"lan","mode":"private"}`).Want(http.StatusCreated)
	rita := a.Holding("rita", "vms", 0, perm.List, perm.Read)
	for what, c := range map[string]struct {
		answer *v1.Answer
		want   string
	}{
		"a number":           {a.Put(box, `{"memory":0}`), "memory: "},
		"a name":             {a.Post(computes, `{"name":"box","memory":256,"vcpus":1,"disk_size":1}`), "another VM has this name; choose a different name"},
		"a network's name":   {a.Post("/virtualization/networks", `{"name":"lan","mode":"private"}`), "another network has this name"},
		"a token":            {a.Get("/auth/tokens/999"), `you have no API token "999"`},
		"a right":            {rita.Put(box, `{"memory":512}`), `you need the right "modify" on VMs`},
		"an address":         {a.Post("/virtualization/networks", `{"name":"l","mode":"nat","ip_range":{"address":"10.0.0.1","netmask":"255.255.255.0"},"dhcp":{"start":"10.0.0.9","end":"10.0.0.2"}}`), "dhcp.end: must not be lower than dhcp.start"},
		"a job that is gone": {a.Get("/jobs/999"), `there is no job "999"`},
	} {
		if text := c.answer.Text("error.message"); !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, want %q", what, text, c.want)
		}
	}
}

// TestErrorsKnowNoTables sends each operation of the document values that are refused, and looks for the words of the table API in the answers.
func TestErrorsKnowNoTables(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	a.Post("/virtualization/computes", `{"name":"box","memory":256,"vcpus":1,"disk_size":1}`).Want(http.StatusCreated)
	a.Post("/virtualization/networks", `{"name":"lan","mode":"private"}`).Want(http.StatusCreated)
	rita := a.Holding("rita", "vms", 0, perm.List, perm.Read)
	doc := document(t, a, "/openapi.json")
	foreign, asked := tableWords(t, doc), 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for _, id := range []string{"1", "999", "box", "lan"} {
				at := strings.TrimPrefix(strings.NewReplacer("{id}", id, "{name}", id).Replace(path), "/api/v1")
				answers := []*v1.Answer{rita.Do(method, at, "{}")}
				for _, body := range badBodies(op) {
					answers = append(answers, a.Do(method, at, body))
				}
				for _, r := range answers {
					if asked++; r.Status < 400 || len(r.Body) == 0 || r.Body[0] != '{' {
						continue
					}
					if text := r.Text("error.message") + " " + r.Text("error.details"); foreign.MatchString(text) {
						t.Errorf("%s says %q, a word of the table API: %s", r.What, foreign.FindString(text), text)
					}
				}
				if !strings.Contains(path, "{") {
					break
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("%d requests show little", asked)
	}
}

// tableWords matches what the table API calls things, and this dialect doesn't: names of tables and columns that aren't in its document.
func tableWords(t *testing.T, doc *openapi3.T) *regexp.Regexp {
	t.Helper()
	raw, err := doc.MarshalJSON()
	v1.Must(t, err)
	words := []string{"/v4/", `\$key`, "vms", "vnets", "ram", "disksize", "macaddress", "ipaddress"}
	for _, table := range model.Schema().Tables() {
		names := []string{table.Name}
		for _, f := range table.Fields {
			names = append(names, f.Name)
		}
		for _, name := range names {
			if strings.Contains(name, "_") && !strings.Contains(string(raw), name) {
				words = append(words, `\b`+name+`\b`)
			}
		}
	}
	return regexp.MustCompile(`(^|\W)(` + strings.Join(words, "|") + `)(\W|$)`)
}

// badBodies are bodies of an operation with one member that doesn't fit each; the rest of it does.
func badBodies(op *openapi3.Operation) []string {
	bodies := []string{"{}"}
	if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
		return bodies
	}
	good := map[string]any{"name": "other", "memory": 256, "vcpus": 1, "disk_size": 1, "mode": "nat", "ip_range": map[string]any{"address": "10.0.0.1", "netmask": "255.255.255.0"}}
	members := op.RequestBody.Value.Content["application/json"].Schema.Value.Properties
	for name := range members {
		for _, bad := range []any{0, -1, 1 << 40, "", "box", "lan", strings.Repeat("x", 300), "10.0.0.999", true, []any{map[string]any{}}, map[string]any{}} {
			body := map[string]any{name: bad}
			for other, v := range good {
				if other != name && members[other] != nil {
					body[other] = v
				}
			}
			raw, _ := json.Marshal(body)
			bodies = append(bodies, string(raw))
		}
	}
	return bodies
}

package table

import (
	"bytes"
	"encoding/json"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/test/golden"
)

// probe is a table with one column of every kind that the description tells apart.
func probe(t *testing.T) *schema.Table {
	t.Helper()
	probes := &schema.Table{
		Name: "probes", Title: "Probe", Doc: "What is measured.", Key: schema.NameKey, KeyField: "name", Owner: "owner", Parent: "next", NoCreate: true,
		ActionTable: "probe_actions", ActionRef: "probe", Views: map[string]string{"short": "name,size"},
		Actions: schema.Actions{
			{Name: "start", Doc: "begin", Params: schema.Fields{schema.Bool("now")}, Aliases: []string{"begin"}},
			{Name: "stop", NotBuilt: "it can't be stopped"},
		},
		Fields: schema.Fields{
			schema.String("name").AsKey().Summary().Len(1, 20),
			schema.String("label").Required().Unique().Summary().Len(1, 20).Default(`a "b" <c>`),
			schema.Enum("kind", "zulu", "alpha").Labels("zulu", "The Z").Default("zulu").CreateOnly(),
			schema.Uint32("size").Default(7).Range(1, 9).Unit("MiB").Doc("how large"),
			schema.Enabled("enabled"),
			schema.JSON("extra").Default("[]").Argument(),
			schema.Num("share").Default(0.5),
			schema.String("password").Secret(),
			schema.String("inner").Hidden(),
			schema.AnyRow("owner", "probes").Forgets().ReadOnly(),
			schema.TextRow("next", "probes"),
			schema.Rows("all", "probes", "next"),
			schema.Uint32("next_size").Via("next#size"),
		},
	}
	if _, err := schema.New(probes); err != nil {
		t.Fatal(err)
	}
	return probes
}

func TestDescription(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(tableDoc(probe(t)))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "testdata/description.json", got.String())
}

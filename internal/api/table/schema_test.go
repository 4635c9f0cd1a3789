package table_test

import (
	"encoding/json"
	"testing"
)

// TestSchemaOfEveryTable reads $table as the Go SDK does.
func TestSchemaOfEveryTable(t *testing.T) {
	t.Parallel()
	s := start(t)
	var list []struct{ Name, Actions string }
	if err := json.Unmarshal([]byte(s.get("/api/v4").must(t, 200).body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(s.db.Schema.Names()) {
		t.Errorf("%d tables are listed, %d are served", len(list), len(s.db.Schema.Names()))
	}
	for _, entry := range list {
		var d struct {
			Name, KeyField string
			Fields         map[string]struct {
				Type     string
				List     map[string]string
				Required bool
			}
		}
		if err := json.Unmarshal([]byte(s.get("/api/v4/"+entry.Name+"/$table").must(t, 200).body), &d); err != nil {
			t.Fatalf("%s: %v", entry.Name, err)
		}
		if d.Name != entry.Name || d.KeyField == "" || len(d.Fields) == 0 {
			t.Errorf("%s: %+v", entry.Name, d)
		}
		for _, f := range s.db.Schema.Table(entry.Name).Fields {
			got, told := d.Fields[f.Name]
			if told == f.IsHidden || told && (got.Type != f.Type.Name() || len(got.List) != len(f.Enum) || got.Required != f.IsRequired) {
				t.Errorf("%s.%s: %+v", entry.Name, f.Name, got)
			}
		}
	}
}

func TestSchemaOfActions(t *testing.T) {
	t.Parallel()
	s := start(t)
	var d struct {
		Name   string
		Fields map[string]struct {
			Ref  string
			List map[string]string
		}
	}
	if err := json.Unmarshal([]byte(s.get("/api/v4/vm_actions/$table").must(t, 200).body), &d); err != nil {
		t.Fatal(err)
	}
	if d.Name != "vm_actions" || d.Fields["vm"].Ref != "vms" || d.Fields["action"].List["guestreset"] == "" {
		t.Errorf("%+v", d)
	}
}

package table_test

import (
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/schema"
)

// TestRequiredColumnsStayFilled: what a create must give, no change takes away, whatever the table.
func TestRequiredColumnsStayFilled(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := s.fill()
	columns := 0
	for _, table := range s.db.Schema.Tables() {
		if table.Internal || table.ReadOnly || table.NotBuilt != "" {
			continue
		}
		path := "/api/v4/" + table.Name + "/" + keys[table.Name]
		for _, f := range table.Fields {
			if !f.IsRequired || !f.Writable(false) || f.IsSecret { // an empty password stands for the one that is kept
				continue
			}
			before := s.get(path+"?fields="+f.Name).must(t, 200).object(t)[f.Name]
			if before == nil || fmt.Sprint(before) == "" {
				continue
			}
			columns++
			for _, nothing := range []string{`null`, `""`} {
				if r := s.send("PUT", path, strings.NewReader(`{"`+f.Name+`":`+nothing+`}`)); r.status != 422 {
					t.Errorf("%s.%s set to %s: status %d, want 422: %s", table.Name, f.Name, nothing, r.status, r.body)
				}
			}
			if after := s.get(path+"?fields="+f.Name).must(t, 200).object(t)[f.Name]; fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("%s.%s was %v and is %v", table.Name, f.Name, before, after)
			}
		}
	}
	if t.Logf("%d columns", columns); columns < 10 {
		t.Error("few tables have such a column: the test shows little")
	}
}

// TestRequiredColumnsComeFirst leaves out one required column after the other of each table. The answer names it, whatever the table's own
// code would say or put there.
func TestRequiredColumnsComeFirst(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := s.fill()
	columns := 0
	for _, table := range s.db.Schema.Tables() {
		if !table.Creatable() || table.NotBuilt != "" {
			continue
		}
		for _, f := range table.Fields {
			if !f.IsRequired || f.IsFilled {
				continue
			}
			columns++
			for _, nothing := range []string{"", `"` + f.Name + `":null`, `"` + f.Name + `":""`} {
				body := "{" + strings.Join(append(others(table, f, keys), nothing), ",") + "}"
				body = strings.Replace(body, ",}", "}", 1)
				r := s.post("/api/v4/"+table.Name, body)
				text := strings.TrimPrefix(r.failed(t, 422), "Validation error on field: '"+f.Name+"' - ")
				if text != "'is required'" && (text != "'needs at least 1 characters'" || !strings.HasSuffix(nothing, `""`)) {
					t.Errorf("%s made by %s: %s", table.Name, body, r.body)
				}
			}
		}
	}
	if t.Logf("%d columns", columns); columns < 20 {
		t.Error("few tables have such a column: the test shows little")
	}
	s.make("user_api_keys", `{"name":"without a user"}`)
	s.post("/api/v4/users", `{"name":"without-a-password"}`).failed(t, 422)
}

// others writes a value for each required column of the table but one; keys are those of a row of each table.
func others(table *schema.Table, but *schema.Field, keys map[string]string) (members []string) {
	for _, f := range table.Fields {
		if !f.IsRequired || f == but {
			continue
		}
		value := `"x"`
		switch {
		case f.ExampleText != "" && f.Type.Shape() == schema.AsJSON:
			value = f.ExampleText
		case f.ExampleText != "":
			value = `"` + f.ExampleText + `"`
		case f.IsRow() && f.Ref != "" && f.Type.Shape() == schema.AsString:
			value = `"` + keys[f.Ref] + `"`
		case len(f.Built) > 0:
			value = `"` + f.Built[0] + `"`
		case len(f.Enum) > 0:
			value = `"` + f.Enum[0].Value + `"`
		case f.IsRow() && f.Ref == "":
			value = `"vms/1"`
			if len(f.Among) > 0 {
				value = `"` + f.Among[0] + `/1"`
			}
		case f.Type.Shape() != schema.AsString:
			value = "1"
			if least, _, bounded := f.Bounds(); bounded {
				value = fmt.Sprint(max(least, 1))
			}
		}
		members = append(members, `"`+f.Name+`":`+value)
	}
	return members
}

package table_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/schema"
)

// shownForm is what a test reads of a form.
type shownForm struct {
	Name   string
	Area   string
	May    map[string]bool
	Unique [][]string
	Fields []struct {
		Name, Label, Section, Pattern, Hint, Example, Unit string

		Required, Filled bool
		Back             string
		AtStart          bool     `json:"at_start"`
		NotBuilt         string   `json:"not_built"`
		LeadsTo          []string `json:"leads_to"`
		Values           []struct {
			Value    string
			NotBuilt string `json:"not_built"`
		}
		OnlyWhen *struct {
			Column string
			Is     []string
		} `json:"only_when"`
	}
	Actions []struct {
		Name     string
		NotBuilt string `json:"not_built"`
	}
}

func (s *server) forms(as credential) map[string]shownForm {
	s.t.Helper()
	var all struct{ Tables []shownForm }
	body := s.send("GET", "/api/sys/forms", nil, as).must(s.t, 200).body
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		s.t.Fatal(err)
	}
	forms := map[string]shownForm{}
	for _, f := range all.Tables {
		forms[f.Name] = f
	}
	return forms
}

// told reports whether the forms have the table, or a reference to it.
func told(forms map[string]shownForm, table string) bool {
	for name, form := range forms {
		for _, f := range form.Fields {
			if name == table || slices.Contains(f.LeadsTo, table) {
				return true
			}
		}
	}
	return false
}

// TestForms: an administrator reads what forms need of every table, anybody else only of what they have a right on.
func TestForms(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *server) {
		s.send("GET", "/api/sys/forms", nil, nobody).failed(t, 401)
		all := s.forms(admin)
		for _, table := range s.db.Schema.Tables() {
			form, there := all[table.Name]
			if there == table.Internal {
				t.Errorf("an administrator reads %s: %t", table.Name, there)
			}
			shown := 0
			for _, f := range table.Fields {
				if !f.IsHidden {
					shown++
				}
			}
			if there && shown != len(form.Fields) {
				t.Errorf("%s has %d columns in its form, want %d", table.Name, len(form.Fields), shown)
			}
		}
		s.make("users", `{"name":"bob","password":"plum-kettle-oxbow"}`)
		bob := basic("bob", "plum-kettle-oxbow")
		before := s.forms(bob)
		for _, table := range []string{"vms", "machine_drives", "vnets", "files", "groups", "clusters", "database_backups", "logs"} {
			if told(before, table) {
				t.Errorf("bob, who has no right there, reads of %s", table)
			}
		}
		if own := before["user_api_keys"]; !own.May["create"] || !own.May["delete"] || before["users"].May["create"] || !before["users"].May["modify"] {
			t.Errorf("what bob may do with accounts and keys: %v, %v", before["users"].May, own.May)
		}
		vm := s.make("vms", `{"name":"web"}`)
		identity := s.get("/api/v4/users/2?fields=identity").must(t, 200).object(t)["identity"].(json.Number).String()
		s.make("permissions", `{"identity":`+identity+`,"table":"vms","row":`+vm+`,"list":true,"read":true}`)
		after := s.forms(bob)
		if form := after["vms"]; !form.May["read"] || form.May["create"] || form.May["modify"] || form.May["delete"] {
			t.Errorf("with a right to read one VM bob may %v", form.May)
		}
		if drives := after["machine_drives"]; !drives.May["list"] || drives.May["create"] {
			t.Errorf("and of its drives %v", drives.May)
		}
		if !told(after, "vnets") { // a VM may own networks
			t.Error("bob doesn't read of networks, which a VM may own")
		}
		if told(after, "files") || told(after, "clusters") {
			t.Error("bob reads of files or clusters")
		}
	})
}

// TestFormsSayWhatDeclarationsSay reads some of all the words.
func TestFormsSayWhatDeclarationsSay(t *testing.T) {
	t.Parallel()
	s := start(t)
	forms := s.forms(admin)
	seen := map[string]bool{}
	for _, form := range forms {
		for _, f := range form.Fields {
			switch form.Name + "." + f.Name {
			case "vms.secure_boot":
				seen["only when"] = f.OnlyWhen != nil && f.OnlyWhen.Column == "uefi" && slices.Equal(f.OnlyWhen.Is, []string{"true"})
				seen["section"] = f.Section == "Hardware"
			case "vms.cpu_cores":
				seen["label"] = f.Label == "CPU cores"
			case "vms.name":
				seen["pattern"] = f.Pattern != "" && f.Hint != "" && f.Required
			case "vms.owner":
				seen["references"] = slices.Equal(f.LeadsTo, []string{"vms"})
			case "vms.ram":
				seen["unit"] = f.Unit == "MiB"
				seen["at start"] = f.AtStart
				seen["area"] = form.Area == "compute"
			case "machines.drives":
				seen["back"] = f.Back == "machine"
			case "permissions.table":
				seen["example"] = f.Example == "vms"
			case "user_api_keys.user":
				seen["filled"] = f.Filled && !f.Required && slices.Equal(f.LeadsTo, []string{"users"})
			case "nodes.maintenance":
				seen["not built"] = f.NotBuilt != ""
			case "files.url":
				seen["not built, and written"] = f.NotBuilt != ""
			case "vnets.type":
				seen["values not built"] = f.NotBuilt == "" && f.Values[0].NotBuilt == "" && f.Values[1].NotBuilt != ""
			}
		}
	}
	for _, what := range []string{
		"only when", "section", "label", "at start", "area", "back", "pattern", "references", "unit", "example", "filled", "not built", "not built, and written", "values not built",
	} {
		if !seen[what] {
			t.Errorf("forms don't say: %s", what)
		}
	}
	if u := forms["tag_members"].Unique; len(u) != 1 || !slices.Equal(u[0], []string{"member", "tag"}) {
		t.Errorf("tag members are unique by %v", u)
	}
}

// TestFormsInParts asks for some tables, and for what there is to say of all as a whole.
func TestFormsInParts(t *testing.T) {
	t.Parallel()
	s := start(t)
	read := func(query string) (all struct{ Tables []shownForm }) {
		t.Helper()
		if err := json.Unmarshal([]byte(s.get("/api/sys/forms?"+query).must(t, 200).body), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if some := read("tables=vms,vnets,nothing").Tables; len(some) != 2 || some[0].Name != "vms" || len(some[0].Fields) == 0 {
		t.Errorf("of two tables: %+v", some)
	}
	if none := read("tables=").Tables; none == nil || len(none) != 0 {
		t.Errorf("of no table: %+v", none)
	}
	brief := read("brief=1").Tables
	if len(brief) != len(s.forms(admin)) {
		t.Errorf("%d tables in brief, want %d", len(brief), len(s.forms(admin)))
	}
	for _, f := range brief {
		if len(f.Fields)+len(f.Actions) > 0 || f.Area == "" || !f.May["read"] {
			t.Errorf("in brief: %+v", f)
		}
	}
}

// TestNotBuiltIsRefused gives each column that isn't built a value, and each value that isn't: the answer is the declaration's reason.
func TestNotBuiltIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	keys := s.fill()
	tried := 0
	for _, table := range s.db.Schema.Tables() {
		for _, f := range table.Fields {
			if table.Internal || f.NotBuilt == "" {
				continue
			}
			value := `"another"`
			switch {
			case len(f.Enum) > 0:
				i := slices.IndexFunc(f.Enum, func(e schema.EnumValue) bool {
					return !slices.Contains(f.Built, e.Value) && e.Value != f.DefaultValue.Text()
				})
				value = `"` + f.Enum[i].Value + `"`
			case f.Type.Name() == "bool":
				value = "true"
			case f.Type.Name() != "string":
				value = "77"
				if _, most, bounded := f.Bounds(); bounded {
					value = fmt.Sprint(min(77, most))
				}
			}
			body := `{"` + f.Name + `":` + value + `}`
			r := s.put("/api/v4/"+table.Name+"/"+keys[table.Name], body)
			if table.Creatable() {
				r = s.post("/api/v4/"+table.Name, body)
			}
			if text := r.failed(t, 501); !strings.HasPrefix(text, f.Name) || !strings.HasSuffix(text, f.NotBuilt) {
				t.Errorf("%s with %s: %s", table.Name, body, r.body)
			}
			tried++
		}
	}
	if tried < 8 {
		t.Errorf("%d columns were tried", tried)
	}
}

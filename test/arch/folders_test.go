package arch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/tables"
)

// notAreas are the folders of the model that declare no tables.
var notAreas = []string{"column", "gen", "testdata"}

// TestModelLiesByArea holds the folders of the model against the areas that it joins, and the files of each against its tables.
func TestModelLiesByArea(t *testing.T) {
	t.Parallel()
	const folder = "../../internal/model"
	areas := map[string]bool{}
	for _, a := range model.Areas() {
		areas[a.Name] = true
		for _, table := range a.Tables {
			file := filepath.Join(folder, a.Name, table.Name+".go")
			if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `Name: "`+table.Name+`"`) {
				t.Errorf("the table %s of the area %s isn't declared in %s", table.Name, a.Name, file)
			}
		}
	}
	for _, name := range folders(t, folder) {
		if !areas[name] && !slices.Contains(notAreas, name) {
			t.Errorf("internal/model/%s is an area that internal/model/all.go doesn't list", name)
		}
	}
}

// TestHooksLieByArea holds the folders of the hooks against their lists: a table's hooks lie in the area that declares it. In
// the engine they can't lie, for it must not know their tables.
func TestHooksLieByArea(t *testing.T) {
	t.Parallel()
	const folder = "../../internal/tables"
	all := tables.Hooks(tables.Needs{})
	declared := map[string]string{}
	for _, a := range model.Areas() {
		for _, table := range a.Tables {
			declared[table.Name] = a.Name
		}
	}
	for name := range all {
		if _, err := os.Stat(filepath.Join(folder, declared[name], name+".go")); err != nil {
			t.Errorf("the hooks of %s don't lie in internal/tables/%s/%s.go", name, declared[name], name)
		}
	}
	for _, area := range folders(t, folder) {
		if _, err := os.Stat(filepath.Join(folder, area, "hooks.go")); err != nil && !slices.Contains(apart["tables"], area) {
			t.Errorf("internal/tables/%s has no list of its hooks: %v", area, err)
		}
	}
}

func folders(t *testing.T, in string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

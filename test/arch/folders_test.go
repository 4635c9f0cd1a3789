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

// TestResourceOperationsLieByArea holds the folders of the resource API against the areas of the model and what its server joins. The
// folder of the server has no operations of its own, but for the one about itself.
func TestResourceOperationsLieByArea(t *testing.T) {
	t.Parallel()
	const place = "internal/api/resource"
	folder, modelled, joined := filepath.Join("../..", place), map[string]bool{}, []string(nil)
	for _, a := range model.Areas() {
		modelled[a.Name] = true
	}
	for _, p := range load(t) {
		if p.place() == place {
			joined = ours(p.Imports)
		}
	}
	for _, area := range folders(t, folder) {
		if area == "testdata" || slices.Contains(apartWithin[place], area) {
			continue
		}
		if !modelled[area] {
			t.Errorf("%s/%s: the model has no such area", place, area)
		}
		if !slices.Contains(joined, place+"/"+area) {
			t.Errorf("%s/%s is an area that the server doesn't join", place, area)
		}
		if text, err := os.ReadFile(filepath.Join(folder, area, "operations.go")); err != nil || !strings.Contains(string(text), "\nfunc Operations(") {
			t.Errorf("%s/%s has no list of its operations in operations.go: %v", place, area, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if base := filepath.Base(file); base != "health.go" && !strings.HasSuffix(base, "_test.go") && strings.Contains(string(text), "frame.Operation{") {
			t.Errorf("%s/%s registers an operation: its place is the folder of its area", place, base)
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

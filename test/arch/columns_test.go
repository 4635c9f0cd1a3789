package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// named finds columns that are named by a literal: in a change, of a record, in a condition.
var named = regexp.MustCompile(`"[a-z0-9_]+": +(schema\.\w*Value|text|number)\(|set\["|want\["|columns\["|[^x]\.(Get|Put)\("|store\.(Eq|In|Other|EqOrNull|UpTo|Within|Outside)\("`)

// TestControllersNameColumnsByTheirTypes counts literals in package control: a column that is renamed has to be an error of the compiler there.
func TestControllersNameColumnsByTheirTypes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../internal/control/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no controllers: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if named.MatchString(line) {
				t.Errorf("%s names a column by a literal; take the generated one:\n%s", file, line)
			}
		}
	}
}

package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// named finds columns that are named by a literal: in a change, of a record, in a condition, in a list of columns.
var named = regexp.MustCompile(`"[a-z0-9_]+": +(\{\}|schema\.\w*Value\b|engine\.(Text|Number|Flag)\b|text\(|number\()|\b(\w*[sS]et|want|columns|changes|stats)\["|` +
	`\b(\w*[^\Wx]|\w{2,}x)\.(Get|Put|Find)\("[a-z0-9_]+"|[^s]\.Field\("|name == "|map\[string\]bool\{"|"[a-z0-9]+(_[a-z0-9]+)+": true|\bApply\(r, "|\b(Eq|In|Other|EqOrNull|UpTo|Within|Outside|InFuture|Col|RefCol)(\[\w+\])?\("\w|\[\]string\{"[a-z0-9]+_`)

// typed are the packages that read and write rows by their columns' types alone: controllers and hooks.
var typed = []string{"control/*", "tables/*", "media", "quarantine", "operation", "auth"}

// TestColumnsAreNamedByTheirTypes finds literals: a column that is renamed has to be an error of the compiler there.
func TestColumnsAreNamedByTheirTypes(t *testing.T) {
	t.Parallel()
	for _, area := range typed {
		files, err := filepath.Glob("../../internal/" + area + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", area, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				checkNames(t, file)
			}
		}
	}
}

func checkNames(t *testing.T, file string) {
	t.Helper()
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

// TestLiteralColumnsAreFound holds what the test above looks for.
func TestLiteralColumnsAreFound(t *testing.T) {
	t.Parallel()
	for line, found := range map[string]bool{
		`set := schema.Set{"status": schema.TextValue("online")}`: true,
		`schema.Set{"wish": {}}`:                                  true,
		`set["last_login"] = v`:                                   true,
		`if r.Get("name").Text() == ""`:                           true,
		`account.Put("admin", v)`:                                 true,
		`tx.Find("vms", store.Eq("name", v))`:                     true,
		`tx.Sum("vms", []string{"running_cores"})`:                true,
		`tx.InFuture("created")`:                                  true,
		`schema.Col[int64]("tier")`:                               true,
		`t.Field("object").Among`:                                 true,
		`schema.Input{"name": engine.Text(name)}`:                 true,
		`if name == "enabled" {`:                                  true,
		`	"change_password": true, "two_factor_type": true,`:      true,
		`w.Apply(r, "need_fw_apply", when)`:                       true,
		`query.Eq("$row", row)`:                                   false,
		`errs.Field("password", "is too short")`:                  false,
		`tx.Get("vms", key)`:                                      false,
		`w.Tx.Get("vms", key)`:                                    false,
		`r.Header.Get("X-Request-Id")`:                            false,
		`r.URL.Query().Get("token")`:                              false,
		`store.KeyWithin("machines", conds...)`:                   false,
	} {
		if named.MatchString(line) != found {
			t.Errorf("%s: found is %v", line, !found)
		}
	}
}

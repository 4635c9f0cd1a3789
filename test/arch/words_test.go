package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/test/sentences"
)

// shared are the packages whose errors clients of both dialects read.
var shared = []string{"engine", "store", "store/*", "tables/*", "schema", "perm", "model/*", "auth", "auth/ldap", "operation", "media", "space", "subnet"}

// makers are the functions that make errors with a format.
var makers = map[string]bool{"New": true, "Wrap": true, "Field": true, "invalid": true, "refuse": true}

// TestSharedErrorsAreInNoDialect looks for names of tables and paths in the formats of errors: a name goes into the text as errs.Word or errs.Column,
// for which each dialect has its own word.
func TestSharedErrorsAreInNoDialect(t *testing.T) {
	t.Parallel()
	names := []string{"/v4", "/api/", "virtualization/", "auth/tokens", "vms", "vnets", "disksize", "macaddress", "ipaddress", "dhcp_start", "dhcp_stop", "media_source", "on_power_loss"}
	for _, table := range model.Schema().Tables() {
		if strings.Contains(table.Name, "_") {
			names = append(names, table.Name)
		}
	}
	dialect := regexp.MustCompile(`(^|\W)(` + strings.Join(names, "|") + `)(\W|$)`)
	formats := 0
	for _, area := range shared {
		files, err := filepath.Glob("../../internal/" + area + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", area, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, text := range errorFormats(t, file) {
				if formats++; dialect.MatchString(text) {
					t.Errorf("%s: the error %s has a word of one dialect; put it in as errs.Word or errs.Column", file, text)
				}
			}
		}
	}
	if formats < 100 {
		t.Errorf("only %d formats were found", formats)
	}
}

// errorFormats returns the literals that calls of makers in a file are given for formats.
func errorFormats(t *testing.T, file string) (found []string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !makes(call) {
			return true
		}
		for _, arg := range call.Args {
			if lit, ok := arg.(*ast.BasicLit); ok && strings.Contains(lit.Value, " ") {
				found = append(found, lit.Value)
			}
		}
		return true
	})
	return found
}

func makes(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return makers[f.Sel.Name]
	case *ast.Ident:
		return makers[f.Name]
	}
	return false
}

// TestErrorsArePlain holds the formats of all errors against what a machine can tell of good English.
func TestErrorsArePlain(t *testing.T) {
	t.Parallel()
	formats := 0
	for _, folder := range []string{"../../internal/*/*.go", "../../internal/*/*/*.go", "../../internal/*/*/*/*.go", "../../cmd/*/*.go"} {
		files, err := filepath.Glob(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, text := range errorFormats(t, file) {
				formats++
				if fault := errorFault(strings.Trim(text, "\"`")); fault != "" {
					t.Errorf("%s: the error %s %s", file, text, fault)
				}
			}
		}
	}
	if formats < 400 {
		t.Errorf("only %d formats were found", formats)
	}
}

// capitals begin errors whose wording clients know, and names.
var capitals = regexp.MustCompile(`^(Missing|Invalid|Upload-|Tus-|Content-|Last-Event-ID|Idempotency-Key|Range|Resource|Dewpoint|Secure Boot)`)

func errorFault(text string) string {
	if capitals.MatchString(text) {
		return sentences.Odd(text)
	}
	return sentences.Clause(strings.Trim(text, " "))
}

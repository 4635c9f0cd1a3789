package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"dewpoint/internal/model"
)

// kernel is what serves all tables alike. What it has to know of one stands on that table's declaration.
var kernel = []string{"internal/engine", "internal/store", "internal/store/sqlite", "internal/store/postgres", "internal/perm", "internal/query", "internal/schema", "internal/api/table"}

// TestTheKernelComparesNoNamesOfTables: a switch over names is what nobody finds who adds a table.
func TestTheKernelComparesNoNamesOfTables(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, table := range model.Schema().Tables() {
		names[table.Name] = true
	}
	for _, p := range kernel {
		files, err := filepath.Glob(filepath.Join("../..", p, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", p, err)
		}
		for _, file := range files {
			if match, _ := filepath.Match("*_test.go", filepath.Base(file)); match {
				continue
			}
			place := filepath.Join(p, filepath.Base(file))
			for _, name := range compared(t, file) {
				if names[name] {
					t.Errorf("%s compares with the name of the table %s: say what it is about on the declaration", place, name)
				}
			}
		}
	}
}

// compared lists the texts that a file compares something with that may be the name of a table: the name of something, or a variable of that name.
func compared(t *testing.T, file string) (texts []string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	texted := func(of ast.Expr, with ...ast.Expr) {
		if !namesATable(of) {
			return
		}
		for _, e := range with {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					texts = append(texts, text)
				}
			}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				texted(n.X, n.Y)
				texted(n.Y, n.X)
			}
		case *ast.SwitchStmt:
			if n.Tag == nil {
				break
			}
			for _, s := range n.Body.List {
				if c, ok := s.(*ast.CaseClause); ok {
					texted(n.Tag, c.List...)
				}
			}
		}
		return true
	})
	return texts
}

// namesATable reports whether an expression may hold the name of a table.
func namesATable(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "Name" || e.Sel.Name == "Ref" || e.Sel.Name == "Table"
	case *ast.Ident:
		return e.Name == "table" || e.Name == "name" || e.Name == "ref"
	case *ast.CallExpr:
		return true
	}
	return false
}

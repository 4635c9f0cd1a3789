package cloudinit

import (
	"bytes"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"dewpoint/internal/errs"
)

// mostNested bounds how deep a text may be nested: a parser that follows it goes as deep.
const mostNested = 64

// mapping reads a text of YAML or JSON that must be a mapping; an empty one is an empty mapping. Aliases are refused: a few lines of them stand for
// gigabytes.
func mapping(text []byte) (out map[string]any, err error) {
	defer func() {
		if recover() != nil { // the library's own defect, by a text that nobody can mean
			out, err = nil, notYAML()
		}
	}()
	if len(bytes.TrimSpace(text)) == 0 {
		return map[string]any{}, nil
	}
	if nested(text) > mostNested {
		return nil, errs.New(errs.Invalid, "invalid_contents", "is nested more than %d deep", mostNested)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, notYAML()
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errs.New(errs.Invalid, "invalid_contents", "must be one document of YAML or JSON")
	}
	found := &aliases{}
	ast.Walk(found, file.Docs[0].Body)
	if found.any {
		return nil, errs.New(errs.Invalid, "invalid_contents", "uses YAML aliases, which aren't supported here; write the values out")
	}
	if err := yaml.NodeToValue(file.Docs[0].Body, &out); err != nil || out == nil {
		return nil, errs.New(errs.Invalid, "invalid_contents", "must be a mapping of YAML or JSON, such as `instance-id: one`")
	}
	return out, nil
}

func notYAML() error {
	return errs.New(errs.Invalid, "invalid_contents", "can't be read as YAML or JSON")
}

// aliases looks for what stands for another part of a document.
type aliases struct{ any bool }

// Visit implements ast.Visitor.
func (a *aliases) Visit(n ast.Node) ast.Visitor {
	if n.Type() == ast.AliasType || n.Type() == ast.MergeKeyType {
		a.any = true
	}
	return a
}

// nested is at most how deep brackets and indented lines are nested: counted without reading the text, so texts in quotes count, too.
func nested(text []byte) (deepest int) {
	depth := 0
	for _, b := range text {
		switch b {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		deepest = max(deepest, depth)
	}
	for line := range bytes.Lines(text) {
		rest := bytes.TrimLeft(line, " -?")
		deepest = max(deepest, (len(line)-len(rest))/2)
	}
	return deepest
}

// Package query is the language of the table API's parameters fields, filter, sort, limit and offset: Parse reads them, Build
// resolves them against the declarations into a Plan. A store renders a plan as SQL; package naive evaluates one over rows in
// memory, for tests. The package is pure: it knows no SQL, no HTTP and no clock.
package query

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"dewpoint/internal/errs"
)

// Bounds of a request, so that no text a client can send costs more than a moment.
const (
	MaxText       = 96 << 10    // bytes of one parameter
	MaxOffset     = 100_000_000 // rows passed over: further ones are reached by a filter on the key
	MaxConditions = 2000        // comparisons in a filter, members of an in list counted singly
	MaxItems      = 2000        // entries of a fields list, brackets included
	MaxNesting    = 100         // parentheses inside each other
	MaxBrackets   = 8           // levels of row[...]
	MaxSteps      = 8           // rows crossed by one path
	MaxJoins      = 48          // rows one statement reaches through references; SQLite allows 64 tables
	MaxSort       = 16          // columns to sort by
)

// Request is what a client asked of one table. An empty parameter counts as absent.
type Request struct {
	Fields, Filter, Sort, Limit, Offset string
	// Equals holds bare query parameters that name a column: name=X means name equals X.
	Equals map[string]string
	// Key is the text of the key when one row is asked for.
	Key string
}

// AST is a parsed request that no table has been consulted about.
type AST struct {
	Fields []Item // empty when the client named none
	Filter Cond   // nil when there is none
	Sort   []SortItem
	Limit  int64 // 0 means all rows
	Offset int64
	Equals map[string]string
	Key    string
}

// Operand is what an entry of a fields list is made of, and the left side of a comparison: a path, a path with a bracketed list, or
// a function at the end of a path.
type Operand struct {
	Path []string // names before each #; with Func, the rows that lead to its argument
	Func string
	Arg  *Operand // of Func
	List []Item   // inside brackets; nil without brackets
	Keep Cond     // behind brackets and "?": which rows of the list are kept; nil for all
	Text string   // as the client wrote it, without its brackets: the key in the reply
	Pos  int      // byte offset in the parameter
}

// Item is one entry of a fields list.
type Item struct {
	Operand
	Test  *Compare // set when the entry is a comparison, which gives true or false
	Alias string
}

// SortItem is one entry of a sort list.
type SortItem struct {
	Operand
	Desc bool
}

// Cond is a filter: a Logic or a Compare.
type Cond interface{ cond() }

// Logic joins conditions by and, or by or.
type Logic struct {
	Or   bool
	Args []Cond
}

// Compare compares an operand with literals: one, or any number for a List operator.
type Compare struct {
	Left  Operand
	Op    Op
	Right []Literal
	Pos   int
}

func (*Logic) cond()   {}
func (*Compare) cond() {}

// Parse reads the parameters. Errors are of kind Malformed where the text can't be read and name the parameter and the position.
func Parse(r Request) (*AST, error) {
	ast := &AST{Equals: r.Equals, Key: r.Key}
	for _, p := range []struct {
		name, text string
		read       func(*parser) error
	}{
		{"fields", r.Fields, func(p *parser) (err error) { ast.Fields, err = p.items(0); return err }},
		{"filter", r.Filter, func(p *parser) (err error) { ast.Filter, err = p.or(0); return err }},
		{"sort", r.Sort, func(p *parser) (err error) { ast.Sort, err = p.sort(); return err }},
		{"limit", r.Limit, func(p *parser) (err error) { ast.Limit, err = p.count(); return err }},
		{"offset", r.Offset, func(p *parser) (err error) { ast.Offset, err = p.offset(); return err }},
	} {
		if strings.TrimSpace(p.text) == "" {
			continue
		}
		if err := read(p.name, p.text, p.read); err != nil {
			return nil, err
		}
	}
	return ast, nil
}

// read parses one parameter to its end.
func read(name, text string, rule func(*parser) error) error {
	if len(text) > MaxText {
		return errs.New(errs.Invalid, "too_long", "%s has %d bytes, at most %d are allowed", name, len(text), MaxText).On(name)
	}
	if !utf8.ValidString(text) {
		return errs.New(errs.Malformed, "bad_"+name, "%s is not valid UTF-8", name).On(name)
	}
	p := &parser{lexer: lexer{param: name, text: text}, flat: name != "fields"}
	if err := p.next(); err != nil {
		return err
	}
	if err := rule(p); err != nil {
		return err
	}
	if p.tok.kind != tokEnd {
		return p.unexpected("the end")
	}
	return nil
}

// offset reads how many rows to pass over.
func (p *parser) offset() (int64, error) {
	n, err := p.count()
	if err == nil && n > MaxOffset {
		err = errs.New(errs.Invalid, "too_far", "offset may be at most %d; go on with a filter, as in $key gt 1000", MaxOffset).On("offset")
	}
	return n, err
}

// count reads a number of rows.
func (p *parser) count() (int64, error) {
	n, err := strconv.ParseInt(p.tok.text, 10, 64)
	if p.tok.kind != tokNumber || err != nil || n < 0 {
		return 0, p.unexpected("a number of rows")
	}
	return n, p.next()
}

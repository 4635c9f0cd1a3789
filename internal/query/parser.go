package query

import (
	"slices"
	"strings"

	"dewpoint/internal/errs"
)

// parser reads one parameter by recursive descent, one token ahead.
type parser struct {
	lexer
	tok        token
	entries    int  // entries seen, for MaxItems
	conditions int  // comparisons seen, for MaxConditions
	flat       bool // brackets can't stand here: in conditions and in sort
}

func (p *parser) next() (err error) {
	p.tok, err = p.scan()
	return err
}

func (p *parser) is(mark string) bool { return p.tok.kind == tokPunct && p.tok.text == mark }

func (p *parser) isWord(w string) bool {
	return p.tok.kind == tokWord && strings.EqualFold(p.tok.text, w)
}

func (p *parser) expect(mark string) error {
	if !p.is(mark) {
		return p.unexpected(`"` + mark + `"`)
	}
	return p.next()
}

func (p *parser) unexpected(wanted string) error {
	if p.tok.kind == tokEnd {
		return p.fail(p.tok.pos, "expected %s but the text ends", wanted)
	}
	return p.fail(p.tok.pos, "expected %s, found %s", wanted, clip(p.text[p.tok.pos:p.tok.end]))
}

func (p *parser) tooDeep() error { return p.fail(p.tok.pos, "nested too deep") }

func (p *parser) tooMany(what string, most int) error {
	return errs.New(errs.Invalid, "too_many", "%s: more than %d %s", p.param, most, what).On(p.param)
}

// clip quotes a client's text for an error message, shortened.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return `"` + s + `"`
}

// items reads a comma list of entries.
func (p *parser) items(depth int) ([]Item, error) {
	if depth > MaxBrackets {
		return nil, p.tooDeep()
	}
	var items []Item
	for {
		if p.entries++; p.entries > MaxItems {
			return nil, p.tooMany("entries", MaxItems)
		}
		it, err := p.item(depth)
		if err != nil {
			return nil, err
		}
		if it.Alias != "" && slices.ContainsFunc(items, func(other Item) bool { return other.Alias == it.Alias }) {
			return nil, p.fail(it.Pos, "the name %s is given twice", clip(it.Alias))
		}
		if items = append(items, it); !p.is(",") {
			return items, nil
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
}

// item reads an operand or a comparison, and its alias.
func (p *parser) item(depth int) (it Item, err error) {
	if it.Operand, err = p.operand(depth, 0); err != nil {
		return it, err
	}
	if op := byWord[p.tok.text]; op != nil && p.tok.kind == tokWord {
		if it.Test, err = p.compareWith(it.Operand, op); err != nil {
			return it, err
		}
		it.Text = strings.TrimSpace(p.text[it.Pos:p.tok.pos])
	}
	if !p.isWord("as") {
		return it, nil
	}
	if err := p.next(); err != nil {
		return it, err
	}
	if p.tok.kind != tokWord && p.tok.kind != tokNumber {
		return it, p.unexpected("an alias")
	}
	it.Alias = p.tok.text
	return it, p.next()
}

// operand reads a path, its brackets, or the function that ends it. Brackets are the nesting of lists, calls that of functions.
func (p *parser) operand(brackets, calls int) (o Operand, err error) {
	if calls > MaxBrackets {
		return o, p.tooDeep()
	}
	o.Pos = p.tok.pos
	for {
		if p.tok.kind != tokWord {
			return o, p.unexpected("a column")
		}
		name := p.tok
		if err := p.next(); err != nil {
			return o, err
		}
		if p.is("(") {
			err = p.call(&o, name.text, brackets, calls)
			return o, err
		}
		o.Path = append(o.Path, name.text)
		o.Text = p.text[o.Pos:name.end]
		if len(o.Path) > MaxSteps {
			return o, p.fail(name.pos, "the path has more than %d steps", MaxSteps)
		}
		if !p.is("#") {
			break
		}
		if err := p.next(); err != nil {
			return o, err
		}
	}
	if !p.is("[") {
		return o, nil
	}
	err = p.brackets(&o, brackets+1)
	return o, err
}

// brackets reads a list in brackets, and behind "?" the condition on its rows.
func (p *parser) brackets(o *Operand, depth int) (err error) {
	if p.flat {
		return p.unexpected("an operator")
	}
	if err := p.next(); err != nil {
		return err
	}
	if o.List, err = p.items(depth); err != nil {
		return err
	}
	if err := p.expect("]"); err != nil || !p.is("?") {
		return err
	}
	if err := p.next(); err != nil {
		return err
	}
	p.flat = true
	defer func() { p.flat = false }()
	o.Keep, err = p.or(0)
	return err
}

// call reads the argument of a function whose name has been read.
func (p *parser) call(o *Operand, name string, brackets, calls int) error {
	if err := p.expect("("); err != nil {
		return err
	}
	arg, err := p.operand(brackets, calls+1)
	if err != nil {
		return err
	}
	end := p.tok.end
	if err := p.expect(")"); err != nil {
		return err
	}
	o.Func, o.Arg, o.Text = name, &arg, p.text[o.Pos:end]
	return nil
}

// sort reads a comma list of operands with a direction. A "+" of a URL may have been decoded to a space, which is skipped.
func (p *parser) sort() ([]SortItem, error) {
	var items []SortItem
	for {
		it := SortItem{Desc: p.is("-")}
		if p.is("-") || p.is("+") {
			if err := p.next(); err != nil {
				return nil, err
			}
		}
		var err error
		if it.Operand, err = p.operand(0, 0); err != nil {
			return nil, err
		}
		if items = append(items, it); !p.is(",") {
			return items, nil
		}
		if len(items) == MaxSort {
			return nil, p.tooMany("columns", MaxSort)
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
}

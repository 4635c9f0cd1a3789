package query

import (
	"math"
	"strconv"
	"strings"
)

// LiteralKind tells what a client wrote on the right side.
type LiteralKind uint8

// The kinds of literals: a quoted string or an unquoted word, a number, true or false, null, and a time made of macros.
const (
	LitText LiteralKind = iota
	LitNumber
	LitBool
	LitNull
	LitTime
)

// Literal is a right side, or a member of an in list.
type Literal struct {
	Kind LiteralKind
	Text string
	// Nows and Plus are for LitTime: the value is Nows times the present second plus Plus.
	Nows, Plus int64
}

// at turns a time into the number it stands for.
func (b *builder) at(l Literal) Literal {
	if l.Kind != LitTime {
		return l
	}
	b.timed = true
	return Literal{Kind: LitNumber, Text: strconv.FormatInt(l.Nows*b.opt.Now.Unix()+l.Plus, 10)}
}

// literal reads a right side: a string, number, word or macro.
func (p *parser) literal() (Literal, error) {
	t := p.tok
	switch {
	case t.kind == tokString:
		return Literal{Kind: LitText, Text: t.text}, p.next()
	case t.kind == tokNumber:
		return Literal{Kind: LitNumber, Text: t.text}, p.next()
	case t.kind == tokWord:
		return word(t.text), p.next()
	case p.is("{"):
		n, err := p.macro(0)
		return Literal{Kind: LitTime, Nows: n.nows, Plus: n.plus}, err
	}
	return Literal{}, p.unexpected("a value")
}

// word is an unquoted right side: true, false, null, a hash, a key or a name.
func word(s string) Literal {
	switch strings.ToLower(s) {
	case "true", "false":
		return Literal{Kind: LitBool, Text: strings.ToLower(s)}
	case "null":
		return Literal{Kind: LitNull}
	}
	return Literal{Kind: LitText, Text: s}
}

// moment is a sum of the present second, taken nows times, and a constant.
type moment struct{ nows, plus int64 }

// macro reads {$now} and {$add(a,b)}, whose arguments are whole numbers or macros.
func (p *parser) macro(depth int) (moment, error) {
	if depth > MaxNesting {
		return moment{}, p.tooDeep()
	}
	if err := p.expect("{"); err != nil {
		return moment{}, err
	}
	name := p.tok
	if err := p.next(); err != nil {
		return moment{}, err
	}
	m := moment{nows: 1}
	switch name.text {
	case "$now":
	case "$add":
		var err error
		if m, err = p.sum(depth); err != nil {
			return moment{}, err
		}
	default:
		return moment{}, p.fail(name.pos, "there is no macro %q", name.text)
	}
	return m, p.expect("}")
}

// sum reads the arguments of $add.
func (p *parser) sum(depth int) (moment, error) {
	var total moment
	for i, mark := range []string{"(", ","} {
		if err := p.expect(mark); err != nil {
			return moment{}, err
		}
		pos := p.tok.pos
		m, err := p.term(depth)
		if err != nil {
			return moment{}, err
		}
		if i > 0 && (m.plus > 0) == (total.plus > 0) && abs(m.plus) > math.MaxInt32*1e6-abs(total.plus) {
			return moment{}, p.fail(pos, "the sum is too large")
		}
		total.nows, total.plus = total.nows+m.nows, total.plus+m.plus
	}
	return total, p.expect(")")
}

func abs(n int64) int64 { return max(n, -n) }

// term reads one argument of $add.
func (p *parser) term(depth int) (moment, error) {
	if p.is("{") {
		return p.macro(depth + 1)
	}
	n, err := strconv.ParseInt(p.tok.text, 10, 64)
	if p.tok.kind != tokNumber || err != nil || abs(n) > math.MaxInt32*1e6 {
		return moment{}, p.unexpected("a number of seconds")
	}
	return moment{plus: n}, p.next()
}

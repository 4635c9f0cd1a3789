package query

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"dewpoint/internal/schema"
)

// cmp gives a comparison constants of the storage class of its left side. A constant that the left side can never equal decides eq,
// ne and in at once; for the others it is an error.
func (b *builder) cmp(n Node, c *Compare) (Pred, error) {
	switch {
	case c.Op == OpIn:
		return b.in(n, c), nil
	case c.Op.isText():
		return b.text(n, c)
	}
	lit := c.Right[0].at(b.opt.Now)
	if lit.Kind == LitNull || lit.Text == "" && lit.Kind == LitText && n.Storage() != schema.Chars {
		switch c.Op {
		case OpEq:
			return &Cmp{Left: n, Op: OpIsNull}, nil
		case OpNe:
			return &Cmp{Left: n, Op: OpNotNull}, nil
		}
		return nil, b.invalid("bad_value", "null can only be compared by eq and ne")
	}
	v, ok := constant(n, lit)
	if !ok && c.Op.isOrder() {
		return nil, b.invalid("bad_value", "%s is not a number, which %s holds", clip(lit.Text), clip(c.Left.Text))
	}
	if !ok {
		return Const(c.Op == OpNe), nil
	}
	return &Cmp{Left: n, Op: c.Op, Right: []schema.Value{v}}, nil
}

// in resolves an in list; members that can't occur are dropped.
func (b *builder) in(n Node, c *Compare) Pred {
	var values []schema.Value
	for _, lit := range c.Right {
		lit = lit.at(b.opt.Now)
		if lit.Kind == LitNull {
			values = append(values, schema.Value{})
		} else if v, ok := constant(n, lit); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Const(false)
	}
	return oneOf(n, values)
}

// text resolves the operators that look at their left side as text.
func (b *builder) text(n Node, c *Compare) (Pred, error) {
	lit := c.Right[0].at(b.opt.Now)
	if lit.Kind == LitNull {
		return nil, b.invalid("bad_value", "null can only be compared by eq and ne")
	}
	op, s := c.Op, lit.Text
	if n.Storage() != schema.Chars {
		n = &Text{n}
	}
	switch op {
	case OpHasFold:
		if isASCII(s) {
			s = lowerASCII(s)
		} else { // databases lower the letters A to Z alone
			op, s = OpRegexp, "(?i)"+regexp.QuoteMeta(s)
		}
	case OpLike:
		op, s = OpRegexp, likePattern(s)
	}
	if op == OpRegexp {
		if err := b.pattern(s); err != nil {
			return nil, err
		}
	}
	return &Cmp{Left: n, Op: op, Right: []schema.Value{schema.TextValue(s)}}, nil
}

// constant reads a literal as a value of n's storage class; ok is false when there is no such value.
func constant(n Node, lit Literal) (v schema.Value, ok bool) {
	switch n.Storage() {
	case schema.Integer:
		return integer(lit)
	case schema.Float:
		x, err := strconv.ParseFloat(lit.Text, 64)
		return schema.RealValue(x), err == nil && lit.Kind != LitBool && !math.IsInf(x, 0) && !math.IsNaN(x)
	}
	s := lit.Text
	if c, isCell := n.(*Cell); isCell && c.Field != nil && c.Field.IsRow() && c.Field.Ref == "" {
		s = strings.TrimPrefix(s, "/v4/")
	}
	return schema.TextValue(s), true
}

// integer reads a literal as a whole number. Booleans are 1 and 0; a fraction stays one, since it can be less or greater.
func integer(lit Literal) (schema.Value, bool) {
	switch strings.ToLower(lit.Text) {
	case "true":
		return schema.IntValue(1), true
	case "false":
		return schema.IntValue(0), true
	}
	if v, ok := wholeNumber(lit.Text); ok {
		return v, true
	}
	x, err := strconv.ParseFloat(lit.Text, 64)
	return schema.RealValue(x), err == nil && !math.IsInf(x, 0) && !math.IsNaN(x)
}

func wholeNumber(s string) (schema.Value, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return schema.IntValue(n), err == nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// lowerASCII lowers the letters A to Z alone, as SQLite's lower does.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

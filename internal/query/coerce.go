package query

import (
	"math"
	"strconv"
	"strings"

	"dewpoint/internal/schema"
)

// cmp resolves a comparison with constants, whose storage class becomes that of the left side.
func (b *builder) cmp(n Node, c *Compare) (Pred, error) { return byName[c.Op].plan(b, n, c) }

// isNull reports whether a literal stands for null beside n.
func (l Literal) isNull(n Node) bool {
	return l.Kind == LitNull || l.Text == "" && l.Kind == LitText && n.Storage() != schema.Chars
}

func (b *builder) nullCompared() error {
	return b.invalid("bad_value", "null can only be compared by eq and ne")
}

// constant reads a literal as a value of n's storage class; ok is false when there is no such value.
func constant(n Node, lit Literal) (v schema.Value, ok bool) {
	lit = formed(n, lit)
	switch n.Storage() {
	case schema.Integer:
		return integer(lit)
	case schema.Float:
		x, err := strconv.ParseFloat(lit.Text, 64)
		return schema.RealValue(x), err == nil && lit.Kind != LitBool && !math.IsInf(x, 0) && !math.IsNaN(x)
	}
	return schema.TextValue(lit.Text), true
}

// formed writes a constant in the form in which the column on the left keeps its values.
func formed(n Node, lit Literal) Literal {
	if c, isCell := n.(*Cell); isCell && c.Field != nil {
		if t, ok := c.Field.Type.(schema.Former); ok {
			lit.Text = t.Form(lit.Text)
		}
	}
	return lit
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

package store

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// The fits below give a comparison constants of the type of its left side, as PostgreSQL demands. A constant that the column can't hold, such
// as a fraction or a text with a NUL, moves to the nearest one that it can, or decides the comparison.

// fitText is for the operators that look for a text, which no column holds if it can't be kept.
func fitText(c *query.Cmp) query.Pred {
	if !keeps(c.Right[0].Text()) {
		return query.Const(false)
	}
	return c
}

// keeps reports whether PostgreSQL can have the text: valid UTF-8 without a NUL. Our columns are never given another.
func keeps(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func fitEqual(c *query.Cmp) query.Pred {
	var kept []schema.Value
	for _, v := range c.Right {
		if v, ok := cellValue(c.Left.Storage(), v); ok {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		return query.Const(c.Op == query.OpNe)
	}
	return &query.Cmp{Left: c.Left, Op: c.Op, Right: kept}
}

func fitOrder(c *query.Cmp) query.Pred {
	v := c.Right[0]
	if fitting, ok := cellValue(c.Left.Storage(), v); ok {
		return &query.Cmp{Left: c.Left, Op: c.Op, Right: []schema.Value{fitting}}
	}
	if c.Left.Storage() == schema.Integer {
		return fitFraction(c.Left, c.Op, v.Real())
	}
	before, _, _ := strings.Cut(v.Text(), "\x00") // a text is greater than this and a NUL if it is greater than this
	op := query.OpGt
	if c.Op == query.OpLt || c.Op == query.OpLe {
		op = query.OpLe
	}
	return &query.Cmp{Left: c.Left, Op: op, Right: []schema.Value{schema.TextValue(before)}}
}

// fitFraction compares whole numbers with one that isn't, or that is too large for an integer.
func fitFraction(left query.Node, op query.Op, x float64) query.Pred {
	greater := op == query.OpGt || op == query.OpGe
	switch {
	case x >= math.MaxInt64 && greater, x < math.MinInt64 && !greater:
		return query.Const(false)
	case x >= math.MaxInt64, x < math.MinInt64:
		return &query.Cmp{Left: left, Op: query.OpNotNull}
	case greater:
		op = query.OpGt
	default:
		op = query.OpLe
	}
	return &query.Cmp{Left: left, Op: op, Right: []schema.Value{schema.IntValue(int64(math.Floor(x)))}}
}

// cellValue is a value as a column of the storage class holds it; ok is false when none is equal to it.
func cellValue(s schema.Storage, v schema.Value) (_ schema.Value, ok bool) {
	switch {
	case v.IsNull():
		return v, true
	case s == schema.Chars:
		return schema.TextValue(v.Text()), keeps(v.Text())
	case s == schema.Float && v.Kind() == schema.Text:
		x, err := strconv.ParseFloat(v.Text(), 64)
		return schema.RealValue(x), err == nil
	case s == schema.Float:
		return schema.RealValue(v.Real()), true
	case v.Kind() == schema.Text:
		n, err := strconv.ParseInt(v.Text(), 10, 64)
		return schema.IntValue(n), err == nil
	case v.Kind() == schema.Real:
		x := v.Real()
		whole := x == math.Trunc(x) && x >= math.MinInt64 && x < math.MaxInt64
		return schema.IntValue(v.Int()), whole
	}
	return v, true
}

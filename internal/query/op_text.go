package query

import (
	"regexp"
	"strings"
	"unicode"

	"dewpoint/internal/schema"
)

// The operators that look at texts. In plans, the constant of OpHasFold is in lower case and has ASCII characters only, and that of OpRegexp is a
// valid expression.
const (
	OpBegins  Op = "bw"
	OpEnds    Op = "ew"
	OpHas     Op = "cs"
	OpHasFold Op = "ct"
	OpRegexp  Op = "rx"
	OpLike    Op = "like" // plans have OpRegexp instead
)

var textOperators = []Operator{
	{Op: OpBegins, Doc: "begins with", Text: true, plan: planText(as(OpBegins)), Holds: texts(strings.HasPrefix)},
	{Op: OpEnds, Doc: "ends with", Text: true, plan: planText(as(OpEnds)), Holds: texts(strings.HasSuffix)},
	{Op: OpHas, Doc: "contains", Text: true, plan: planText(as(OpHas)), Holds: texts(strings.Contains)},
	{
		Op: OpHasFold, Also: []string{"contains"}, Doc: "contains, in any case", Text: true, plan: planText(foldedText),
		Holds: texts(func(text, part string) bool { return matches(text, "(?i)"+regexp.QuoteMeta(part)) }),
	},
	{Op: OpRegexp, Doc: "matches a regular expression", Text: true, plan: planText(as(OpRegexp)), Holds: texts(matches)},
	{
		Op: OpLike, Doc: "like, in any case: % is any text, _ one character", Text: true,
		plan: planText(func(s string) (Op, string) { return OpRegexp, likePattern(s) }),
	},
}

// planText makes a comparison of texts; say gives the operator and the constant that plans have for a text.
func planText(say func(s string) (Op, string)) func(*builder, Node, *Compare) (Pred, error) {
	return func(b *builder, n Node, c *Compare) (Pred, error) {
		lit := b.at(c.Right[0])
		if lit.Kind == LitNull {
			return nil, b.nullCompared()
		}
		if op := c.Op; op != OpRegexp && op != OpLike {
			lit = formed(n, lit)
		}
		n = asChars(n)
		op, s := say(lit.Text)
		if op == OpRegexp {
			if err := b.pattern(s); err != nil {
				return nil, err
			}
		}
		return &Cmp{Left: n, Op: op, Right: []schema.Value{schema.TextValue(s)}}, nil
	}
}

// asChars is a value as the text that clients see.
func asChars(n Node) Node {
	switch {
	case n.Shape() == schema.AsTime:
		return &Func{FuncDatetime, n}
	case n.Storage() != schema.Chars:
		return &Text{n}
	}
	return n
}

// as looks for a text as it is.
func as(op Op) func(string) (Op, string) {
	return func(s string) (Op, string) { return op, s }
}

// foldedText: databases don't agree on the lower case of letters beyond ASCII, so that a text with such is searched by an expression.
func foldedText(s string) (Op, string) {
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		return OpRegexp, "(?i)" + regexp.QuoteMeta(s)
	}
	return OpHasFold, strings.ToLower(s)
}

// texts holds for a text and a constant text.
func texts(is func(text, constant string) bool) func(schema.Value, []schema.Value) bool {
	return func(left schema.Value, right []schema.Value) bool {
		return !left.IsNull() && is(left.Text(), right[0].Text())
	}
}

func matches(text, pattern string) bool { return regexp.MustCompile(pattern).MatchString(text) }

package store

import (
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
)

// advancedPattern translates a regular expression of RE2, as Go has it, into one of PostgreSQL's "advanced" ones that matches the same
// texts. It is made anew from the parsed expression, so that nothing of the client's text is read by the rules of the other language:
// no back references, which take exponential time, and no embedded options. Since only whether there is a match counts, greed and
// groups don't matter.
func advancedPattern(pattern string) (string, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("reading the pattern: %w", err)
	}
	var b strings.Builder
	writePattern(&b, re)
	return b.String(), nil
}

// What the empty-width operators are in an advanced expression. Go's word boundaries know ASCII letters only, PostgreSQL's \y knows others.
const (
	wordSet    = "[0-9A-Za-z_]"
	atBoundary = "(?:(?<=" + wordSet + ")(?!" + wordSet + ")|(?<!" + wordSet + ")(?=" + wordSet + "))"
	noBoundary = "(?:(?<=" + wordSet + ")(?=" + wordSet + ")|(?<!" + wordSet + ")(?!" + wordSet + "))"
	nothing    = "(?:(?=a)b)" // matches no text
)

var widthless = map[syntax.Op]string{
	syntax.OpNoMatch: nothing, syntax.OpEmptyMatch: "(?:)", syntax.OpAnyChar: ".", syntax.OpAnyCharNotNL: `[^\n]`,
	syntax.OpBeginText: `\A`, syntax.OpEndText: `\Z`, syntax.OpBeginLine: `(?:\A|(?<=\n))`, syntax.OpEndLine: `(?:\Z|(?=\n))`,
	syntax.OpWordBoundary: atBoundary, syntax.OpNoWordBoundary: noBoundary,
}

func writePattern(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			writeSet(b, folds(c, re.Flags&syntax.FoldCase != 0))
		}
	case syntax.OpCharClass:
		writeSet(b, re.Rune)
	case syntax.OpCapture:
		writeGroup(b, re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		writeGroup(b, re.Sub[0])
		b.WriteString(map[syntax.Op]string{syntax.OpStar: "*", syntax.OpPlus: "+", syntax.OpQuest: "?"}[re.Op])
	case syntax.OpRepeat:
		writeRepeat(b, re)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			writeGroup(b, sub)
		}
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			b.WriteString([]string{"(?:", "|"}[min(i, 1)])
			writeGroup(b, sub)
		}
		b.WriteString(")")
	default:
		b.WriteString(widthless[re.Op])
	}
}

// writeGroup writes an expression that whatever stands beside it applies to as a whole.
func writeGroup(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpCharClass, syntax.OpAlternate, syntax.OpCapture, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		writePattern(b, re)
		return
	case syntax.OpLiteral:
		if len(re.Rune) == 1 {
			writePattern(b, re)
			return
		}
	}
	b.WriteString("(?:")
	writePattern(b, re)
	b.WriteString(")")
}

// mostRepeats is the largest number that PostgreSQL takes in braces.
const mostRepeats = 255

// writeRepeat writes x{min,max} in pieces that PostgreSQL takes: first those that must be there, then those that may.
func writeRepeat(b *strings.Builder, re *syntax.Regexp) {
	b.WriteString("(?:")
	for n := re.Min; n > 0; n -= mostRepeats {
		writeGroup(b, re.Sub[0])
		fmt.Fprintf(b, "{%d}", min(n, mostRepeats))
	}
	if re.Max < 0 {
		writeGroup(b, re.Sub[0])
		b.WriteString("*")
	}
	for n := re.Max - re.Min; n > 0; n -= mostRepeats {
		writeGroup(b, re.Sub[0])
		fmt.Fprintf(b, "{0,%d}", min(n, mostRepeats))
	}
	b.WriteString(")")
}

// folds are the ranges of the characters that c matches.
func folds(c rune, fold bool) []rune {
	ranges := []rune{c, c}
	if fold {
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			ranges = append(ranges, f, f)
		}
	}
	return ranges
}

// writeSet writes one character out of ranges. A NUL, which no text has, is left out.
func writeSet(b *strings.Builder, ranges []rune) {
	var set strings.Builder
	single := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		low, high := max(ranges[i], 1), ranges[i+1]
		if high < low {
			continue
		}
		if low == high && set.Len() == 0 {
			single = low
		} else {
			single = 0
		}
		set.WriteString(escapeRune(low))
		if high > low {
			set.WriteString("-" + escapeRune(high))
		}
	}
	switch {
	case set.Len() == 0:
		b.WriteString(nothing)
	case single != 0:
		b.WriteString(escapeRune(single))
	default:
		b.WriteString("[" + set.String() + "]")
	}
}

// escapeRune writes a character so that it stands for itself, inside brackets and outside.
func escapeRune(c rune) string {
	switch {
	case c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
		return string(c)
	case c <= 0xffff:
		return `\u` + pad(c, 4)
	}
	return `\U` + pad(c, 8)
}

func pad(c rune, digits int) string {
	hex := strconv.FormatInt(int64(c), 16)
	return strings.Repeat("0", digits-len(hex)) + hex
}

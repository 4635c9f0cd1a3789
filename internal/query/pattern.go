package query

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

const (
	// maxPattern bounds a regular expression or like pattern, in bytes.
	maxPattern = 1000
	// maxProgram bounds the instructions of a compiled pattern, and maxPrograms those of all patterns of a request: a match takes time in
	// proportion to them, for each character of each row. A few bytes can make millions of them, as in ((x{30}){30}){30}.
	maxProgram  = 5000
	maxPrograms = 25_000
)

// pattern checks a regular expression that a client sent.
func (b *builder) pattern(s string) error {
	if len(s) > maxPattern {
		return b.invalid("bad_pattern", "the pattern has more than %d bytes", maxPattern)
	}
	re, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return b.invalid("bad_pattern", "%s can't be read as a regular expression", clip(s))
	}
	size := programSize(re)
	if size > maxProgram {
		return b.invalid("bad_pattern", "%s is too complex: it repeats too much", clip(s))
	}
	if b.programs += size; b.programs > maxPrograms {
		return b.invalid("too_complex", "the patterns of the request are too complex in total; use fewer or simpler ones")
	}
	return nil
}

// programSize is at least the number of instructions that an expression compiles to, found without compiling it. A bound of the size of
// what is counted is kept, so that it can't overflow.
func programSize(re *syntax.Regexp) int {
	size := 1
	if re.Op == syntax.OpLiteral {
		size = len(re.Rune)
	}
	for _, sub := range re.Sub {
		size += programSize(sub) + 1
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1) + 1
	}
	return min(size, maxPrograms+1)
}

// likePattern turns a like pattern into a regular expression over the whole text. A backslash makes the next character plain.
func likePattern(s string) string {
	var re strings.Builder
	re.WriteString("(?is)^")
	plain, any := false, false
	for _, r := range s {
		wild := r == '%' && !plain
		switch {
		case plain:
			re.WriteString(regexp.QuoteMeta(string(r)))
			plain = false
		case r == '\\':
			plain = true
		case wild && any: // more of them stand for the same
		case wild:
			re.WriteString(".*")
		case r == '_':
			re.WriteByte('.')
		default:
			re.WriteString(regexp.QuoteMeta(string(r)))
		}
		any = wild
	}
	re.WriteByte('$')
	return re.String()
}

package query

import (
	"strings"

	"dewpoint/internal/errs"
)

// tokenKind tells tokens apart.
type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokWord
	tokNumber
	tokString
	tokPunct
)

// token is one piece of a parameter's text. For a string, text is what the quotes hold with doubled quotes undone.
type token struct {
	kind     tokenKind
	text     string
	pos, end int
}

// lexer cuts the text of one parameter into tokens.
type lexer struct {
	param, text string
	pos         int
}

// wordByte holds what names, numbers, unquoted hashes and unquoted table/key values are made of. Bytes from 0x80 are letters.
var wordByte = func() (is [256]bool) {
	for c := 0; c < 256; c++ {
		is[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("_$.:/@-", byte(c)) >= 0
	}
	return is
}()

// scan returns the next token.
func (l *lexer) scan() (token, error) {
	for l.pos < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.pos]) >= 0 {
		l.pos++
	}
	if l.pos == len(l.text) {
		return token{kind: tokEnd, pos: l.pos, end: l.pos}, nil
	}
	start, c := l.pos, l.text[l.pos]
	switch {
	case c == '\'':
		return l.quoted()
	case c == '-' && !l.digitAt(start+1), strings.IndexByte(",()[]{}#+?", c) >= 0:
		l.pos++
		return token{tokPunct, l.text[start:l.pos], start, l.pos}, nil
	case wordByte[c]:
		for l.pos < len(l.text) && wordByte[l.text[l.pos]] {
			l.pos++
		}
		t := token{tokWord, l.text[start:l.pos], start, l.pos}
		if isNumber(t.text) {
			t.kind = tokNumber
		}
		return t, nil
	}
	return token{}, l.fail(start, "can't read %q", c)
}

func (l *lexer) digitAt(i int) bool { return i < len(l.text) && l.text[i] >= '0' && l.text[i] <= '9' }

// quoted reads a string in single quotes; a quote inside is doubled.
func (l *lexer) quoted() (token, error) {
	start := l.pos
	for i := start + 1; ; {
		n := strings.IndexByte(l.text[i:], '\'')
		if n < 0 {
			return token{}, l.fail(start, "the string has no closing quote")
		}
		i += n + 1
		if i < len(l.text) && l.text[i] == '\'' {
			i++
			continue
		}
		l.pos = i
		return token{tokString, strings.ReplaceAll(l.text[start+1:i-1], "''", "'"), start, i}, nil
	}
}

// isNumber reports whether s is a decimal number. Forty digits are a hash that happens to have no letters.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, frac, point := strings.Cut(s, ".")
	return len(s) != 40 && digits(whole) && (!point || digits(frac))
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// fail makes the error of a text that can't be read; people count from 1.
func (l *lexer) fail(pos int, format string, args ...any) error {
	return errs.New(errs.Malformed, "bad_"+l.param, "%s: "+format+" at position %d", append(append([]any{l.param}, args...), pos+1)...).On(l.param)
}

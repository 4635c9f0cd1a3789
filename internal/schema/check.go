package schema

import (
	"strings"
	"unicode/utf8"

	"dewpoint/internal/errs"
)

// check holds a value against what the field declares: enum, range, length, pattern.
func (f *Field) check(v Value) error {
	if len(f.Enum) > 0 && !f.inEnum(v.Text()) {
		return f.invalid("%s is not one of %s", clip(v.Text()), errs.Ours(f.enumList()))
	}
	if v.Kind() == Int && f.min != nil && (v.Int() < *f.min || v.Int() > *f.max) {
		return f.invalid("%d is outside %d to %d", v.Int(), *f.min, *f.max)
	}
	if v.Kind() != Text {
		return nil
	}
	n := utf8.RuneCountInString(v.Text())
	if n < f.minLen {
		return f.invalid("needs at least %d characters", f.minLen)
	}
	if f.maxLen > 0 && n > f.maxLen {
		return f.invalid("has %d characters, at most %d are allowed", n, f.maxLen)
	}
	if f.match != nil && v.Text() != "" && !f.match.MatchString(v.Text()) {
		return f.invalid("%s is not %s", clip(v.Text()), errs.Ours(f.hint))
	}
	return nil
}

func (f *Field) inEnum(s string) bool {
	for _, e := range f.Enum {
		if e.Value == s {
			return true
		}
	}
	return false
}

func (f *Field) enumList() string {
	names := make([]string, len(f.Enum))
	for i, e := range f.Enum {
		names[i] = e.Value
	}
	return strings.Join(names, ", ")
}

// clip quotes a client's text for an error message, shortened.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '·'
		}
		return r
	}, s) + `"`
}

// Pattern returns the regular expression that a text must match and what it wants in words; "" when there is none. The empty text is exempt.
func (f *Field) Pattern() (expr, hint string) {
	if f.match == nil {
		return "", ""
	}
	return f.match.String(), f.hint
}

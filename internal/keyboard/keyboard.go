// Package keyboard knows which keys to press for a text, on the keyboards of several countries. It is pure.
package keyboard

import (
	"maps"
	"slices"
	"strings"

	"dewpoint/internal/errs"
)

// Stroke are keys that are pressed together, by their numbers in Linux (linux/input-event-codes.h).
type Stroke []uint32

// Keys that layouts have in common.
const (
	tab, enter, space   = 15, 28, 57
	leftShift, rightAlt = 42, 100
)

var modifiers = [...]Stroke{nil, {leftShift}, {rightAlt}, {leftShift, rightAlt}}

// Default is the layout of a VM that names none.
const Default = "en-us"

// Layouts lists the names of all layouts.
func Layouts() []string { return slices.Sorted(maps.Keys(layouts)) }

// Strokes returns what to press, one after the other, for a text: letters and signs of the layout, line feeds and tabs. Invalid for a text that has others, or
// an unknown layout.
func Strokes(name, text string) ([]Stroke, error) {
	l, known := layouts[name]
	if !known {
		return nil, errs.Field("layout", "must be one of %s", errs.Ours(strings.Join(Layouts(), ", ")))
	}
	on := l.strokes()
	text = strings.ReplaceAll(text, "\r\n", "\n")
	all := make([]Stroke, 0, len(text))
	for i, r := range []rune(text) {
		s, found := on[r]
		if !found {
			return nil, errs.Field("text", "has %q at place %d, which no key of the layout %s gives", r, i+1, errs.Ours(name))
		}
		if all = append(all, s); strings.ContainsRune(l.dead, r) {
			all = append(all, Stroke{space}) // which makes it a character of its own
		}
	}
	return all, nil
}

// strokes has what to press for each character of a layout. What needs fewer keys wins.
func (l layout) strokes() map[rune]Stroke {
	on := map[rune]Stroke{' ': {space}, '\n': {enter}, '\r': {enter}, '\t': {tab}}
	for level, text := range l.levels {
		for i, r := range []rune(text) {
			if _, there := on[r]; !there {
				on[r] = append(slices.Clone(modifiers[level]), keys[i])
			}
		}
	}
	return on
}

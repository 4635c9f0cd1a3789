package keyboard

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"dewpoint/internal/errs"
)

// names are those that X gives to characters of which layouts here make use, beside letters and digits.
var names = map[string]rune{
	"exclam": '!', "quotedbl": '"', "numbersign": '#', "dollar": '$', "percent": '%', "ampersand": '&', "apostrophe": '\'', "parenleft": '(', "parenright": ')',
	"asterisk": '*', "plus": '+', "comma": ',', "minus": '-', "period": '.', "slash": '/', "colon": ':', "semicolon": ';', "less": '<', "equal": '=',
	"greater": '>', "question": '?', "at": '@', "bracketleft": '[', "backslash": '\\', "bracketright": ']', "asciicircum": '^', "underscore": '_', "grave": '`',
	"braceleft": '{', "bar": '|', "braceright": '}', "asciitilde": '~', "sterling": '£', "EuroSign": '€', "section": '§', "degree": '°', "notsign": '¬',
	"ssharp": 'ß', "acute": '´', "udiaeresis": 'ü', "odiaeresis": 'ö', "adiaeresis": 'ä', "Udiaeresis": 'Ü', "Odiaeresis": 'Ö', "Adiaeresis": 'Ä',
	"twosuperior": '²', "threesuperior": '³', "mu": 'µ', "eacute": 'é', "egrave": 'è', "ccedilla": 'ç', "agrave": 'à', "ugrave": 'ù', "currency": '¤',
	"masculine": 'º', "ordfeminine": 'ª', "periodcentered": '·', "exclamdown": '¡', "questiondown": '¿', "ntilde": 'ñ', "Ntilde": 'Ñ', "Ccedilla": 'Ç',
	"igrave": 'ì', "ograve": 'ò', "diaeresis": '¨', "dead_diaeresis": '¨', "dead_acute": '´', "dead_grave": '`', "dead_circumflex": '^',
}

// qemus reads one of QEMU's keymaps: what to press for each character, in each of the ways there are.
func qemus(t *testing.T, name string) map[rune][]Stroke {
	t.Helper()
	f, err := os.Open(filepath.Join("/usr/share/qemu/keymaps", name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("QEMU's keymaps aren't installed")
	}
	defer f.Close()
	found := map[rune][]Stroke{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] == "#" {
			continue
		}
		r, size := utf8.DecodeRuneInString(words[0])
		if size != len(words[0]) {
			r = names[words[0]]
		}
		key, err := strconv.ParseUint(words[1], 0, 32)
		if r == 0 || err != nil {
			continue
		}
		var s Stroke
		for _, m := range words[2:] {
			if m == "shift" {
				s = append(s, leftShift)
			} else if m == "altgr" {
				s = append(s, rightAlt)
			}
		}
		found[r] = append(found[r], append(s, uint32(key)))
	}
	return found
}

// TestLayouts holds every key of every layout against QEMU's own map of it, and wants all of ASCII.
func TestLayouts(t *testing.T) {
	t.Parallel()
	for _, name := range Layouts() {
		theirs := qemus(t, name)
		for r, s := range layouts[name].strokes() {
			if r > ' ' && !slices.ContainsFunc(theirs[r], func(o Stroke) bool { return slices.Equal(s, o) }) {
				t.Errorf("%s: %q is %v here, and %v with QEMU", name, r, s, theirs[r])
			}
		}
		for r := '!'; r <= '~'; r++ {
			if _, err := Strokes(name, string(r)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, text := range layouts[name].levels {
			if n := utf8.RuneCountInString(text); n > len(keys) {
				t.Errorf("%s: %q has %d keys of %d", name, text, n, len(keys))
			}
		}
	}
}

func TestStrokes(t *testing.T) {
	t.Parallel()
	got, err := Strokes("de", "Zy@^\r\n")
	want := []Stroke{{42, 21}, {44}, {100, 16}, {41}, {57}, {28}}
	if err != nil || !slices.EqualFunc(got, want, func(a, b Stroke) bool { return slices.Equal(a, b) }) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if _, err := Strokes("en-us", "a€"); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "place 2") {
		t.Errorf("a sign that isn't there: %v", err)
	}
	if _, err := Strokes("klingon", ""); !errs.Is(err, errs.Invalid) {
		t.Errorf("an unknown layout: %v", err)
	}
}

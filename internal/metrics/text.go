package metrics

import (
	"strconv"
	"strings"
)

// text is a page in Prometheus' text format. There are hundreds of thousands of lines, of which the client library would make an object each.
type text struct{ b []byte }

// family begins the lines of one metric.
func (t *text) family(name, kind, help string) {
	t.b = append(t.b, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
}

// keys writes the labels of a thing that is known by two keys.
func (t *text) keys(first string, one int64, second string, other int64) {
	t.b = append(append(append(t.b, '{'), first...), '=', '"')
	t.b = strconv.AppendInt(t.b, one, 10)
	t.b = append(append(append(t.b, '"', ','), second...), '=', '"')
	t.b = append(strconv.AppendInt(t.b, other, 10), '"', '}', ' ')
}

// counted writes a whole number with labels that are written already.
func (t *text) counted(name string, labels []byte, value int64) {
	t.b = append(append(t.b, name...), labels...)
	t.b = append(strconv.AppendInt(t.b, value, 10), '\n')
}

// label is a label whose value is a key, or anybody's text.
type label struct{ name, value string }

// line writes one value.
func (t *text) line(name string, value float64, labels ...label) {
	t.b = append(t.b, name...)
	for i, l := range labels {
		t.b = append(t.b, "{,"[min(i, 1)])
		t.b = append(append(t.b, l.name...), '=', '"')
		t.quoted(l.value)
		t.b = append(t.b, '"')
	}
	if len(labels) > 0 {
		t.b = append(t.b, '}')
	}
	t.b = append(t.b, ' ')
	t.b = strconv.AppendFloat(t.b, value, 'g', -1, 64)
	t.b = append(t.b, '\n')
}

// quoted writes a label's value as the format has it: of other characters than these three nothing is special.
func (t *text) quoted(s string) {
	if strings.ContainsAny(s, "\\\"\n") {
		s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
	}
	t.b = append(t.b, strings.ToValidUTF8(s, "�")...)
}

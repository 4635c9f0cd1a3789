package soak

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// passwordMark is in every password that is made up: no reply may hold it.
const passwordMark = "Kept-Secret-"

// raw is a piece of JSON that goes out as it is, be it JSON or not.
type raw = json.RawMessage

// values makes up values: such as a schema asks for, such as it nearly allows, and such as do harm where they aren't looked at.
type values struct {
	rng  *rand.Rand
	keys map[string][]string // of rows that were made, by table or collection
	next int
}

func oneOf[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// any makes up a value for a property or parameter: mostly a good one.
func (v *values) any(name string, s *openapi3.Schema) any {
	switch n := v.rng.IntN(20); {
	case n < 12:
		return v.good(name, s, 0)
	case n < 16:
		return v.near(name, s)
	}
	return v.hostile()
}

// good makes up a value that the schema asks for.
func (v *values) good(name string, s *openapi3.Schema, depth int) any {
	switch {
	case len(s.Enum) > 0:
		return oneOf(v.rng, s.Enum...)
	case refersTo(s) != "" && s.Type.Includes("integer"):
		return raw(v.key(refersTo(s)))
	case len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0:
		return v.good(name, oneOf(v.rng, slices.Concat(s.OneOf, s.AnyOf, s.AllOf)...).Value, depth)
	case s.Type == nil:
		return v.text()
	case s.Type.Includes("object"):
		return v.object(s, depth)
	case s.Type.Includes("array"):
		return v.array(name, s, depth)
	case s.Type.Includes("boolean"):
		return v.rng.IntN(2) == 0
	case s.Type.Includes("integer"), s.Type.Includes("number"):
		return v.number(s)
	}
	return v.goodText(name, s)
}

func (v *values) object(s *openapi3.Schema, depth int) any {
	made := map[string]any{}
	for _, name := range sortedKeys(s.Properties) {
		if depth < 3 && (slices.Contains(s.Required, name) || v.rng.IntN(3) == 0) {
			made[name] = v.good(name, s.Properties[name].Value, depth+1)
		}
	}
	return made
}

func (v *values) array(name string, s *openapi3.Schema, depth int) any {
	made := []any{}
	for range v.rng.IntN(3) {
		if s.Items != nil && depth < 3 {
			made = append(made, v.good(name, s.Items.Value, depth+1))
		}
	}
	return made
}

func (v *values) number(s *openapi3.Schema) any {
	least, most := 0.0, 1000.0
	if s.Min != nil {
		least = *s.Min
	}
	if s.Max != nil {
		most = *s.Max
	}
	edges := []float64{least, most, least + math.Floor(v.rng.Float64()*math.Min(most-least, 5000))}
	return raw(strconv.FormatFloat(oneOf(v.rng, edges...), 'f', -1, 64))
}

func (v *values) goodText(name string, s *openapi3.Schema) any {
	v.next++
	if text, ok := s.Extensions["x-examples"].([]any); ok && len(text) > 0 {
		return oneOf(v.rng, text...)
	}
	switch {
	case s.WriteOnly || s.Format == "password" || strings.Contains(name, "password"):
		return passwordMark + strconv.Itoa(v.next)
	case strings.Contains(name, "mac"):
		return fmt.Sprintf("52:54:00:%02x:%02x:%02x", v.rng.IntN(256), v.rng.IntN(256), v.rng.IntN(256))
	case strings.Contains(name, "address"), strings.Contains(name, "gateway"), strings.Contains(name, "dhcp"):
		return fmt.Sprintf("10.%d.0.%d", v.rng.IntN(3), v.rng.IntN(256))
	case name == "network":
		return fmt.Sprintf("10.%d.0.0/24", v.rng.IntN(200))
	case name == "uuid":
		return fmt.Sprintf("%08x-0000-4000-8000-%012x", v.rng.Uint32(), v.rng.Uint32())
	}
	return name + strconv.Itoa(v.next)
}

func (v *values) text() string {
	return oneOf(v.rng, "a", "1", "true", "web", "10.0.0.1", "x y", "ü", strings.Repeat("x", 200))
}

// near makes up a value that the schema nearly allows.
func (v *values) near(name string, s *openapi3.Schema) any {
	list := []any{nil, "", " ", 0, -1, 1.5, true, "true", "12", []any{}, map[string]any{}, []any{nil}, raw("1e3"), raw("-0")}
	if s.Max != nil {
		list = append(list, raw(strconv.FormatFloat(*s.Max+1, 'f', -1, 64)))
	}
	if s.Min != nil {
		list = append(list, raw(strconv.FormatFloat(*s.Min-1, 'f', -1, 64)))
	}
	if s.MaxLength != nil && *s.MaxLength < 1<<17 {
		list = append(list, strings.Repeat("a", int(*s.MaxLength)), strings.Repeat("a", int(*s.MaxLength)+1), strings.Repeat("龍", int(*s.MaxLength)))
	}
	if len(s.Enum) > 0 {
		list = append(list, strings.ToUpper(fmt.Sprint(s.Enum[0])), fmt.Sprint(s.Enum[0])+" ")
	}
	if good, ok := v.good(name, s, 0).(string); ok {
		list = append(list, good+" ", " "+good, strings.ToUpper(good), good+good, good+"\n")
	}
	return oneOf(v.rng, list...)
}

var hostileValues = []any{
	"'", `"`, "\\", "';--", "' OR '1'='1", "1; DROP TABLE vms", "$(id)", "`id`", "../../etc/passwd", "/etc/passwd", "..", ".", "%00", "%s%n", "{{7*7}}", "${7*7}",
	"nul\x00byte", "two\nlines", "return\rhere", "\u202egnp", "\ufffe\uffff", "\u0085next", "a\xff\xfe", "\ud7ff\ue000", strings.Repeat("x", 100_000), strings.Repeat("(", 5000),
	strings.Repeat("龍", 3000), "<script>alert(1)</script>", "]]><x/>", "null", "NaN", "Infinity", "-", "--help", "$key", "$table", "__proto__", "0x10", "1e400", "१२", "²",
	"name rx '('", "name rx '(a+)+$'", "name eq '", "$key in (", "not not not name", "name eq name", "(((((name eq 'a')))))", "$key eq 99999999999999999999",
	"name like '%%%%%'", "all,all,all", "a#b#c#d#e#f#g", "machine#vm#machine#name", "count(", "count(drives)", "sum(ram) as x", "-$key,-$key", "$display", "a[b[c[d[e]]]]",
	"{$add({$now},'x')}", "datetime(99999999999999999)", "display($key)",
	raw("1e400"), raw("-1e400"), raw("9223372036854775807"), raw("9223372036854775808"), raw("-9223372036854775809"), raw("18446744073709551616"), raw("0.1"), raw("1E-400"),
	raw(strings.Repeat("9", 400)), raw(`"\ud800"`), raw(`"\u0000"`), raw(`{"a":{"b":{"c":[[[[[]]]]]}}}`), raw("[1,2,3]"), raw(`{"$key":1}`), raw(`[{"id":1},{"id":1}]`),
}

func (v *values) hostile() any { return oneOf(v.rng, hostileValues...) }

// key returns the key of a row of a table: mostly one that was made here.
func (v *values) key(table string) string {
	known := v.keys[table]
	if len(known) == 0 || v.rng.IntN(5) == 0 {
		return strconv.Itoa(v.rng.IntN(30))
	}
	return known[v.rng.IntN(len(known))]
}

// asText is a value as it stands in a URL or a header.
func asText(value any) string {
	switch x := value.(type) {
	case string:
		return x
	case raw:
		return string(x)
	case nil:
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

func fieldsParam(t *schema.Table, examples []example) *huma.Param {
	views := append([]string{"all", "most", "summary"}, slices.DeleteFunc(sortedNames(t.Views), func(v string) bool { return v == "default" })...)
	return textParam("fields", "What to show: a list of columns, views (`"+strings.Join(views, "`, `")+"`), paths through references (`a#b`), rows in brackets (`a[b,c]`), "+
		"functions and comparisons. `as` gives an entry another name.", examples)
}

func filterParam(s *schema.Schema, t *schema.Table) *huma.Param {
	return textParam("filter", "Which rows: comparisons joined by `and`, `or` and parentheses. Operators: "+operatorsText()+". Text stands in single quotes.", filterExamples(s, t))
}

// operatorsText lists the operators with what each holds for.
func operatorsText() string {
	var all []string
	for _, op := range query.Operators() {
		if words := op.Words(); len(words) > 0 {
			all = append(all, "`"+strings.Join(words, "` or `")+"` ("+op.Doc+")")
		}
	}
	return strings.Join(all, ", ")
}

func sortParam(t *schema.Table) *huma.Param {
	return textParam("sort", fmt.Sprintf("The order: up to %d columns or paths, with `-` in front for descending order.", query.MaxSort), sortExamples(t))
}

var (
	limitParam = &huma.Param{
		Name: "limit", In: "query", Description: "The maximum number of rows; 0 for all.", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: number(0.0)},
	}
	offsetParam = &huma.Param{
		Name: "offset", In: "query", Description: "Skip so many rows first.",
		Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: number(0.0), Maximum: number(float64(query.MaxOffset))},
	}
)

// countParam asks for the header that tells how many rows there are.
func countParam(t *schema.Table) *huma.Param {
	name, also := "count", ""
	if t.Field(name) != nil {
		name, also = "$count", " Here `count` is a column."
	}
	return &huma.Param{
		Name: name, In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"0", "1"}},
		Description: "1: the header `" + totalHeader + "` tells how many rows meet the request, whatever `limit` and `offset` are. A 304 is without it, since the number is still the same." + also,
	}
}

// textParam is a query parameter with its examples twice: for people, and for tools. They aren't OpenAPI's own examples, which pages
// that try a request out would send unasked.
func textParam(name, means string, examples []example) *huma.Param {
	text := strings.Builder{}
	text.WriteString(means + "\n\nExamples:\n")
	var values []any
	for _, e := range examples {
		fmt.Fprintf(&text, "- `%s`: %s\n", e.value, e.means)
		values = append(values, e.value)
	}
	return &huma.Param{
		Name: name, In: "query", Description: text.String(),
		Schema: &huma.Schema{Type: huma.TypeString, MaxLength: number(query.MaxText), Extensions: map[string]any{"x-examples": values}},
	}
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func anys(names []string) []any {
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = name
	}
	return values
}

package table

import (
	"strings"

	"dewpoint/internal/schema"
)

// fieldText is what people read about a column.
func fieldText(f *schema.Field) string {
	var parts []string
	add := func(when bool, text string) {
		if when {
			parts = append(parts, text)
		}
	}
	add(f.DocText != "", f.DocText)
	add(f.NotBuilt != "" && len(f.Built) == 0, "Other values are answered with 501: "+f.NotBuilt)
	add(len(f.Built) > 0, "Other values than "+strings.Join(f.Built, ", ")+" are answered with 501: "+f.NotBuilt)
	add(f.UnitName != "", "In "+f.UnitName)
	add(tellingLabels(f), labelText(f))
	add(f.IsRow() && f.Ref != "", "Key of a row of `"+f.Ref+"`")
	add(f.IsRow() && f.Ref == "" && len(f.Among) == 0, "A row of any table, written as `table/key`")
	add(len(f.Among) > 0, "A row of "+strings.Join(f.Among, ", ")+", written as `table/key`")
	add(f.IsRows() && f.Link == nil, "Keys of the rows of `"+f.Ref+"` that belong to this one")
	add(f.Link != nil, "Keys of rows of `"+f.Ref+"`, found through `"+viaTable(f)+"`")
	add(f.Path != "" && f.Bond != schema.Twin && f.Bond != schema.Forwarded, "The same as `"+f.Path+"`")
	add(f.Bond == schema.Forwarded, "Kept in `"+f.Path+"`")
	add(f.Only != nil, whenText(f))
	add(f.IsUnique, "No two rows have the same")
	add(f.IsAtStart, "For a running machine, a change waits for the next start")
	add(f.IsCreateOnly, "Can't be changed later")
	add(f.IsSecret, "Never shown")
	return sentences(parts...)
}

func whenText(f *schema.Field) string {
	if f.Only == nil {
		return ""
	}
	return "Counts only while " + f.Only.String()
}

// tellingLabels reports whether the labels say more than the values with their first letters raised.
func tellingLabels(f *schema.Field) bool {
	for _, e := range f.Enum {
		if !strings.EqualFold(e.Label, e.Value) {
			return true
		}
	}
	return false
}

func labelText(f *schema.Field) string {
	words := make([]string, len(f.Enum))
	for i, e := range f.Enum {
		words[i] = "`" + e.Value + "` " + e.Label
	}
	return "Shown as: " + strings.Join(words, ", ")
}

// sentences joins texts that have no full stop.
func sentences(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.ToUpper(p[:1]) + strings.TrimSuffix(p[1:], ".") + ".")
	}
	return b.String()
}

// viaTable is the table that ties the rows of a list to their row; "" where they point at it themselves.
func viaTable(f *schema.Field) string {
	if f.Link == nil {
		return ""
	}
	return f.Link.Table
}

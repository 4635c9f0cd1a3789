package schema

import (
	"encoding/json"
	"strings"
)

// linkRoot stands before "table/key" in links to rows, which some clients write, and look for, where others have the key of a row.
const linkRoot = "/v4/"

// noteForms gives the table a column for each polymorphic row that clients write, which keeps the form that it was written in.
func (t *Table) noteForms() {
	for _, f := range t.Fields {
		if f.IsRow() && f.Ref == "" && f.Stored() && f.Writable(true) && !f.IsCreator && f.Long == nil {
			f.Long = Bool(f.Name + "_long").Hidden().ReadOnly().Doc("clients wrote it with /v4/ in front")
			t.Fields = append(t.Fields, f.Long)
		}
	}
}

// WrittenLong reports whether what a client sent for a polymorphic row is a link to it.
func WrittenLong(raw json.RawMessage) bool {
	var text string
	return json.Unmarshal(raw, &text) == nil && strings.HasPrefix(text, linkRoot)
}

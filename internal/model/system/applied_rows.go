package system

import "dewpoint/internal/schema"

// appliedRows declares what is in force of tables whose rows wait until they are applied. The rows are written by package applied.
func appliedRows() *schema.Table {
	return &schema.Table{
		Name: "applied_rows", Title: "Applied rows", Internal: true, Display: "of",
		Doc: "Rows in the state in which they were last applied.", Unique: []schema.Unique{schema.Together("object", "of")},
		Fields: schema.Fields{
			schema.AnyRow("object").AnyTable().Required().Follows().Doc("their parent row"),
			schema.String("of").Required().Doc("their table"),
			schema.LongText("rows").Doc("a JSON list of the rows, with their keys and writable columns"),
		},
	}
}

package system

import "dewpoint/internal/schema"

// appliedRows declares what is in force of tables whose rows wait until they are applied. The rows are written by package applied.
func appliedRows() *schema.Table {
	return &schema.Table{
		Name: "applied_rows", Title: "Applied rows", Internal: true, Display: "of",
		Doc: "Rows as they were when they were last applied.", Unique: []schema.Unique{schema.Together("object", "of")},
		Fields: schema.Fields{
			schema.AnyRow("object").AnyTable().Required().Follows().Doc("the row above them"),
			schema.String("of").Required().Doc("the table that they are rows of"),
			schema.LongText("rows").Doc("a list in JSON, each with its key and the columns that people write"),
		},
	}
}

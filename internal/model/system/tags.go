package system

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// tags declares the tags.
func tags() *schema.Table {
	return &schema.Table{
		Name: "tags", Title: "Tag", LogType: "system", Parent: "category",
		Doc: "Tags. A tag belongs to one category and is deleted with it.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Row("category", "tag_categories").Required().CreateOnly().Summary(),
			schema.Created("created"),
			schema.Modified("modified"),
			schema.Rows("members", "tag_members", "tag"),
		},
	}
}

package system

import "dewpoint/internal/schema"

// tagMembers declares which row has which tag.
func tagMembers() *schema.Table {
	return &schema.Table{
		Name: "tag_members", Title: "Tag member", LogType: "system", Parent: "tag", Display: "member",
		Unique: []schema.Unique{schema.Together("member", "tag")},
		Doc:    "Which row has which tag. A member goes with its tag, and with the row.",
		Fields: schema.Fields{
			schema.Row("tag", "tags").Required().CreateOnly().Summary(),
			schema.AnyRow("member", taggable...).Required().CreateOnly().Follows().Summary().Doc("the row, as vms/42"),
		},
	}
}

package system

import "dewpoint/internal/schema"

// tagMembers declares which row has which tag.
func tagMembers() *schema.Table {
	return &schema.Table{
		Name: "tag_members", Title: "Tag member", LogType: "system", Parent: "tag", Display: "member",
		Unique: []schema.Unique{schema.Together("member", "tag")},
		Doc:    "Tags of rows. A tag member is deleted with its tag or its row.",
		Fields: schema.Fields{
			schema.Row("tag", "tags").Required().CreateOnly().Summary(),
			schema.AnyRow("member", taggable...).Required().CreateOnly().Follows().Summary().Doc("the tagged row, such as vms/42"),
		},
	}
}

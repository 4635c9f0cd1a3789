package access

import "dewpoint/internal/schema"

// members declares who belongs to which group.
func members() *schema.Table {
	return &schema.Table{
		Name: "members", Title: "Member", LogType: "user", Parent: "parent_group", Display: "member",
		Unique: []schema.Unique{schema.Together("parent_group", "member")},
		Doc:    "Members of groups. A group can be a member of another group.",
		Fields: schema.Fields{
			schema.Row("parent_group", "groups").Required().CreateOnly().Summary(),
			schema.AnyRow("member", "users", "groups").Required().CreateOnly().Follows().Summary().Doc("users/3 or groups/2"),
			schema.String("creator").Creator(),
			schema.Bool("system").ReadOnly(),
		},
	}
}

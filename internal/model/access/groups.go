package access

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// Administrators is the name of the built-in group whose members, and members of members, may do everything.
const Administrators = "Administrators"

// groups declares groups of users and of other groups. What is granted to a group, its members have.
func groups() *schema.Table {
	return &schema.Table{
		Name: "groups", Title: "Group", LogType: "user",
		Doc: "Groups of users and of other groups. Members have all rights of the group while it is enabled.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enabled("enabled").Summary(),
			schema.Created("created"),
			schema.String("email").Len(0, 254),
			schema.String("id").Len(0, 128).Doc("your own identifier"),
			identity(),
			schema.Bool("system_group").ReadOnly().Summary().Doc("built in; can't be renamed, disabled or deleted"),
			schema.String("creator").Creator(),
			schema.Rows("members", "members", "parent_group"),
			schema.Enum("type", "normal", "system").ReadOnly().Default("normal"),
			schema.Row("auth_source", "auth_sources").ReadOnly().Doc("always null: groups don't come from an authorization source"),
			schema.Row("sysgroup", "groups").Via("$key").Argument().Doc("the same as $key"),
		},
	}
}

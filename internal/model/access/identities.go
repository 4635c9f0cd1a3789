package access

import "dewpoint/internal/schema"

// identities declares what permissions are granted to: one number for each user and each group.
func identities() *schema.Table {
	return &schema.Table{
		Name: "identities", Title: "Identity", Internal: true, Owner: "owner", Display: "owner",
		Fields: schema.Fields{
			schema.AnyRow("owner", "users", "groups").Follows().ReadOnly(),
			schema.Rows("permissions", "permissions", "identity").Hidden(),
		},
	}
}

// identity is the column of a user or group that leads to its identity.
func identity() *schema.Field {
	return schema.Row("identity", "identities").Owned(nil).Doc("the identity that permissions refer to")
}

package access

import "dewpoint/internal/schema"

// loginAttempts declares how often logins failed of late, by account and address, and from where accounts signed in. Rows are written in
// batches. Moments are in microseconds since 1970, 0 for none.
func loginAttempts() *schema.Table {
	return &schema.Table{
		Name: "login_attempts", Title: "Login attempts", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key").Note("SHA-256 of what they are counted by, in hex"),
			schema.Int64("failures").Def(0),
			schema.Int64("until").Def(0).Note("when the next is looked at, or when all are forgotten"),
			schema.Int64("last").Def(0).Indexed(),
			schema.Int64("entered").Def(0).Indexed().Note("last login of the account from the address"),
		},
	}
}

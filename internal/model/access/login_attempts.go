package access

import "dewpoint/internal/schema"

// loginAttempts declares how often logins failed of late, by account and address, and from where accounts signed in. Rows are written in
// batches. Moments are in microseconds since 1970, 0 for none.
func loginAttempts() *schema.Table {
	return &schema.Table{
		Name: "login_attempts", Title: "Login attempts", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key").Doc("SHA-256 of the account, the address, or both, in hex"),
			schema.Int64("failures").Default(0),
			schema.Int64("until").Default(0).Doc("when the next attempt is allowed, or when the count is reset"),
			schema.Int64("last").Default(0).Indexed(),
			schema.Int64("entered").Default(0).Indexed().Doc("last login to the account from the address"),
		},
	}
}

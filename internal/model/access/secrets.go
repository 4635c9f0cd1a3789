package access

import "dewpoint/internal/schema"

// secrets declares what servers that share a database hand to each other. Nothing of it opens without what the database doesn't hold.
func secrets() *schema.Table {
	return &schema.Table{
		Name: "secrets", Title: "Secret", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key"),
			schema.String("digest").Doc("SHA-256 of the random secret, in hex"),
			schema.String("salt"),
			schema.String("sealed").Secret().Doc("the secret, sealed with a key derived from salt and the database password; null without a password"),
		},
	}
}

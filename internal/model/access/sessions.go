package access

import "dewpoint/internal/schema"

// sessions declares the session tokens of the table API.
func sessions() *schema.Table {
	return &schema.Table{
		Name: "sessions", Title: "Session", Internal: true, Display: "user",
		Fields: schema.Fields{
			schema.Row("user", "users").Required(),
			schema.String("digest").Unique().Doc("SHA-256 of the token, in hex"),
			schema.Created("created"),
			schema.Int64("used").Doc("last use, in seconds since 1970; written at most once a minute"),
			schema.String("address"),
		},
	}
}

package access

import "dewpoint/internal/schema"

// endedSignIns declares the logins that were given up before their JWTs ran out.
func endedSignIns() *schema.Table {
	return &schema.Table{
		Name: "ended_sign_ins", Title: "Ended sign-in", Internal: true, Key: schema.NameKey, KeyField: "name", Display: "name",
		Fields: schema.Fields{
			schema.String("name").Via("$key").Doc("SHA-256 of the sign-in's id, in hex"),
			schema.Int64("until").Indexed().Doc("when the last of its JWTs expires, in seconds since 1970"),
			schema.Int64("served").Doc("the same time by served_time; null in rows of older versions"),
		},
	}
}

package system

import "dewpoint/internal/schema"

// idempotencyKeys declares the first answers to requests that carried a key against being done twice. A row's key is made of the user
// and that key, which stands nowhere: it is what the rest of the row is sealed with, as answers may hold a new secret.
func idempotencyKeys() *schema.Table {
	return &schema.Table{
		Name: "idempotency_keys", Title: "Idempotency key", Internal: true, Key: schema.HashKey, Display: "created",
		Fields: schema.Fields{
			schema.String("request").Doc("HMAC of the request"),
			schema.Int64("status").Doc("the answer's status"),
			schema.LongText("answer").Doc("the answer's body, sealed"),
			schema.Created("created").Indexed(),
		},
	}
}

package store

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/google/uuid"

	"dewpoint/internal/schema"
)

// newKey draws the key of a new row; null where the database gives it out, or the row's maker.
func newKey(t *schema.Table) schema.Value {
	switch t.Key {
	case schema.HashKey:
		var b [20]byte
		rand.Read(b[:]) // never fails
		return schema.TextValue(hex.EncodeToString(b[:]))
	case schema.UUIDKey:
		return schema.TextValue(uuid.NewString())
	}
	return schema.Value{}
}

// randomText draws the value of a column that is random.
func randomText() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

package engine

import (
	"context"

	"dewpoint/internal/schema"
)

// Secrets makes what must be made with care; package auth does.
type Secrets interface {
	// HashPassword returns what is stored of a password. It takes long.
	HashPassword(ctx context.Context, password string) (string, error)
	// Seal makes of a secret what is stored of it in a column of the row, which has its key: it can't be read anywhere else.
	Seal(row *schema.Record, column, secret string) string
}

// needDigest ends a transaction that needs the digest of a password to go on.
type needDigest struct{ password string }

// Error implements error; Do lets nobody see it.
func (*needDigest) Error() string { return "the digest of a password is needed" }

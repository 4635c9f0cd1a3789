package engine

import (
	"context"

	"dewpoint/internal/schema"
)

// Secrets makes and checks what must be made with care; package auth does.
type Secrets interface {
	// CheckPassword is Invalid, on "password", for a new password of an account that would be guessed.
	CheckPassword(account, password string) error
	// HashPassword returns what is stored of a password. It takes long.
	HashPassword(ctx context.Context, password string) (string, error)
	// NewAPIKey returns a fresh API key, and what is stored of it.
	NewAPIKey() (key, digest string)
	// NewSecondFactor returns the secret of an authenticator and the URI that an app learns it from.
	NewSecondFactor(account string) (secret, uri string, err error)
	// Seal makes of a secret what is stored of it in a column of the row, which has its key: it can't be read anywhere else.
	Seal(row *schema.Record, column, secret string) string
	// SourceSettings checks settings given for an authorization source and returns the columns to write, with what is secret sealed for the
	// row; NotBuilt when its driver isn't there, Invalid with the member's name when they aren't good.
	SourceSettings(row *schema.Record, given string) (schema.Set, error)
	// NewRecoveryCodes returns what stands in for a lost authenticator, and what is stored of it.
	NewRecoveryCodes() (codes []string, stored string)
	// CheckCode checks a code of the account's second factor and returns the columns to write so that it isn't taken again; Invalid when it
	// isn't good, TooMany after some that weren't.
	CheckCode(account *schema.Record, code string) (schema.Set, error)
}

// needDigest ends a transaction that needs the digest of a password to go on.
type needDigest struct{ password string }

// Error implements error; Do lets nobody see it.
func (*needDigest) Error() string { return "the digest of a password is needed" }

// digest returns what is stored of a new password of an account, or the error that has it made. Invalid for one that would be guessed.
func (w *Write) digest(account, password string) (schema.Value, error) {
	if err := w.eng.secrets.CheckPassword(account, password); err != nil {
		return schema.Value{}, err
	}
	digest, ok := w.digests[password]
	if !ok {
		return schema.Value{}, &needDigest{password}
	}
	return schema.TextValue(digest), nil
}

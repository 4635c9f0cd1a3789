// Package access has the hooks of accounts, their keys, groups and permissions. Most of them see to it that nobody gets more rights than they
// have, nor a way in that outlasts the one they came by.
package access

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
)

// Secrets makes and checks what must be made with care; package auth does.
type Secrets interface {
	// CheckPassword is Invalid, on "password", for a new password of an account that would be guessed.
	CheckPassword(account, password string) error
	// NewAPIKey returns a fresh API key, and what is stored of it.
	NewAPIKey() (key, digest string)
	// NewSecondFactor returns the secret of an authenticator and the URI that an app learns it from.
	NewSecondFactor(account string) (secret, uri string, err error)
	// Seal makes of a secret what is stored of it in a column of the row, which has its key: it can't be read anywhere else.
	Seal(row *schema.Record, column, secret string) string
	// SourceSettings checks settings given for an authorization source and returns the columns to write, with what is secret sealed for the
	// row; NotBuilt when its driver isn't there, Invalid with the member's name when they aren't good.
	SourceSettings(row *schema.Record, given string) (access.AuthSourceSet, error)
	// NewRecoveryCodes returns what stands in for a lost authenticator, and what is stored of it.
	NewRecoveryCodes() (codes []string, stored string)
	// CheckCode checks a code of the account's second factor and returns the columns to write so that it isn't taken again; Invalid when it
	// isn't good, TooMany after some that weren't.
	CheckCode(account *schema.Record, code string) (access.UserSet, error)
}

// area has what its hooks need of others.
type area struct{ secrets Secrets }

// Hooks lists the hooks of the area by table.
func Hooks(secrets Secrets) map[string]engine.Hooks {
	a := area{secrets}
	return map[string]engine.Hooks{
		"auth_sources":  a.authSources(),
		"groups":        groupHooks,
		"members":       memberHooks,
		"permissions":   permissionHooks,
		"user_api_keys": a.apiKeys(),
		"users":         a.users(),
	}
}

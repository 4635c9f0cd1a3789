// Package access declares who may do what: accounts, their keys and sessions, groups, permissions, and who else knows their passwords.
package access

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Tables lists the tables of the area.
func Tables() []*schema.Table {
	return []*schema.Table{
		users(), userAPIKeys(), sessions(), endedSignIns(), loginAttempts(), groups(),
		members(), permissions(), identities(), authSources(), secrets(),
	}
}

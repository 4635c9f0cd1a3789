package model_test

import (
	"testing"

	"dewpoint/internal/model"
)

// readByNobody are the secrets that aren't sealed by their declaration, with what lies in the database.
var readByNobody = map[string]string{
	"users.password":            "a digest",
	"users.two_factor_recovery": "digests",
	"auth_sources.secrets":      "sealed by the hook that takes it out of settings",
	"secrets.sealed":            "sealed with another key",
	"nodes.ipmi_password":       "not kept",
}

// TestSecretsLieSealed holds every secret column against the list of those that need no seal.
func TestSecretsLieSealed(t *testing.T) {
	t.Parallel()
	for _, table := range model.Schema().Tables() {
		for _, f := range table.Fields {
			name := table.Name + "." + f.Name
			if _, exempt := readByNobody[name]; f.IsSecret && f.IsSealed == exempt {
				t.Errorf("%s is secret: sealed %t, exempt %t", name, f.IsSealed, exempt)
			}
		}
	}
}

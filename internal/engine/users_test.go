package engine_test

import (
	"fmt"
	"testing"

	"dewpoint/internal/schema"
)

// TestOneAdministratorCanAlwaysEnter takes the last one away by every road.
func TestOneAdministratorCanAlwaysEnter(t *testing.T) {
	t.Parallel()
	b := open(t)
	boss := fmt.Sprint(b.admin)
	roads := map[string]func() error{
		"disable": func() error {
			return b.eng.Update(b.as(b.admin), "users", boss, row{"enabled": false}.input(t))
		},
		"lock": func() error {
			return b.eng.Update(b.as(b.admin), "users", boss, row{"account_locked": 1}.input(t))
		},
		"delete": func() error { return b.eng.Delete(b.as(b.admin), "users", boss) },
		"act": func() error {
			_, err := b.eng.Act(b.as(b.admin), "users", boss, "disable", nil)
			return err
		},
		"leave": func() error { return b.eng.Delete(b.as(b.admin), "members", "1") },
	}
	second := b.user("second")
	b.make("members", row{"parent_group": 1, "member": fmt.Sprintf("/v4/users/%d", second)})
	for what, set := range map[string]schema.Set{
		"the other is disabled": {"enabled": schema.BoolValue(false)},
		"the other is locked":   {"enabled": schema.BoolValue(true), "account_locked": schema.IntValue(1)},
	} {
		b.alter("users", second, set)
		for road, take := range roads {
			expect(t, what+": "+road, kindOf(take()), "conflict")
		}
		b.alter("users", second, schema.Set{"enabled": schema.BoolValue(true), "account_locked": schema.IntValue(0)})
	}
	b.alter("users", second, schema.Set{"enabled": schema.BoolValue(false)})
	expect(t, "the other, who can't enter", kindOf(b.eng.Delete(b.as(b.admin), "users", fmt.Sprint(second))), "ok")
	third := b.user("third")
	b.make("members", row{"parent_group": 1, "member": fmt.Sprintf("users/%d", third)})
	expect(t, "one of two", kindOf(b.eng.Update(b.as(third), "users", boss, row{"account_locked": 1}.input(t))), "ok")
}

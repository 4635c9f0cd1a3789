package access

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

var groupHooks = engine.Hooks{
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		name, renamed := set["name"]
		enabled, switched := set["enabled"]
		if switched && enabled.Bool() && !old.Get("enabled").Bool() {
			return mayJoin(w, old) // as its members do now
		}
		if renamed && name != old.Get("name") || switched && !enabled.Bool() {
			return keepSystemGroup(old)
		}
		return nil
	},
	Remove:  func(_ *engine.Inside, r *schema.Record) error { return keepSystemGroup(r) },
	Settled: settleAdmins,
	Prepare: seedAdministrators,
}

func keepSystemGroup(r *schema.Record) error {
	if !r.Get("system_group").Bool() {
		return nil
	}
	return errs.New(errs.Conflict, "system_group", "group %q is built in; it can't be renamed, disabled or deleted", r.Get("name").Text())
}

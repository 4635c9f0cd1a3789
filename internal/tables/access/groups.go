package access

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
)

var groupHooks = engine.Hooks{
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		of := access.GroupCol
		name, renamed := of.Name.In(set)
		enabled, switched := of.Enabled.In(set)
		if switched && enabled.Bool() && !of.Enabled.Of(old).Bool() {
			return mayJoin(w, old) // as its members do now
		}
		if renamed && name != of.Name.Of(old) || switched && !enabled.Bool() {
			return keepSystemGroup(old)
		}
		return nil
	},
	Remove:  func(_ *engine.Inside, r *schema.Record) error { return keepSystemGroup(r) },
	Settled: settleAdmins,
	Prepare: prepareGroups,
}

func keepSystemGroup(r *schema.Record) error {
	if !access.GroupCol.SystemGroup.Of(r).Bool() {
		return nil
	}
	return errs.New(errs.Conflict, "system_group", "group %q is built in; it can't be renamed, disabled or deleted", access.GroupCol.Name.Of(r).Text())
}

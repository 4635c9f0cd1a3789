package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/tables/power"
)

// machineStatusHooks let a client force a machine off by writing running=false, as the table API's guide describes. Facts themselves
// are the controllers'.
var machineStatusHooks = engine.Hooks{
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		off := false
		if v, ok := compute.MachineStatusCol.Running.In(set); ok {
			runs := compute.MachineStatusCol.Running.Of(old).Bool()
			if v.Bool() && !runs {
				return errs.Field("running", "can only be set to false; use the action poweron to start a machine")
			}
			off = !v.Bool() && runs
		}
		clear(set)
		if off {
			return power.Ask(w, compute.MachineStatusCol.Machine.Of(old), compute.Kill, false)
		}
		return nil
	},
}

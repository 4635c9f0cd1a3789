package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var consoleHooks = engine.Hooks{Actions: map[string]engine.Action{"disconnect": disconnect}}

// disconnect notes which connections shall end. The server that relays them ends them within a second or two. One that isn't there has ended already.
func disconnect(w *engine.Inside, r *schema.Record, params schema.Set) error {
	which := []store.Cond{store.Is(compute.MachineConsoleActiveCol.Console, r.Key.Int())}
	if one := params["active"]; !one.IsNull() {
		which = append(which, store.Key(one))
	}
	rows, err := store.FindRows[compute.MachineConsoleActive](w.Tx, which...)
	for _, row := range rows {
		if err := store.Write(w.Tx, row.Key, compute.MachineConsoleActiveSet{}.Ending(true)); err != nil {
			return err
		}
	}
	return err
}

// Package power asks for the power of machines: a hook notes the wish, and a controller carries it out.
package power

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Ask asks for a power operation on a machine: the controller carries it out and says so in machine_status.
func Ask(w *engine.Inside, machine schema.Value, op string, wanted bool) error {
	m, err := store.GetRow[compute.Machine](w.Tx, machine)
	if err != nil {
		return err
	}
	after, err := operation.Last(w.Tx, operation.MachineQueue(machine.Int()))
	if err != nil {
		return err
	}
	if err := store.Write(w.Tx, machine, compute.MachineStatusSet{}.Powerstate(wanted).Settled(false)); err != nil {
		return err
	}
	return store.Write(w.Tx, machine, compute.MachineSet{}.PowerOp(op).PowerSeq(m.PowerSeq+1).PowerAfter(after))
}

// Obey obeys the argument powerstate of a create or update of a row that runs as a machine: true asks for power on, false for power off.
func Obey(w *engine.Inside, r *schema.Record, machine schema.Value) error {
	const argument = "powerstate" // of both tables
	raw, given := w.Given[argument]
	if !given {
		return nil
	}
	wanted, err := r.Table.Field(argument).Parse(raw)
	if err != nil {
		return err
	}
	status, err := store.GetRow[compute.MachineStatus](w.Tx, machine)
	if err != nil || wanted.IsNull() || wanted.Bool() == status.Powerstate {
		return err
	}
	op := "poweroff"
	if wanted.Bool() {
		op = "poweron"
	}
	return w.Run(r, op)
}

// Package power asks for the power of machines: a hook notes the wish, and a controller carries it out.
package power

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
)

// Ask asks for a power operation on a machine: the controller carries it out and says so in machine_status.
func Ask(w *engine.Inside, machine schema.Value, op string, wanted bool) error {
	m, err := w.Tx.Get("machines", machine)
	if err != nil {
		return err
	}
	after, err := operation.Last(w.Tx, operation.MachineQueue(machine.Int()))
	if err != nil {
		return err
	}
	if err := w.Tx.Change("machine_status", machine, schema.Set{
		"powerstate": schema.BoolValue(wanted), "settled": schema.BoolValue(false),
	}); err != nil {
		return err
	}
	return w.Tx.Change("machines", machine, schema.Set{
		"power_op":    schema.TextValue(op),
		"power_seq":   schema.IntValue(m.Get("power_seq").Int() + 1),
		"power_after": schema.IntValue(after),
	})
}

// Obey obeys the argument powerstate of a create or update: true asks for power on, false for power off.
func Obey(w *engine.Inside, r *schema.Record) error {
	raw, given := w.Given["powerstate"]
	if !given {
		return nil
	}
	wanted, err := r.Table.Field("powerstate").Parse(raw)
	if err != nil {
		return err
	}
	status, err := w.Tx.Get("machine_status", r.Get("machine"))
	if err != nil || wanted.IsNull() || wanted.Bool() == status.Get("powerstate").Bool() {
		return err
	}
	op := "poweroff"
	if wanted.Bool() {
		op = "poweron"
	}
	return w.Run(r, op)
}

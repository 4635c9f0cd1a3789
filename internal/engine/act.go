package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/operation"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

// Act does an action of the declaration to a live row.
func (w *Write) Act(table, key, name string, params schema.Input) error {
	t, r, held, err := w.live(table, key, perm.Modify)
	if err != nil {
		return err
	}
	a, ok := t.Actions.Find(name)
	if !ok {
		return errs.New(errs.Invalid, "no_action", "%s have no action '%s'", t.Name, name).On("action")
	}
	if err := held.Check(perm.Modify); err != nil && !w.made.has(r) {
		return err
	}
	run := w.eng.hooks[t.Name].actions[a.Name]
	if run == nil && a.Operation != "" {
		run = operate(a.Operation)
	}
	if a.NotBuilt != "" || run == nil {
		return errs.New(errs.NotBuilt, "not_built", "%s: %s", name, errs.Ours(a.NotBuilt))
	}
	set := schema.Set{}
	for _, f := range a.Params {
		raw, given := params[f.Name]
		if !given {
			set[f.Name] = f.Default
			continue
		}
		if set[f.Name], err = f.Parse(raw); err != nil {
			return err
		}
	}
	w.given = params
	if err := run(w, r, set); err != nil {
		return err
	}
	return w.logRow(r, a.Name+" of")
}

// power asks for a power operation on a machine: the controller carries it out and says so in machine_status.
func (w *Write) power(machine schema.Value, op string, wanted bool) error {
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

// powerState obeys the argument powerstate of a create or update: true asks for power on, false for power off.
func (w *Write) powerState(r *schema.Record) error {
	raw, given := w.given["powerstate"]
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
	return w.eng.hooks[r.Table.Name].actions[op](w, r, nil)
}

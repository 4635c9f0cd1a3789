package engine

import (
	"dewpoint/internal/errs"
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
		return errs.New(errs.Invalid, "no_action", "%s have no action '%s'", t.Word(errs.Many), name).On("action")
	}
	if err := held.Check(perm.Modify); err != nil && !w.made.has(r) {
		return err
	}
	run := w.eng.hooks[t.Name].Actions[a.Name]
	if run == nil && a.Operation != "" {
		run = operate(a)
	}
	if a.NotBuilt != "" || run == nil {
		return errs.New(errs.NotBuilt, "not_built", "%s: %s", name, errs.Ours(a.NotBuilt))
	}
	set, err := paramsOf(a, params)
	if err != nil {
		return err
	}
	if err := run(w.inside(params, nil), r, set); err != nil {
		return err
	}
	return w.logRow(r, a.Name+" of")
}

// paramsOf reads what a client gave an action. What isn't given, or is null, is as it is by default; Invalid where there must be a value.
func paramsOf(a schema.Action, given schema.Input) (schema.Set, error) {
	set := schema.Set{}
	for _, f := range a.Params {
		v, err := f.Parse(given[f.Name])
		if err != nil {
			return nil, err
		}
		if v.IsNull() {
			v = f.DefaultValue
		}
		if err := keepsRequired(f, v); err != nil {
			return nil, err
		}
		set[f.Name] = v
	}
	return set, nil
}

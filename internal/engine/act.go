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
		return errs.New(errs.Invalid, "no_action", "%s have no action '%s'", t.Name, name).On("action")
	}
	if err := held.Check(perm.Modify); err != nil && !w.made.has(r) {
		return err
	}
	run := w.eng.hooks[t.Name].Actions[a.Name]
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
			set[f.Name] = f.DefaultValue
			continue
		}
		if set[f.Name], err = f.Parse(raw); err != nil {
			return err
		}
	}
	if err := run(w.inside(params, nil), r, set); err != nil {
		return err
	}
	return w.logRow(r, a.Name+" of")
}

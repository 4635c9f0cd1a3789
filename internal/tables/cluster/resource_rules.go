package cluster

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// ruleHooks take filters that can be asked of the table that the group is made of, and no others.
var ruleHooks = engine.Hooks{
	Create: checkRule,
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		if _, given := cluster.ResourceRuleCol.Filter.In(set); !given {
			return nil
		}
		return checkRule(w, old.With(set))
	},
}

func checkRule(w *engine.Inside, r *schema.Record) error {
	of := cluster.ResourceRuleCol
	group, err := store.GetRow[cluster.ResourceGroup](w.Tx, of.ResourceGroup.Of(r))
	if err != nil {
		return err
	}
	ast, err := query.Parse(query.Request{Fields: "$key", Filter: of.Filter.Of(r).Text()})
	if err == nil {
		err = w.CheckRequest(w.Tx.Schema().Table(group.Type), ast)
	}
	if err != nil {
		return errs.Field(of.Filter.Name(), "%s", errs.Ours(errs.Shown(err)))
	}
	return nil
}

package engine

import (
	"encoding/json"

	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
)

// begin makes an operation about a row in this transaction, and names it in the reply.
func (w *Write) begin(r *schema.Record, p operation.Params) error {
	key, err := operation.Begin(w.tx, operation.Request{Object: PathOf(r).Text(), Queue: queueOf(r), Creator: w.actor.Name, Params: p})
	w.Operations = append(w.Operations, key)
	return err
}

// queueOf names the queue that an operation about a row stands in: for parts of a machine that of the machine, as its power does.
func queueOf(r *schema.Record) string {
	if f := r.Table.Field(r.Table.Queue); f != nil {
		return f.Ref + "/" + r.Get(f.Name).Text()
	}
	return PathOf(r).Text()
}

// operate is an action whose declaration names the operation that it begins.
func operate(a schema.Action) Action {
	return func(w *Inside, r *schema.Record, params schema.Set) error {
		return w.begin(r, actionParams{a, r.Key, params})
	}
}

// actionParams are the params of an operation that an action begins: the action's own as clients write them, and as "key" that of the row.
type actionParams struct {
	action schema.Action
	key    schema.Value
	params schema.Set
}

// Operation implements operation.Params.
func (p actionParams) Operation() string { return p.action.Operation }

// MarshalJSON implements json.Marshaler.
func (p actionParams) MarshalJSON() ([]byte, error) {
	members := map[string]any{"key": p.key.Any()}
	for _, f := range p.action.Params {
		members[f.Name] = f.Show(p.params[f.Name])
	}
	return json.Marshal(members)
}

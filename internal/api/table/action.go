package table

import (
	"encoding/json"
	"net/http"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// actionTable serves POST <x>_actions and POST <x>_actions/<name>, whose body names the row.
func (c *call) actionTable() error {
	switch {
	case len(c.path) > 2:
		return c.nowhere()
	case len(c.path) == 2 && c.path[1] == "$table":
		c.t = actionsAsTable(c.t)
		return c.describe()
	}
	if c.method() != http.MethodPost {
		return c.notAllowed(http.MethodPost)
	}
	in, err := c.body()
	if err != nil {
		return err
	}
	name := ""
	if len(c.path) == 2 {
		name = c.path[1]
	} else if name, err = word(in, "action"); err != nil {
		return err
	}
	key, err := word(in, c.t.ActionRef)
	if err != nil {
		return err
	}
	if key, err = c.actedOn(key, name); err != nil {
		return err
	}
	return c.act(key, name, in, http.StatusCreated)
}

// actedOn returns the key of the row with the given key or, if there is none and the action may be asked for by another column, of the row that
// has the key there: one client plugs in and out devices by the machine of a VM. For any other action it would be dangerous, since a machine may
// have the key of a deleted VM.
func (c *call) actedOn(key, action string) (string, error) {
	a, _ := c.t.Actions.Find(action)
	if a.By == "" {
		return key, nil
	}
	err := c.eng.See(c.r.Context(), c.t.Name, key)
	if !errs.Is(err, errs.NotFound) {
		return key, err
	}
	found := key
	err = c.eng.Query(c.r.Context(), c.t.Name, query.Request{Equals: map[string]string{a.By: key}, Fields: "$key"}, func(row json.RawMessage) error {
		var acted struct {
			Key json.Number `json:"$key"`
		}
		if err := json.Unmarshal(row, &acted); err != nil {
			return badRow(err)
		}
		found = acted.Key.String()
		return nil
	})
	return found, err
}

// pathAction serves PUT and POST <table>/<key>/<action>.
func (c *call) pathAction() error {
	status := http.StatusOK
	switch {
	case c.t.ActionTable == "":
		return c.nowhere()
	case c.method() == http.MethodPost:
		status = http.StatusCreated
	case c.method() != http.MethodPut:
		return c.notAllowed(http.MethodPost, http.MethodPut)
	}
	in, err := c.body()
	if err != nil {
		return err
	}
	return c.act(c.key, c.path[2], in, status)
}

// act does an action. A PUT is answered like every other PUT, unless the action has something to say.
func (c *call) act(key, name string, in schema.Input, status int) error {
	params, err := c.actionParams(in)
	if err != nil {
		return err
	}
	return c.change(key, in, func(w *engine.Write) (outcome, error) {
		err := w.Act(c.t.Name, key, name, params)
		if key := operationOf(w); key != "" {
			w.Answers["operation"] = key
		}
		if status == http.StatusOK && len(w.Response)+len(w.Answers) == 0 {
			return outcome{}, err
		}
		if len(w.Response) > 0 {
			w.Answers["response"] = w.Response
		}
		return outcome{status, w.Answers}, err
	})
}

// actionParams returns the arguments of an action: the member params, an object or a string that holds one, or without it the body's other
// members.
func (c *call) actionParams(in schema.Input) (schema.Input, error) {
	raw, given := in["params"]
	if !given {
		params := schema.Input{}
		for name, v := range in {
			if name != c.t.ActionRef && name != "action" {
				params[name] = v
			}
		}
		return params, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text)
	}
	params := schema.Input{}
	if len(raw) == 0 {
		return params, nil
	}
	if err := json.Unmarshal(raw, &params); err != nil {
		return nil, errs.Field("params", "must be an object")
	}
	return params, nil
}

// word reads a member that is a string or a number.
func word(in schema.Input, name string) (string, error) {
	raw := in[name]
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return text, nil
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil && number != "" {
		return number.String(), nil
	}
	if len(raw) == 0 {
		return "", errs.Field(name, "is required").Coded("required")
	}
	return "", errs.Field(name, "must be a string or a number")
}

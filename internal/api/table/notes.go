package table

import (
	"net/http"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// noteTable takes notes of rows of any table that has them, in the column of that name.
const (
	noteTable  = "note_actions"
	noteColumn = "note"
)

// noteActions serves POST note_actions, as {"owner":"vms/42","action":"update","params":{"text":"…"}}: the change of one column, with all that a change
// of the row is subject to.
func (c *call) noteActions() error {
	if len(c.path) > 1 {
		return c.nowhere()
	}
	if c.method() != http.MethodPost {
		return c.notAllowed(http.MethodPost)
	}
	in, err := c.body()
	if err != nil {
		return err
	}
	if name, err := word(in, "action"); err != nil || name != "update" {
		return orElse(err, func() error {
			return errs.New(errs.Invalid, "no_action", "notes have no action '%s'; they have update", name).On("action")
		})
	}
	owner, err := word(in, "owner")
	if err != nil {
		return err
	}
	if c.t, c.key, err = c.noted(owner); err != nil {
		return err
	}
	params, err := c.actionParams(in)
	if err != nil {
		return err
	}
	text, given := params["text"]
	if !given {
		return errs.Field("text", "is required").Coded("required")
	}
	return c.change(c.key, in, func(w *engine.Write) (outcome, error) {
		return outcome{http.StatusCreated, w.Answers}, w.Update(c.t.Name, c.key, schema.Input{noteColumn: text})
	})
}

// noted finds the row that a note is of.
func (c *call) noted(owner string) (*schema.Table, string, error) {
	name, key, _ := strings.Cut(strings.TrimPrefix(owner, "/v4/"), "/")
	t := c.eng.Schema().Table(name)
	if t == nil || t.Internal || key == "" {
		return nil, "", errs.Field("owner", "must be a row such as vms/42")
	}
	if f := t.Field(noteColumn); f == nil || !f.Writable(true) {
		return nil, "", errs.Field("owner", "%s have no note", t.Word(errs.Many))
	}
	return t, key, nil
}

package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// mayTune is Denied to all but administrators who would change what column says: its options reach past what the other columns can do to the host.
// Clients that send a row back as it was may.
func mayTune(w *engine.Inside, old *schema.Record, set schema.Set, column schema.Column[string]) error {
	given, is := column.In(set)
	if !is || given.Text() == "" || w.Actor.Admin || old != nil && given == column.Of(old) {
		return nil
	}
	return errs.New(errs.Denied, "denied", "only administrators can set advanced options; leave advanced empty").On(column.Name())
}

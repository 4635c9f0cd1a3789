package store

import (
	"slices"

	"dewpoint/internal/schema"
)

// Pending is a row that has rows below it which take effect when somebody applies them, and the column of it that tells whether any wait.
type Pending struct {
	Table  string
	Key    schema.Value
	Column string
}

// Path is the row as references to any table name it.
func (p Pending) Path() string { return p.Table + "/" + p.Key.Text() }

// Pending lists the rows whose columns may have to say something else after what the transaction has done so far, each once.
func (tx *Tx) Pending() []Pending { return tx.pending }

// notePending notes that a row was made, changed or deleted.
func (tx *Tx) notePending(r *schema.Record) {
	t := r.Table
	if t.Pending == "" {
		return
	}
	p := Pending{Table: t.Field(t.Parent).Ref, Key: r.Get(t.Parent), Column: t.Pending}
	if !slices.Contains(tx.pending, p) {
		tx.pending = append(tx.pending, p)
	}
}

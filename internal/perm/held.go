package perm

import (
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// Held is what an actor may do with one live row, as far as it was asked.
type Held struct {
	actor   Actor
	row     *schema.Record
	seen    bool
	rights  Rights
	granted bool // Modify comes from a grant, not only because the row is the actor's own
}

// Ask looks up, in one statement at most, whether a may see a live row and has the rights on it.
func Ask(rows Rows, a Actor, r *schema.Record, rights ...Right) (Held, error) {
	h := Held{actor: a, row: r}
	if a.Admin {
		return h, nil
	}
	tests := []query.Expr{Seen(a)(r.Table), granted(a, Modify)(r.Table)}
	if ownOf(r.Table).Columns == nil || !slices.Contains(rights, Modify) {
		tests[1] = query.True()
	}
	for _, right := range rights {
		tests = append(tests, Guard(a, right)(r.Table))
	}
	met, err := judge(rows, r.Table, r.Key, tests)
	if err != nil || met == nil {
		return h, err
	}
	h.seen, h.granted = met[0], met[1]
	for i, right := range rights {
		if met[2+i] {
			h.rights |= RightsOf(right)
		}
	}
	return h, nil
}

// judge is Judge of the row with a key that is there, without a look at it where the tests are the same for all rows.
func judge(rows Rows, t *schema.Table, key schema.Value, tests []query.Expr) ([]bool, error) {
	met := make([]bool, len(tests))
	for i, e := range tests {
		if met[i] = e.IsTrue(); !met[i] && !e.IsFalse() {
			return rows.Judge(t, query.Eq("$key", key), tests...)
		}
	}
	return met, nil
}

// See is NotFound, letter for letter that of a missing row, unless the actor may list or read the row.
func (h Held) See() error {
	if h.actor.Admin || h.seen {
		return nil
	}
	return errs.NoRow(h.row.Table.Word(errs.One), h.row.Key.Text())
}

// Check tells whether the actor has a right that was asked for: NotFound when the row isn't the actor's to see, Denied when it is but the
// right is missing.
func (h Held) Check(right Right) error {
	if err := h.See(); err != nil || h.actor.Admin || h.rights.Has(right) {
		return err
	}
	return Deny(right, h.row.Table)
}

// CheckModify is Check for Modify of some columns: Denied names the first one that is out of reach.
func (h Held) CheckModify(columns []string) error {
	own := ownOf(h.row.Table)
	if err := h.Check(Modify); err != nil || h.actor.Admin || h.granted || own.Columns == nil || !own.has(h.actor, h.row) {
		return err
	}
	for _, c := range columns {
		if !slices.Contains(own.Columns, c) {
			return errs.New(errs.Denied, "denied", "you need the right %q on %s to change %s; without it you can change %s",
				Modify, h.row.Table.Word(errs.Wired), errs.Column(c), errs.Ours(strings.Join(own.Columns, ", "))).On(c)
		}
	}
	return nil
}

// Deny is the error of somebody who lacks the right on what they may see.
func Deny(right Right, t *schema.Table) error {
	return errs.New(errs.Denied, "denied", "you need the right %q on %s", right, t.Word(errs.Wired))
}

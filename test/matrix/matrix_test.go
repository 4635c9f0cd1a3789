package matrix_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/perm"
	"dewpoint/internal/store"
	"dewpoint/test/golden"
)

// operation is one operation of an API, and how to call it.
type operation struct {
	name string
	kind kind
	// make makes the row that it is about, or below which it makes one; nil for operations that are about no row.
	make func(*server) object
	// call is the request about the row; missing is the same about one that isn't there.
	call func(s *server, o object) request
	// refers are rows that the body refers to: it takes the right to read them, or more.
	refers func(s *server, o object) ([]object, perm.Rights)
	// shows tells whether a list has the row in it.
	shows func(s *server, body string, o object) bool
	// table is that of the rows it makes.
	table  string
	free   bool // for everybody, whatever they hold
	public bool // asks for no credential
	// still is why it changes nothing though it was let through; else it has to.
	still string
	// refused is the status of every answer to those who are let through, where the operation can't be done yet and says why; else 0.
	refused int
	// missing is the same request about a row that isn't there.
	missing func(s *server) request
	// parent reports that rows are made below the row.
	parent bool
	before string // the row as it was before the present call
	end    int64  // the last change before it
}

// TestMatrix tries every operation of both APIs with every right, on one row, on its table and on everything.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for name, operations := range map[string]func(*server) ([]operation, []string){
		"resource": (*server).resourceOperations, "table": (*server).tableOperations,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			found, uncovered := operations(s)
			golden.Equal(t, "testdata/"+name+".txt", s.matrix(found))
			golden.Equal(t, "testdata/"+name+"_uncovered.txt", strings.Join(uncovered, "\n"))
		})
	}
}

// matrix tries the operations and draws what was answered.
func (s *server) matrix(operations []operation) string {
	s.Helper()
	var holders []*holder
	for _, rights := range holdings {
		for _, scope := range scopes {
			holders = append(holders, s.holder(rights, scope))
		}
	}
	everything := perm.RightsOf(perm.All[:]...)
	other, whole := s.holder(everything, "row"), s.holder(everything, "all")
	var out strings.Builder
	for i := range operations {
		op := &operations[i]
		cells := map[perm.Rights][]string{}
		o := op.fresh(s, holders)
		for _, h := range holders {
			got := op.try(s, h, &o, holders)
			cells[h.rights] = append(cells[h.rights], got)
		}
		fmt.Fprintf(&out, "%-62s %-8s", op.name, op.kind)
		for _, rights := range holdings {
			fmt.Fprintf(&out, " %s=%s", nameOf(rights), strings.Join(slices.Compact(cells[rights]), "/"))
		}
		out.WriteByte('\n')
		op.strangers(s, other, whole)
		op.credentials(s)
	}
	return out.String()
}

// off reports whether somebody was let through to the console of a VM that doesn't run.
func off(r reply) bool { return strings.Contains(string(r.body), "NO_CONSOLE_AVAILABLE") }

// fresh makes a row for the operation and gives the holders their rights on it.
func (op *operation) fresh(s *server, holders []*holder) (o object) {
	s.Helper()
	if op.make != nil {
		o = op.make(s)
		s.aim(o, op, holders...)
		op.before = s.record(o)
	}
	switch {
	case op.refers != nil:
		refs, rights := op.refers(s, o)
		s.lend(holders, refs, rights)
	case len(s.lent) > 0:
		s.lend(nil, nil, 0)
	}
	op.end = s.ends()
	return o
}

// due is what the rules say of the holder.
func (op *operation) due(s *server, h *holder) int {
	if _, is := closed[op.table]; is {
		return dueOnClosed(op.kind)
	}
	if op.kind == creates && h.scope == "row" && !op.parent && !op.free {
		return http.StatusForbidden // nothing is made below this row
	}
	held := h.rights
	if op.free {
		held = perm.RightsOf(perm.All[:]...)
	}
	if o := s.DB.Schema.Table(op.table); o != nil && o.Open {
		held |= perm.RightsOf(perm.List, perm.Read)
	}
	if status := due(op.kind, held); status != allowed {
		return status
	}
	return exception(op.name, h.scope)
}

// try calls the operation as a holder and looks at what it did. Where it changed the row, o is another one afterwards.
func (op *operation) try(s *server, h *holder, o *object, holders []*holder) string {
	s.Helper()
	q := op.call(s, *o)
	r := s.send(q, h.token)
	want := op.due(s, h)
	what := fmt.Sprintf("%s with %s on %s: status %d", op.name, nameOf(h.rights), h.scope, r.status)
	refused := r.status == http.StatusForbidden || r.status == http.StatusNotFound || r.status == http.StatusUnauthorized
	if refused && r.status != want || !refused && want != allowed || r.status >= 500 && r.status != http.StatusNotImplemented && !off(r) {
		s.Errorf("%s, want %d: %.300s", what, want, r.body)
	}
	if op.refused != 0 && want == allowed && r.status != op.refused {
		s.Errorf("%s, want %d: %.300s", what, op.refused, r.body)
	}
	changed, after := s.ends() != op.end, op.before
	if op.make != nil && (q.method != http.MethodGet || changed) {
		after = s.record(*o)
	}
	done := r.status < 300 && op.kind != reads && op.kind != lists
	switch {
	case !changed && after != op.before:
		s.Errorf("%s: the row changed without a line in the log of changes", what)
	case changed && !done:
		s.Errorf("%s: refused, and still something changed (-before +after):\n%s", what, cmp.Diff(op.before, after))
	case done && !changed && op.still == "" && op.kind != anybody:
		s.Errorf("%s: let through, and nothing changed", what)
	case done && op.kind == deletes && after != "":
		s.Errorf("%s: the row is still there", what)
	}
	if op.shows != nil && r.status < 300 {
		open := s.DB.Schema.Table(o.table).Open
		_, shut := closed[o.table]
		if got, want := op.shows(s, r.body, *o), open || h.rights.Has(perm.List) && !shut; got != want {
			s.Errorf("%s: the row is shown: %v, want %v: %.300s", what, got, want, r.body)
		}
	}
	if changed {
		*o = op.fresh(s, holders)
	}
	return fmt.Sprint(r.status)
}

// strangers tries the operation on a row that its caller holds nothing on, and on one that isn't there: both look the same.
func (op *operation) strangers(s *server, other, whole *holder) {
	s.Helper()
	if op.make == nil || rules[op.kind] == 0 || s.DB.Schema.Table(op.table).Open {
		return
	}
	hidden, mine := op.make(s), s.create("vms", `{"name":"mine%d"}`)
	s.aim(mine, &operation{}, other)
	q, names, end := op.call(s, hidden), s.names(hidden), s.ends()
	unseen := s.send(q, other.token)
	gone := s.send(op.missing(s), whole.token)
	if unseen.status != http.StatusNotFound || gone.status != http.StatusNotFound || s.ends() != end {
		s.Errorf("%s: status %d of another's row and %d of none, want 404: %s %s", op.name, unseen.status, gone.status, unseen.body, gone.body)
	}
	if a, b := plain(unseen.body, names...), plain(gone.body, missingNames...); a != b {
		s.Errorf("%s: another's row and none can be told apart: %s %s", op.name, a, b)
	}
}

// credentials tries the operation with what nobody is let in by, and with each kind of a good credential.
func (op *operation) credentials(s *server) {
	s.Helper()
	o := object{}
	if op.make != nil {
		o = op.make(s)
	}
	q := op.call(s, o)
	end := s.ends()
	for i, token := range s.bad {
		if r := s.send(q, token); !op.public && r.status != http.StatusUnauthorized || s.ends() != end {
			s.Errorf("%s with the bad credential %d: status %d, want 401 and nothing changed: %s", op.name, i, r.status, r.body)
		}
	}
	for i, token := range s.good {
		if op.make != nil { // the one before may have deleted it
			o = op.make(s)
		}
		if q = op.call(s, o); rules[op.kind] != 0 {
			q = op.missing(s)
		}
		if r := s.send(q, token); r.status == http.StatusUnauthorized && !op.public || r.status == http.StatusForbidden {
			s.Errorf("%s with the good credential %d: status %d: %s", op.name, i, r.status, r.body)
		}
	}
}

// plain leaves out what a row is called.
func plain(body string, names ...string) string {
	for _, name := range names {
		body = strings.NewReplacer("/"+name+"'", "…", `\"`+name+`\"`, "…").Replace(body)
	}
	return body
}

// missingNames are what no row is called.
var missingNames = []string{"00000000-0000-4000-8000-000000000000", "987654", "nowhere"}

// names are what a request may call a row.
func (s *server) names(o object) (names []string) {
	s.must(s.DB.View(context.Background(), func(tx *store.Tx) error {
		r, err := tx.Get(o.table, o.key)
		if err != nil {
			return err
		}
		for _, column := range []string{"uuid", "name"} {
			if f := r.Table.Field(column); f != nil && f.Stored() && r.Get(column).Text() != "" {
				names = append(names, r.Get(column).Text())
			}
		}
		names = append(names, o.key.Text())
		return nil
	}))
	return names
}

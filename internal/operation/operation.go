// Package operation does long work that ends done or undone. An operation is a row, made in the transaction of the request that asks for it,
// and a list of named steps, each with its undo. A crash at any line is repaired by the next run of the server: the step that was cut off is
// repeated where that is possible, else all steps are taken back. docs/design/0017-operations.md has the reasons.
package operation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// The values of operations.status.
const (
	Queued    = "queued"
	Running   = "running"
	Undoing   = "undoing"
	Complete  = "complete"
	Failed    = "error"
	Cancelled = "cancelled"
)

// Params is what an operation works with. It is kept as JSON; its type belongs to one kind.
type Params interface {
	// Operation names the kind: "drive_import".
	Operation() string
}

// Request asks for an operation.
type Request struct {
	Object  string // the row that it is about, "machine_drives/7": its rights count
	Queue   string // operations with the same queue run one after the other; the object's when empty
	Node    int64  // where it runs; 0 leaves it to the node that keeps the host
	Creator string // who asks
	Params  Params
}

// Begin makes the row of an operation in the caller's transaction, and returns its key. Its steps run after the commit.
func Begin(tx *store.Tx, r Request) (int64, error) {
	params, err := json.Marshal(r.Params)
	if err != nil {
		return 0, fmt.Errorf("params of an operation %s: %w", r.Params.Operation(), err)
	}
	if r.Queue == "" {
		r.Queue = r.Object
	}
	before, err := tx.Count("operations", waitingIn(r.Queue)...)
	if err != nil {
		return 0, err
	}
	object := tx.Schema().Table("operations").Field(system.OperationCol.Object.Name())
	if to, _, _ := strings.Cut(r.Object, "/"); !slices.Contains(object.Among, to) {
		return 0, fmt.Errorf("an operation %s is about a row of %s, which operations.object doesn't name", r.Params.Operation(), to)
	}
	key, err := store.Create(tx, system.OperationSet{}.Kind(r.Params.Operation()).Object(r.Object).Queue(r.Queue).
		Node(r.Node).Creator(r.Creator).Params(string(params)).Place(before))
	return key.Int(), err
}

// Cancel asks for the end of an operation: its runner stops it and takes back what it has done. One that hasn't begun ends at once. It may be
// asked again; it is Conflict for one that has ended otherwise.
func Cancel(tx *store.Tx, key int64) error {
	row, err := store.GetRow[system.Operation](tx, key)
	if err != nil {
		return err
	}
	set := system.OperationSet{}.Cancel(true)
	switch {
	case row.Cancel && row.Status != Complete && row.Status != Failed:
		return nil
	case !open(row.Status):
		return errs.New(errs.Conflict, "operation_ended", "operation %d has already ended", key)
	case row.Status == Queued:
		set.Status(Cancelled).Null(system.OperationCol.StatusInfo).Ended(tx.Now().Unix())
	}
	if err := store.Write(tx, key, set); err != nil {
		return err
	}
	if row.Status == Queued {
		touch(tx, row.Object, row.Queue)
	}
	return advance(tx, row.Queue)
}

// open reports whether there is still something to do.
func open(status string) bool { return status == Queued || status == Running || status == Undoing }

func isOpen() store.Cond {
	return store.Is(system.OperationCol.Status, Queued, Running, Undoing)
}

// waitingIn are the operations of a queue that haven't ended.
func waitingIn(queue string) []store.Cond {
	return []store.Cond{store.Is(system.OperationCol.Queue, queue), isOpen()}
}

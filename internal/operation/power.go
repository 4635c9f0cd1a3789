package operation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// machineQueues begins the queues of machines. Their power stands in them too: a request for it comes behind the operations that are open then
// (machines.power_after), and those that are begun later come behind the power.
const machineQueues = "machines/"

// MachineQueue names the queue of a machine.
func MachineQueue(machine int64) string { return machineQueues + strconv.FormatInt(machine, 10) }

// MachineOf returns the machine in whose queue an operation stands; ok is false for one that is about something else.
func MachineOf(row system.Operation) (machine int64, ok bool) {
	text, ours := strings.CutPrefix(row.Queue, machineQueues)
	machine, err := strconv.ParseInt(text, 10, 64)
	return machine, ours && err == nil
}

// Open reads the operations that haven't ended.
func Open(tx *store.Tx) ([]system.Operation, error) {
	return store.FindRows[system.Operation](tx, isOpen())
}

// Last returns the key of the last operation in a queue that hasn't ended, 0 for none.
func Last(tx *store.Tx, queue string) (int64, error) {
	rows, err := store.FindRows[system.Operation](tx, waitingIn(queue)...)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[len(rows)-1].Key, nil
}

// About reports whether an operation of a kind is open about an object.
func About(tx *store.Tx, object, kind string) (bool, error) {
	n, err := tx.Count("operations", store.Is(system.OperationCol.Object, object), store.Is(system.OperationCol.Kind, kind), isOpen())
	return n > 0, err
}

// BeforePower returns, by machine, the operations that a request for power has to wait for: all that are under way, and those that were begun
// before it. Without a request, as after a power loss, it is all that are open.
func BeforePower(tx *store.Tx, machines []compute.Machine, done func(machine int64) (seq int64)) (map[int64][]system.Operation, error) {
	rows, err := Open(tx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	queues := map[string][]system.Operation{}
	for _, row := range rows {
		queues[row.Queue] = append(queues[row.Queue], row)
	}
	before := map[int64][]system.Operation{}
	for _, m := range machines {
		asked := m.PowerSeq > done(m.Key)
		ahead := slices.DeleteFunc(queues[MachineQueue(m.Key)], func(row system.Operation) bool {
			return asked && row.Status == Queued && row.Key > m.PowerAfter
		})
		if len(ahead) > 0 {
			before[m.Key] = ahead
		}
	}
	return before, nil
}

// behindPower returns what power an operation waits for, "" for none. Power that waits itself, for a disk that the operation may be about to make,
// or that fails and is tried again, lets it go first.
func behindPower(tx *store.Tx, row system.Operation) (string, error) {
	key, ours := MachineOf(row)
	if !ours {
		return "", nil
	}
	machines, err := store.FindRows[compute.Machine](tx, store.Key(schema.IntValue(key)))
	if err != nil || len(machines) == 0 || row.Key <= machines[0].PowerAfter {
		return "", err
	}
	status, err := store.GetRow[compute.MachineStatus](tx, key)
	if err != nil || machines[0].PowerSeq <= status.DoneSeq || status.Status == "waitingforresources" || status.Status == "error" {
		return "", err
	}
	return fmt.Sprintf("waits until the %s that was asked for before is done", machines[0].PowerOp), nil
}

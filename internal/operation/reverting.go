package operation

import (
	"encoding/json"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// Reverting returns the operations that take VMs back to snapshots, by the snapshot, which stays until they end.
func Reverting(tx *store.Tx) (map[int64]int64, error) {
	open, err := Open(tx)
	by := map[int64]int64{}
	for _, op := range open {
		var back compute.VMRevert
		if op.Kind == back.Operation() && json.Unmarshal([]byte(op.Params), &back) == nil {
			by[back.Snapshot] = op.Key
		}
	}
	return by, err
}

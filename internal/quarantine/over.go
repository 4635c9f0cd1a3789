package quarantine

import (
	"context"
	"time"

	"dewpoint/internal/model/system"
	"dewpoint/internal/served"
	"dewpoint/internal/store"
)

// grace is for how long servers must have run while a thing's time was over, before it is removed: a clock that is ahead for a while removes
// nothing.
const grace = 24 * time.Hour

// over reports whether the time of a thing is over, and has been for long enough.
func (k *Keeper) over(ctx context.Context, q system.Quarantine) (bool, error) {
	if q.KeepUntil == 0 || q.KeepUntil > k.now().Unix() {
		if q.Over == 0 {
			return false, nil
		}
		return false, k.change(ctx, q.Key, system.QuarantineSet{}.Null(system.QuarantineCol.Over))
	}
	var run int64
	err := k.db.View(ctx, func(tx *store.Tx) (err error) {
		run, err = served.Seconds(tx)
		return err
	})
	if err != nil {
		return false, err
	}
	run++ // so that none is 0, which is null
	if q.Over == 0 {
		return false, k.change(ctx, q.Key, system.QuarantineSet{}.Over(run))
	}
	return run >= q.Over+int64(grace/time.Second), nil
}

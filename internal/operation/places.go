package operation

import (
	"context"
	"time"

	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// exactPlaces is how many of a queue are told their places at once when one ends. Of a longer queue the others are told by the runner, at most once in
// placesEvery: else a hundred operations would write their rows five thousand times.
const (
	exactPlaces = 8
	placesEvery = time.Second
)

// advance counts the first places of a queue anew, after one of its operations has ended.
func advance(tx *store.Tx, queue string) error {
	waiting, err := store.FindRows[system.Operation](tx, waitingIn(queue)...)
	if err != nil {
		return err
	}
	return place(tx, waiting[:min(len(waiting), exactPlaces)])
}

// place tells the first operations of a queue their places, where that is news.
func place(tx *store.Tx, waiting []system.Operation) error {
	for i, row := range waiting {
		if row.Place == int64(i) {
			continue
		}
		if err := store.Write(tx, row.Key, system.OperationSet{}.Place(int64(i))); err != nil {
			return err
		}
	}
	return nil
}

// misplaced are the queues with an operation whose place isn't told rightly.
func misplaced(rows []system.Operation) (queues []string) {
	seen, wrong := map[string]int64{}, map[string]bool{}
	for _, row := range rows {
		if row.Place != seen[row.Queue] && !wrong[row.Queue] {
			wrong[row.Queue] = true
			queues = append(queues, row.Queue)
		}
		seen[row.Queue]++
	}
	return queues
}

// placeAll tells all operations of long queues their places, now and then.
func (r *Runner) placeAll(ctx context.Context, rows []system.Operation) error {
	queues := misplaced(rows)
	if len(queues) == 0 {
		return nil
	}
	if wait := placesEvery - time.Since(r.placed); wait > 0 {
		if !r.placing {
			r.placing = true
			time.AfterFunc(wait, r.wake)
		}
		return nil
	}
	r.placed, r.placing = time.Now(), false
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, queue := range queues {
			waiting, err := store.FindRows[system.Operation](tx, waitingIn(queue)...)
			if err == nil {
				err = place(tx, waiting)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

package stats

import (
	"context"
	"slices"

	"dewpoint/internal/store"
)

// mostSteps is how many rows are written in one transaction: nobody else can write meanwhile.
const mostSteps = 200

// steps write what has changed, a row each.
func stepsOf(change []changed) (steps []func(*store.Tx) error) {
	for _, c := range change {
		steps = append(steps, func(tx *store.Tx) error { return unlessGone(tx.Change("machine_stats", c.key, c.set)) })
	}
	return steps
}

// write carries the steps out, in transactions that are short.
func (c *Controller) write(ctx context.Context, steps []func(*store.Tx) error) error {
	for part := range slices.Chunk(steps, mostSteps) {
		err := c.DB.Update(ctx, func(tx *store.Tx) error {
			for _, step := range part {
				if err := step(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

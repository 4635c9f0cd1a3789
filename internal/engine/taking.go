package engine

import (
	"context"

	"dewpoint/internal/perm"
)

// Taking is told when the bytes of a row are about to be downloaded, and the log says so; Denied when they may not be.
func (e *Engine) Taking(ctx context.Context, table, key string) error {
	return e.Do(ctx, func(w *Write) error {
		_, r, held, err := w.live(table, key, perm.Read)
		if err == nil {
			err = held.Check(perm.Read)
		}
		if h := e.hooks[table]; err == nil && h.Taken != nil {
			err = h.Taken(w.inside(nil, nil), r)
		}
		if err != nil {
			return err
		}
		return w.logRow(r, "downloaded")
	})
}

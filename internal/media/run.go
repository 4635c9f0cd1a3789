package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// lookEvery is how often Run looks without being woken, so that a lost nudge costs minutes, not the bytes.
const lookEvery = 10 * time.Minute

// Run sweeps and fills in missing SHA-256 sums: at once, whenever wake has something, and now and then. It returns when ctx ends.
func (l *Library) Run(ctx context.Context, wake <-chan struct{}, log *slog.Logger) {
	timer := time.NewTicker(lookEvery)
	defer timer.Stop()
	for ctx.Err() == nil {
		if err := errors.Join(l.Sweep(ctx), l.sumAll(ctx)); err != nil && ctx.Err() == nil {
			log.Error("media upkeep failed", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
	}
}

// sumAll fills in the SHA-256 sums of complete files that have none.
func (l *Library) sumAll(ctx context.Context) error {
	var rows []model.File
	err := l.db.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = store.FindRows[model.File](tx, store.Eq("complete", schema.BoolValue(true)), store.Eq("sha256", schema.Value{}))
		return err
	})
	for _, row := range rows {
		if oneErr := l.sum(ctx, row); oneErr != nil && !errs.Is(oneErr, errs.NotFound) {
			err = errors.Join(err, fmt.Errorf("computing the SHA-256 of file %d: %w", row.Key, oneErr))
		}
	}
	return err
}

func (l *Library) sum(ctx context.Context, row model.File) error {
	f, err := os.Open(l.path(row.Key))
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, &cancellable{ctx, f}); err != nil {
		return err
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Get("files", schema.IntValue(row.Key)); err != nil {
			return err // deleted meanwhile
		}
		return tx.Change("files", schema.IntValue(row.Key), schema.Set{
			"sha256":   schema.TextValue(hex.EncodeToString(h.Sum(nil))),
			"modified": schema.IntValue(row.Modified), // the bytes are the same
		})
	})
}

// cancellable is a reader that ends with its context.
type cancellable struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}

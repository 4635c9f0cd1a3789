package job

import (
	"context"
	"sync"
	"time"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// writeEvery is the least time between two writes of a job's progress.
const writeEvery = 500 * time.Millisecond

// Progress is where work tells how far it is. Set only notes it and never waits for the database.
type Progress struct {
	mu      sync.Mutex
	percent float64
	info    string
	changed bool
}

// Set notes how far the work is, in percent from 0 to 100, and what it is doing ("" for nothing worth saying).
func (p *Progress) Set(percent float64, info string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.percent, p.info, p.changed = min(max(percent, 0), 100), info, true
}

func (p *Progress) take() (percent float64, info string, changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed, p.changed = p.changed, false
	return p.percent, p.info, changed
}

// write writes the progress whenever it has changed, until the work is done.
func (p *Progress) write(ctx context.Context, r *Runner, id int64, done <-chan struct{}) {
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		percent, info, changed := p.take()
		if !changed {
			continue
		}
		if err := r.db.Update(ctx, func(tx *store.Tx) error {
			return tx.Change("jobs", schema.IntValue(id), schema.Set{"progress_pct": schema.RealValue(percent), "status_info": schema.TextValue(info)})
		}); err != nil && ctx.Err() == nil {
			r.log.Warn("writing the progress of a job failed", "job", id, "err", err)
		}
	}
}

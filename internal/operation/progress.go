package operation

import (
	"context"
	"sync"
	"time"
)

// writeEvery is the least time between two writes of an operation's progress.
const writeEvery = 500 * time.Millisecond

// Progress is where a step tells how far it is. Tell only notes it and never waits for the database.
type Progress struct {
	mu      sync.Mutex
	percent float64
	info    string
	changed bool
}

// Tell notes how far the step is, in percent from 0 to 100, and what it is doing ("" for nothing worth saying).
func (p *Progress) Tell(percent float64, info string) {
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

// follow calls write whenever the progress has changed, until ctx ends or write fails.
func (p *Progress) follow(ctx context.Context, write func(percent float64, info string) error) {
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if percent, info, changed := p.take(); changed && write(percent, info) != nil {
			return // whoever marks the step meets the same failure, and tells it
		}
	}
}

package vm

import (
	"sync"
	"time"

	"dewpoint/internal/errs"
)

// retryAdjust is how long a running guest is left alone after it couldn't be changed.
const retryAdjust = 10 * time.Second

// tries are the last attempts to change running guests, by machine. The zero value knows none; it is for concurrent use.
type tries struct {
	mu    sync.Mutex
	byKey map[int64]try
}

type try struct {
	sign  string
	until time.Time // nothing is tried again before; zero for never
	why   string    // it failed, for people
}

// note remembers an attempt, and reports whether it failed otherwise than the one before.
func (t *tries) note(machine int64, sign string, err error) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey == nil {
		t.byKey = map[int64]try{}
	}
	now := try{sign: sign}
	if err != nil {
		now.until, now.why = time.Now().Add(retryAdjust), errs.Shown(err)
	}
	was := t.byKey[machine]
	t.byKey[machine] = now
	return err != nil && (was.sign != sign || was.why != now.why)
}

// due reports whether something is to be tried, and else why the last attempt failed.
func (t *tries) due(machine int64, sign string) (due bool, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, tried := t.byKey[machine]
	if !tried || last.sign != sign {
		return true, ""
	}
	return !last.until.IsZero() && time.Now().After(last.until), last.why
}

// forget drops what is known of a machine that lacks nothing.
func (t *tries) forget(machine int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byKey, machine)
}

package loop

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Fault is why an object isn't as it is wished.
type Fault struct {
	Err   error
	Since time.Time // the first failure of those in a row
}

// faults are the objects whose last try failed. It is safe for concurrent use; the zero value has none.
type faults struct {
	mu    sync.Mutex
	byKey map[int64]Fault
}

func (f *faults) get(key int64) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault, failed := f.byKey[key]
	return fault, failed
}

// note remembers a failure, and reports whether it is another than the one before.
func (f *faults) note(key int64, err error, now time.Time) (news bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byKey == nil {
		f.byKey = map[int64]Fault{}
	}
	old, failed := f.byKey[key]
	if !failed {
		old.Since = now
	}
	f.byKey[key] = Fault{Err: err, Since: old.Since}
	return !failed || old.Err.Error() != err.Error()
}

func (f *faults) forget(key int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byKey, key)
}

func (f *faults) keys() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.byKey))
}

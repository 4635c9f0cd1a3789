package storage

import "sync"

// refusals are the drives whose action was refused for good, each as it was then: trying it again could only fail again. They are kept in
// memory, so a restart tries once more. The zero value is ready, and it is safe for concurrent use.
type refusals struct {
	mu   sync.Mutex
	what map[int64]refusal
}

// refusal is all that an action on a drive depends on.
type refusal struct {
	action action
	tier   string
	size   int64
	source Source
}

func refusalOf(d *Drive, a action) refusal {
	r := refusal{action: a, tier: d.Tier, size: d.Size}
	if d.Source != nil {
		r.source = *d.Source
	}
	return r
}

func (r *refusals) note(d *Drive, a action) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.what == nil {
		r.what = map[int64]refusal{}
	}
	r.what[d.Key] = refusalOf(d, a)
}

// stands tells whether the action was refused to the drive as it is.
func (r *refusals) stands(d *Drive, a action) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was, refused := r.what[d.Key]
	return refused && was == refusalOf(d, a)
}

func (r *refusals) forget(drive int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.what, drive)
}

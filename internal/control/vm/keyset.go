package vm

import "sync"

// keySet is a set of machine keys for concurrent use. The zero value is empty.
type keySet struct {
	mu   sync.Mutex
	keys map[int64]bool
}

func (s *keySet) add(key int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[int64]bool{}
	}
	s.keys[key] = true
}

func (s *keySet) has(key int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[key]
}

// keep forgets the keys of machines whose rows are gone.
func (s *keySet) keep(machines []Machine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) == 0 {
		return
	}
	alive := map[int64]bool{}
	for _, m := range machines {
		if s.keys[m.Key] {
			alive[m.Key] = true
		}
	}
	s.keys = alive
}

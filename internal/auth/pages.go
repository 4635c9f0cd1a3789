package auth

import (
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// pages has digests computed in large pages. A digest touches 19 MiB that the collector got from the system a moment ago: in small pages that is
// five thousand page faults, which cost as much as the digest (36 ms of CPU instead of 21), and more where the host is itself a guest (130 instead
// of 40). The zero value is ready.
type pages struct{ once sync.Once }

// want asks the system for large pages where the next digests will lie: in the free range of the heap that is the lowest one of that size. The
// range takes no memory until it is written to. Where the system has no large pages, nothing changes.
func (p *pages) want() {
	p.once.Do(func() {
		const digests = 2 // the one before may not have been collected yet
		_ = unix.Madvise(make([]byte, digests*argonMemory<<10), unix.MADV_HUGEPAGE)
		runtime.GC()
	})
}

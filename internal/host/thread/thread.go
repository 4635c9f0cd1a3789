// Package thread runs functions on threads of their own, so that they may change what belongs to a thread: its namespaces, its root
// directory, its capabilities. A process that such a function starts inherits all of it.
package thread

import (
	"errors"
	"runtime"

	"golang.org/x/sys/unix"
)

// Own runs f on a thread that ends with it, so no other goroutine ever meets what f left of it. A panic of f is the caller's, as if f
// had run here. f must not hand work to other goroutines: they stay outside.
func Own(f func() error) error {
	done := make(chan result, 1)
	go run(f, done)
	r := <-done
	if r.panic != nil {
		panic(r.panic)
	}
	return r.err
}

type result struct {
	err   error
	panic any
}

func run(f func() error, done chan<- result) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The first thread can't end, and /proc/self tells of it: as long as this goroutine holds it, another thread does the work.
		other := make(chan result, 1)
		go run(f, other)
		done <- <-other
		runtime.UnlockOSThread()
		return
	}
	// Never unlocked: the runtime then ends the thread with the goroutine.
	r := result{err: errors.New("a function on a thread of its own ended its goroutine")}
	defer func() {
		r.panic = recover()
		done <- r
	}()
	r.err = f()
}

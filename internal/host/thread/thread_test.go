package thread_test

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"dewpoint/internal/host/thread"
)

// The first goroutine stays on the first thread, where TestFirstThread wants to begin.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	code := make(chan int)
	go func() { code <- m.Run() }()
	runtime.UnlockOSThread() // from here on the first thread serves any goroutine
	os.Exit(<-code)
}

func TestOwnGivesBackWhatHappened(t *testing.T) {
	t.Parallel()
	want := errors.New("of f")
	if err := thread.Own(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	if err := thread.Own(func() error { runtime.Goexit(); return nil }); err == nil {
		t.Error("a goroutine that ended early counts as success")
	}
	defer func() {
		if recover() != "of f" {
			t.Error("the panic got lost")
		}
	}()
	_ = thread.Own(func() error { panic("of f") })
}

// TestNeverTheFirst asks often enough that the scheduler would hand out the first thread, were it not refused.
func TestNeverTheFirst(t *testing.T) {
	t.Parallel()
	for range 500 {
		if err := thread.Own(func() error {
			if unix.Gettid() == unix.Getpid() {
				return errors.New("on the first thread")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

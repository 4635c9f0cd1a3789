package front

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

// Pace is how slowly the bytes of a body may come. A long body may take any time at that pace.
type Pace struct {
	Idle   time.Duration // without a byte
	Window time.Duration // of waiting for bytes, in which Least must come
	Least  int64
}

// The bounds of what is uploaded. A modem of the last century is four times as fast.
var pace = Pace{Idle: time.Minute, Window: time.Minute, Least: 60 << 10}

const (
	recheckEvery = 3 * time.Second
	roomEvery    = 32 << 20
	drainTime    = 5 * time.Second // for the rest of a body that nobody wants
)

// Checks are what must go on to hold while a body is received.
type Checks struct {
	Still func(ctx context.Context) error // asked every few seconds; it ends the body when it is Unauthenticated, Denied or NotFound
	Room  func() error                    // asked now and then as bytes come; each error ends the body
	Pace  Pace                            // zero for the usual one
	Every time.Duration                   // between calls of Still; zero for the usual time
}

// Body is a request's body that is cut off when its sender stalls, or one of its checks fails; what was read until then is good. The reader gets the
// cause as its error. It is read by one goroutine.
type Body struct {
	body    io.ReadCloser
	control *http.ResponseController
	checks  Checks
	now     func() time.Time

	waited  time.Duration // in this window
	came    int64         // in this window
	unasked int64         // bytes since Room was asked

	stop func()
	mu   sync.Mutex
	why  error
}

// Receive makes a body of a request's. Stop it when the request is done.
func Receive(w http.ResponseWriter, r *http.Request, checks Checks) *Body {
	if checks.Pace == (Pace{}) {
		checks.Pace = pace
	}
	if checks.Every == 0 {
		checks.Every = recheckEvery
	}
	b := &Body{body: r.Body, control: http.NewResponseController(w), checks: checks, now: time.Now}
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.watch(ctx)
	}()
	b.stop = func() {
		cancel()
		<-done
	}
	return b
}

// watch asks whether the sender still may send. A read that waits is woken by its deadline; again each time, as others set it too.
func (b *Body) watch(ctx context.Context) {
	timer := time.NewTicker(b.checks.Every)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := b.checks.Still(ctx); errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.Denied) || errs.Is(err, errs.NotFound) {
			b.cut(err)
		}
		if b.Cause() != nil {
			b.control.SetReadDeadline(time.Unix(1, 0)) // writers of tests have no deadline
		}
	}
}

// Cause is why the body was cut off, nil while it wasn't.
func (b *Body) Cause() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.why
}

// cut makes err the cause unless there is one, and returns the cause.
func (b *Body) cut(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.why == nil {
		b.why = err
	}
	return b.why
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if err := b.Cause(); err != nil {
		return 0, err
	}
	start := b.now()
	b.control.SetReadDeadline(start.Add(b.checks.Pace.Idle))
	n, err := b.body.Read(p)
	if errors.Is(err, io.EOF) {
		b.control.SetReadDeadline(time.Time{}) // the server goes on listening whether the client is there
		return n, err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, b.cut(errs.New(errs.Malformed, "chunk_cut", "the chunk stopped: no data came for %s; the bytes received are kept, send the rest", b.checks.Pace.Idle))
	}
	if err == nil {
		err = b.keepsUp(b.now().Sub(start), int64(n))
	}
	return n, err
}

// keepsUp counts what came, and cuts the body off when that is too little or there is no room for more.
func (b *Body) keepsUp(took time.Duration, n int64) error {
	b.waited += took
	b.came += n
	b.unasked += n
	if b.waited >= b.checks.Pace.Window {
		if b.came < b.checks.Pace.Least {
			return b.cut(errs.New(errs.Malformed, "chunk_cut",
				"the chunk stopped: only %d bytes came in %s; the bytes received are kept, send the rest faster", b.came, b.checks.Pace.Window))
		}
		b.waited, b.came = 0, 0
	}
	if b.unasked >= roomEvery {
		b.unasked = 0
		if err := b.checks.Room(); err != nil {
			return b.cut(err)
		}
	}
	return nil
}

// Close implements io.Closer.
func (b *Body) Close() error { return b.body.Close() }

// Stop ends the checks. A client whose body wasn't read to its end has a moment to send the rest.
func (b *Body) Stop() {
	b.stop()
	if b.Cause() != nil {
		b.control.SetReadDeadline(b.now().Add(drainTime))
	}
}

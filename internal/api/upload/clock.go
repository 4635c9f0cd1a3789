package upload

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/renameio/v2"
)

const (
	// jump is how far the clock may be from where it should be by what has passed since the last look.
	jump = 2 * time.Minute
	// gap is how long the server may have been away for its clock to be believed at once.
	gap = time.Hour
)

// clock tells whether the time of day can be believed. After a jump nothing expires until the clock is back, or has gone on steadily for as long
// as an upload lives: then each has had its time by any reckoning. A server that was away for long can't tell that from a jump.
type clock struct {
	file string // its text is the time of the last look at which the clock was believed, for the next run
	log  *slog.Logger

	mu    sync.Mutex
	seen  time.Time     // at the last look; it has a monotonic reading too
	off   time.Duration // by how much the clock jumped in all since it was last believed
	since time.Time     // of the last jump; zero while the clock is believed
	now   func() time.Time
	// passed is the time from one look to another by a clock that nobody can set.
	passed func(from, to time.Time) time.Duration
}

func newClock(file string, log *slog.Logger) *clock {
	c := &clock{file: file, log: log, now: time.Now, passed: func(from, to time.Time) time.Duration { return to.Sub(from) }}
	c.start()
	return c
}

// start compares the time with that of the last run; the first run has none.
func (c *clock) start() {
	c.seen = c.now()
	last, err := c.last()
	switch away := c.seen.Round(0).Sub(last); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		c.log.Warn("the time of the last run can't be read", "err", err)
		c.doubt(0)
	case away < -jump, away > gap:
		c.doubt(away)
	}
}

// doubt makes the clock not believed, from a jump on.
func (c *clock) doubt(by time.Duration) {
	c.off += by
	c.since = c.seen
	c.log.Warn("the clock jumped, or the server was off for a long time; uploads don't expire until the clock is steady", "jump", by, "for", Life)
}

func (c *clock) last() (at time.Time, err error) {
	raw, err := os.ReadFile(c.file)
	if err == nil {
		err = at.UnmarshalText(raw)
	}
	return at, err
}

// look compares the time with what has passed since the last look, and notes it for the next run. One that isn't believed is not noted: the next
// run would take it for good.
func (c *clock) look() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step()
	if !c.since.IsZero() {
		return nil
	}
	raw, err := c.seen.UTC().MarshalText()
	if err != nil {
		return err
	}
	return renameio.WriteFile(c.file, raw, 0o600)
}

// step moves the clock on to now.
func (c *clock) step() {
	now := c.now()
	by := now.Round(0).Sub(c.seen.Round(0)) - c.passed(c.seen, now)
	steady := time.Duration(0)
	if !c.since.IsZero() {
		steady = c.passed(c.since, now)
	}
	c.seen = now
	switch {
	case by.Abs() > jump:
		c.doubt(by)
		if c.off.Abs() <= jump { // it is back
			c.off, c.since = 0, time.Time{}
		}
	case steady >= Life:
		c.off, c.since = 0, time.Time{}
	}
}

// past reports whether a time lies in the past, by a clock that can be believed. One who has just seen it jump doesn't.
func (c *clock) past(at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step()
	return c.since.IsZero() && !c.seen.Before(at)
}

// ahead reports whether a time that was written lies in the future, so that it or the clock is wrong.
func (c *clock) ahead(at time.Time) bool { return at.Sub(c.now()) > jump }

package upload

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tick is a time of day that tests set, beside one that nobody can set. Each look at it takes a second.
type tick struct {
	wall time.Time
	ran  time.Duration
	at   map[time.Time]time.Duration // when the time of day was looked at
}

func newTick() *tick {
	return &tick{wall: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), at: map[time.Time]time.Duration{}}
}

func (k *tick) pass(d time.Duration) {
	k.wall = k.wall.Add(d)
	k.ran += d
}

func (k *tick) now() time.Time {
	k.pass(time.Second)
	k.at[k.wall] = k.ran
	return k.wall
}

// start starts a server's clock.
func (k *tick) start(file string) *clock {
	c := &clock{
		file: file, log: slog.New(slog.DiscardHandler), now: k.now,
		passed: func(from, to time.Time) time.Duration { return k.at[to] - k.at[from] },
	}
	c.start()
	return c
}

// believes looks at a clock by a time that has just passed.
func (k *tick) believes(c *clock) bool { return c.past(k.wall) }

func TestClockAfterAJump(t *testing.T) {
	t.Parallel()
	k := newTick()
	c := k.start(filepath.Join(t.TempDir(), "last-seen"))
	due := k.wall.Add(Life)
	k.wall = k.wall.AddDate(10, 0, 0)
	for range 2 {
		if c.past(due) {
			t.Error("an upload expired by a clock that has just jumped")
		}
	}
	k.wall = k.wall.AddDate(-10, 0, 0)
	if c.past(due) || !k.believes(c) {
		t.Error("the clock is back and isn't believed")
	}
}

// A jump while the server was away is seen at its first look, and a restart doesn't make it forgotten.
func TestClockOverRestarts(t *testing.T) {
	t.Parallel()
	for _, years := range []int{1, -1} {
		k, file := newTick(), filepath.Join(t.TempDir(), "last-seen")
		run := func(what string, believed bool) *clock {
			t.Helper()
			c := k.start(file)
			if k.believes(c) != believed {
				t.Errorf("%d years, %s: believed is %v", years, what, !believed)
			}
			if err := c.look(); err != nil {
				t.Error(err)
			}
			return c
		}
		run("at the beginning", true)
		k.pass(gap / 2)
		run("a moment later", true)
		k.wall = k.wall.AddDate(years, 0, 0)
		run("after the jump", false)
		c := run("after the jump, once more", false)
		k.wall = k.wall.AddDate(-years, 0, 0)
		if !k.believes(c) {
			t.Errorf("%d years: the clock is back and isn't believed", years)
		}
		k.wall = k.wall.AddDate(years, 0, 0)
		c = run("after another jump", false)
		k.pass(Life)
		if !k.believes(c) {
			t.Errorf("%d years: the clock has gone on steadily and isn't believed", years)
		}
		if err := c.look(); err != nil {
			t.Error(err)
		}
		run("when it was believed again", true)
		if err := os.WriteFile(file, []byte("yesterday"), 0o600); err != nil {
			t.Fatal(err)
		}
		run("with a last run that can't be read", false)
	}
}

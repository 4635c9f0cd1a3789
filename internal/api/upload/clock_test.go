package upload

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"
)

func TestClockAfterAJump(t *testing.T) {
	t.Parallel()
	wall, ran := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Duration(0)
	last := ran
	c := &clock{file: filepath.Join(t.TempDir(), "last-seen"), log: slog.New(slog.DiscardHandler), now: func() time.Time { return wall }}
	c.passed = func(from, _ time.Time) time.Duration {
		if from.Equal(c.since) {
			return ran
		}
		d := ran - last
		last = ran
		return d
	}
	c.start()
	due := wall.Add(Life)
	wall = wall.AddDate(10, 0, 0)
	if c.past(due) || c.past(due) {
		t.Error("an upload expired by a clock that has just jumped")
	}
	wall = wall.AddDate(-10, 0, 0)
	if c.past(due) || !c.past(wall) {
		t.Error("the clock is back and isn't believed")
	}
}

package loop_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/control/loop"
)

func TestBackoffDoublesUpToTheLimit(t *testing.T) {
	t.Parallel()
	var b loop.Backoff
	now := time.Unix(1000, 0)
	var got []time.Duration
	for range 10 {
		got = append(got, b.Fail("a", now))
	}
	ms := time.Millisecond
	want := []time.Duration{200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 12800 * ms, 25600 * ms, 30 * time.Second, 30 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestBackoffIsPerKeyAndForgets(t *testing.T) {
	t.Parallel()
	var b loop.Backoff
	now := time.Unix(1000, 0)
	if !b.Due("a", now) {
		t.Error("an object that never failed is not due")
	}
	wait := b.Fail("a", now)
	if b.Due("a", now) || b.Due("a", now.Add(wait-1)) {
		t.Error("due before its wait is over")
	}
	if !b.Due("a", now.Add(wait)) {
		t.Error("not due when its wait is over")
	}
	if !b.Due("b", now) {
		t.Error("the failure of one object holds up another")
	}
	b.Ok("a")
	if !b.Due("a", now) {
		t.Error("not due after Ok")
	}
	if got := b.Fail("a", now); got != wait {
		t.Errorf("first wait after Ok is %v, want %v", got, wait)
	}
}

package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/control/schedule"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	hooks "dewpoint/internal/tables/tasks"
)

// takes notes the snapshots that are asked for, and fails as told.
type takes struct {
	taken []string
	fails error
}

func (t *takes) Take(_ context.Context, p compute.SnapshotProfilePeriod, machine int64) error {
	if t.fails == nil {
		t.taken = append(t.taken, fmt.Sprintf("%s of %d at %s", p.Name, machine, time.Unix(p.Trigger, 0).UTC().Format("02 15:04")))
	}
	return t.fails
}

func (t *takes) check(b *bench, what string, want ...string) {
	b.t.Helper()
	if got := strings.Join(t.taken, ", "); got != strings.Join(want, ", ") {
		b.t.Errorf("%s: %q was taken, want %q", what, got, want)
	}
	t.taken = nil
}

// withProfile is the bench with a profile of two periods, which the VM has.
func withProfile(t *testing.T) (*bench, *takes) {
	t.Helper()
	b, taken := open(t), &takes{}
	b.c = schedule.New(b.db, hooks.NewRunner(b.db, b.eng), taken, slog.New(slog.DiscardHandler))
	b.make("snapshot_profiles", `{"name":"p"}`)
	b.make("snapshot_profile_periods", `{"profile":1,"name":"hourly","frequency":"hourly","minute":30,"retention":86400}`)
	b.make("snapshot_profile_periods", `{"profile":1,"name":"daily","hour":2,"retention":172800,"skip_missed":true}`)
	b.make("vms", `{"name":"without"}`)
	b.update("vms", "1", `{"snapshot_profile":1}`)
	return b, taken
}

// TestPeriodsAreDue: each is made once for its moment, whatever was missed, and is planned anew when it is changed.
func TestPeriodsAreDue(t *testing.T) {
	t.Parallel()
	b, taken := withProfile(t)
	machine := b.find("vms", store.Eq("name", schema.TextValue("a"))).Get("machine").Int()
	at := func(period, moment string) string { return fmt.Sprintf("%s of %d at %s", period, machine, moment) }
	if n := b.find("snapshot_profile_periods").Get("estimated_snapshot_count").Int(); n != 24 {
		t.Errorf("the estimate of an hourly period is %d, want 24", n)
	}
	b.pass(29 * time.Minute)
	taken.check(b, "before")
	b.pass(time.Minute)
	b.pass(time.Second)
	taken.check(b, "once", at("hourly", "01 00:30"))
	b.pass(94 * time.Minute)
	taken.check(b, "both", at("hourly", "01 01:30"), at("daily", "01 02:00"))
	b.pass(48 * time.Hour)
	taken.check(b, "two days later", at("hourly", "01 02:30"))
	b.update("snapshot_profile_periods", "1", `{"frequency":"weekly","hour":3,"minute":0,"day_of_week":"sun"}`)
	b.pass(24 * time.Hour)
	taken.check(b, "Sunday at two", at("daily", "04 02:00"))
	b.pass(time.Hour)
	taken.check(b, "Sunday at three", at("hourly", "04 03:00"))
}

// TestPeriodsThatFail: what came at a bad time stays due; what fails otherwise is told and is over.
func TestPeriodsThatFail(t *testing.T) {
	t.Parallel()
	b, taken := withProfile(t)
	taken.fails = errs.New(errs.Unavailable, "later", "not now")
	b.now = b.now.Add(30 * time.Minute)
	if err := b.c.Reconcile(background); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a snapshot that could not be made now: %v", err)
	}
	taken.fails = nil
	b.pass(time.Second)
	if len(taken.taken) != 1 {
		t.Errorf("%q after a failure that passed", taken.taken)
	}
	taken.fails = errs.New(errs.Conflict, "no", "it has too many")
	b.pass(time.Hour)
	row := b.find("logs", store.Eq("level", schema.TextValue("error")))
	if text := row.Get("text").Text(); !strings.Contains(text, "snapshot hourly of a could not be made: it has too many") {
		t.Errorf("the log says %q", text)
	}
	taken.fails = nil
	taken.check(b, "all", taken.taken...)
	b.pass(time.Minute)
	taken.check(b, "a failure that won't pass")
}

// TestPeriodsByAClockThatWasAhead are planned again when it is put right.
func TestPeriodsByAClockThatWasAheadInTheFuture(t *testing.T) {
	t.Parallel()
	b, taken := withProfile(t)
	b.now = b.now.AddDate(1, 0, 0)
	b.update("snapshot_profile_periods", "1", `{"description":"x","minute":31}`)
	b.now = b.now.AddDate(-1, 0, 0)
	b.pass(0)
	b.pass(31 * time.Minute)
	if len(taken.taken) != 1 {
		t.Errorf("%q was taken", taken.taken)
	}
}

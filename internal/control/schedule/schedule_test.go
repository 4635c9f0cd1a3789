package schedule_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/schedule"
	"dewpoint/internal/engine"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/tables/compute"
	hooks "dewpoint/internal/tables/tasks"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var _ loop.Reconciler = (*schedule.Controller)(nil)

var background = context.Background()

// bench is the controller on a real engine and a database whose clock the test sets, with a VM and a task that powers it on.
type bench struct {
	t   *testing.T
	db  *store.DB
	eng *engine.Engine
	c   *schedule.Controller
	now time.Time
}

func open(t *testing.T) *bench {
	t.Helper()
	services := rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
	b := &bench{t: t, db: services.DB, eng: services.Engine, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.db.Now = func() time.Time { return b.now }
	b.must(b.eng.Prepare(background))
	b.restart()
	b.make("vms", `{"name":"a"}`)
	b.make("tasks", `{"name":"on","owner":"vms/1","action":"poweron"}`)
	return b
}

// restart makes the controller anew, as a restart of the program does.
func (b *bench) restart() {
	b.c = schedule.New(b.db, hooks.NewRunner(b.db, b.eng), compute.NewTaker(b.eng), slog.New(slog.DiscardHandler))
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// as is the context of a user of that name.
func (b *bench) as(name string) context.Context {
	b.t.Helper()
	u := b.find("users", store.Eq("name", schema.TextValue(name)))
	return perm.WithActor(background, perm.Actor{User: u.Key.Int(), Name: name, Admin: u.Get("admin").Bool()})
}

func (b *bench) find(table string, conds ...store.Cond) (r *schema.Record) {
	b.t.Helper()
	b.must(b.db.View(background, func(tx *store.Tx) error {
		found, err := tx.Find(table, conds...)
		if err == nil && len(found) > 0 {
			r = found[0]
		}
		return err
	}))
	if r == nil {
		b.t.Fatalf("no row of %s", table)
	}
	return r
}

func input(t *testing.T, text string) (in schema.Input) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatal(err)
	}
	return in
}

// make makes a row, as the administrator unless said otherwise.
func (b *bench) make(table, columns string, ctx ...context.Context) {
	b.t.Helper()
	_, err := b.eng.Create(append(ctx, b.as("admin"))[0], table, input(b.t, columns))
	b.must(err)
}

func (b *bench) update(table, key, columns string) {
	b.t.Helper()
	b.must(b.eng.Update(b.as("admin"), table, key, input(b.t, columns)))
}

// pass lets time go by and makes a pass.
func (b *bench) pass(later time.Duration) {
	b.t.Helper()
	b.now = b.now.Add(later)
	b.must(b.c.Reconcile(background))
}

// runs checks how often the VM was asked to power on, and what the task says.
func (b *bench) runs(what string, want int64, status, info string) {
	b.t.Helper()
	got := b.find("machines").Get("power_seq").Int()
	task := b.find("tasks")
	if got != want || task.Get("status").Text() != status || !strings.Contains(task.Get("status_info").Text(), info) || info == "" && task.Get("status_info").Text() != "" {
		b.t.Errorf("%s: %d runs, status %s (%s); want %d, %s (%s)", what, got, task.Get("status").Text(), task.Get("status_info").Text(), want, status, info)
	}
}

const hourly = `{"name":"hourly","start_date":"2026-01-01"}`

func TestTaskIsExecutedWhenDue(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("task_schedules", hourly)
	b.make("task_schedule_triggers", `{"task":1,"schedule":1}`)
	b.pass(59*time.Minute + 59*time.Second)
	b.runs("before", 0, "idle", "")
	b.pass(time.Second)
	b.pass(0)
	b.restart()
	b.pass(30 * time.Minute)
	b.runs("once", 1, "idle", "")
	if got := b.find("tasks").Get("last_run").Int(); got != b.now.Add(-30*time.Minute).Unix() {
		t.Errorf("last run %d", got)
	}
	b.pass(10 * time.Hour)
	b.pass(0)
	b.runs("what was missed is made up for once", 2, "idle", "")
	if got, want := b.find("task_schedule_triggers").Get("trigger").Int(), b.now.Truncate(time.Hour).Add(time.Hour).Unix(); got != want {
		t.Errorf("due next at %d, want %d", got, want)
	}
	line := b.find("logs", store.Eq("text", schema.TextValue(`execute of Task "on"`)))
	if line.Get("user").Text() != "admin" || line.Get("request").Text() != "schedule" {
		t.Errorf("the log names %s by %s", line.Get("user").Text(), line.Get("request").Text())
	}
}

func TestScheduleThatIsSwitchedOffIsNotMadeUpFor(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("task_schedules", `{"name":"hourly","start_date":"2026-01-01","task":1}`)
	b.update("task_schedules", "1", `{"enabled":false}`)
	b.pass(90 * time.Minute)
	b.update("task_schedules", "1", `{"enabled":true}`)
	b.pass(0)
	b.runs("schedule disabled", 0, "idle", "")
	b.update("tasks", "1", `{"enabled":false}`)
	b.pass(time.Hour)
	b.update("tasks", "1", `{"enabled":true}`)
	b.pass(0)
	b.runs("task disabled", 0, "idle", "")
	b.update("task_schedules", "1", `{"repeat_every":"minute","name":"each minute"}`)
	b.pass(time.Minute)
	b.runs("changed", 1, "idle", "")
	b.update("task_schedules", "1", `{"repeat_every":"never"}`)
	b.pass(48 * time.Hour)
	b.runs("over", 1, "idle", "")
}

func TestTaskIsExecutedOnceAndGoes(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.update("tasks", "1", `{"delete_after_run":true}`)
	b.make("task_schedules", hourly)
	b.make("task_schedule_triggers", `{"task":1,"schedule":1}`)
	b.pass(time.Hour)
	b.pass(time.Hour)
	if got := b.find("machines").Get("power_seq").Int(); got != 1 {
		t.Errorf("%d runs", got)
	}
	b.must(b.db.View(background, func(tx *store.Tx) error {
		for _, table := range []string{"tasks", "task_schedule_triggers"} {
			if n, err := tx.Count(table); err != nil || n > 0 {
				t.Errorf("%d rows of %s are left (%v)", n, table, err)
			}
		}
		return nil
	}))
}

// TestTaskHasTheRightsOfItsCreator takes them away and gives them back between runs.
func TestTaskHasTheRightsOfItsCreator(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("users", `{"name":"bob","password":"bobs long password"}`)
	bob := b.find("users", store.Eq("name", schema.TextValue("bob")))
	grant := `{"identity":` + bob.Get("identity").Text() + `,"table":"vms","row":1,"list":true,"read":true,"modify":true`
	b.must(b.eng.Delete(b.as("admin"), "tasks", "1"))
	b.make("permissions", grant+`}`)
	b.make("permissions", strings.Replace(grant, `"vms","row":1`, `"tasks","row":0`, 1)+`,"create":true}`)
	b.make("tasks", `{"name":"bobs","owner":"vms/1","action":"poweron"}`, b.as("bob"))
	b.make("task_schedules", hourly)
	b.make("task_schedule_triggers", `{"task":2,"schedule":1}`)
	b.pass(time.Hour)
	b.runs("with rights", 1, "idle", "")
	granted := b.find("permissions", store.Eq("table", schema.TextValue("vms")))
	b.update("permissions", granted.Key.Text(), `{"modify":false}`)
	b.pass(time.Hour)
	b.pass(0)
	b.runs("without rights", 1, "error", `you need the right "modify"`)
	b.update("permissions", granted.Key.Text(), `{"modify":true}`)
	b.update("users", bob.Key.Text(), `{"enabled":false}`)
	b.pass(time.Hour)
	b.runs("closed account", 1, "error", "account of bob")
	b.update("users", bob.Key.Text(), `{"enabled":true}`)
	b.pass(time.Hour)
	b.runs("open again", 2, "idle", "")
	b.must(b.eng.Delete(b.as("admin"), "users", bob.Key.Text()))
	b.pass(time.Hour)
	b.runs("deleted", 2, "error", "no longer exists")
	line := b.find("logs", store.Eq("level", schema.TextValue("error")))
	if line.Get("object").Text() != "tasks/2" || !strings.Contains(line.Get("text").Text(), `could not be executed: you need the right "modify"`) {
		t.Errorf("log: %s", line.Get("text").Text())
	}
}

func TestFailedRunUndoesItself(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("tasks", `{"name":"other","owner":"vms/1","action":"kill"}`)
	b.make("task_schedules", hourly)
	b.make("task_schedule_triggers", `{"task":1,"schedule":1}`)
	b.make("task_schedule_triggers", `{"task":2,"schedule":1}`)
	b.update("vms", "1", `{"enabled":false}`)
	b.pass(time.Hour)
	b.runs("one failed, the other was done", 1, "error", "is disabled")
	b.pass(0)
	b.runs("it isn't tried again", 1, "error", "is disabled")
	b.update("vms", "1", `{"enabled":true}`)
	b.pass(time.Hour)
	b.runs("next time", 3, "idle", "")
}

// TestTwoServersShareTheRuns lets two controllers see the same rows as due.
func TestTwoServersShareTheRuns(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("task_schedules", hourly)
	b.make("task_schedule_triggers", `{"task":1,"schedule":1}`)
	b.make("task_events", `{"task":1,"table":"vnets","event":"created"}`)
	other := &late{Tasks: hooks.NewRunner(b.db, b.eng)}
	c := schedule.New(b.db, other, nil, slog.New(slog.DiscardHandler))
	other.first = func() { b.must(b.c.Reconcile(background)) }
	b.now = b.now.Add(time.Hour)
	b.must(c.Reconcile(background))
	b.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	b.must(c.Reconcile(background))
	if other.ran != 2 {
		t.Fatalf("the other server had %d runs to take", other.ran)
	}
	b.runs("one by the clock, one upon the event", 2, "idle", "")
}

// late is a server that is overtaken by another before it takes a run.
type late struct {
	schedule.Tasks
	first func()
	ran   int
}

func (l *late) RunTask(ctx context.Context, claim schedule.Claim) error {
	l.ran++
	l.first()
	return l.Tasks.RunTask(ctx, claim)
}

func TestTaskIsExecutedUponEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, event string
		happens     func(b *bench)
		want        int64
	}{
		{"created", `"table":"vnets","event":"created"`, func(b *bench) { b.make("vnets", `{"name":"x","network":"10.2.0.0/24"}`) }, 1},
		{"many at once", `"table":"vnets","event":"created"`, func(b *bench) {
			b.make("vnets", `{"name":"x","network":"10.2.0.0/24"}`)
			b.make("vnets", `{"name":"y","network":"10.3.0.0/24"}`)
		}, 1},
		{"something else", `"table":"vnets","event":"created"`, func(b *bench) { b.update("vnets", "1", `{"description":"x"}`) }, 0},
		{"another table", `"table":"vnets","event":"created"`, func(b *bench) { b.make("tag_categories", `{"name":"x"}`) }, 0},
		{"changed", `"table":"vnets","event":"changed"`, func(b *bench) { b.update("vnets", "1", `{"description":"x"}`) }, 1},
		{"deleted", `"table":"tag_categories","event":"deleted"`, func(b *bench) {
			b.make("tag_categories", `{"name":"x"}`)
			b.must(b.eng.Delete(b.as("admin"), "tag_categories", "1"))
		}, 1},
		{"filter", `"table":"vnets","event":"changed","table_event_filters":"description ct 'x' and $key eq 1"`, func(b *bench) { b.update("vnets", "1", `{"description":"axb"}`) }, 1},
		{"filter that doesn't hold", `"table":"vnets","event":"changed","table_event_filters":"description ct 'x'"`, func(b *bench) { b.update("vnets", "1", `{"description":"b"}`) }, 0},
		{"values", `"table":"vnets","event":"changed","table_event_filters":{"description":"x","enabled":true}`, func(b *bench) { b.update("vnets", "1", `{"description":"x"}`) }, 1},
		{"other values", `"table":"vnets","event":"changed","table_event_filters":{"description":"x","enabled":false}`, func(b *bench) { b.update("vnets", "1", `{"description":"x"}`) }, 0},
		{"alarm", `"table":"alarms","event":"raised","table_event_filters":{"level":"error"}`, func(b *bench) { b.insert("alarms", "level", "error") }, 1},
		{"lesser alarm", `"table":"alarms","event":"raised","table_event_filters":{"level":"error"}`, func(b *bench) { b.insert("alarms", "level", "warning") }, 0},
		{"alarm that is over", `"table":"alarms","event":"lowered","table_event_filters":{"level":"error"}`, func(b *bench) { b.insert("alarm_history", "level", "error") }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
			b.make("task_events", `{"task":1,`+c.event+`}`)
			b.pass(time.Minute)
			b.runs("before it happened", 0, "idle", "")
			c.happens(b)
			b.pass(time.Minute)
			b.pass(time.Minute)
			b.restart()
			b.pass(time.Minute)
			b.runs("after it happened", c.want, "idle", "")
		})
	}
}

// insert makes a row of facts, as a controller does.
func (b *bench) insert(table, column, value string) {
	b.t.Helper()
	b.must(b.db.Update(background, func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table(table))
		r.Put(column, schema.TextValue(value))
		_, err := tx.Create(r, nil)
		return err
	}))
}

// TestEventRests lets a task bring about what it waits for.
func TestEventRests(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("task_events", `{"task":1,"table":"machines","event":"changed"}`)
	b.update("vms", "1", `{"name":"b"}`) // its machine is renamed too
	for range 30 {
		b.pass(time.Second)
	}
	b.runs("every ten seconds", 3, "idle", "")
	b.update("tasks", "1", `{"enabled":false}`)
	b.pass(time.Minute)
	b.update("tasks", "1", `{"enabled":true}`)
	b.restart()
	b.pass(time.Minute)
	b.runs("what happened while the task was disabled", 3, "idle", "")
}

// TestEventHasTheEyesOfItsCreator changes a row that the creator of the task can't see.
func TestEventHasTheEyesOfItsCreator(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("users", `{"name":"bob","password":"bobs long password"}`)
	identity := b.find("users", store.Eq("name", schema.TextValue("bob"))).Get("identity").Text()
	b.must(b.eng.Delete(b.as("admin"), "tasks", "1"))
	for _, table := range []string{"vms", "tasks"} {
		b.make("permissions", `{"identity":`+identity+`,"table":"`+table+`","list":true,"read":true,"modify":true,"create":true}`)
	}
	b.make("tasks", `{"name":"bobs","owner":"vms/1","action":"poweron"}`, b.as("bob"))
	b.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	b.make("tag_categories", `{"name":"x"}`)
	b.make("task_events", `{"task":2,"table":"vnets","event":"changed"}`, b.as("bob"))
	b.make("task_events", `{"task":2,"table":"tag_categories","event":"deleted"}`, b.as("bob"))
	b.update("vnets", "1", `{"description":"secret"}`)
	b.must(b.eng.Delete(b.as("admin"), "tag_categories", "1"))
	b.pass(time.Minute)
	b.runs("unseen", 0, "idle", "")
	b.make("permissions", `{"identity":`+identity+`,"table":"vnets","row":1,"list":true}`)
	b.update("vnets", "1", `{"description":"shown"}`)
	b.pass(time.Minute)
	b.runs("seen", 1, "idle", "")
}

func TestContextIsPassedOn(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.must(b.db.Update(background, func(tx *store.Tx) error {
		return tx.Change("machine_status", schema.IntValue(1), schema.Set{"running": schema.BoolValue(true)})
	}))
	b.make("tasks", `{"name":"again","owner":"vms/1","action":"reset","settings_args":{"graceful":false}}`)
	b.make("task_events", `{"task":2,"table":"tag_categories","event":"created","context":{"graceful":true}}`)
	b.make("tag_categories", `{"name":"x"}`)
	b.pass(time.Minute)
	if d := cmp.Diff("reboot", b.find("machines").Get("power_op").Text()); d != "" {
		t.Errorf("asked for (-want +got):\n%s", d)
	}
}

// TestClockThatWasAhead has the clock go back by a day, and ahead and back, under schedules of every kind: each goes on as if it had never
// been wrong.
func TestClockThatWasAhead(t *testing.T) {
	t.Parallel()
	all := []string{"day", "never", "minute", "hour", "week", "month", "year"}
	if os.Getenv("DEWPOINT_TEST_DATABASE") == "postgres" {
		all = all[:2] // each case opens a database: what differs between the two is in any of them
	}
	for _, every := range all {
		for what, jump := range map[string]time.Duration{"a day": 24 * time.Hour, "nine years": 9 * 365 * 24 * time.Hour} {
			for _, restarted := range []bool{false, true} {
				b := open(t)
				b.make("task_schedules", `{"name":"s","repeat_every":"`+every+`","start_date":"2026-01-02","end_date":"2030-01-01"}`)
				b.make("task_schedule_triggers", `{"task":1,"schedule":1}`)
				right := b.now
				b.pass(0)
				b.now = b.now.Add(jump)
				b.pass(0)
				b.now = right.Add(time.Minute)
				if restarted {
					b.restart()
				}
				b.pass(0)
				want := tasks.DueAfter(b.find("task_schedules"), b.now)
				if got := b.find("task_schedule_triggers").Get("trigger"); got != want || want.IsNull() {
					t.Errorf("every %s, %s ahead, restarted %v: due at %s, want %s", every, what, restarted, got.Text(), want.Text())
				}
				before := b.find("machines").Get("power_seq").Int()
				b.pass(time.Unix(want.Int(), 0).Sub(b.now))
				if got := b.find("machines").Get("power_seq").Int(); got != before+1 {
					t.Errorf("every %s, %s ahead, restarted %v: %d runs when due, want one", every, what, restarted, got-before)
				}
			}
		}
	}
}

// TestEventsOfAClockThatWasAhead has an event happen in a future that didn't come, and again.
func TestEventsOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.make("task_events", `{"task":1,"table":"vnets","event":"created"}`)
	right := b.now
	b.now = right.Add(24 * time.Hour)
	b.make("vnets", `{"name":"ahead","network":"10.1.0.0/24"}`)
	b.pass(0)
	b.runs("ahead", 1, "idle", "")
	b.now = right.Add(time.Minute)
	b.make("vnets", `{"name":"back","network":"10.2.0.0/24"}`)
	b.pass(0)
	b.runs("back again", 2, "idle", "")
}

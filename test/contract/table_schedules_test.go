package contract

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// executions counts, by task, how often tasks were executed by the clock or an event.
func executions(c *harness.Client) map[string]int {
	count := map[string]int{}
	filter := url.QueryEscape("request eq 'schedule' and text bw 'execute of Task'")
	for _, line := range c.Must(200, "GET", "logs?fields=object&filter="+filter, nil).Rows() {
		count[fmt.Sprint(line["object"])]++
	}
	return count
}

// soon returns the columns of a schedule that is due in some seconds.
func soon(every string, in time.Duration) map[string]any {
	due := time.Now().UTC().Add(in)
	return map[string]any{
		"name": "soon", "repeat_every": every, "start_date": due.Format(time.DateOnly), "start_time_of_day": due.Hour()*3600 + due.Minute()*60 + due.Second(),
	}
}

// TestSchedulesSurviveCrashes kills the server while many tasks are due, and again while it is catching up: each is executed once.
func TestSchedulesSurviveCrashes(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	const tasks = 150
	vm := c.Create("vms", map[string]any{"name": "a"})
	schedule := c.Create("task_schedules", map[string]any{"name": "soon", "enabled": false})
	for i := range tasks {
		task := c.Create("tasks", map[string]any{"name": fmt.Sprint("t", i), "owner": "vms/" + vm, "action": "refresh"})
		c.Create("task_schedule_triggers", map[string]any{"task": task, "schedule": schedule})
	}
	columns := soon("never", 3*time.Second)
	columns["enabled"] = true
	c.Must(200, "PUT", "task_schedules/"+schedule, columns)
	kills := 0
	harness.Eventually(t, 60*time.Second, "all tasks are executed", func() (bool, string) {
		done := len(executions(c))
		if done > kills*tasks/4 && done < tasks && kills < 3 {
			s.Kill()
			s.Run()
			kills++
		}
		return done == tasks, fmt.Sprint(done, " executed, killed ", kills, " times")
	})
	t.Logf("killed %d times", kills)
	s.Kill()
	s.Run()
	left := c.Must(200, "GET", "task_schedule_triggers?fields=$key&filter="+url.QueryEscape("trigger ne null"), nil).Rows()
	if len(left) > 0 {
		t.Errorf("%d triggers are still to come", len(left))
	}
	for task, n := range executions(c) {
		if n != 1 {
			t.Errorf("%s was executed %d times", task, n)
		}
	}
}

// TestMissedTimesAreMadeUpForOnce keeps the server away while a schedule is due several times.
func TestMissedTimesAreMadeUpForOnce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	vm := c.Create("vms", map[string]any{"name": "a"})
	task := c.Create("tasks", map[string]any{"name": "t", "owner": "vms/" + vm, "action": "refresh"})
	// Counted from a day ago, it is due each minute, the next time in a few seconds.
	columns := soon("minute", 6*time.Second)
	columns["start_time_of_day"] = columns["start_time_of_day"].(int) % 60
	columns["start_date"] = time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	columns["task"] = json.Number(task)
	c.Create("task_schedules", columns)
	due := c.Must(200, "GET", "task_schedule_triggers?fields=trigger", nil).Rows()[0]["trigger"].(float64)
	s.Kill()
	harness.Eventually(t, 30*time.Second, "the moment has gone by", func() (bool, string) { return float64(time.Now().Unix()) > due, "" })
	s.Run()
	harness.Eventually(t, 10*time.Second, "the task is executed", func() (bool, string) {
		n := executions(c)["tasks/"+task]
		return n == 1, fmt.Sprint(n)
	})
	row := c.Must(200, "GET", "task_schedule_triggers?fields=trigger,"+url.QueryEscape("task#last_run as ran"), nil).Rows()[0]
	at, err := time.Parse(time.DateTime, row["ran"].(string))
	if next, ran := int64(row["trigger"].(float64)), at.Unix(); err != nil || (next-int64(due))%60 != 0 || next <= ran || next > ran+60 {
		t.Errorf("due at %v, executed at %d, due next at %d", due, ran, next)
	}
}

// TestTaskFollowsAnEvent lets a network's making start a task.
func TestTaskFollowsAnEvent(t *testing.T) {
	t.Parallel()
	c := harness.Start(t).Table()
	vm := c.Create("vms", map[string]any{"name": "a"})
	task := c.Create("tasks", map[string]any{"name": "t", "owner": "vms/" + vm, "action": "refresh"})
	c.Create("task_events", map[string]any{"task": json.Number(task), "table": "tag_categories", "event": "created", "table_event_filters": map[string]any{"name": "env"}})
	c.Create("tag_categories", map[string]any{"name": "other"})
	c.Create("tag_categories", map[string]any{"name": "env"})
	harness.Eventually(t, 10*time.Second, "the task is executed", func() (bool, string) {
		n := executions(c)["tasks/"+task]
		return n == 1, fmt.Sprint(n)
	})
}

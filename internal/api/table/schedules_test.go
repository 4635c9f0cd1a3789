package table_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/schema"
)

// scheduled is a server whose clock stands still, with a VM and a task.
func scheduled(t *testing.T) *server {
	t.Helper()
	s := start(t)
	now := time.Date(2026, 1, 1, 10, 30, 0, 0, time.UTC)
	s.db.Now = func() time.Time { return now }
	s.make("vms", `{"name":"a"}`)
	s.make("tasks", `{"name":"on","owner":"vms/1","action":"poweron"}`)
	return s
}

// TestScheduleAsClientsKnowIt makes and reads one as the SDKs do.
func TestScheduleAsClientsKnowIt(t *testing.T) {
	t.Parallel()
	s := scheduled(t)
	const fields = "$key,name,description,enabled,task,task#$display as task_display,repeat_every,repeat_iteration,start_date,start_date_epoch,end_date," +
		"start_time_of_day,end_time_of_day,all_day,day_of_month,monday,tuesday,wednesday,thursday,friday,saturday,sunday,system_created,creator," +
		"creator#$display as creator_display"
	s.make("task_schedules", `{"name":"Nightly","enabled":true,"repeat_every":"day","repeat_iteration":1,"start_time_of_day":7200,"end_time_of_day":86400,`+
		`"day_of_month":"start_date","monday":true,"tuesday":true,"wednesday":true,"thursday":true,"friday":true,"saturday":true,"sunday":false}`)
	same(t, "schedule", `{"$key":1,"name":"Nightly","description":null,"enabled":true,"task":null,"task_display":null,"repeat_every":"day","repeat_iteration":1,`+
		`"start_date":"2026-01-01","start_date_epoch":1767225600,"end_date":null,"start_time_of_day":7200,"end_time_of_day":86400,"all_day":false,`+
		`"day_of_month":"start_date","monday":true,"tuesday":true,"wednesday":true,"thursday":true,"friday":true,"saturday":true,"sunday":false,`+
		`"system_created":false,"creator":1,"creator_display":"admin"}`, s.get("/api/v4/task_schedules/1?fields="+url.QueryEscape(fields)).body)
	s.make("task_schedule_triggers", `{"task":1,"schedule":1}`)
	const triggerFields = "$key,task,display(task) as task_display,schedule,display(schedule) as schedule_display,trigger,flatten(schedule[$key as sch_$key," +
		"enabled as sch_enabled,start_time_of_day as sch_start_time_of_day,repeat_iteration as sch_repeat_iteration,end_date as sch_end_date," +
		"display(day_of_month) as sch_day_of_month,display(repeat_every) as sch_repeat_every])"
	same(t, "trigger", `[{"$key":1,"task":1,"task_display":"on","schedule":1,"schedule_display":"Nightly","trigger":1767319200,"sch_$key":1,"sch_enabled":true,`+
		`"sch_start_time_of_day":7200,"sch_repeat_iteration":1,"sch_end_date":null,"sch_day_of_month":"Start Date","sch_repeat_every":"Day(s)"}]`,
		s.get("/api/v4/task_schedule_triggers?filter="+url.QueryEscape("task eq 1")+"&fields="+url.QueryEscape(triggerFields)).body)
	same(t, "counts", `{"triggers_count":1,"events_count":0}`, s.get("/api/v4/tasks/1?fields="+url.QueryEscape("count(triggers) as triggers_count,count(events) as events_count")).body)
	same(t, "next times, without the Sunday", `{"times":[{"time":1767319200},{"time":1767405600},{"time":1767578400}]}`,
		s.put("/api/v4/task_schedules/1?action=get_schedule", `{"max":3}`).must(t, 200).body)
	same(t, "times of a range", `{"times":[{"time":1767319200}]}`,
		s.put("/api/v4/task_schedules/1?action=get_schedule", `{"max":100,"start_time":1767319200,"end_time":1767405599}`).body)
	same(t, "no times", `{"times":[]}`, s.put("/api/v4/task_schedules/1?action=get_schedule", `{"end_time":1}`).body)
	s.put("/api/v4/task_schedules/1?action=get_schedule", `{"max":1441}`).failed(t, 422)

	s.put("/api/v4/task_schedules/1", `{"repeat_every":"month","day_of_month":"last"}`).must(t, 200)
	same(t, "planned anew", `{"trigger":`+strconv.FormatInt(time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC).Unix(), 10)+`}`, s.get("/api/v4/task_schedule_triggers/1?fields=trigger").body)
	s.put("/api/v4/task_schedules/1", `{"enabled":false}`).must(t, 200)
	same(t, "disabled", `{"trigger":null}`, s.get("/api/v4/task_schedule_triggers/1?fields=trigger").body)
	for i, style := range []struct{ method, path string }{{"PUT", "?action=trigger"}, {"POST", "/trigger"}} {
		s.send(style.method, "/api/v4/task_schedule_triggers/1"+style.path, strings.NewReader(`{}`)).must(t, []int{200, 201}[i])
		if got := s.number("machines", 1, "power_seq"); got != int64(i+1) {
			t.Errorf("after %s: %d power operations asked for", style.path, got)
		}
	}
	s.send("DELETE", "/api/v4/task_schedules/1", nil).failed(t, 409)
	s.send("DELETE", "/api/v4/task_schedule_triggers/1", nil).must(t, 200)
	s.send("DELETE", "/api/v4/task_schedules/1", nil).must(t, 200)
}

func TestScheduleOfOneTask(t *testing.T) {
	t.Parallel()
	s := scheduled(t)
	s.make("task_schedules", `{"name":"own","task":1}`)
	same(t, "bound", `[{"task":1,"schedule":1,"trigger":1767265200}]`, s.get("/api/v4/task_schedule_triggers?fields=task,schedule,trigger").body)
	s.post("/api/v4/task_schedule_triggers", `{"task":1,"schedule":1}`).failed(t, 409)
	s.send("DELETE", "/api/v4/task_schedules/1", nil).must(t, 200)
	same(t, "unbound", `[]`, s.get("/api/v4/task_schedule_triggers").body)
	s.make("task_schedules", `{"name":"own","task":1}`)
	s.send("DELETE", "/api/v4/tasks/1", nil).must(t, 200)
	same(t, "without its task", `[{"task":null}]`, s.get("/api/v4/task_schedules?fields=task").body)
	same(t, "no trigger", `[]`, s.get("/api/v4/task_schedule_triggers").body)
}

func TestBadSchedulesAndEventsAreRefused(t *testing.T) {
	t.Parallel()
	s := scheduled(t)
	for _, c := range []struct {
		table, body string
		status      int
		says        string
	}{
		{"task_schedules", `{"name":"x","start_date":"soon"}`, 422, "start_date"},
		{"task_schedules", `{"name":"x","end_date":"2026-13-01"}`, 422, "end_date"},
		{"task_schedules", `{"name":"x","start_time_of_day":90000}`, 422, "start_time_of_day"},
		{"task_schedules", `{"name":"x","start_time_of_day":500,"end_time_of_day":500}`, 422, "end_time_of_day"},
		{"task_schedules", `{"name":"x","repeat_iteration":0}`, 422, "repeat_iteration"},
		{"task_schedules", `{"name":"x","repeat_every":"blink"}`, 422, "repeat_every"},
		{"task_schedules", `{"name":"x","task":9}`, 422, "task"},
		{"task_schedule_triggers", `{"task":1}`, 422, "schedule"},
		{"task_events", `{"task":1,"table":"vms","event":"poweron"}`, 501, "created"},
		{"task_events", `{"task":1,"table":"users","event":"login"}`, 501, "login"},
		{"task_events", `{"task":1,"table":"tasks","event":"changed"}`, 422, "table"},
		{"task_events", `{"task":1,"table":"logs","event":"created"}`, 422, "table"},
		{"task_events", `{"task":1,"table":"tenants","event":"created"}`, 422, "table"},
		{"task_events", `{"task":1,"table":"sessions","event":"created"}`, 422, "table"},
		{"task_events", `{"task":1,"event":"created"}`, 422, "table"},
		{"task_events", `{"task":1,"table":"vms","event":"created","table_event_filters":{"severity":"high"}}`, 422, "severity"},
		{"task_events", `{"task":1,"table":"vms","event":"created","table_event_filters":{"name":["a"]}}`, 422, "one value"},
		{"task_events", `{"task":1,"table":"vms","event":"created","table_event_filters":"name eq"}`, 422, "filter"},
		{"task_events", `{"task":1,"table":"vms","event":"created","table_event_filters":7}`, 422, "table_event_filters"},
		{"task_events", `{"task":1,"table":"vms","event":"deleted","table_event_filters":{"name":"a"}}`, 422, "deleted rows"},
		{"task_events", `{"task":1,"table":"vms","event":"created","context":[1]}`, 422, "context"},
	} {
		if text := s.post("/api/v4/"+c.table, c.body).failed(t, c.status); !strings.Contains(text, c.says) {
			t.Errorf("%s %s: %q doesn't name %s", c.table, c.body, text, c.says)
		}
	}
	s.make("task_schedules", `{"name":"x"}`)
	s.put("/api/v4/task_schedules/1", `{"start_date":"never"}`).failed(t, 422)
	s.put("/api/v4/task_schedules/1", `{"start_date":""}`).must(t, 200)
	s.make("task_events", `{"task":1,"table":"alarms","event":"lowered","table_event_filters":{"level":"summary"}}`)
	s.put("/api/v4/task_events/1", `{"table_event_filters":{"levle":"summary"}}`).failed(t, 422)
}

func TestEventAsClientsKnowIt(t *testing.T) {
	t.Parallel()
	s := scheduled(t)
	s.write("machine_status", 1, schema.Set{"running": schema.BoolValue(true)})
	s.make("tasks", `{"name":"again","owner":"vms/1","action":"reset"}`)
	s.make("task_events", `{"task":2,"table":"vms","event":"changed","event_name":"Changed","table_event_filters":{"name":"a"},"context":{"graceful":true}}`)
	const fields = "$key,owner,owner#$display as owner_display,table,event,event_name,task,task#$display as task_display,task#name as task_name,table_event_filters,trigger,context"
	same(t, "event", `[{"$key":1,"owner":"vms/1","owner_display":"a","table":"vms","event":"changed","event_name":"Changed","task":2,"task_display":"again",`+
		`"task_name":"again","table_event_filters":{"name":"a"},"trigger":0,"context":{"graceful":true}}]`,
		s.get("/api/v4/task_events?filter="+url.QueryEscape("task eq 2 and event eq 'changed'")+"&fields="+url.QueryEscape(fields)).body)
	s.put("/api/v4/task_events/1?action=trigger", `{}`).must(t, 200)
	s.put("/api/v4/task_events/1?action=trigger", `{"context":{"graceful":false}}`).must(t, 200)
	if got := s.number("machines", 1, "power_seq"); got != 2 {
		t.Errorf("%d power operations asked for", got)
	}
	s.send("DELETE", "/api/v4/tasks/2", nil).must(t, 200)
	same(t, "without its task", `[]`, s.get("/api/v4/task_events").body)
}

// TestTasksOfOthers lets somebody who may do everything with a VM meddle with a task of an administrator.
func TestTasksOfOthers(t *testing.T) {
	t.Parallel()
	s := scheduled(t)
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	identity := s.number("users", 2, "identity")
	bob := basic("bob", "bobs password")
	send := func(method, path, body string) reply {
		t.Helper()
		return s.send(method, "/api/v4/"+path, strings.NewReader(body), bob)
	}
	send("POST", "tasks/1/execute", "").failed(t, 404)
	for _, table := range []string{"vms", "task_schedules", "task_schedule_triggers", "task_events"} {
		s.make("permissions", `{"identity":`+strconv.FormatInt(identity, 10)+`,"table":"`+table+`","list":true,"read":true,"modify":true,"create":true}`)
	}
	send("POST", "tasks/1/execute", "").must(t, 201)
	send("PUT", "tasks/1", `{"settings_args":{"preferred_node":1}}`).failed(t, 403)
	send("PUT", "tasks/1", `{"description":"seen by bob"}`).must(t, 200)
	send("POST", "task_events", `{"task":1,"table":"users","event":"changed"}`).failed(t, 403)
	send("POST", "task_schedules", `{"name":"bobs","task":1}`).must(t, 201)
	same(t, "bobs schedule", `{"creator":2}`, s.get("/api/v4/task_schedules/1?fields=creator").body)
	send("POST", "tasks", `{"name":"bobs","owner":"vms/1","action":"kill"}`).failed(t, 403)
}

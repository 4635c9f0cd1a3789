package table_test

import (
	"context"
	"strings"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func TestTaskDoesItsAction(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	task := s.make("tasks", `{"name":"on","owner":"vms/1","action":"poweron","table":"vms","description":"d"}`)
	same(t, "made", `{"name":"on","owner":"vms/1","owner_name":"a","table":"vms","action":"poweron","status":"idle","creator_name":"admin","last_run":null,"enabled":true}`,
		s.get("/api/v4/tasks/"+task+"?fields=name,owner,owner%23$display%20as%20owner_name,table,action,status,creator%23$display%20as%20creator_name,last_run,enabled").body)
	for i, style := range []struct{ method, path, body string }{
		{"POST", "/api/v4/task_actions", `{"task":1,"action":"execute"}`},
		{"POST", "/api/v4/tasks/1/execute", ``},
		{"PUT", "/api/v4/tasks/1?action=execute", `{}`},
	} {
		if got := s.send(style.method, style.path, strings.NewReader(style.body)); got.status >= 300 {
			t.Errorf("%s: %d %s", style.path, got.status, got.body)
		}
		if got := s.number("machines", 1, "power_seq"); got != int64(i+1) {
			t.Errorf("after %s: %d power operations asked for", style.path, got)
		}
	}
	same(t, "idle and has run", `{"status":"idle","ran":true}`, s.get("/api/v4/tasks/1?fields=status,last_run%20gt%200%20as%20ran").body)
	s.put("/api/v4/tasks/1?action=cancel", `{}`).failed(t, 409)
	s.put("/api/v4/tasks/1?action=disable", `{}`).must(t, 200)
	s.put("/api/v4/tasks/1?action=execute", `{}`).failed(t, 409)
	s.put("/api/v4/tasks/1?action=enable", `{}`).must(t, 200)
	s.put("/api/v4/tasks/1?action=execute", `{}`).must(t, 200)
	once := s.make("tasks", `{"name":"once","owner":"vms/1","action":"reset","settings_args":"{\"graceful\":true}","delete_after_run":"true"}`)
	s.post("/api/v4/tasks/"+once+"/execute", "").must(t, 201)
	s.get("/api/v4/tasks/"+once).failed(t, 404)
	if got := s.number("machines", 1, "power_seq"); got != 5 {
		t.Errorf("%d power operations asked for, want 5", got)
	}
	s.send("DELETE", "/api/v4/vms/1", nil).must(t, 200)
	same(t, "after the VM went", `[]`, s.get("/api/v4/tasks").body)
}

func TestTaskThatCannotBeDoneIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a","enabled":false}`)
	for body, status := range map[string]int{
		`{"owner":"vms/1","action":"poweron"}`:                                      422,
		`{"name":"x","action":"poweron"}`:                                           422,
		`{"name":"x","owner":"vms/1"}`:                                              422,
		`{"name":"x","owner":"vms/2","action":"poweron"}`:                           422,
		`{"name":"x","owner":"vms/1","action":"dance"}`:                             422,
		`{"name":"x","owner":"vms/1","action":"migrate"}`:                           501,
		`{"name":"x","owner":"vms/1","table":"vnets","action":"poweron"}`:           422,
		`{"name":"x","owner":"files/1","action":"poweron"}`:                         422,
		`{"name":"x","owner":"tenants/1","action":"poweron"}`:                       422,
		`{"name":"x","owner":"vms/1","action":"poweron","settings_args":[1]}`:       422,
		`{"name":"x","owner":"vms/1","action":"poweron","settings_args":"nothing"}`: 422,
	} {
		if got := s.post("/api/v4/tasks", body); got.status != status {
			t.Errorf("%s: %d %s, want %d", body, got.status, got.body, status)
		}
	}
	s.make("tasks", `{"name":"x","owner":"vms/1","action":"poweron"}`)
	s.post("/api/v4/tasks", `{"name":"y","owner":"tasks/1","action":"execute"}`).failed(t, 422)
	s.put("/api/v4/tasks/1", `{"settings_args":3}`).failed(t, 422)
	s.post("/api/v4/tasks/1/execute", "").failed(t, 409) // the VM is disabled
	same(t, "didn't run", `{"last_run":null}`, s.get("/api/v4/tasks/1?fields=last_run").body)
}

// number reads a column that clients don't see.
func (s *server) number(table string, key int64, column string) (n int64) {
	s.t.Helper()
	err := s.db.View(context.Background(), func(tx *store.Tx) error {
		r, err := tx.Get(table, schema.IntValue(key))
		if err == nil {
			n = r.Get(column).Int()
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

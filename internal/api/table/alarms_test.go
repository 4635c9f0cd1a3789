package table_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/control/alarm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// alarmed is a server with a VM, a network and a storage tier, all well, and the controller that raises alarms.
func alarmed(t *testing.T) (s *server, pass func()) {
	t.Helper()
	s = start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	err := s.db.Update(context.Background(), func(tx *store.Tx) error {
		for table, set := range map[string]schema.Set{
			"system": {"cloud_name": schema.TextValue("c")}, "storage_tiers": {"tier": schema.IntValue(1)}, "nodes": {"name": schema.TextValue("n")},
		} {
			r := schema.NewRecord(tx.Schema().Table(table))
			r.PutAll(set)
			if _, err := tx.Create(r, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c := alarm.New(s.db, slog.New(slog.DiscardHandler))
	return s, func() {
		t.Helper()
		if err := c.Reconcile(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// ill writes what a controller says of a machine; empty texts mean that it is well.
func (s *server) ill(machine int64, status, state, info string) {
	s.t.Helper()
	s.write("machine_status", machine, schema.Set{"status": schema.TextValue(status), "state": schema.TextValue(state), "status_info": schema.TextValue(info)})
}

func (s *server) alarms(fields string) string {
	s.t.Helper()
	return s.get("/api/v4/alarms?sort=$key&fields="+fields).must(s.t, 200).body
}

func TestAlarmsFollowTheStatusRows(t *testing.T) {
	t.Parallel()
	s, pass := alarmed(t)
	pass()
	same(t, "while all is well", `[]`, s.alarms("$key"))
	s.ill(1, "error", "error", "no disk")
	s.ill(2, "running", "warning", "no DHCP")
	s.ill(3, "running", "warning", "no libvirt")
	s.write("storage_tiers", 1, schema.Set{"used_pct": schema.IntValue(91)})
	pass()
	pass()
	same(t, "raised once each", `[`+
		`{"owner":"vms/1","owner_name":"a","owner_type":"vms","sub_owner":null,"alarm_type":"vm_error","level":"error","status":"no disk","resolvable":true},`+
		`{"owner":"vnets/1","owner_name":"lan","owner_type":"vnets","sub_owner":null,"alarm_type":"vnet_error","level":"error","status":"no DHCP","resolvable":true},`+
		`{"owner":"nodes/1","owner_name":"n","owner_type":"nodes","sub_owner":null,"alarm_type":"node_warning","level":"critical","status":"no libvirt","resolvable":false},`+
		`{"owner":"system/1","owner_name":null,"owner_type":"system","sub_owner":"storage_tiers/1","alarm_type":"storage_tier_full","level":"warning","status":"storage tier 1 is more than 90 % full; make room or enlarge it","resolvable":false}]`,
		s.alarms("owner,owner%23name%20as%20owner_name,owner_type,sub_owner,alarm_type,level,status,resolvable"))
	same(t, "type", `{"$key":"storage_tier_full","name":"storage_tier_full","level":"warning","threshold":90}`,
		s.get("/api/v4/alarm_types/storage_tier_full?fields=$key,name,level,threshold").body)
	s.ill(1, "error", "error", "no memory")
	s.ill(2, "running", "online", "")
	s.ill(3, "running", "online", "")
	s.write("storage_tiers", 1, schema.Set{"used_pct": schema.IntValue(90)})
	pass()
	same(t, "after most was over", `[{"$key":1,"status":"no memory"}]`, s.alarms("$key,status"))
	s.send("DELETE", "/api/v4/vms/1", nil).must(t, 200)
	pass()
	same(t, "after the VM went", `[]`, s.alarms("$key"))
	past := s.get("/api/v4/alarm_history?fields=owner,alarm_type,status,archived_by&sort=$key").body
	for _, want := range []string{`"owner":"vms/1","alarm_type":"vm_error","status":"no memory"`, `"alarm_type":"storage_tier_full"`, `"alarm_type":"node_warning"`, `"alarm_type":"vnet_error"`} {
		if strings.Count(past, want) != 1 {
			t.Errorf("history %s, want one %s", past, want)
		}
	}
}

func TestAlarmIsResolvedUntilItsCauseChanges(t *testing.T) {
	t.Parallel()
	s, pass := alarmed(t)
	for i, style := range []struct{ method, path, body string }{
		{"POST", "/api/v4/alarm_actions", `{"alarm":KEY,"action":"resolve"}`},
		{"POST", "/api/v4/alarms/KEY/resolve", ``},
		{"PUT", "/api/v4/alarms/KEY/resolve", `{}`},
		{"PUT", "/api/v4/alarms/KEY?action=resolve", `{}`},
	} {
		s.ill(1, "error", "error", "cause "+strconv.Itoa(i))
		pass()
		key := strconv.Itoa(i + 1)
		same(t, style.path, `[{"$key":`+key+`}]`, s.alarms("$key"))
		put := func(text string) string { return strings.ReplaceAll(text, "KEY", key) }
		if got := s.send(style.method, put(style.path), strings.NewReader(put(style.body))); got.status != map[string]int{"POST": 201, "PUT": 200}[style.method] {
			t.Errorf("%s: %d %s", style.path, got.status, got.body)
		}
		pass()
		same(t, "resolved by "+style.path, `[]`, s.alarms("$key"))
	}
	same(t, "who", `[{"archived_by":"admin","status":"cause 3"}]`, s.get("/api/v4/alarm_history?fields=archived_by,status&sort=-$key&limit=1").body)
	s.ill(1, "stopped", "offline", "")
	pass()
	s.ill(1, "error", "error", "cause 3")
	pass()
	same(t, "the same again, after it was over", `[{"$key":5,"status":"cause 3"}]`, s.alarms("$key,status"))
	s.ill(3, "running", "warning", "no libvirt")
	pass()
	s.post("/api/v4/alarms/6/resolve", "").failed(t, 409)
	s.send("DELETE", "/api/v4/alarms/6", nil).failed(t, 405)
	s.post("/api/v4/alarms/99/resolve", "").failed(t, 404)
}

func TestAlarmSnoozes(t *testing.T) {
	t.Parallel()
	s, pass := alarmed(t)
	s.ill(1, "error", "error", "no disk")
	pass()
	soon := strconv.FormatInt(time.Now().Unix()+1000, 10)
	awake := func(what, want string) {
		t.Helper()
		same(t, what, want, s.alarms("snooze%20gt%20{$now}%20as%20asleep,snoozed_by&filter=snooze%20eq%200%20or%20snooze%20le%20{$now}"))
	}
	awake("at first", `[{"asleep":false,"snoozed_by":null}]`)
	s.put("/api/v4/alarms/1", `{"snooze":`+soon+`,"status":"fine","level":"debug"}`).must(t, 200)
	awake("snoozed", `[]`)
	same(t, "who", `[{"snooze":`+soon+`,"snoozed_by":"admin","status":"no disk","level":"error"}]`, s.alarms("snooze,snoozed_by,status,level"))
	pass()
	awake("snoozed still", `[]`)
	s.post("/api/v4/alarm_actions", `{"alarm":"1","action":"unsnooze"}`).must(t, 201)
	awake("woken", `[{"asleep":false,"snoozed_by":null}]`)
	for _, params := range []string{`{}`, `{"seconds":60}`, `{"snooze":` + soon + `}`} {
		s.put("/api/v4/alarms/1?action=snooze", params).must(t, 200)
		awake("snoozed by "+params, `[]`)
		s.put("/api/v4/alarms/1", `{"snooze":0}`).must(t, 200)
		awake("woken by PUT", `[{"asleep":false,"snoozed_by":null}]`)
	}
	s.put("/api/v4/alarms/1", `{"snooze":99999999999}`).failed(t, 422)
}

func TestAlarmSnoozesBelowAThreshold(t *testing.T) {
	t.Parallel()
	s, pass := alarmed(t)
	used := func(percent int64) {
		t.Helper()
		s.write("storage_tiers", 1, schema.Set{"used_pct": schema.IntValue(percent)})
		pass()
	}
	awake := func(what, want string) {
		t.Helper()
		same(t, what, want, s.alarms("$key,snoozed_by,snooze_threshold&filter=snooze%20le%20{$now}"))
	}
	pass()
	used(91)
	awake("raised", `[{"$key":1,"snoozed_by":null,"snooze_threshold":null}]`)
	for _, bad := range []string{"90", "99.5", `"much"`} { // not above what raises it, above what its type allows, no number
		s.put("/api/v4/alarms/1", `{"snooze_threshold":`+bad+`}`).failed(t, 422)
	}
	s.put("/api/v4/alarms/1", `{"snooze_threshold":95}`).must(t, 200)
	awake("snoozed", `[]`)
	same(t, "who", `[{"snoozed_by":"admin","snooze_threshold":95}]`, s.alarms("snoozed_by,snooze_threshold"))
	used(94)
	awake("below", `[]`)
	used(95)
	awake("reached", `[{"$key":1,"snoozed_by":null,"snooze_threshold":null}]`)
	s.put("/api/v4/alarms/1", `{"snooze_threshold":"97","snooze":`+strconv.FormatInt(time.Now().Unix()+1000, 10)+`}`).must(t, 200)
	used(96)
	awake("again", `[]`)
	s.post("/api/v4/alarms/1/unsnooze", "").must(t, 201)
	awake("woken", `[{"$key":1,"snoozed_by":null,"snooze_threshold":null}]`)
	s.ill(1, "error", "error", "no disk")
	pass()
	s.put("/api/v4/alarms/2", `{"snooze_threshold":95}`).failed(t, 422) // it is about no figure
	s.put("/api/v4/alarms/2", `{"snooze_threshold":0}`).must(t, 200)
	same(t, "no threshold", `{"snooze":0,"snooze_threshold":null}`, s.get("/api/v4/alarms/2?fields=snooze,snooze_threshold").body)
}

// TestClockThatWentBack has the clock a day ahead, and back: an alarm says by how much, and is over when the day has come.
func TestClockThatWentBack(t *testing.T) {
	t.Parallel()
	s, pass := alarmed(t)
	right := time.Now()
	ahead := right.Add(30 * time.Hour)
	for _, step := range []struct {
		at   time.Time
		want string
	}{
		{ahead, ``},
		{right, "the clock went back by 30 hours: something happened at " + ahead.UTC().Format(time.DateTime) + " UTC already"},
		{ahead.Add(-time.Hour), "by less than 2 hours"},
		{ahead.Add(time.Second), ``},
	} {
		s.db.Now = func() time.Time { return step.at }
		if step.at.Equal(ahead) {
			s.ill(1, "stopped", "online", "")
		}
		pass()
		if got := s.alarms("alarm_type,status"); step.want == "" && got != `[]` || !strings.Contains(got, step.want) {
			t.Errorf("at %v: %s, want %q", step.at.Sub(right), got, step.want)
		}
	}
}

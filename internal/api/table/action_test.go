package table_test

import (
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/schema"
)

// wish reads the last power operation that was asked for, which only controllers see.
func (s *server) wish(machine string) string {
	s.t.Helper()
	for line := range strings.SplitSeq(s.dump(), "\n") {
		if strings.HasPrefix(line, "machines "+machine+" ") {
			_, rest, _ := strings.Cut(line, "power_op=")
			op, rest, _ := strings.Cut(rest, " power_seq=")
			seq, _, _ := strings.Cut(rest, " ")
			return op + " " + seq
		}
	}
	return ""
}

// TestActionStyles does actions in every way that clients write them.
func TestActionStyles(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	for _, c := range []struct {
		method, path, body string
		status             int
		reply, machine     string
		wish               string
	}{
		{"POST", "vm_actions", `{"vm":1,"action":"poweron"}`, 201, "{}", "1", "poweron 1"},
		{"POST", "vm_actions", `{"vm":"1","action":"poweroff","params":{}}`, 201, "{}", "1", "poweroff 2"},
		{"POST", "vm_actions", `{"vm":"1","action":"poweron","params":"{}"}`, 201, "{}", "1", "poweron 3"},
		{"POST", "vm_actions", `{"vm":1,"action":"kill","params":""}`, 201, "{}", "1", "kill 4"},
		{"POST", "vm_actions", `{"vm":1,"action":"poweron","params":null}`, 201, "{}", "1", "poweron 5"},
		{"POST", "vm_actions", `{"vm":1,"action":"reset","params":{"graceful":"true"}}`, 201, "{}", "1", "reboot 6"},
		{"POST", "vm_actions", `{"vm":1,"action":"reset","params":"{\"graceful\":true}"}`, 201, "{}", "1", "reboot 7"},
		{"POST", "vm_actions", `{"vm":1,"action":"guestreset"}`, 201, "{}", "1", "reboot 8"},
		{"POST", "vm_actions/reset", `{"vm":1}`, 201, "{}", "1", "reset 9"},
		{"POST", "vm_actions/reset", `{"vm":1,"graceful":true}`, 201, "{}", "1", "reboot 10"},
		{"PUT", "vms/1?action=reset", `{"graceful":true}`, 200, "", "1", "reboot 11"},
		{"PUT", "vms/1?action=kill", ``, 200, "", "1", "kill 12"},
		{"POST", "vms/1/poweron", `{}`, 201, "{}", "1", "poweron 13"},
		{"PUT", "vms/1/poweroff", ``, 200, "", "1", "poweroff 14"},
		{"POST", "vnet_actions", `{"vnet":1,"action":"poweron","params":{"apply":true}}`, 201, "{}", "2", "poweron 1"},
		{"POST", "vnet_actions", `{"action":"refresh","vnet":1}`, 201, "{}", "2", "poweron 1"},
		{"PUT", "vnets/1/apply", ``, 200, "", "2", "poweron 1"},
		{"PUT", "vnets/1/applydns", ``, 200, "", "2", "poweron 1"},
		{"POST", "vnet_actions", `{"vnet":1,"action":"killpower"}`, 201, "{}", "2", "kill 2"},
		{"PUT", "vms/1", `{"powerstate":true}`, 200, "", "1", "poweron 15"},
	} {
		r := s.send(c.method, "/api/v4/"+c.path, strings.NewReader(c.body))
		if r.status != c.status || r.body != c.reply {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, r.status, r.body, c.status, c.reply)
		}
		if got := s.wish(c.machine); got != c.wish {
			t.Errorf("%s %s %s: machine %s is asked to %s, want %s", c.method, c.path, c.body, c.machine, got, c.wish)
		}
	}
}

func TestBadActions(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"gone"}`)
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"off","enabled":false}`)
	s.send("DELETE", "/api/v4/vms/1", nil).must(t, 200)
	before := s.dump()
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "vm_actions", `{"vm":2,"action":"fly"}`, 422},
		{"POST", "vm_actions", `{"vm":2}`, 422},
		{"POST", "vm_actions", `{"action":"poweron"}`, 422},
		{"POST", "vm_actions", `{"vm":{},"action":"poweron"}`, 422},
		{"POST", "vm_actions", `{"vm":2,"action":["poweron"]}`, 422},
		{"POST", "vm_actions", `{"vm":1,"action":"poweron"}`, 404},
		{"POST", "vm_actions", `{"vm":"x","action":"poweron"}`, 404},
		{"POST", "vm_actions", `{"vm":2,"action":"reset"}`, 409},
		{"POST", "vm_actions", `{"vm":3,"action":"poweron"}`, 409},
		{"POST", "vm_actions", `{"vm":2,"action":"poweron","params":"x"}`, 422},
		{"POST", "vm_actions", `{"vm":2,"action":"poweron","params":[1]}`, 422},
		{"POST", "vm_actions", `{"vm":2,"action":"poweron","params":{"preferred_node":"x"}}`, 422},
		{"POST", "vm_actions", `{"vm":2,"action":"migrate"}`, 501},
		{"PUT", "vms/2?action=fly", ``, 422},
		{"PUT", "vms/2/fly", ``, 422},
		{"GET", "vms/2/poweron", ``, 405},
		{"POST", "machines/2/poweron", ``, 404},
		{"POST", "vms?action=fly", `{"name":"x"}`, 405},
		{"POST", "vm_actions/poweron/2", `{}`, 404},
		{"POST", "node_actions", `{"node":1,"action":"maintenance"}`, 404},
	} {
		r := s.send(c.method, "/api/v4/"+c.path, strings.NewReader(c.body))
		if r.status != c.status {
			t.Errorf("%s %s %s: %d %s, want %d", c.method, c.path, c.body, r.status, r.body, c.status)
			continue
		}
		r.failed(t, c.status)
	}
	same(t, "rows", before, s.dump())
}

// TestActionsOfATableAreToldTheirPath: the refusal names none of the verbs that were just refused, but what to do instead.
func TestActionsOfATableAreToldTheirPath(t *testing.T) {
	t.Parallel()
	s := start(t)
	for path, want := range map[string]string{
		"vnets?action=x": `{"err":"the action 'x' is not possible on '/api/v4/vnets', since actions are done to a row; possible: ` +
			`PUT /api/v4/vnets/{key}?action=NAME, PUT or POST /api/v4/vnets/{key}/NAME"}`,
		"groups?action=x": `{"err":"groups have no actions; POST without ?action= to create a row"}`,
	} {
		r := s.post("/api/v4/"+path, `{"name":"n"}`).must(t, 405)
		same(t, path, want, strings.TrimSpace(r.body))
		same(t, path+": Allow", "GET, POST", r.header.Get("Allow"))
	}
	key := s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	for method, path := range map[string]string{"PUT": "vnets/" + key + "?action=poweron", "POST": "vnets/" + key + "/poweroff"} {
		if r := s.send(method, "/api/v4/"+path, strings.NewReader(`{}`)); r.status/100 != 2 {
			t.Errorf("%s %s, as the refusal says: %d %s", method, path, r.status, r.body)
		}
	}
}

// TestHotplugByMachine sends the machine's key where the VM's belongs, as the Go SDK does before it deletes a drive. Only for hotplug
// the one is taken for the other.
func TestHotplugByMachine(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vnets", `{"name":"lan"}`) // has machine 1
	s.make("vms", `{"name":"a"}`)     // is VM 1 with machine 2
	s.make("machine_drives", `{"machine":2,"disksize":1048576}`)
	s.post("/api/v4/vm_actions", `{"vm":2,"action":"hotplugdrive","params":{"device":"1","unplug":true}}`).must(t, 201) // no guest has it
	s.post("/api/v4/vm_actions", `{"vm":2,"action":"poweron"}`).failed(t, 404)
	s.post("/api/v4/vm_actions", `{"vm":1,"action":"poweron"}`).must(t, 201)
	s.post("/api/v4/vm_actions", `{"vm":2,"action":"hotplugdrive","params":{"device":"1"}}`).must(t, 201)
	s.post("/api/v4/vm_actions", `{"vm":9,"action":"hotplugdrive","params":{"device":"1","unplug":true}}`).failed(t, 404)
	s.post("/api/v4/vm_actions", `{"vm":2,"action":"kill"}`).failed(t, 404)
}

// TestHotplug: the drive of a VM that is off is enabled or disabled; that of a running one takes an operation, and doesn't look attached before. What can't be
// plugged is refused, and nothing is made for it.
func TestHotplug(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b"}`)
	s.make("machine_drives", `{"machine":1,"disksize":1048576}`)
	act := func(action string, vm int, params string) reply {
		return s.post("/api/v4/vm_actions", fmt.Sprintf(`{"vm":%d,"action":%q,"params":%s}`, vm, action, params))
	}
	is := func(want string) {
		t.Helper()
		got := strings.TrimSpace(s.get("/api/v4/machine_drives/1?fields=enabled,status%23status+as+is").must(t, 200).body)
		same(t, "the drive", want, got)
	}
	act("hotplugdrive", 2, `{"device":"1"}`).failed(t, 422)               // the drive is another VM's
	act("hotplugdrive", 2, `{"device":"1","unplug":true}`).failed(t, 422) // the same
	act("hotplugdrive", 1, `{"device":"77"}`).failed(t, 422)              // there is none
	act("hotplugdrive", 1, `{"unplug":true}`).failed(t, 422)
	act("hotplugdrive", 1, `{"device":"1"}`).failed(t, 409) // it is off, and gets the drive as it starts
	act("hotplugdrive", 1, `{"device":"1","unplug":true}`).must(t, 201)
	is(`{"enabled":false,"is":"offline"}`)
	act("hotplugdrive", 1, `{"device":"1"}`).must(t, 201)
	is(`{"enabled":true,"is":"offline"}`)
	if made := act("hotplugdrive", 1, `{"name":"x","disksize":10}`).must(t, 201).object(t)["response"].(map[string]any)["device"]; made != "2" {
		t.Errorf("the drive that was made is %v", made)
	}
	same(t, "its size", `{"disksize":10737418240}`, strings.TrimSpace(s.get("/api/v4/machine_drives/2?fields=disksize").must(t, 200).body))

	s.write("machine_status", 2, schema.Set{"running": schema.BoolValue(true), "powerstate": schema.BoolValue(true), "status": schema.TextValue("running"), "started_with": schema.TextValue("{}")})
	s.put("/api/v4/machine_drives/1", `{"machine":2}`).must(t, 200)
	if op := act("hotplugdrive", 2, `{"device":"1"}`).must(t, 201).object(t)["operation"]; op == nil {
		t.Error("the reply names no operation")
	}
	is(`{"enabled":true,"is":"offline"}`)
	tray := s.make("machine_drives", `{"machine":2,"media":"cdrom"}`)
	before := s.dump()
	act("hotplugdrive", 2, `{"device":"`+tray+`"}`).failed(t, 409)
	act("hotplugdrive", 2, `{"disksize":1,"interface":"ahci"}`).failed(t, 409)
	act("hotplugdrive", 2, `{"disksize":-1}`).failed(t, 422)
	act("hotplugdrive", 2, `{"interface":"warp","disksize":1}`).failed(t, 422)
	act("hotplugnic", 2, `{"name":"x"}`).failed(t, 422) // it is in no network
	act("changecd", 2, `{}`).failed(t, 422)
	act("changecd", 1, `{"eject":true}`).failed(t, 422)
	act("changenet", 2, `{"enabled":false}`).failed(t, 422)
	act("erase_drive", 2, `{"drive":"`+tray+`"}`).failed(t, 422)
	act("erase_drive", 2, `{"drive":"1"}`).failed(t, 409) // it has no disk yet
	same(t, "rows", before, s.dump())
	s.write("vms", 2, schema.Set{"allow_hotplug": schema.BoolValue(false)})
	act("hotplugdrive", 2, `{"disksize":1}`).failed(t, 409)
}

// TestDrivesThatCannotBe: each is refused by the name of its column, and nothing is made of it.
func TestDrivesThatCannotBe(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b"}`)
	for range 256 {
		s.make("machine_drives", `{"machine":1,"media":"cdrom"}`)
	}
	s.make("machine_drives", `{"machine":2,"disksize":1048576,"orderid":0}`)
	s.make("machine_drives", `{"machine":2,"media":"cdrom"}`)
	before := s.dump()
	for _, c := range []struct{ method, path, body, column string }{
		{"POST", "machine_drives", `{"machine":1,"media":"cdrom"}`, "machine"},
		{"PUT", "machine_drives/257", `{"machine":1}`, "machine"},
		{"POST", "machine_drives", `{"machine":2,"disksize":1048576,"orderid":0}`, "orderid"},
		{"PUT", "machine_drives/258", `{"orderid":0}`, "orderid"},
		{"POST", "machine_drives", `{"machine":2,"media":"cdrom","interface":"virtio"}`, "interface"},
		{"PUT", "machine_drives/258", `{"interface":"virtio"}`, "interface"},
		{"POST", "machine_drives", `{"machine":2,"disksize":1048576,"interface":"ide","readonly":true}`, "readonly"},
		{"PUT", "machine_drives/257", `{"disksize":524288}`, "disksize"},
		{"PUT", "machine_drives/257", `{"media_source":77}`, "media_source"},
		{"POST", "machine_drives", `{"machine":2,"disksize":9223372036854775807}`, "disksize"},
	} {
		r := s.send(c.method, "/api/v4/"+c.path, strings.NewReader(c.body))
		if r.status != 422 || !strings.Contains(r.body, "'"+c.column+"'") {
			t.Errorf("%s %s %s: %d %s, want 422 for %s", c.method, c.path, c.body, r.status, r.body, c.column)
		}
	}
	same(t, "rows", before, s.dump())
	s.put("/api/v4/machine_drives/258", `{"orderid":1,"description":"as it is"}`).must(t, 200)
}

func TestForceOffThroughStatus(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.write("machine_status", 1, schema.Set{"running": schema.BoolValue(true), "status": schema.TextValue("running")})
	s.put("/api/v4/machine_status/1", `{"running":false,"migratable":true,"status":"stopped","state":"offline"}`).must(t, 200)
	same(t, "wish", "kill 1", s.wish("1"))
	same(t, "the fact is the controller's", `{"running":true,"status":"running"}`, s.get("/api/v4/machine_status/1?fields=running,status").body)
}

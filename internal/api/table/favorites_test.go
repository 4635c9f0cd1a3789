package table_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestFavoritesAreAUsersOwn has two users star VMs: each sees their own, of VMs that they can see, and they go with the VM.
func TestFavoritesAreAUsersOwn(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b"}`)
	s.make("vm_favorites", `{"vm":1}`)
	user, bob := s.make("users", `{"name":"bob","password":"bobs password"}`), basic("bob", "bobs password")
	mark := func(body string) reply {
		return s.send("POST", "/api/v4/vm_favorites", strings.NewReader(body), bob)
	}
	mark(`{"vm":1}`).failed(t, 422) // he can't see it
	s.grantRow(user, "vms", "2")
	mark(`{"vm":"2"}`).must(t, 201)
	mark(`{"vm":2}`).failed(t, 409)
	mark(`{"vm":2,"user":1}`).failed(t, 422) // nor that user
	same(t, "bob's", `[{"vm":2}]`, s.send("GET", "/api/v4/vm_favorites?fields=vm", nil, bob).must(t, 200).body)
	same(t, "as the Python SDK asks", `[{"$key":1}]`, s.get("/api/v4/vm_favorites?fields=$key&filter=vm%20eq%201%20and%20user%20eq%201").must(t, 200).body)
	s.send("DELETE", "/api/v4/vms/2", nil).must(t, 200)
	same(t, "bob's, without the VM", `[]`, s.send("GET", "/api/v4/vm_favorites?fields=vm", nil, bob).must(t, 200).body)
}

func TestNoteActions(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	same(t, "reply", `{}`, s.post("/api/v4/note_actions", `{"owner":"vms/1","action":"update","params":{"text":"belongs to Ada"}}`).must(t, 201).body)
	s.post("/api/v4/note_actions", `{"owner":"/v4/vnets/1","action":"update","params":"{\"text\":\"lab\"}"}`).must(t, 201)
	same(t, "VM", `{"note":"belongs to Ada"}`, s.get("/api/v4/vms/1?fields=note").body)
	same(t, "network", `{"note":"lab"}`, s.get("/api/v4/vnets/1?fields=note").body)
	for body, status := range map[string]int{
		`{"owner":"vms/1","action":"update","params":{"text":"` + strings.Repeat("x", 1025) + `"}}`: 422,
		`{"owner":"vms/1","action":"update"}`:                                                       422,
		`{"owner":"vms/1","action":"burn","params":{"text":"x"}}`:                                   422,
		`{"owner":"vms/9","action":"update","params":{"text":"x"}}`:                                 404,
		`{"owner":"files/1","action":"update","params":{"text":""}}`:                                422,
		`{"owner":"secrets/1","action":"update","params":{"text":"x"}}`:                             422,
		`{"action":"update","params":{"text":"x"}}`:                                                 422,
	} {
		s.post("/api/v4/note_actions", body).failed(t, status)
	}
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	s.send("POST", "/api/v4/note_actions", strings.NewReader(`{"owner":"vms/1","action":"update","params":{"text":"mine"}}`), basic("bob", "bobs password")).failed(t, 404)
}

// TestMachineLogs reads the lines of a VM by its machine: what was done to it and to its drives, and no other's.
func TestMachineLogs(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vms", `{"name":"b"}`)
	s.make("machine_drives", `{"machine":1,"name":"disk","disksize":1}`)
	s.put("/api/v4/vms/1", `{"description":"x"}`).must(t, 200)
	same(t, "lines", `[{"machine_name":"a","level":"audit","text":"created VM \"a\"","user":"admin"},{"machine_name":"a","level":"audit","text":"created Drive \"disk\"","user":"admin"},`+
		`{"machine_name":"a","level":"audit","text":"changed description of VM \"a\"","user":"admin"}]`,
		s.get("/api/v4/machine_logs?filter=machine%20eq%201&sort=timestamp&fields=machine%23name%20as%20machine_name,level,text,user").must(t, 200).body)
	s.send("DELETE", "/api/v4/vms/1", nil).must(t, 200)
	same(t, "lines of what is gone", `[]`, s.get("/api/v4/machine_logs?filter=machine%20eq%201").must(t, 200).body)
	same(t, "the log", `[{"text":"deleted VM \"a\""}]`, s.get("/api/v4/logs?filter=text%20bw%20'deleted'&fields=text").must(t, 200).body)
}

// appliance uploads a description of a VM with two processors and returns its key.
func (s *server) appliance() (file string) {
	s.t.Helper()
	const text = `<Envelope><VirtualSystem><VirtualHardwareSection><Item><ResourceType>3</ResourceType><VirtualQuantity>2</VirtualQuantity></Item></VirtualHardwareSection></VirtualSystem></Envelope>`
	file = s.make("files", fmt.Sprintf(`{"name":"vm.ovf","allocated_bytes":%d}`, len(text)))
	s.put("/api/v4/files/"+file+"?filepos=0", text).must(s.t, 200)
	return file
}

// TestVMImports as clients ask for them.
func TestVMImports(t *testing.T) {
	t.Parallel()
	s := start(t)
	file := s.appliance()
	unfinished := s.make("files", `{"name":"half.ova","allocated_bytes":10}`)
	for body, status := range map[string]int{
		`{"name":"a"}`: 422, `{"file":` + file + `}`: 422, `{"name":"a","file":` + unfinished + `}`: 409, `{"name":"a","file":` + file + `,"volume_path":"x"}`: 501,
		`{"name":"a","file":` + file + `,"override_nic_interface":"x"}`: 422,
	} {
		s.post("/api/v4/vm_imports", body).must(t, status)
	}
	same(t, "imports", `[]`, s.get("/api/v4/vm_imports?fields=$key,id,name,vm,vm%23$display%20as%20vm_display,status").must(t, 200).body)
	key := s.make("vm_imports", `{"name":"a","file":`+file+`,"dry_run":true,"preserve_macs":true,"preserve_drive_format":false}`)
	lines := "/api/v4/vm_import_logs?fields=level,text&filter=vm_import%20eq%20'" + key + "'"
	same(t, "lines", `[{"level":"message","text":"VM \"a\": 2 CPU cores, 1024 MiB of memory, BIOS, other."},`+
		`{"level":"warning","text":"There is no manifest, so nothing tells whether the files are as they were made."},{"level":"audit","text":"created VM import \"a\""}]`, s.get(lines).must(t, 200).body)
	same(t, "VMs", `[]`, s.get("/api/v4/vms?fields=$key").must(t, 200).body)
	s.put("/api/v4/vm_imports/"+key+"?action=import", `{}`).must(t, 200)
	same(t, "the import", `[{"name":"a","status":"importing","importing":true,"vm_display":"a"}]`,
		s.get("/api/v4/vm_imports?fields=name,status,importing,vm%23$display%20as%20vm_display&filter=id%20eq%20'"+key+"'").must(t, 200).body)
	s.send("DELETE", "/api/v4/files/"+file, nil).must(t, 409)
	s.put("/api/v4/vm_imports/"+key+"?action=abort", `{}`).must(t, 200)
	s.send("DELETE", "/api/v4/vm_imports/"+key, nil).must(t, 200)
	same(t, "its lines", `[]`, s.get(lines).must(t, 200).body)
}

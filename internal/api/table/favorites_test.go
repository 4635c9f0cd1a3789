package table_test

import (
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

// TestVMImportsTellTheReason asks for what isn't built.
func TestVMImportsTellTheReason(t *testing.T) {
	t.Parallel()
	s := start(t)
	if got := s.post("/api/v4/vm_imports", `{"name":"a"}`).must(t, 501).body; !strings.Contains(got, "media import") {
		t.Error(got)
	}
	same(t, "imports", `[]`, s.get("/api/v4/vm_imports?fields=$key,id,name,vm,vm%23$display%20as%20vm_display,status").must(t, 200).body)
	same(t, "logs", `[]`, s.get("/api/v4/vm_import_logs?fields=$key,vm_import,level,text,timestamp,user").must(t, 200).body)
}

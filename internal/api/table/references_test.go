package table_test

import (
	"strings"
	"testing"
)

// TestReferencesReadBackAsWritten writes references in both forms: Python looks for "/users/" in a member, Terraform for what it wrote.
func TestReferencesReadBackAsWritten(t *testing.T) {
	t.Parallel()
	s := start(t)
	team, other := s.make("groups", `{"name":"team"}`), s.make("groups", `{"name":"other"}`)
	long := s.make("members", `{"parent_group":`+team+`,"member":"/v4/users/1"}`)
	short := s.make("members", `{"parent_group":`+other+`,"member":"users/1"}`)
	vm := s.make("vms", `{"name":"a"}`)
	task := s.make("tasks", `{"name":"on","owner":"/v4/vms/`+vm+`","action":"poweron"}`)
	list := func(filter string) string {
		return strings.TrimSpace(s.get("/api/v4/members?fields=member,member%23name%20as%20who&sort=$key&filter="+strings.ReplaceAll(filter, " ", "%20")).must(t, 200).body)
	}
	both := `[{"member":"/v4/users/1","who":"admin"},{"member":"users/1","who":"admin"}]`
	for _, filter := range []string{"member eq 'users/1'", "member eq '/v4/users/1'", "member in ('/v4/users/1')", "member eq 1", "member bw '/v4/users/'"} {
		same(t, filter, both, list(filter))
	}
	same(t, "neither", `[]`, list("member ne '/v4/users/1'"))
	same(t, "one", `{"owner":"/v4/vms/1"}`, s.get("/api/v4/tasks/"+task+"?fields=owner").must(t, 200).body)
	same(t, "all", `/v4/users/1`, s.get("/api/v4/members/" + long + "?fields=all").object(t)["member"].(string))
	same(t, "nested", `{"members":[{"member":"users/1"}]}`, s.get("/api/v4/groups/"+other+"?fields=members[member]").must(t, 200).body)
	same(t, "groups of the user", `{"groups":[{"name":"team"},{"name":"other"}]}`, s.get("/api/v4/users/1?fields=groups[name]").must(t, 200).body)
	s.post("/api/v4/members", `{"parent_group":`+team+`,"member":"users/1"}`).failed(t, 409) // the same member in another form
	s.put("/api/v4/members/"+short, `{"member":"/v4/users/1"}`).must(t, 200)                 // fixed once it is there, and with it the form
	same(t, "fixed", `{"member":"users/1"}`, s.get("/api/v4/members/"+short+"?fields=member").must(t, 200).body)
	addr := s.make("vnet_addresses", `{"vnet":`+s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)+`,"type":"static","ip":"10.1.0.9","mac":"52:54:00:00:00:01","owner":"vms/1"}`)
	for _, form := range []string{"/v4/vms/1", "vms/1"} {
		s.put("/api/v4/vnet_addresses/"+addr, `{"owner":"`+form+`"}`).must(t, 200)
		same(t, form, `{"owner":"`+form+`"}`, s.get("/api/v4/vnet_addresses/"+addr+"?fields=owner").must(t, 200).body)
	}
	s.send("DELETE", "/api/v4/vms/"+vm, nil).must(t, 200)
	s.get("/api/v4/tasks/"+task).failed(t, 404) // it follows its owner, however that was written
}

// TestGrantsOnTablesToCome grants rights on tables that clients know and that aren't built, and reads what a new account may.
func TestGrantsOnTablesToCome(t *testing.T) {
	t.Parallel()
	s := start(t)
	user := s.make("users", `{"name":"anna","password":"correct horse"}`)
	identity := s.get("/api/v4/users/" + user + "?fields=identity").object(t)["identity"]
	own := strings.TrimSpace(s.get("/api/v4/permissions?fields=identity_display,table,row,list,read,create,modify,delete").body)
	same(t, "own", `[{"identity_display":"anna","table":"users","row":`+user+`,"list":true,"read":true,"create":false,"modify":false,"delete":false}]`, own)
	grant := func(table string) reply {
		return s.post("/api/v4/permissions", `{"identity":`+identity.(interface{ String() string }).String()+`,"table":"`+table+`","read":true}`)
	}
	for _, table := range []string{"tenants", "/v4/vm_recipes"} {
		grant(table).must(t, 201)
	}
	same(t, "kept", `[{"table":"tenants"},{"table":"vm_recipes"}]`, strings.TrimSpace(s.get("/api/v4/permissions?fields=table&filter=row%20eq%200").body))
	grant("nonsense").failed(t, 422)
	grant("vm_actions").failed(t, 422)
	grant("sessions").failed(t, 422)
	s.send("DELETE", "/api/v4/users/"+user, nil).must(t, 200)
	same(t, "gone", `[]`, strings.TrimSpace(s.get("/api/v4/permissions").body))
}

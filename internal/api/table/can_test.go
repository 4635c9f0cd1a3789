package table_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestCan(t *testing.T) {
	t.Parallel()
	s := start(t)
	mine, other := s.make("vms", `{"name":"mine"}`), s.make("vms", `{"name":"other"}`)
	user := s.make("users", `{"name":"bob","password":"bobs password"}`)
	identity := s.get("/api/v4/users/"+user+"?fields=identity").must(t, 200).object(t)["identity"]
	s.make("permissions", fmt.Sprintf(`{"identity":%v,"table":"/v4/vms","row":%s,"read":true,"create":true}`, identity, mine))
	s.make("permissions", fmt.Sprintf(`{"identity":%v,"table":"vnets"}`, identity))
	bob := basic("bob", "bobs password")
	ask := `{"objects":["vms/` + mine + `","/v4/vms/` + other + `","vnets","vms","nonsense","vms/x","sessions/1"]}`
	same(t, "bob", `[{"object":"vms/`+mine+`","list":true,"read":true,"create":true,"modify":false,"delete":false},`+
		nothing("/v4/vms/"+other)+`,{"object":"vnets","list":true,"read":false,"create":false,"modify":false,"delete":false},`+
		nothing("vms")+","+nothing("nonsense")+","+nothing("vms/x")+","+nothing("sessions/1")+"]",
		s.send("POST", "/api/sys/can", strings.NewReader(ask), bob).must(t, 200).body)
	same(t, "admin", `[{"object":"vms/`+other+`","list":true,"read":true,"create":true,"modify":true,"delete":true},`+nothing("vms/99")+"]",
		s.post("/api/sys/can", `{"objects":["vms/`+other+`","vms/99"]}`).must(t, 200).body)
	s.send("POST", "/api/sys/can", strings.NewReader(ask), nobody).failed(t, 401)
	s.send("GET", "/api/sys/can", nil, bob).failed(t, 405)
	for _, bad := range []string{`{}`, `{"objects":null}`, `{"objects":"vms/1"}`, `{"objects":[1]}`, `{"objects":["` + strings.Repeat(`vms","`, 1000) + `vms"]}`} {
		s.send("POST", "/api/sys/can", strings.NewReader(bad), bob).failed(t, 422)
	}
}

// nothing is the answer for what isn't there or isn't to be seen.
func nothing(object string) string {
	return `{"object":"` + object + `","list":false,"read":false,"create":false,"modify":false,"delete":false}`
}

// TestMissingRights makes sure that what is missing is named, and that what is hidden looks missing.
func TestMissingRights(t *testing.T) {
	t.Parallel()
	s := start(t)
	vm := s.make("vms", `{"name":"mine"}`)
	user := s.make("users", `{"name":"bob","password":"bobs password"}`)
	bob := basic("bob", "bobs password")
	path := "/api/v4/vms/" + vm
	missing := s.send("GET", "/api/v4/vms/99", nil, bob).failed(t, 404)
	hidden := s.send("GET", path, nil, bob).failed(t, 404)
	same(t, "hidden", strings.ReplaceAll(missing, "99", vm), hidden)
	identity := s.get("/api/v4/users/" + user + "?fields=identity").object(t)["identity"]
	grant := s.make("permissions", fmt.Sprintf(`{"identity":%v,"table":"vms","row":%s}`, identity, vm))
	for right, r := range map[string]reply{
		"read":   s.send("GET", path, nil, bob),
		"modify": s.send("PUT", path, strings.NewReader(`{"name":"x"}`), bob),
		"delete": s.send("DELETE", path, nil, bob),
		"create": s.send("POST", "/api/v4/vms", strings.NewReader(`{"name":"x"}`), bob),
	} {
		same(t, right, fmt.Sprintf("you need the right %q on vms", right), r.failed(t, 403))
	}
	same(t, "listed", `[{"name":"mine"}]`, s.send("GET", "/api/v4/vms?fields=name", nil, bob).must(t, 200).body)
	s.send("DELETE", "/api/v4/permissions/"+grant, nil).must(t, 200)
	same(t, "revoked", `[]`, s.send("GET", "/api/v4/vms?fields=name", nil, bob).must(t, 200).body)
}

package table_test

import (
	"strings"
	"testing"
)

// TestAccountsAreClosedAndOpened by the actions and by the columns; an open session is refused meanwhile.
func TestAccountsAreClosedAndOpened(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.make("users", `{"name":"ann","password":"anns password"}`)
	key := bearer(s.post("/api/v4/user_api_keys", `{"name":"k","user":`+ann+`}`).must(t, 201).object(t)["key"].(string))
	session := bearer(s.login(t, `{"login":"ann","password":"anns password"}`).must(t, 200).object(t)["$key"].(string))
	act := func(action string) func() reply {
		return func() reply { return s.post("/api/v4/user_actions", `{"user":"`+ann+`","action":"`+action+`"}`) }
	}
	put := func(body string) func() reply { return func() reply { return s.put("/api/v4/users/"+ann, body) } }
	for what, c := range map[string]struct {
		shut, open func() reply
		status     int
	}{
		"actions": {act("disable"), act("enable"), 201}, "enabled": {put(`{"enabled":false}`), put(`{"enabled":"true"}`), 200},
		"account_locked": {put(`{"account_locked":1700000000}`), put(`{"account_locked":0}`), 200},
	} {
		for range 2 { // twice does no harm
			c.shut().must(t, c.status)
		}
		for _, who := range []credential{basic("ann", "anns password"), session, key} {
			s.send("GET", "/api/v4/users/"+ann, nil, who).failed(t, 401)
		}
		s.login(t, `{"login":"ann","password":"anns password"}`).failed(t, 401)
		for range 2 {
			c.open().must(t, c.status)
		}
		for _, who := range []credential{basic("ann", "anns password"), session, key} {
			if r := s.send("GET", "/api/v4/users/"+ann, nil, who); r.status != 200 {
				t.Errorf("%s: open again: %d %s", what, r.status, r.body)
			}
		}
	}
	for _, who := range []credential{session, key} {
		s.send("POST", "/api/v4/user_actions", strings.NewReader(`{"user":`+ann+`,"action":"enable"}`), who).failed(t, 403)
	}
	s.post("/api/v4/user_actions", `{"user":99,"action":"disable"}`).failed(t, 404)
}

// TestWhatAccountsIgnore sends what clients write and Dewpoint decides by itself.
func TestWhatAccountsIgnore(t *testing.T) {
	t.Parallel()
	s := start(t)
	key := s.make("users", `{"name":"Ann","password":"anns password","two_factor_authentication":false,"theme":7,"id":"x","creator":"y","last_login":5}`)
	s.put("/api/v4/users/"+key, `{"two_factor_authentication":false,"theme":7,"name":"ann"}`).must(t, 200)
	s.put("/api/v4/users/"+key, `{"two_factor_authentication":true}`).failed(t, 501)
	s.post("/api/v4/users", `{"name":"bob","password":"bobs password","two_factor_authentication":true}`).failed(t, 501)
	row := s.get("/api/v4/users/" + key + "?fields=two_factor_authentication,theme,creator,name,last_login").body
	same(t, "row", `{"two_factor_authentication":false,"theme":null,"creator":"admin","name":"ann","last_login":null}`, row)
	s.send("GET", "/api/v4/users/"+key, nil, basic("ann", "anns password")).must(t, 200)
	group := s.make("groups", `{"name":"club","id":"mine","email":"club@example.org"}`)
	same(t, "group", `{"id":"mine","sysgroup":`+group+`,"auth_source":null}`, s.get("/api/v4/groups/"+group+"?fields=id,sysgroup,auth_source").body)
	for _, member := range []string{"/v4/users/" + key, "users/" + key} {
		m := s.make("members", `{"parent_group":`+group+`,"member":"`+member+`"}`)
		same(t, member, `[{"member":"`+member+`"}]`, s.get("/api/v4/members?fields=member&filter=member%20eq%20'"+member+"'").body)
		s.send("DELETE", "/api/v4/members/"+m, nil).must(t, 200)
	}
}

package table_test

import (
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/auth/ldap/ldaptest"
)

// source makes an authorization source of the directory and returns its key.
func (s *server) source(t testing.TB, d *ldaptest.Server) string {
	t.Helper()
	return s.make("auth_sources", fmt.Sprintf(`{"name":"corp","driver":"ldap","menu":true,"button_color":"#2d6cdf","settings":{"url":"ldap://%s","starttls":true,"ca":%q,"base_dn":%q,"bind_dn":%q,"bind_password":%q}}`,
		d.Address, d.CA, ldaptest.Base, ldaptest.Reader, ldaptest.ReaderPassword))
}

func TestSignInByADirectory(t *testing.T) {
	t.Parallel()
	s, d := start(t), ldaptest.Start(t)
	source := s.source(t, d)
	ann := s.make("users", `{"name":"ann","auth_source":"`+source+`"}`)
	s.make("users", `{"name":"robert","auth_source":`+source+`,"remote_name":"bob","password":"ignored"}`)
	login := func(name, password string) reply {
		t.Helper()
		return s.login(t, fmt.Sprintf(`{"login":%q,"password":%q}`, name, password))
	}
	token, ok := login("ann", ldaptest.AnnPassword).must(t, 200).object(t)["$key"].(string)
	if !ok {
		t.Fatal("no token")
	}
	s.send("GET", "/api/v4/users/"+ann, nil, bearer(token)).must(t, 200)
	s.send("GET", "/api/v4/users/"+ann, nil, basic("ann", ldaptest.AnnPassword)).must(t, 200)
	login("robert", ldaptest.BobPassword).must(t, 200)
	for _, try := range [][2]string{{"robert", "ignored"}, {"ann", ""}, {"ann", "wrong"}, {"bob", ldaptest.BobPassword}} {
		login(try[0], try[1]).failed(t, 401)
	}
	s.put("/api/v4/users/"+ann, `{"password":"mine"}`).failed(t, 422)
	s.put("/api/v4/users/"+ann, `{"auth_source":null}`).must(t, 200) // ignored: it is chosen once
	same(t, "the source of an account", `{"auth_source":`+source+`}`, s.get("/api/v4/users/"+ann+"?fields=auth_source").body)
	d.Stop()
	login("ann", ldaptest.AnnPassword).must(t, 200) // remembered
	s.make("users", `{"name":"carol","auth_source":`+source+`,"remote_name":"ann"}`)
	if text := login("carol", ldaptest.AnnPassword).failed(t, 503); strings.Contains(text, d.Address) || strings.Contains(text, "corp") {
		t.Errorf("a stranger is told about the server: %s", text)
	}
	s.send("GET", "/api/v4/users/"+ann, nil, bearer(token)).must(t, 200) // a session needs no source
	d.Resume()
	login("carol", ldaptest.AnnPassword).must(t, 200)
	s.send("DELETE", "/api/v4/auth_sources/"+source, nil).failed(t, 409)
	for _, key := range []string{ann, "3", "4"} {
		s.send("DELETE", "/api/v4/users/"+key, nil).must(t, 200)
	}
	s.send("DELETE", "/api/v4/auth_sources/"+source, nil).must(t, 200)
	if strings.Contains(s.log.String(), ldaptest.AnnPassword) || strings.Contains(s.log.String(), ldaptest.ReaderPassword) {
		t.Error("the log holds a password")
	}
}

// TestTheBindPasswordNeverComesOut asks for it by every road.
func TestTheBindPasswordNeverComesOut(t *testing.T) {
	t.Parallel()
	s, d := start(t), ldaptest.Start(t)
	f := s.follow("/api/v4/auth_sources?watch=1&fields=all", "")
	source := s.source(t, d)
	secret := func(what, body string) {
		t.Helper()
		if strings.Contains(body, ldaptest.ReaderPassword) || strings.Contains(body, "bind_password") || strings.Contains(body, "sealed") {
			t.Errorf("%s: %s", what, body)
		}
	}
	secret("feed", f.event())
	row := s.get("/api/v4/auth_sources/"+source).must(t, 200)
	if settings, ok := row.object(t)["settings"].(map[string]any); !ok || settings["bind_dn"] != ldaptest.Reader || settings["starttls"] != true || settings["ca"] != d.CA {
		t.Errorf("settings: %v", row.body)
	}
	secret("row", row.body)
	secret("all", s.get("/api/v4/auth_sources?fields=all,settings,$display").must(t, 200).body)
	secret("dry run", s.put("/api/v4/auth_sources/"+source+"?dry_run=1", `{"settings":{"url":"ldaps://127.0.0.1","user_dn":"uid={name},dc=x"}}`).must(t, 200).body)
	for _, query := range []string{"fields=secrets", "filter=secrets%20ne%20null", "sort=secrets", "secrets=x"} {
		r := s.get("/api/v4/auth_sources?" + query)
		if secret(query, r.body); r.status != 200 && r.status != 422 && r.status != 400 {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
	secret("logs", s.get("/api/v4/logs?fields=all").must(t, 200).body)
	secret("log", s.log.String())
	// A row that was read can be sent back as it is.
	s.put("/api/v4/auth_sources/"+source, row.body).must(t, 200)
	s.make("users", `{"name":"ann","auth_source":`+source+`}`)
	s.send("GET", "/api/v4/users/2", nil, basic("ann", ldaptest.AnnPassword)).must(t, 200)
}

func TestAuthSourcesAreChecked(t *testing.T) {
	t.Parallel()
	s := start(t)
	good := `"name":"a","settings":{"url":"ldaps://ldap.example.org","base_dn":"dc=example,dc=org"}`
	for body, c := range map[string]struct {
		status int
		text   string
	}{
		`{` + good + `}`:                                                                          {422, "'driver'"},
		`{` + good + `,"driver":"azure"}`:                                                         {501, `"azure"`},
		`{` + good + `,"driver":"openid"}`:                                                        {501, "only the driver ldap is supported yet"},
		`{"name":"a","driver":"azure"}`:                                                           {501, `"azure"`},
		`{"name":"a","driver":"ldap"}`:                                                            {422, "'settings'"},
		`{"driver":"ldap","settings":{"url":"ldaps://x","base_dn":"dc=x"}}`:                       {422, "'name'"},
		`{"name":"a","driver":"ldap","settings":[]}`:                                              {422, "must be an object"},
		`{"name":"a","driver":"ldap","settings":"text"}`:                                          {422, "must be an object"},
		`{"name":"a","driver":"ldap","settings":{}}`:                                              {422, "'url must"},
		`{"name":"a","driver":"ldap","settings":{"url":"ldap://x"}}`:                              {422, "'starttls must"},
		`{"name":"a","driver":"ldap","settings":{"url":"ldaps://x","base_dn":"x"}}`:               {422, "'base_dn isn't a DN"},
		`{"name":"a","driver":"ldap","settings":{"url":"ldaps://x","user_dn":"uid=ann"}}`:         {422, "'user_dn must hold {name}"},
		`{"name":"a","driver":"ldap","settings":{"url":"ldaps://x","base_dn":"dc=x","bind":"y"}}`: {422, "'bind isn't known"},
		`{` + good + `,"driver":"ldap","button_color":"red\";x:\""}`:                              {422, "'button_color'"},
	} {
		if text := s.post("/api/v4/auth_sources", body).failed(t, c.status); !strings.Contains(text, c.text) {
			t.Errorf("%s: %s, want %s in it", body, text, c.text)
		}
	}
	key := s.make("auth_sources", `{`+good+`,"driver":"ldap"}`)
	s.post("/api/v4/auth_sources", `{`+good+`,"driver":"ldap"}`).failed(t, 409)
	s.put("/api/v4/auth_sources/"+key, `{"driver":"azure","name":"b"}`).must(t, 200)
	row := s.get("/api/v4/auth_sources/" + key).object(t)
	if row["driver"] != "ldap" || row["name"] != "b" || fmt.Sprint(row["debug_ts"]) != "0" {
		t.Errorf("after a change: %v", row)
	}
	s.put("/api/v4/auth_sources/"+key, `{"settings":{"url":"ldaps://x"}}`).failed(t, 422)
	s.put("/api/v4/auth_sources/"+key, `{"settings":null}`).failed(t, 422)
	s.put("/api/v4/auth_sources/"+key, `{"debug":true}`).must(t, 200)
	if since := fmt.Sprint(s.get("/api/v4/auth_sources/" + key).object(t)["debug_ts"]); len(since) != 10 {
		t.Errorf("debug since %s", since)
	}
	s.put("/api/v4/auth_sources/"+key, `{"debug":false}`).must(t, 200)
	same(t, "debug_ts", "0", fmt.Sprint(s.get("/api/v4/auth_sources/" + key).object(t)["debug_ts"]))
	// Whoever may write to all tables still can't choose who checks passwords.
	s.make("users", `{"name":"bob","password":"bobs password"}`)
	identity := fmt.Sprint(s.get("/api/v4/users/2?fields=identity").object(t)["identity"])
	s.make("permissions", `{"identity":`+identity+`,"table":"/","row":0,"list":true,"read":true,"create":true,"modify":true,"delete":true}`)
	bob := basic("bob", "bobs password")
	s.send("GET", "/api/v4/auth_sources/"+key, nil, bob).must(t, 200)
	s.send("POST", "/api/v4/auth_sources", strings.NewReader(`{`+good+`,"driver":"ldap"}`), bob).failed(t, 403)
	s.send("PUT", "/api/v4/auth_sources/"+key, strings.NewReader(`{"name":"mine"}`), bob).failed(t, 403)
	s.send("DELETE", "/api/v4/auth_sources/"+key, nil, bob).failed(t, 403)
}

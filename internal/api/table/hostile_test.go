package table_test

import (
	"net/url"
	"strings"
	"testing"

	"dewpoint/test/hostile"
)

// TestErrorsRepeatLittleOfAnAddress puts huge texts wherever a path, a query and the headers take some.
func TestErrorsRepeatLittleOfAnAddress(t *testing.T) {
	t.Parallel()
	s := start(t)
	text := hostile.Text
	for _, method := range []string{"GET", "PUT", "DELETE", "POST", "PATCH", text[:20_000]} {
		for _, path := range []string{"/", "/api/", "/api/v4/", "/api/v4/vms/", "/api/v4/vms/1/", "/api/v4/vms/" + hostile.Number + "/", "/api/v4/vms/$", "/api/sys/", "/api/sys/tokens/", "/api/v4/permissions/", "/api/v4/files/1/"} {
			s.repeats(s.send(method, path+text, nil), 400, "path", method, path)
		}
	}
	for _, name := range []string{"fields", "filter", "sort", "limit", "offset", "action", "dry_run", "download", text} {
		for _, value := range []string{
			text, hostile.Number, "%" + text, "name eq '" + text, "name eq " + text, text + " eq 1", "cpu_cores eq '" + text + "'", "cpu_cores eq " + hostile.Number,
			"name rx '(" + text + "'", "name#" + text, text + "#name", "machine[" + text + "]", text + "(drives)", "sum(" + text + ")", "name as " + text, "+" + text, "name " + text, ";" + text,
		} {
			for _, method := range []string{"GET", "POST"} {
				s.repeats(s.send(method, "/api/v4/vms?"+url.QueryEscape(name)+"="+url.QueryEscape(value), nil), 0, "query", method, name, value[:min(len(value), 12)])
			}
		}
		s.repeats(s.send("GET", "/api/v4/vms?"+name+"=%"+text, nil), 400, "a query that can't be read", name)
	}
	for _, name := range []string{"Authorization", "x-yottabyte-token", "Cookie", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Range", "X-Forwarded-For", "X-Request-Id", "Accept", "Origin"} {
		for _, value := range []string{text, "Basic " + text, "Bearer " + text, "token=" + text} {
			for _, method := range []string{"GET", "POST"} {
				s.repeats(s.send(method, "/api/v4/vms", strings.NewReader(`{}`), admin, header(name, value)), 0, "header", method, name)
			}
		}
	}
	s.repeats(s.send("GET", "/api/v4/vms", nil, basic(text, "x")), 401, "the name of a login")
	s.repeats(s.send("GET", "/api/v4/vms", nil, basic("admin", text)), 401, "the password of a login")
}

// TestErrorsRepeatLittleOfABody gives huge values to a field of each type, and wherever else a body has some.
func TestErrorsRepeatLittleOfABody(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, value := range hostile.Values {
		for _, path := range []string{"/api/v4/vms", "/api/v4/vm_actions", "/api/sys/tokens", "/api/v4/vms/1?action=clone"} {
			s.repeats(s.post(path, value), 400, "body", path, value[:12])
			for _, member := range []string{"action", "vm", "params", "login", "password", "code"} {
				s.repeats(s.post(path, `{"`+member+`":`+value+`}`), 0, "member", path, member, value[:12])
			}
		}
		s.repeats(s.post("/api/sys/tokens", `{"login":`+value+`,"password":`+value+`}`), 400, "login", value[:12])
	}
	s.repeats(s.post("/api/v4/vms", `{"`+hostile.Text+`":1}`), 0, "the name of a member")
	seen := map[string]bool{}
	for _, table := range s.db.Schema.Tables() {
		if table.Internal || table.NotBuilt != "" {
			continue
		}
		for _, f := range table.Fields {
			kind := f.Type.Name()
			if len(f.Among) > 0 {
				kind += " among"
			}
			if expr, _ := f.Pattern(); expr != "" {
				kind += " " + expr
			}
			if len(f.Enum) > 0 {
				kind += " enum"
			}
			if !f.Writable(true) || seen[kind] {
				continue
			}
			seen[kind] = true
			for _, value := range hostile.Values {
				s.repeats(s.post("/api/v4/"+table.Name, `{"`+f.Name+`":`+value+`}`), 0, "column", table.Name, f.Name, value[:12])
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("few types of columns were tried: %v", seen)
	}
	for _, value := range hostile.Values {
		s.repeats(s.post("/api/v4/auth_sources", `{"name":"x","driver":"ldap","settings":{"url":`+value+`}}`), 0, "settings", value[:12])
		s.repeats(s.post("/api/v4/auth_sources", `{"name":"y","driver":"ldap","settings":{"url":"ldap://h","user_dn":`+value+`}}`), 0, "DN", value[:12])
		s.repeats(s.post("/api/v4/auth_sources", `{"name":"z","driver":"ldap","settings":{"url":"ldap://h","base_dn":"dc=x","user_filter":`+value+`}}`), 0, "filter", value[:12])
	}
}

// repeats checks an error: that the request was refused, when least isn't 0, and how much of what was sent stands in the answer.
func (s *server) repeats(r reply, least int, what ...string) {
	s.t.Helper()
	for i, w := range what {
		what[i] = w[:min(len(w), 40)]
	}
	text := strings.Join(what, " ")
	if r.status < least {
		s.t.Errorf("%s: status %d", text, r.status)
	}
	if r.status >= 400 {
		for name, values := range r.header {
			hostile.Repeats(s.t, text+": "+name, strings.Join(values, " "))
		}
		hostile.Repeats(s.t, text, r.body)
	}
}

package table_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	s := start(t)
	body := fmt.Sprintf(`{"login":"admin","password":%q}`, adminPassword)
	for what, who := range map[string]credential{
		"no header": nobody, "ybkey": header("Authorization", "ybkey login"), "empty Basic": header("Authorization", "Basic Og=="), "bad Basic": header("Authorization", "Basic !!"),
	} {
		r := s.send("POST", "/api/sys/tokens", strings.NewReader(body), who).must(t, 200)
		m := regexp.MustCompile(`^\{"location":"/sys/tokens/([0-9a-f]+)","dbpath":"tokens/([0-9a-f]+)","\$row":1,"\$key":"([0-9a-f]+)"\}$`).FindStringSubmatch(r.body)
		if m == nil || m[1] != m[2] || m[2] != m[3] {
			t.Fatalf("%s: %s", what, r.body)
		}
		for _, use := range []credential{header("x-yottabyte-token", m[1]), bearer(m[1])} {
			s.send("GET", "/api/v4/system", nil, use).must(t, 200)
		}
		s.send("GET", "/api/v4/system?token="+m[1], nil, nobody).must(t, 200)
		above := map[bool]string{false: "/api", true: ""}[what == "no header"] // the location that was named works as it is
		same(t, "logout", "", s.send("DELETE", above+"/sys/tokens/"+m[1], nil, nobody).must(t, 200).body)
		s.send("GET", "/api/v4/system", nil, header("x-yottabyte-token", m[1])).failed(t, 401)
		if text := s.send("DELETE", "/api/sys/tokens/"+m[1], nil, nobody).failed(t, 404); strings.Contains(text, m[1]) {
			t.Errorf("the error repeats the token: %s", text)
		}
	}
}

func TestLoginRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for body, status := range map[string]int{
		`{"login":"admin","password":"wrong"}`: 401, `{"login":"nobody","password":"wrong"}`: 401, `{"login":"admin","password":""}`: 401,
		`{"login":"admin' or '1'='1","password":"x"}`: 401, `{"login":["admin"],"password":"x"}`: 422, `{}`: 422, `[]`: 400, `{"login":`: 400,
	} {
		r := s.send("POST", "/api/sys/tokens", strings.NewReader(body), nobody)
		if r.status != status {
			t.Errorf("%s: %d %s, want %d", body, r.status, r.body, status)
		}
		r.failed(t, r.status)
	}
	for _, c := range []struct {
		method, path string
		status       int
	}{{"GET", "/api/sys/tokens", 405}, {"GET", "/api/sys/tokens/abc", 405}, {"POST", "/api/sys/tokens/abc", 405}, {"GET", "/api/sys", 404}, {"GET", "/api/sys/nonsense", 404}, {"POST", "/version.json", 405}} {
		s.send(c.method, c.path, nil).failed(t, c.status)
	}
}

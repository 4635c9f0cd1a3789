package table_test

import (
	"net/http"
	"strings"
	"testing"

	"dewpoint/internal/auth"
)

// own is how a page of the server itself sends a request, with the cookie of its session.
func own(cookie string) credential {
	return func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
	}
}

// and puts several things on a request.
func and(all ...credential) credential {
	return func(r *http.Request) {
		for _, c := range all {
			c(r)
		}
	}
}

// signIn begins a session as a page does, and returns its cookie.
func (s *server) signIn(with credential) string {
	s.t.Helper()
	r := s.send("POST", "/api/sys/session", strings.NewReader(`{"login":"admin","password":"`+adminPassword+`"}`), with).must(s.t, 200)
	same(s.t, "who", `{"user":1,"name":"admin","admin":true}`, r.body)
	set := r.header.Get("Set-Cookie")
	cookie, rest, _ := strings.Cut(set, ";")
	if !strings.HasPrefix(cookie, auth.CookieName+"=") || rest != " Path=/; HttpOnly; Secure; SameSite=Strict" {
		s.t.Fatalf("the cookie is %q", set)
	}
	if _, token, _ := strings.Cut(cookie, "="); strings.Contains(r.body, token) {
		s.t.Error("the reply has the token, for pages to read")
	}
	return cookie
}

func TestBrowserSession(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	cookie := s.signIn(own(""))
	mine := own(cookie)
	same(t, "who am I", `{"user":1,"name":"admin","admin":true}`, s.send("GET", "/api/sys/session", nil, mine).must(t, 200).body)
	s.send("GET", "/api/v4/vms/1", nil, mine).must(t, 200)
	s.send("PUT", "/api/v4/vms/1", strings.NewReader(`{"name":"b"}`), mine).must(t, 200)
	key := s.make("files", `{"name":"notes.html","allocated_bytes":"3"}`)
	s.send("PUT", "/api/v4/files/"+key+"?filepos=0", strings.NewReader("abc"), mine).must(t, 200)
	got := s.send("GET", "/api/v4/files/"+key+"?download=1", nil, and(header("Cookie", cookie), header("Sec-Fetch-Site", "none"))).must(t, 200)
	if got.body != "abc" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("a download by the cookie: %q, %v", got.body, got.header)
	}
	again := s.signIn(mine)
	s.send("GET", "/api/v4/vms", nil, mine).failed(t, 401)
	if again == cookie {
		t.Error("the second login has the first one's token")
	}
	r := s.send("DELETE", "/api/sys/session", nil, own(again)).must(t, 200)
	if gone := r.header.Get("Set-Cookie"); gone != auth.CookieName+"=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("logout sets %q", gone)
	}
	s.send("GET", "/api/sys/session", nil, own(again)).failed(t, 401)
	s.send("DELETE", "/api/sys/session", nil, own(again)).must(t, 200)
	s.send("GET", "/api/sys/session", nil, nobody).failed(t, 401)
	s.send("PATCH", "/api/sys/session", nil, own("")).failed(t, 405)
}

// TestCrossSite sends what pages of others could have a browser send, in somebody's session.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	cookie := s.signIn(own(""))
	before := s.dump()
	with := func(headers ...string) credential {
		return func(r *http.Request) {
			r.Header.Set("Cookie", cookie)
			for i := 0; i < len(headers); i += 2 {
				r.Header.Add(headers[i], headers[i+1])
			}
		}
	}
	socket := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	for name, c := range map[string]struct {
		method, path, body string
		with               credential
	}{
		"form":                      {"POST", "/api/v4/vms", `{"name":"x"}`, with("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example", "Content-Type", "application/x-www-form-urlencoded")},
		"form of an old browser":    {"POST", "/api/v4/vms", `{"name":"x"}`, with("Origin", "https://evil.example", "Content-Type", "text/plain")},
		"form without an origin":    {"POST", "/api/v4/vms", `{"name":"x"}`, with("Content-Type", "text/plain")},
		"form of a sandboxed frame": {"POST", "/api/v4/vms", `{"name":"x"}`, with("Origin", "null")},
		"form of a subdomain":       {"POST", "/api/v4/vms", `{"name":"x"}`, with("Sec-Fetch-Site", "same-site", "Origin", "https://a.127.0.0.1")},
		"fetch":                     {"GET", "/api/v4/vms", "", with("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Origin", "https://evil.example")},
		"image":                     {"GET", "/api/v4/machine_console/1/screenshot", "", with("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image")},
		"link":                      {"GET", "/api/v4/vms/1", "", with("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate")},
		"put":                       {"PUT", "/api/v4/vms/1", `{"name":"x"}`, with("Sec-Fetch-Site", "cross-site")},
		"delete":                    {"DELETE", "/api/v4/vms/1", "", with("Origin", "https://evil.example")},
		"action":                    {"POST", "/api/v4/vm_actions", `{"vm":1,"action":"poweron"}`, with("Sec-Fetch-Site", "cross-site")},
		"upload":                    {"PUT", "/api/v4/files/1?filepos=0", "x", with("Sec-Fetch-Site", "cross-site")},
		"override":                  {"POST", "/api/v4/vms/1", "", with("Sec-Fetch-Site", "cross-site", "X-HTTP-Method-Override", "DELETE")},
		"socket of a console":       {"GET", "/api/v4/machine_console/1", "", with(append(socket, "Origin", "https://evil.example")...)},
		"socket without an origin":  {"GET", "/api/v4/machine_console/1", "", with(socket...)},
		"feed":                      {"GET", "/api/v4/vms?watch=1", "", with("Sec-Fetch-Site", "cross-site")},
		"logout":                    {"DELETE", "/api/sys/session", "", with("Sec-Fetch-Site", "cross-site")},
		"login as somebody else":    {"POST", "/api/sys/session", `{"login":"admin","password":"` + adminPassword + `"}`, with("Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain")},
		"login without an origin":   {"POST", "/api/sys/session", `{"login":"admin","password":"` + adminPassword + `"}`, nobody},
		"login from a subdomain":    {"POST", "/api/sys/session", `{"login":"admin","password":"` + adminPassword + `"}`, header("Sec-Fetch-Site", "same-site")},
	} {
		r := s.send(c.method, c.path, strings.NewReader(c.body), c.with)
		if r.status != 403 || r.header.Get("Set-Cookie") != "" || !strings.Contains(r.body, "pages of this server") {
			t.Errorf("%s: %d %s, Set-Cookie %q", name, r.status, r.body, r.header.Get("Set-Cookie"))
		}
	}
	if diff := s.dump(); diff != before {
		t.Errorf("something has changed:\n%s", diff)
	}
	two := and(own(cookie), func(r *http.Request) { r.Header.Add("Cookie", auth.CookieName+"="+strings.Repeat("0", 40)) })
	s.send("GET", "/api/v4/vms", nil, two).failed(t, 401)
	token := strings.TrimPrefix(cookie, auth.CookieName+"=")
	fixed := s.signIn(own(auth.CookieName + "=" + strings.Repeat("f", 40)))
	if strings.Contains(fixed, strings.Repeat("f", 40)) {
		t.Error("a session has the token that was there before the login")
	}
	s.send("GET", "/api/v4/vms", nil, and(header("Cookie", cookie), header("Authorization", "Bearer "+strings.Repeat("0", 40)), own(cookie))).failed(t, 401)
	s.send("GET", "/api/v4/vms", nil, and(header("x-yottabyte-token", token), header("Sec-Fetch-Site", "cross-site"))).must(t, 200) // a token that a page knows is its own to use
}

// TestSessionNeedsTLS: where browsers wouldn't keep the cookie, the login says so.
func TestSessionNeedsTLS(t *testing.T) {
	t.Parallel()
	s := start(t)
	elsewhere := func(r *http.Request) { r.Host = "cloud.example"; own("")(r) }
	text := s.send("POST", "/api/sys/session", strings.NewReader(`{"login":"admin","password":"`+adminPassword+`"}`), elsewhere).failed(t, 403)
	if !strings.Contains(text, "https://") {
		t.Errorf("the refusal is %q", text)
	}
}

// TestRefusedPages: a login that fails gives no cookie, and says what a login by token says.
func TestRefusedPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	for body, want := range map[string]int{
		`{"login":"admin","password":"wrong"}`: 401, `{"login":"nobody","password":"` + adminPassword + `"}`: 401, `{"login":1}`: 422, `[`: 400, `{}`: 422,
	} {
		r := s.send("POST", "/api/sys/session", strings.NewReader(body), own(""))
		if r.status != want || r.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s, Set-Cookie %q, want %d", body, r.status, r.body, r.header.Get("Set-Cookie"), want)
		}
	}
}

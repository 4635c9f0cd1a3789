package auth_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
)

// asked is a request to https://cloud.example with headers: name, value, ….
func asked(method string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "https://cloud.example/api/v4/vms", nil)
	r.TLS = &tls.ConnectionState{}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// TestFromOwnPage goes through who can have a browser send a request, and what the browser says of it.
func TestFromOwnPage(t *testing.T) {
	t.Parallel()
	const socket = "Upgrade"
	for name, c := range map[string]struct {
		method  string
		headers []string
		ok      bool
	}{
		"own page reads":                         {"GET", []string{"Sec-Fetch-Site", "same-origin"}, true},
		"own page writes":                        {"POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://cloud.example"}, true},
		"own page behind a proxy that renames":   {"PUT", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://other.example"}, true},
		"address typed":                          {"GET", []string{"Sec-Fetch-Site", "none"}, true},
		"address typed, head":                    {"HEAD", []string{"Sec-Fetch-Site", "none"}, true},
		"a write that nobody asked for":          {"POST", []string{"Sec-Fetch-Site", "none"}, false},
		"a delete that nobody asked for":         {"DELETE", []string{"Sec-Fetch-Site", "none"}, false},
		"other site's form":                      {"POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example", "Content-Type", "text/plain"}, false},
		"other site's link":                      {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, false},
		"other site's image":                     {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image"}, false},
		"subdomain's form":                       {"POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://evil.cloud.example"}, false},
		"subdomain reads":                        {"GET", []string{"Sec-Fetch-Site", "same-site"}, false},
		"cross-site with our origin":             {"POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://cloud.example"}, false},
		"two words for the site":                 {"POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"}, false},
		"a word that isn't known":                {"GET", []string{"Sec-Fetch-Site", "nearby"}, false},
		"an empty word":                          {"POST", []string{"Sec-Fetch-Site", "", "Origin", "https://cloud.example"}, false},
		"old browser, own page":                  {"POST", []string{"Origin", "https://cloud.example"}, true},
		"old browser, another case":              {"POST", []string{"Origin", "https://CLOUD.example"}, true},
		"old browser, other page":                {"POST", []string{"Origin", "https://evil.example"}, false},
		"old browser, other page reads":          {"GET", []string{"Origin", "https://evil.example"}, false},
		"old browser, other port":                {"POST", []string{"Origin", "https://cloud.example:8443"}, false},
		"old browser, page without TLS":          {"POST", []string{"Origin", "http://cloud.example"}, false},
		"old browser, no host":                   {"POST", []string{"Origin", "null"}, false},
		"old browser, our name in another's":     {"POST", []string{"Origin", "https://cloud.example.evil.example"}, false},
		"old browser, our name before an at":     {"POST", []string{"Origin", "https://cloud.example@evil.example"}, false},
		"old browser, another scheme":            {"POST", []string{"Origin", "file://cloud.example"}, false},
		"old browser, two origins":               {"POST", []string{"Origin", "https://cloud.example", "Origin", "https://evil.example"}, false},
		"no browser reads":                       {"GET", nil, true},
		"no browser writes":                      {"POST", nil, false},
		"method override":                        {"POST", []string{"X-HTTP-Method-Override", "GET"}, false},
		"method override on a read":              {"GET", []string{"X-HTTP-Method-Override", "DELETE"}, true}, // a GET is served as a GET
		"own page's socket":                      {"GET", []string{socket, "websocket", "Origin", "https://cloud.example"}, true},
		"own page's socket, new browser":         {"GET", []string{socket, "websocket", "Sec-Fetch-Site", "same-origin"}, true},
		"other site's socket":                    {"GET", []string{socket, "websocket", "Origin", "https://evil.example"}, false},
		"other site's socket, new browser":       {"GET", []string{socket, "websocket", "Origin", "https://cloud.example", "Sec-Fetch-Site", "cross-site"}, false},
		"a socket that nobody asked for":         {"GET", []string{socket, "WebSocket", "Sec-Fetch-Site", "none"}, false},
		"no browser's socket":                    {"GET", []string{socket, "websocket"}, false},
		"a method that reads and isn't known to": {"OPTIONS", nil, false},
	} {
		if err := auth.FromOwnPage(asked(c.method, c.headers...)); (err == nil) != c.ok || err != nil && !errs.Is(err, errs.Denied) {
			t.Errorf("%s: %v, want ok %t", name, err, c.ok)
		}
	}
	plain := httptest.NewRequest("POST", "http://cloud.example/", nil)
	plain.Header.Set("Origin", "https://cloud.example")
	if err := auth.FromOwnPage(plain); err != nil {
		t.Errorf("a page over TLS, with a proxy between that the server knows nothing of: %v", err)
	}
}

// TestCookieToken takes what is a session's token alone, and no cookie where there are two.
func TestCookieToken(t *testing.T) {
	t.Parallel()
	token, other := strings.Repeat("a", 40), strings.Repeat("b", 40)
	const name = auth.CookieName + "="
	for cookies, want := range map[string]string{
		name + token: token, "x=1; " + name + token: token, name + token + "; " + name + other: "", name: "", name + token + "0": "", name + "eyJ.x.y": "",
		name + strings.Repeat("A", 40): "", name + strings.Repeat("a", 64): "", "dewpoint=" + token: "", "__Secure-dewpoint=" + token: "", "": "",
	} {
		got, ok := auth.CookieToken(asked("GET", "Cookie", cookies))
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", cookies, got, want)
		}
	}
	if got := auth.Cookie(token).String(); got != "__Host-dewpoint="+token+"; Path=/; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("the cookie is %s", got)
	}
}

// TestKeepsCookies: without TLS browsers keep the cookie for the machine that they run on alone.
func TestKeepsCookies(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://cloud.example": true, "http://cloud.example": false, "http://localhost:7770": true, "http://a.localhost": true, "http://127.0.0.1:7770": true,
		"http://[::1]:7770": true, "http://192.0.2.1": false, "http://localhost.evil.example": false, "http://127.0.0.1.evil.example": false,
	} {
		r := httptest.NewRequest("POST", address+"/", nil)
		r.TLS, r.URL.Scheme = nil, strings.SplitN(address, ":", 2)[0]
		if err := auth.KeepsCookies(r); (err == nil) != ok {
			t.Errorf("%s: %v, want ok %t", address, err, ok)
		}
	}
}

package front_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"dewpoint/internal/api/front"
)

// at asks a server behind an edge, from an address, and returns the client's address and the URL's beginning that the server believes.
func at(edge front.Edge, from string, change func(*http.Request)) (client, base string) {
	h := front.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, front.Of(r.Context()).Address, " ", front.Base(r))
	}), edge, slog.New(slog.DiscardHandler))
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = from
	change(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	client, base, _ = strings.Cut(w.Body.String(), " ")
	return client, base
}

func TestProxies(t *testing.T) {
	t.Parallel()
	edge := front.Edge{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("2001:db8::1/128")}}
	for name, c := range map[string]struct {
		from    string
		headers []string // name, value, …
		client  string
		base    string
	}{
		"no proxy":                       {"192.0.2.1:5", nil, "192.0.2.1", "http://example.com"},
		"a stranger's word":              {"192.0.2.1:5", []string{"X-Forwarded-For", "198.51.100.1", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example", "Forwarded", "for=198.51.100.1;host=evil.example"}, "192.0.2.1", "http://example.com"},
		"X-Forwarded":                    {"10.0.0.1:5", []string{"X-Forwarded-For", "198.51.100.1", "X-Forwarded-Proto", "HTTPS", "X-Forwarded-Host", "a.example:8443"}, "198.51.100.1", "https://a.example:8443"},
		"two proxies":                    {"10.0.0.1:5", []string{"X-Forwarded-For", "203.0.113.9, 198.51.100.1, 10.0.0.2", "X-Forwarded-Proto", "https, http"}, "198.51.100.1", "https://example.com"},
		"in two lines":                   {"10.0.0.1:5", []string{"X-Forwarded-For", "203.0.113.9", "X-Forwarded-For", "198.51.100.1"}, "198.51.100.1", "http://example.com"},
		"with ports":                     {"[2001:db8::1]:5", []string{"X-Forwarded-For", "[2001:db8::7]:443, 10.0.0.3:99"}, "2001:db8::7", "http://example.com"},
		"proxies only":                   {"10.0.0.1:5", []string{"X-Forwarded-For", "10.0.0.7, 10.0.0.2"}, "10.0.0.7", "http://example.com"},
		"garbage beyond a proxy":         {"10.0.0.1:5", []string{"X-Forwarded-For", "198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2", "http://example.com"},
		"no header":                      {"10.0.0.1:5", nil, "10.0.0.1", "http://example.com"},
		"Forwarded":                      {"10.0.0.1:5", []string{"Forwarded", `for=203.0.113.9, For="[2001:db8::7]:47011";proto=https;host="b.example"`}, "2001:db8::7", "http://example.com"},
		"Forwarded by the first":         {"10.0.0.1:5", []string{"Forwarded", `for=198.51.100.1;proto=https;host="a,b;.example", for=10.0.0.9`}, "198.51.100.1", ""},
		"Forwarded before X-Forwarded":   {"10.0.0.1:5", []string{"Forwarded", "for=198.51.100.1;proto=https;host=a.example", "X-Forwarded-Host", "b.example"}, "198.51.100.1", "https://a.example"},
		"hidden client":                  {"10.0.0.1:5", []string{"Forwarded", "for=_hidden"}, "10.0.0.1", "http://example.com"},
		"element without an address":     {"10.0.0.1:5", []string{"Forwarded", "for=198.51.100.1, proto=https"}, "10.0.0.1", "http://example.com"},
		"a scheme that is none of ours":  {"10.0.0.1:5", []string{"X-Forwarded-Proto", "javascript"}, "10.0.0.1", "http://example.com"},
		"a host that is none":            {"10.0.0.1:5", []string{"X-Forwarded-Host", `a.example/"><script>`}, "10.0.0.1", ""},
		"IPv4 in IPv6 is the same proxy": {"[::ffff:10.0.0.1]:5", []string{"X-Forwarded-For", "::ffff:198.51.100.1"}, "198.51.100.1", "http://example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			client, base := at(edge, c.from, func(r *http.Request) {
				for i := 0; i < len(c.headers); i += 2 {
					r.Header.Add(c.headers[i], c.headers[i+1])
				}
			})
			if client != c.client || base != c.base {
				t.Errorf("client %q at %q, want %q at %q", client, base, c.client, c.base)
			}
		})
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	edge := front.Edge{Public: &url.URL{Scheme: "https", Host: "cloud.example"}}
	if _, base := at(edge, "192.0.2.1:5", func(r *http.Request) { r.Host = "" }); base != "https://cloud.example" {
		t.Errorf("with a public URL: %q", base)
	}
	if _, base := at(front.Edge{}, "192.0.2.1:5", func(r *http.Request) { r.Host = "" }); base != "" {
		t.Errorf("HTTP/1.0 without a host: %q", base)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	const page = "https://panel.example"
	for name, c := range map[string]struct {
		allowed []string
		want    string // as Access-Control-Allow-Origin
	}{
		"all": {[]string{"*"}, "*"}, "this one": {[]string{page, "https://b.example"}, page}, "others": {[]string{"https://b.example"}, ""}, "none": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inside := 0
			h := front.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				inside++
				w.WriteHeader(http.StatusUnauthorized)
			}), front.Edge{Origins: c.allowed}, slog.New(slog.DiscardHandler))
			ask := func(method string, headers ...string) http.Header {
				r := httptest.NewRequest(method, "/api/v1/x", nil)
				r.Header.Set("Origin", page)
				for i := 0; i < len(headers); i += 2 {
					r.Header.Set(headers[i], headers[i+1])
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				io.Copy(io.Discard, w.Body)
				return w.Header()
			}
			before := ask("OPTIONS", "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization,content-type,tus-resumable,upload-offset")
			if got := before.Get("Access-Control-Allow-Origin"); got != c.want {
				t.Errorf("preflight: %q may, want %q", got, c.want)
			}
			if let := c.want != ""; let && (inside != 0 || before.Get("Access-Control-Allow-Methods") != "PATCH" || before.Get("Access-Control-Allow-Headers") == "") {
				t.Errorf("preflight reached the login check %d times; header %v", inside, before)
			}
			after := ask("POST")
			if after.Get("Access-Control-Allow-Origin") != c.want || after.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("a refused request: header %v", after)
			}
			if shown := after.Get("Access-Control-Expose-Headers"); c.want != "" && (!strings.Contains(shown, "Upload-Offset") || !strings.Contains(shown, "Retry-After")) {
				t.Errorf("a page can read %q", shown)
			}
			if inside == 0 {
				t.Error("the request did not arrive")
			}
		})
	}
}

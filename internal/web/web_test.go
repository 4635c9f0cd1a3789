package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "http://example.com"+path, nil))
	return w
}

var elsewhere = regexp.MustCompile(`(?:src|href|url)\s*[=(]\s*"?(?:https?:)?//`)

func TestSite(t *testing.T) {
	t.Parallel()
	site := Site()
	for _, c := range []struct {
		method, path string
		status       int
		kind, holds  string
	}{
		{"GET", "/", 200, "text/html", `<script type="module"`},
		{"HEAD", "/", 200, "text/html", ""},
		{"POST", "/", 405, "text/plain", "only GET"},
		{"GET", "/vms/12/machine_drives", 200, "text/html", `<script type="module"`},
		{"GET", "/%3Cscript%3E", 200, "text/html", `<script type="module"`},
		{"GET", "/licences.txt", 200, "text/plain", "preact"},
		{"GET", "/assets/", 404, "text/plain", ""},
		{"GET", "/assets/nothing.js", 404, "text/plain", ""},
		{"GET", "/assets/../index.html", 404, "text/plain", ""},
		{"GET", "/api", 404, "application/json", `"err"`},
		{"DELETE", "/api/v9/x", 404, "application/json", `/api/v9/x`},
	} {
		r := ask(site, c.method, c.path)
		if r.Code != c.status || !strings.HasPrefix(r.Header().Get("Content-Type"), c.kind) || !strings.Contains(r.Body.String(), c.holds) {
			t.Errorf("%s %s: status %d, %s, want %d, %s and %q in\n%s", c.method, c.path, r.Code, r.Header().Get("Content-Type"), c.status, c.kind, c.holds, r.Body)
		}
		if r.Code == 200 && c.kind == "text/html" && (!strings.Contains(r.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") || r.Header().Get("Cache-Control") != "no-cache") {
			t.Errorf("%s %s: %v", c.method, c.path, r.Header())
		}
	}
	var body struct {
		Err   string
		Error struct{ Code string }
	}
	if err := json.Unmarshal(ask(site, "GET", "/api/x").Body.Bytes(), &body); err != nil || body.Err == "" || body.Error.Code != "NOT_FOUND" {
		t.Errorf("an unknown API path: %v, %+v", err, body)
	}
}

func TestDocumentPage(t *testing.T) {
	t.Parallel()
	page := DocumentPage{Title: "An <API>", Assets: "/a/docs", Document: "/a/openapi"}
	open := ask(page, "GET", "/").Body.String()
	page.Index = "/a/index"
	closed := ask(page, "GET", "/").Body.String()
	if !strings.Contains(open, "An &lt;API&gt;") || !strings.Contains(open, "to try") || !strings.Contains(closed, `data-index="/a/index"`) || !strings.Contains(closed, "to read") {
		t.Errorf("open:\n%s\nwith an index:\n%s", open, closed)
	}
	if elsewhere.MatchString(closed) {
		t.Error("the page loads something from elsewhere")
	}
	loads := regexp.MustCompile(`(?:src|rel="stylesheet" href)="(/a/docs/[^"]+)"`).FindAllStringSubmatch(open, -1)
	if len(loads) != 4 {
		t.Fatalf("the page loads %v, want two styles and two scripts", loads)
	}
	assets := Assets("/a/docs")
	for _, m := range loads {
		if r := ask(assets, "GET", m[1]); r.Code != 200 || r.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes", m[1], r.Code, r.Body.Len())
		}
	}
	for _, path := range []string{"/a/docs/", "/a/docs/nothing.js", "/a/docs/../web.go"} {
		if r := ask(assets, "GET", path); r.Code != 404 {
			t.Errorf("%s: status %d, want 404", path, r.Code)
		}
	}
}

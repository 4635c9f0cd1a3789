package resource_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"

	"dewpoint/test/golden"
	"dewpoint/test/rig/v1"
)

func document(t *testing.T, a *v1.API, path string) *openapi3.T {
	t.Helper()
	raw := a.As("").Get(path)
	if raw.Status != http.StatusOK {
		t.Fatalf("%s: status %d", path, raw.Status)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw.Body)
	v1.Must(t, err)
	return doc
}

func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		doc := document(t, a, path)
		if doc.OpenAPI != "3.1.0" {
			t.Errorf("%s is OpenAPI %q", path, doc.OpenAPI)
		}
		if err := doc.Validate(context.Background()); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Every operation of the document is there, is listed in the golden file, and asks for a credential unless the document says otherwise.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	nobody := a.As("")
	var list []string
	for path, item := range document(t, a, "/openapi.json").Paths.Map() {
		for method, op := range item.Operations() {
			line := method + " " + path
			if op.Security != nil && len((*op.Security)[0]) == 0 {
				line += " (public)"
			} else if r := nobody.Do(method, strings.TrimPrefix(strings.NewReplacer("{id}", "x", "{name}", "x").Replace(path), "/api/v1"), "{}"); r.Status != http.StatusUnauthorized {
				t.Errorf("%s without a credential: status %d", line, r.Status)
			}
			list = append(list, line)
		}
	}
	slices.Sort(list)
	golden.Equal(t, "testdata/endpoints.txt", strings.Join(list, "\n")+"\n")
}

// What the server says is what the document promises.
func TestRepliesMatchTheDocument(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	doc := document(t, a, "/openapi.json")
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	v1.Must(t, err)
	check := func(method, path, body string, r *v1.Answer) {
		t.Helper()
		req, err := http.NewRequest(method, a.URL+"/api/v1"+path, strings.NewReader(body))
		v1.Must(t, err)
		req.Header.Set("Content-Type", "application/json")
		route, params, err := router.FindRoute(req)
		v1.Must(t, err)
		in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil && r.Status < 400 {
			t.Errorf("%s %s: %v", method, path, err)
		}
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: r.Status, Header: r.Header, Options: &openapi3filter.Options{IncludeResponseStatus: true}}
		out.SetBodyBytes(r.Body)
		if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
			t.Errorf("%s %s: %v", method, path, err)
		}
	}
	v1.MakeNetwork(a, "lan")
	v1.MakeVM(a, "box")
	for _, path := range []string{
		"/health", "/auth/tokens", "/virtualization/computes", "/virtualization/computes/box", "/virtualization/virtualmachines/box", "/virtualization/networks",
		"/virtualization/networks/lan", "/virtualization/networks/lan/ports", "/virtualization/networks/lan/dhcp-leases", "/virtualization/isos",
		"/virtualization/isos/" + v1.ISOUUID, "/virtualization/computes/nobody",
	} {
		check("GET", path, "", a.Get(path))
	}
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/auth/login", `{"username":"admin","password":"` + v1.Password + `"}`},
		{"POST", "/auth/login", `{"username":"admin","password":"x"}`},
		{"POST", "/auth/tokens", `{"name":"x"}`},
		{"POST", "/virtualization/computes", `{"name":"next","memory":256,"vcpus":1,"disk_size":1,"graphics":{"type":"vnc"}}`},
		{"PUT", "/virtualization/computes/next", `{"memory":512,"graphics":[{"type":"spice"}]}`},
		{"POST", "/virtualization/computes/next/action", `{"action":"start"}`},
		{"POST", "/virtualization/networks", `{"name":"two","mode":"private"}`},
		{"PUT", "/virtualization/networks/two", `{"autostart":false}`},
		{"DELETE", "/virtualization/networks/two", ``},
		{"DELETE", "/virtualization/computes/next", ``},
	} {
		check(c.method, c.path, c.body, a.Do(c.method, c.path, c.body))
	}
}

func TestDocumentPage(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	page := a.Get("")
	if page.Status != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("the page: status %d, %s", page.Status, page.Header.Get("Content-Type"))
	}
	for _, asset := range []string{"/docs/page.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"} {
		if !strings.Contains(string(page.Body), "/api/v1"+asset) {
			t.Errorf("the page doesn't load %s", asset)
		}
		if r := a.Get(asset); r.Status != http.StatusOK || len(r.Body) == 0 {
			t.Errorf("%s: status %d", asset, r.Status)
		}
	}
	req, err := http.NewRequest(http.MethodGet, a.URL+"/api/v1", nil)
	v1.Must(t, err)
	req.Header.Set("Accept", "application/json")
	if r := a.Send(req); r.Text("openapi") != "3.1.0" {
		t.Errorf("asked for JSON, the page is %.60s", r.Body)
	}
	if regexp.MustCompile(`(?:src|href)="(?:https?:)?//`).Match(page.Body) {
		t.Error("the page loads something from elsewhere")
	}
}

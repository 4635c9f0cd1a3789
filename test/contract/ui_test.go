package contract

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"dewpoint/test/harness"
)

// uiSaw is what the browser tells of the web UI.
type uiSaw struct {
	Errors, Refused, Axe, Pages []string
	Requests                    []struct {
		Method, Path string
		Status       int
		Elsewhere    bool
	}
}

// use has a browser go through the UI as a user.
func use(t *testing.T, s *harness.Server, name, password string) (saw uiSaw) {
	t.Helper()
	cmd := exec.Command("node", "ui.mjs", chromium(t), s.URL, name, password)
	cmd.Dir, cmd.Stderr = clients(t), os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &saw)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for what, all := range map[string][]string{"failed": saw.Errors, "was refused": saw.Refused, "can't be used by everybody": saw.Axe} {
		for _, one := range all {
			t.Errorf("%s: %s", what, one)
		}
	}
	if len(saw.Pages) == 0 {
		t.Error("no page was looked at")
	}
	return saw
}

// TestUI goes through the web UI: signs in, makes a VM, changes it, finds it, opens the list and the form of every table. Axe finds nothing serious in
// either theme, and every request is one that the documents of the APIs have.
func TestUI(t *testing.T) {
	t.Parallel()
	s := start(t)
	saw := use(t, s, "admin", harness.AdminPassword)
	known := documented(t, s)
	for _, r := range saw.Requests {
		switch {
		case r.Elsewhere:
			t.Errorf("%s %s goes to another server", r.Method, r.Path)
		case strings.HasPrefix(r.Path, "/assets/") && r.Method == "GET", !strings.HasPrefix(r.Path, "/api") && r.Method == "GET":
		case !known(r.Method, r.Path):
			t.Errorf("%s %s is in no document", r.Method, r.Path)
		}
	}
	if len(saw.Requests) < 100 {
		t.Errorf("the browser sent %d requests", len(saw.Requests))
	}
}

// documented reports whether one of the OpenAPI documents has an operation.
func documented(t *testing.T, s *harness.Server) func(method, path string) bool {
	t.Helper()
	c := s.Table()
	c.Base = s.URL
	parameter := regexp.MustCompile(`\\\{[^/]*?\\\}`)
	var all []*regexp.Regexp
	for _, document := range []string{"/api/v4/openapi.json", "/api/v1/openapi.json"} {
		var doc struct {
			Paths map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(c.Must(200, "GET", document, nil).Body, &doc); err != nil {
			t.Fatal(err)
		}
		for path, operations := range doc.Paths {
			for method := range operations {
				pattern := parameter.ReplaceAllString(regexp.QuoteMeta(strings.ToUpper(method)+" "+path), "[^/]+")
				all = append(all, regexp.MustCompile("^"+pattern+"$"))
			}
		}
	}
	return func(method, path string) bool {
		for _, one := range all {
			if one.MatchString(method + " " + path) {
				return true
			}
		}
		return false
	}
}

package contract

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/table"
	"dewpoint/internal/web"
	"dewpoint/test/harness"
	"dewpoint/test/rig"
)

// uiSaw is what the browser tells of the web UI.
type uiSaw struct {
	Errors, Refused, Axe, Pages, Controls, Told []string
	Requests                                    []struct {
		Method, Path string
		Status       int
		Elsewhere    bool
	}
}

// use has a browser go through the UI of a server as a user, by a script.
func use(t *testing.T, script, server, name, password string) (saw uiSaw) {
	t.Helper()
	cmd := exec.Command("node", script, chromium(t), server, name, password)
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
	saw := use(t, "ui.mjs", s.URL, "admin", harness.AdminPassword)
	if !slices.Contains(saw.Told, "ready") || !slices.Contains(saw.Told, "changed") || !slices.Contains(saw.Told, "deleted") {
		t.Errorf("the feed told %q", saw.Told)
	}
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

// TestUIShowsWhatOneMayDo goes through all pages as users with one right: nothing is asked that is refused, and there is no control for what isn't theirs.
func TestUIShowsWhatOneMayDo(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.Table()
	vm := c.Create("vms", map[string]any{"name": "theirs", "ram": 256})
	c.Create("vms", map[string]any{"name": "of others", "ram": 256})
	for _, user := range []struct {
		name     string
		right    string
		controls []string // of the VM's page
	}{
		{"reader", "read", nil},
		{"writer", "modify", []string{"Start", "Change"}},
	} {
		c.Create("users", map[string]any{"name": user.name, "password": "plum-kettle-oxbow"})
		identity := c.Must(200, "GET", "users?fields=identity&name="+user.name, nil).Rows()[0]["identity"]
		c.Create("permissions", map[string]any{"identity": identity, "table": "vms", "row": vm, "list": true, "read": true, user.right: true})
		saw := use(t, "ui-walk.mjs", s.URL, user.name, "plum-kettle-oxbow")
		var of []string
		for _, control := range saw.Controls {
			if words, on := strings.CutPrefix(control, "/vms/KEY: "); on {
				of = append(of, words)
			}
			if control == "/vms: New: VM" || strings.HasSuffix(control, "/KEY: Delete") && strings.HasPrefix(control, "/vms") {
				t.Errorf("%s is shown %q", user.name, control)
			}
		}
		for _, words := range user.controls {
			if !slices.Contains(of, words) {
				t.Errorf("%s isn't shown %q of a VM, but %q", user.name, words, of)
			}
		}
		if len(user.controls) == 0 && len(of) > 0 {
			t.Errorf("%s is shown %q", user.name, of)
		}
	}
	for _, row := range c.Must(200, "GET", "vms?fields=$key", nil).Rows() {
		c.Must(200, "DELETE", harness.Path("vms", row["$key"]), nil)
	}
}

// TestUIConsole makes a VM by its name alone, which starts it and shows its screen.
func TestUIConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	saw := use(t, "ui-console.mjs", s.URL, "admin", harness.AdminPassword)
	if !slices.Contains(saw.Controls, "Ctrl-Alt-Del") {
		t.Errorf("beside the screen stand %q", saw.Controls)
	}
}

// TestUIOfANewTable serves tables that no line of the UI knows of: they have lists, forms and pages.
func TestUIOfANewTable(t *testing.T) {
	t.Parallel()
	wide, err := rig.Wide(4)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	r := rig.StartOn(t, rig.DatabaseOf(t, dir, wide), dir, log)
	mux := http.NewServeMux()
	mux.Handle("/", web.Site())
	mux.Handle("/api/", table.New(r.Engine, r.Auth, r.Media, r.Backups, r.Consoles, table.Version{Version: "26.0.0", Hash: "test"}))
	s := httptest.NewTLSServer(front.Wrap(mux, front.Edge{}, log))
	t.Cleanup(s.Close)
	use(t, "ui-table.mjs", s.URL, "admin", rig.Password)
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

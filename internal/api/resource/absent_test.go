package resource_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/test/rig/v1"
)

// Areas whose engine is absent have the contract's code, for which the original UI has a page.
func TestAbsentEngines(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	for path, code := range map[string]string{
		"/docker/ps": "DOCKER_ERROR", "/docker/images/upload": "DOCKER_ERROR", "/containers": "NO_RUNTIME_AVAILABLE", "/containers/images": "NO_RUNTIME_AVAILABLE",
		"/images": "NO_RUNTIME_AVAILABLE", "/kubernetes/pods": "NOT_IMPLEMENTED", "/helm/releases": "NOT_IMPLEMENTED",
		"/virtualization/os-variants": "OSINFO_QUERY_UNAVAILABLE",
	} {
		a.Get(path).Fails(http.StatusServiceUnavailable, code)
	}
	a.As("").Get("/containers").Fails(http.StatusUnauthorized, "UNAUTHORIZED")
}

// What isn't built says where it can be had, and the tables that it names exist.
func TestAbsentSayWhere(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	tables := model.Schema()
	for path, table := range map[string]string{
		"/logs": "logs", "/users": "users", "/virtualization/storages/pools": "storage_tiers",
		"/system/summary": "nodes", "/virtualization/volumes": "machine_drives",
	} {
		r := a.Get(path)
		r.Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
		if !strings.Contains(r.Text("error.message"), "/api/v4/"+table) {
			t.Errorf("%s doesn't name /api/v4/%s: %s", path, table, r.Body)
		}
		for _, m := range regexp.MustCompile(`/api/v4/(\w+)`).FindAllStringSubmatch(r.Text("error.message"), -1) {
			if tables.Table(m[1]) == nil {
				t.Errorf("%s names the table %s, which isn't there", path, m[1])
			}
		}
	}
}

func TestWebsocketPaths(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	ask := func(path string) *v1.Answer {
		req, err := http.NewRequest(http.MethodGet, a.URL+path, nil)
		v1.Must(t, err)
		return a.Send(req)
	}
	for _, path := range []string{"/ws/events", "/ws/terminal", "/ws/metrics", "/ws/logs"} {
		ask(path).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	}
	ask("/ws/containers/exec?container=x").Fails(http.StatusServiceUnavailable, "NO_RUNTIME_AVAILABLE")
	ask("/ws/kubernetes/pods/exec").Fails(http.StatusServiceUnavailable, "NOT_IMPLEMENTED")
	for _, path := range []string{"/ws", "/ws/", "/ws/nothing", "/ws/eventsource"} {
		r := ask(path)
		if r.Status != http.StatusNotFound || r.Header.Get("Content-Type") != "application/json" || r.Text("error") != "WebSocket endpoint not found" {
			t.Errorf("%s: %d %s %s", path, r.Status, r.Header.Get("Content-Type"), r.Body)
		}
	}
}

// Clients ask what of TUS is served before they log in, also where nothing is.
func TestAbsentUploadsAnswerOptions(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	for _, path := range []string{
		"/virtualization/computes/backups/upload", "/virtualization/virtualmachines/backups/upload", "/virtualization/volumes/upload", "/containers/images/upload", "/docker/images/upload/x",
	} {
		if r := a.Do(http.MethodOptions, path, ""); r.Status != http.StatusNoContent || r.Header.Get("Tus-Version") != "" {
			t.Errorf("OPTIONS %s: %d, Tus-Version %q", path, r.Status, r.Header.Get("Tus-Version"))
		}
	}
}

// The document is also where the contract publishes it, for everybody.
func TestDocumentAtTheRoot(t *testing.T) {
	t.Parallel()
	a := v1.Start(t).As("")
	for ending, start := range map[string]string{"yaml": "components:", "json": "{"} {
		req, err := http.NewRequest(http.MethodGet, a.URL+"/openapi."+ending, nil)
		v1.Must(t, err)
		if r := a.Send(req); r.Status != http.StatusOK || !strings.HasPrefix(string(r.Body), start) || !strings.Contains(string(r.Body), "3.1.0") {
			t.Errorf("/openapi.%s: %d %.80s", ending, r.Status, r.Body)
		}
	}
}

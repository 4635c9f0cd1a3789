package front_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dewpoint/internal/api/front"
)

// TestConnections holds two connections open where one may be: whoever comes is told so until one of them closes.
func TestConnections(t *testing.T) {
	t.Parallel()
	var c front.Connections
	s := httptest.NewUnstartedServer(c.Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })))
	s.Config.ConnState = c.Count
	s.Start()
	t.Cleanup(s.Close)
	one, other := &http.Client{Transport: &http.Transport{}}, &http.Client{Transport: &http.Transport{}}
	get := func(client *http.Client) *http.Response {
		t.Helper()
		r, err := client.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r
	}
	for _, client := range []*http.Client{one, other} {
		if r := get(client); r.StatusCode != http.StatusNoContent {
			t.Fatalf("without a bound: %s", r.Status)
		}
	}
	c.Bound(1)
	if r := get(other); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || !r.Close {
		t.Errorf("above the bound: %s, Retry-After %q, closed %v", r.Status, r.Header.Get("Retry-After"), r.Close)
	}
	if r := get(one); r.StatusCode != http.StatusNoContent {
		t.Errorf("when the other one has closed: %s", r.Status)
	}
	if r := get(other); r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(r.Header.Get("Content-Type"), "json") {
		t.Errorf("a new one above the bound: %s", r.Status)
	}
	c.Bound(0)
	if r := get(other); r.StatusCode != http.StatusNoContent {
		t.Errorf("with the bound taken away: %s", r.Status)
	}
}

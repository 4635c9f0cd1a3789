package contract

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"dewpoint/test/harness"
	"dewpoint/test/locked"
)

// pageSaw is what the page in test/clients/page tells.
type pageSaw struct {
	Error           string
	Refused         int // status of a request without a credential
	Table, Resource pageReply
	URL             string // of the upload
	Complete        pageReply
}

type pageReply struct {
	Status  int
	Headers map[string]string
	Body    any
}

// chromium is the path of a browser.
func chromium(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("chromium is not installed")
	}
	return path
}

// browse has a browser open the page at another origin than the server's, and returns what it saw.
func browse(t *testing.T, s *harness.Server) (saw pageSaw, origin string) {
	t.Helper()
	dir := clients(t)
	seen := make(chan pageSaw, 1)
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(filepath.Join(dir, "page"))))
	mux.HandleFunc("/tus.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(dir, "node_modules", "tus-js-client", "dist", "tus.min.js"))
	})
	mux.HandleFunc("POST /seen", func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var one pageSaw
		if err == nil {
			err = json.Unmarshal(raw, &one)
		}
		if err != nil {
			one.Error = err.Error() + ": " + string(raw)
		}
		seen <- one
	})
	page := httptest.NewServer(mux)
	t.Cleanup(page.Close)
	log := &locked.Buffer{}
	cmd := exec.Command(chromium(t), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--ignore-certificate-errors",
		"--no-first-run", "--remote-debugging-port=0", "--user-data-dir="+t.TempDir(),
		page.URL+"/?"+url.Values{"server": {s.URL}, "password": {harness.AdminPassword}}.Encode())
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	select {
	case saw := <-seen:
		return saw, page.URL
	case <-time.After(2 * time.Minute):
		t.Fatalf("the page said nothing; the browser: %s", log.String())
	}
	return saw, ""
}

func TestPageOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	s := start(t)
	saw, _ := browse(t, s)
	if saw.Error != "" || saw.Refused != http.StatusUnauthorized || saw.Table.Status != 200 || saw.Resource.Status != 200 || saw.Complete.Status != 200 {
		t.Fatalf("the page saw %+v", saw)
	}
	if row, ok := saw.Table.Body.(map[string]any); !ok || row["name"] != "admin" || saw.Table.Headers["x-request-id"] == "" {
		t.Errorf("a row of the table API: %+v", saw.Table)
	}
	list, _ := s.Resource().Must(200, "GET", "virtualization/isos", nil).Data()["isos"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["size"] != 3e6 {
		t.Errorf("ISO images after the upload: %v", list)
	}
}

// A page of an origin that isn't listed reads nothing.
func TestPageOfAnOriginThatIsNotListed(t *testing.T) {
	t.Parallel()
	s := start(t, "--cors-origins", "https://panel.example")
	if saw, origin := browse(t, s); saw.Error != "TypeError: Failed to fetch" {
		t.Errorf("a page of %s saw %+v", origin, saw)
	}
}

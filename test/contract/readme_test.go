package contract

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestReadme runs the examples of the README and of the pages for operators as they stand, one after the other, as somebody who pastes them does.
// TestQueryReference does it with those of docs/api.
func TestReadme(t *testing.T) {
	t.Parallel()
	s := start(t)
	dir := t.TempDir()
	harness.Output(t, "cp", harness.GuestISO(t), filepath.Join(dir, "guest.iso"))
	as := strings.NewReplacer(
		"https://127.0.0.1:7770", s.URL, "https://localhost:7770", s.URL,
		"-u admin ", "-sS --fail-with-body -u 'admin:"+harness.AdminPassword+"' ", // curl asks people for the password
		"-o monday.backup", "--retry 30 --retry-delay 1 --retry-all-errors -o monday.backup", // people wait until it is complete
	)
	for _, at := range []struct{ path, mark string }{
		{"README.md", "### Table API"}, {"README.md", "### Resource API"}, {"docs/ops/security.md", "**Through the API and on a schedule.**"},
	} {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", as.Replace(block(t, at.path, at.mark)))
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "DEWPOINT_ADMIN_PASSWORD="+harness.AdminPassword)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s, %s: %v\n%s", at.path, at.mark, err, out)
		}
	}
	c := s.Table()
	for _, name := range []string{"first", "second"} {
		path := "vms?fields=$key,machine%23status%23running%20as%20running,machine%23status%23status_info%20as%20why&name=" + name
		var vm map[string]any
		harness.Eventually(t, 60*time.Second, "VM "+name+" runs", func() (bool, string) {
			vm = c.Must(200, "GET", path, nil).Rows()[0]
			return vm["running"] == true, fmt.Sprint(vm)
		})
		harness.RemoveVM(c, harness.Path(vm["$key"]))
	}
	for _, vnet := range c.Must(200, "GET", "vnets?fields=$key", nil).Rows() {
		c.Must(200, "DELETE", harness.Path("vnets", vnet["$key"]), nil)
	}
}

// block returns the first block of shell commands behind a mark in one of our documents.
func block(t *testing.T, path, mark string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), path))
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), "\n"+mark)
	_, below, opened := strings.Cut(below, "```sh\n")
	script, _, closed := strings.Cut(below, "\n```")
	if !found || !opened || !closed {
		t.Fatalf("%s has no commands behind %q", path, mark)
	}
	return script
}

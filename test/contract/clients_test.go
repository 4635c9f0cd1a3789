package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/test/harness"
)

// clients is where the clients of others lie that tests run.
func clients(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(harness.Root(), "test", "clients")
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	if err := installClients(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// installClients installs them once, however many tests ask at the same time. npm writes the file looked for when all the rest is there; one
// that is older than the list of what is wanted tells of another list.
var installClients = sync.OnceValue(func() error {
	dir := filepath.Join(harness.Root(), "test", "clients")
	wanted, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return err
	}
	if have, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil && !have.ModTime().Before(wanted.ModTime()) {
		return nil
	}
	cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
})

// contracts are what the linter says of paths of the contract itself: some can be read in two ways, and a websocket answers 101.
var contracts = regexp.MustCompile("^no-ambiguous-paths: .*/(templates/\\{id\\}` and `/api/v1/virtualization/[a-z]+/\\{id\\}/[a-z-]+|isos/upload/\\{id\\}` and .*/download)`\\.$|" +
	"^operation-2xx-response: Operation must have at least one `2XX` response\\.$")

// TestDocumentsLint has Redocly's linter look at the documents of both dialects as the server gives them. Of the resource API's it says what
// the contract's own paths are the cause of.
func TestDocumentsLint(t *testing.T) {
	t.Parallel()
	dir := clients(t)
	needsNode(t, 20)
	s := start(t)
	for path, known := range map[string][]string{"/api/v4/openapi.json": nil, "/api/v1/openapi.json": nil} {
		c := s.Table()
		c.Base = s.URL
		file := filepath.Join(t.TempDir(), "openapi.json")
		if err := os.WriteFile(file, c.Must(200, "GET", path, nil).Body, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("node_modules/.bin/redocly", "lint", "--format", "json", file)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "REDOCLY_TELEMETRY=off")
		out, err := cmd.Output()
		var said struct {
			Problems []struct{ RuleID, Message string }
		}
		if jsonErr := json.Unmarshal(out, &said); jsonErr != nil {
			t.Fatalf("redocly lint %s: %v, %v: %s", path, err, jsonErr, out)
		}
		var problems []string
		for _, p := range said.Problems {
			if said := p.RuleID + ": " + p.Message; path != "/api/v1/openapi.json" || !contracts.MatchString(said) {
				problems = append(problems, said)
			}
		}
		if diff := cmp.Diff(known, problems); diff != "" {
			t.Errorf("%s (-known +found):\n%s", path, diff)
		}
	}
}

// needsNode skips the test where Node.js is older.
func needsNode(t *testing.T, major int) {
	t.Helper()
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`^v(\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("node says that its version is %q", out)
	}
	if have, _ := strconv.Atoi(string(m[1])); have < major {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Node.js is %s, version %d is needed", out, major)
		}
		t.Skipf("Node.js is %s, version %d is needed", out, major)
	}
}

// Package contract holds the built program against what clients of its two APIs expect on the wire.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"dewpoint/test/harness"
)

// curl runs the real curl as people and scripts do, and returns the status and the body.
func curl(t *testing.T, s *harness.Server, path string, args ...string) (int, string) {
	t.Helper()
	args = append([]string{"--silent", "--show-error", "--insecure", "--globoff", "--max-time", "30", "--write-out", "\n%{http_code}"}, args...)
	cmd := exec.CommandContext(t.Context(), "curl", append(args, s.URL+path)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("curl %s: %v: %s", path, err, &stderr)
	}
	at := bytes.LastIndexByte(out, '\n')
	status, err := strconv.Atoi(string(out[at+1:]))
	if err != nil {
		t.Fatalf("curl %s: %q", path, out)
	}
	return status, string(out[:at])
}

// TestGuide does what the table API's guide shows, in its words.
func TestGuide(t *testing.T) {
	t.Parallel()
	s := start(t)
	status, body := curl(t, s, "/api/sys/tokens", "--header", "X-JSON-Non-Compact: 1", "--basic", "--data-ascii",
		fmt.Sprintf(`{"login": "admin", "password": %q}`, harness.AdminPassword), "--request", "POST")
	token := regexp.MustCompile(`"\$key": *"([0-9a-f]+)"`).FindStringSubmatch(body)
	if status != 200 || token == nil {
		t.Fatalf("login: %d %s", status, body)
	}
	with := []string{"--header", "x-yottabyte-token: " + token[1], "--header", "X-JSON-Non-Compact: 1"}
	if status, body = curl(t, s, "/api/v4/vms?fields=most", with...); status != 200 || body != "[]" {
		t.Errorf("an empty list: %d %s", status, body)
	}
	status, body = curl(t, s, "/api/v4/vms", append(with, "--request", "POST", "--data-ascii",
		`{"name": "test-vm", "cpu_cores": "2", "ram": "8192", "os_family": "linux", "machine_type": "q35"}`)...)
	var made struct {
		Location string            `json:"location"`
		DBPath   string            `json:"dbpath"`
		Row      int               `json:"$row"`
		Key      string            `json:"$key"`
		Response map[string]string `json:"response"`
	}
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != 201 || made.DBPath != "vms/"+made.Key || made.Location != "/v4/vms/"+made.Key || made.Response["machine"] == "" {
		t.Fatalf("create: %d %s, %v", status, body, err)
	}
	nested := "/api/v4/vms/" + made.Key + "?fields=most,machine[most,drives[most],nics[most]]"
	if status, body = curl(t, s, nested, with...); status != 200 || !strings.Contains(body, `"drives": []`) {
		t.Errorf("nested: %d %s", status, body)
	}
	if status, body = curl(t, s, "/api/v4/vms/$table", with...); status != 200 || !strings.Contains(body, `"cpu_cores": {`) {
		t.Errorf("$table: %d %.300s", status, body)
	}
	if status, body = curl(t, s, "/api/v4/vms", append(with, "--request", "POST", "--data-ascii", `{"name": "x", "ram": "much"}`)...); status != 422 || !strings.Contains(body, `"err"`) {
		t.Errorf("a bad value: %d %s", status, body)
	}
	if status, body = curl(t, s, "/api/v4/vms/"+made.Key, append(with, "--request", "DELETE")...); status != 200 || body != "" {
		t.Errorf("delete: %d %s", status, body)
	}
	if status, body = curl(t, s, "/api/sys/tokens/"+token[1], append(with, "--request", "DELETE")...); status != 200 {
		t.Errorf("logout: %d %s", status, body)
	}
	if status, body = curl(t, s, "/api/v4/vms", with...); status != 401 {
		t.Errorf("after the logout: %d %s", status, body)
	}
}

// TestHTTPVersions makes the same call over HTTP/1.1 and HTTP/2.
func TestHTTPVersions(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, version := range []string{"--http1.1", "--http2"} {
		status, body := curl(t, s, "/version.json?fields=most", version)
		if status != 200 || !strings.HasPrefix(body, `{"name":"v4","version":"26.`) {
			t.Errorf("%s: %d %s", version, status, body)
		}
	}
}

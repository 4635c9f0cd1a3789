package contract

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dewpoint/test/harness"
)

// TestPages uses the description of the resource API in a browser, as somebody with a second factor: it makes a VM with the example that it fills in.
func TestPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	dir := clients(t)
	c := s.Table()
	c, codes := secondFactor(t, c)
	cmd := exec.Command("node", "pages.mjs", chromium(t), s.URL, "admin", harness.AdminPassword, codes[0])
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var saw struct {
		Errors  []string
		Created string
	}
	if err := json.Unmarshal(out, &saw); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(saw.Errors) > 0 || !strings.HasPrefix(saw.Created, "201") {
		t.Errorf("the pages saw %+v", saw)
	}
	for _, vm := range c.Must(200, "GET", "vms?fields=$key", nil).Rows() {
		c.Must(200, "DELETE", harness.Path("vms", vm["$key"]), nil)
	}
}

// secondFactor gives admin one, and returns a client that has signed in before, and the recovery codes.
func secondFactor(t *testing.T, c *harness.Client) (as *harness.Client, codes []string) {
	t.Helper()
	key := harness.Path(c.Must(200, "GET", "users?fields=$key&name=admin", nil).Rows()[0]["$key"])
	guest := &harness.Client{T: t, Base: strings.TrimSuffix(c.Base, "v4/"), HTTP: c.HTTP}
	session, _ := guest.Must(200, "POST", "sys/tokens", map[string]any{"login": "admin", "password": harness.AdminPassword}).Object()["$key"].(string)
	as = c.With("Bearer " + session)
	act := func(action string, body map[string]any) map[string]any {
		t.Helper()
		response, _ := as.Must(200, "PUT", "users/"+key+"?action="+action, body).Object()["response"].(map[string]any)
		return response
	}
	secret, _ := act("two_factor_setup", nil)["secret"].(string)
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text, _ := act("two_factor_confirm", map[string]any{"code": code})["recovery_codes"].(string)
	return as, strings.Fields(text)
}

package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/test/harness"
)

// startPocketBase runs PocketBase (test/pocketbase) with the VMs of a server, in its collection vms, over TLS with the server's own
// certificate. A request needs the token as its Authorization. It ends with the test.
func startPocketBase(t *testing.T, s *harness.Server) (base, token string) {
	t.Helper()
	dir := t.TempDir()
	program, rows, pair := filepath.Join(dir, "peer"), filepath.Join(dir, "rows.json"), filepath.Join(s.Data, "tls.pem")
	buildPocketBase(t, program)
	vms := s.Table().Must(200, "GET", "vms?fields=most&filter=is_snapshot%20eq%20false", nil)
	if err := os.WriteFile(rows, vms.Body, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "--rows", rows, "--data", filepath.Join(dir, "data"), "--cert", pair, "--key", pair)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Wait(); !errors.Is(err, context.Canceled) {
			t.Errorf("PocketBase ended with %v: %s", err, stderr.Bytes())
		}
	})
	late := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer late.Stop()
	line, _ := bufio.NewReader(out).ReadString('\n') // "" when it ends, which the cleanup explains
	if _, err := fmt.Sscanf(line, "peer: ready on %s token %s", &base, &token); err != nil {
		t.Fatalf("PocketBase isn't ready: it said %q", line)
	}
	return base, token
}

// buildPocketBase builds the peer, which is a module of its own.
func buildPocketBase(t *testing.T, program string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = filepath.Join(harness.Root(), "test", "pocketbase")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building PocketBase: %v\n%s", err, out)
	}
}

// TestListPocketBaseAgrees: the peer does the same work. It answers the list that it is measured by with the same VMs in the same order, and
// each member has its value. PocketBase has no null: it says "", 0 or false.
func TestListPocketBaseAgrees(t *testing.T) {
	needsFlag(t)
	s := harness.Start(t)
	s.Stop()
	seedVMs(t, filepath.Join(s.Data, "dewpoint.db"))
	s.Run()
	base, token := startPocketBase(t, s)
	ours := s.Table().Must(200, "GET", "vms?fields=most&limit=100&sort=-name&filter="+url.PathEscape("is_snapshot eq false and ram ge 2048"), nil).Rows()
	peer := &harness.Client{T: t, Base: base + "/api/collections/vms/", HTTP: s.HTTP, Authorization: token}
	path := "records?perPage=100&skipTotal=1&sort=-name&filter=" + url.QueryEscape("(is_snapshot=false && ram>=2048)")
	var theirs struct{ Items []map[string]any }
	if err := json.Unmarshal(peer.Must(http.StatusOK, "GET", path, nil).Body, &theirs); err != nil {
		t.Fatal(err)
	}
	if len(ours) != 100 {
		t.Fatalf("our list has %d VMs, want 100", len(ours))
	}
	for _, row := range ours {
		row["key"] = row["$key"]
		delete(row, "$key")
	}
	for _, item := range theirs.Items {
		for _, own := range []string{"id", "collectionId", "collectionName"} {
			delete(item, own)
		}
	}
	if diff := cmp.Diff(ours, theirs.Items, cmp.FilterValues(nullAndEmpty, cmp.Ignore())); diff != "" {
		t.Errorf("rows of PocketBase differ (-ours +theirs):\n%s", diff)
	}
}

// nullAndEmpty reports whether one value is null and the other what PocketBase has for it.
func nullAndEmpty(a, b any) bool {
	empty := func(v any) bool { return v == nil || v == "" || v == 0.0 || v == false }
	return (a == nil) != (b == nil) && empty(a) && empty(b)
}

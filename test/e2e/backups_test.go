package e2e

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

// TestServerKilledDuringABackup kills the server while it writes one, which the next run makes again; what is downloaded then is restored.
func TestServerKilledDuringABackup(t *testing.T) {
	t.Parallel()
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := harness.Start(t, "--backup-passphrase", "open sesame")
	c := s.Table()
	c.Create("clusters", map[string]any{"name": "precious"})
	folder, key, cut := filepath.Join(s.Data, "backups"), "", false
	for range 20 { // sealing alone takes a tenth of a second, so the first kill is early enough
		key = c.Create("database_backups", map[string]any{})
		harness.Eventually(t, 30*time.Second, "the backup is being written", func() (bool, string) {
			halves, err := filepath.Glob(filepath.Join(folder, ".backup-*"))
			whole, _ := filepath.Glob(filepath.Join(folder, key+"-*"))
			cut = len(halves) > 0
			return cut || len(whole) > 0, fmt.Sprint(halves, whole, err)
		})
		if cut {
			break
		}
	}
	s.Kill()
	if halves, err := filepath.Glob(filepath.Join(folder, ".backup-*")); !cut || len(halves) == 0 {
		t.Logf("the backup was done before the server was: %v", err)
	}
	s.Run()
	var row map[string]any
	harness.Eventually(t, 30*time.Second, "the backup is complete", func() (bool, string) {
		row = c.Must(200, "GET", "database_backups/"+key, nil).Object()
		return row["status"] == "complete", fmt.Sprint(row)
	})
	if halves, err := filepath.Glob(filepath.Join(folder, ".backup-*")); err != nil || len(halves) > 0 || row["sealed"] != true {
		t.Errorf("left: %v, %v; %v", halves, err, row)
	}
	file := filepath.Join(t.TempDir(), "downloaded")
	if err := os.WriteFile(file, c.Must(200, "GET", "database_backups/"+key+"?download=1", nil).Body, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	to := t.TempDir()
	out, err := exec.Command(harness.Binary(t), "database", "restore", file, "--data", to, "--passphrase-file", passphrase).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "everybody has to log in anew") {
		t.Fatalf("%v: %s", err, out)
	}
	restored := harness.StartIn(t, to)
	if rows := restored.Table().Must(200, "GET", "clusters?name=precious", nil).Rows(); len(rows) != 1 {
		t.Errorf("the restored database has %v", rows)
	}
}

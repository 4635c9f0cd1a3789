package e2e

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// database runs the program's work on the database of a server's data directory.
func database(t *testing.T, s *harness.Server, verb, file string) *exec.Cmd {
	t.Helper()
	return exec.Command(harness.Binary(t), "database", verb, file, "--data", s.Data)
}

// sendFile makes a file with those bytes, of which it sends only the first part.
func sendFile(c *harness.Client, name string, content []byte, part int) (key string) {
	c.T.Helper()
	key = c.Create("files", map[string]any{"name": name, "allocated_bytes": fmt.Sprint(len(content))})
	c.Must(200, "PUT", "files/"+key+"?filepos=0", content[:part])
	return key
}

// lies reports whether a file below dir begins with the bytes.
func lies(t *testing.T, dir string, content []byte) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || found || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		found = bytes.HasPrefix(text, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestADayOldDatabaseLosesNoBytes brings an old backup into a data directory that has gone on, killing the restore again and again. All
// bytes are still there, and can be had again through the API.
func TestADayOldDatabaseLosesNoBytes(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	old, _ := noise(100_000, 1)
	fresh, _ := noise(100_000, 2)
	half, _ := noise(100_000, 3)
	kept := sendFile(c, "old.raw", old, len(old))
	backup := filepath.Join(t.TempDir(), "yesterday")
	if out, err := database(t, s, "backup", backup).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.Stop()
	copied, err := os.ReadFile(filepath.Join(s.Data, "dewpoint.db"))
	if err != nil {
		t.Fatal(err)
	}
	s.Run()
	lost := sendFile(c, "fresh.raw", fresh, len(fresh))
	sendFile(c, "half.raw", half, 50_000)
	disk := diskOf(t, s, c)
	s.Stop()

	if err := os.WriteFile(filepath.Join(s.Data, "dewpoint.db"), copied, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Launch(); err != nil || !s.Gone(20*time.Second) || !strings.Contains(s.Log(), "is older than the data directory") {
		t.Fatalf("with the older copy in place the server starts: %v\n%s", err, s.Log())
	}
	for after := range 12 {
		cmd := database(t, s, "restore", backup)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(after)*15*time.Millisecond, func() { cmd.Process.Kill() }) // at this moment or that
		_ = cmd.Wait()
		timer.Stop()
	}
	if out, err := database(t, s, "restore", backup).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.Run()
	if got := c.Must(200, "GET", "files/"+kept+"?download=1", nil).Body; !bytes.Equal(got, old) {
		t.Error("the file that the backup knows has other bytes")
	}
	c.Must(404, "GET", "files/"+lost, nil)
	if key := c.Create("files", map[string]any{"name": "next", "allocated_bytes": "1"}); len(key) <= len(lost) {
		t.Errorf("the key %s is given, and %s was", key, lost)
	}
	got := takeBack(t, c, map[string]bool{"file": true, "disk": true})
	if !bytes.Equal(got["file"], fresh) && !bytes.Equal(got["file"], half[:50_000]) {
		t.Errorf("the file came back with %d other bytes", len(got["file"]))
	}
	if !bytes.Equal(got["disk"], disk) {
		t.Errorf("the disk came back with %d bytes instead of %d", len(got["disk"]), len(disk))
	}
	for name, content := range map[string][]byte{"fresh": fresh, "half": half[:50_000], "disk": disk, "old": old} {
		if !lies(t, s.Data, content) {
			t.Errorf("the bytes of %s are gone", name)
		}
	}
}

// diskOf makes a disk and returns its bytes.
func diskOf(t *testing.T, s *harness.Server, c *harness.Client) (content []byte) {
	t.Helper()
	g := makeVM(c, "fresh", nil)
	c.Create("machine_drives", map[string]any{"machine": g.machine, "disksize": 16 << 20})
	harness.Eventually(t, time.Minute, "the disk is made", func() (bool, string) {
		found, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*.qcow2"))
		if err != nil || len(found) != 1 {
			return false, fmt.Sprint(found, err)
		}
		content, err = os.ReadFile(found[0])
		return err == nil && len(content) > 0, fmt.Sprint(err)
	})
	return content
}

// takeBack waits for things of those kinds in quarantine, has one of each restored and returns the bytes.
func takeBack(t *testing.T, c *harness.Client, kinds map[string]bool) map[string][]byte {
	t.Helper()
	got := map[string][]byte{}
	harness.Eventually(t, time.Minute, "what has no row is in quarantine", func() (bool, string) {
		rows := c.Must(200, "GET", "quarantine?fields=$key,kind,path", nil).Rows()
		for _, row := range rows {
			kind, _ := row["kind"].(string)
			if !kinds[kind] || got[kind] != nil {
				continue
			}
			r := c.Must(200, "PUT", fmt.Sprintf("quarantine/%v?action=restore", row["$key"]), map[string]any{}).Object()
			file := fmt.Sprint(r["file"])
			harness.Eventually(t, time.Minute, "the file is there again", func() (bool, string) {
				r, err := c.Do("GET", "files/"+file+"?download=1", nil)
				if err != nil || r.Status != 200 {
					return false, fmt.Sprint(file, err, r)
				}
				got[kind] = r.Body
				return true, ""
			})
		}
		return len(got) == len(kinds), fmt.Sprint(rows)
	})
	return got
}

package e2e

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// filesIn counts the files below directories of the data directory.
func filesIn(t *testing.T, data string, dirs ...string) (found []string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(data, dir), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				found = append(found, path)
			}
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// refusedAsFull fails the test unless the answer is 507 and says what is full and what to do.
func refusedAsFull(t *testing.T, what string, status int, body string) {
	t.Helper()
	if status != 507 || !strings.Contains(body, "disk that holds the") || !strings.Contains(body, "free") {
		t.Errorf("%s on a full disk: status %d: %s", what, status, body)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := harness.MountDisk(t)
	s := harness.StartIn(t, d.Dir)
	c := s.Table()
	t.Run("uploads that can't fit", func(t *testing.T) { uploadTooMuch(t, s) })
	t.Run("an upload that fills the disk", func(t *testing.T) { uploadOverTheEdge(t, s, d) })
	t.Run("an upload that is completed", func(t *testing.T) { completeOnFullDisk(t, s, d) })
	t.Run("a drive", func(t *testing.T) { driveOnFullDisk(t, s, d) })
	t.Run("rows", func(t *testing.T) { rowsOnFullDisk(t, s, d) })
	instance := s.Instance()
	for _, row := range c.Must(200, "GET", "vms?fields=$key", nil).Rows() {
		c.Must(200, "DELETE", "vms/"+fmt.Sprint(row["$key"]), nil)
	}
	waitClean(t, s, instance)
}

// uploadTooMuch announces more than the disk can hold: it is refused before a byte is sent, and leaves nothing.
func uploadTooMuch(t *testing.T, s *harness.Server) {
	c, resource := s.Table(), s.Resource()
	c.T, resource.T = t, t
	const size = harness.DiskSize + 1
	r, err := c.Do("POST", "files", map[string]any{"name": "big.iso", "allocated_bytes": strconv.Itoa(size)})
	if err != nil {
		t.Fatal(err)
	}
	refusedAsFull(t, "creating a file by the table API", r.Status, string(r.Body))
	status, body := tusCreate(t, resource, "big.iso", size)
	refusedAsFull(t, "creating an upload by the resource API", status, body)
	waitNoBytes(t, s)
	if rows := c.Must(200, "GET", "files?fields=name", nil).Rows(); len(rows) > 0 {
		t.Errorf("refused uploads left rows: %v", rows)
	}
}

func tusCreate(t *testing.T, c *harness.Client, name string, size int) (status int, body string) {
	t.Helper()
	r, err := c.DoWith("POST", "virtualization/isos/upload", nil, map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": strconv.Itoa(size),
		"Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte(name)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Status, string(r.Body)
}

// uploadOverTheEdge has the disk run full in the middle: the chunk is refused, and accepted once there is space.
func uploadOverTheEdge(t *testing.T, s *harness.Server, d *harness.Disk) {
	c := s.Table()
	c.T = t
	content := make([]byte, 20<<20)
	rand.NewChaCha8([32]byte{6}).Read(content)
	key := c.Create("files", map[string]any{"name": "edge.iso", "allocated_bytes": strconv.Itoa(len(content))})
	half := len(content) / 2
	c.Must(200, "PUT", "files/"+key+"?filepos=0", content[:half])
	d.Fill(int64(half) / 2)
	r, err := c.Do("PUT", fmt.Sprintf("files/%s?filepos=%d", key, half), content[half:])
	if err != nil {
		t.Fatal(err)
	}
	refusedAsFull(t, "a chunk", r.Status, string(r.Body))
	c.Must(200, "GET", "files/"+key, nil)
	d.Free()
	c.Must(200, "PUT", fmt.Sprintf("files/%s?filepos=%d", key, half), content[half:])
	got := c.Must(200, "GET", "files/"+key+"?download=1", nil).Body
	if sha256.Sum256(got) != sha256.Sum256(content) || !bytes.Equal(got, content) {
		t.Error("the file holds something else than was sent")
	}
	c.Must(200, "DELETE", "files/"+key, nil)
	waitNoBytes(t, s)
}

// waitNoBytes waits until nothing of any upload is on the disk.
func waitNoBytes(t *testing.T, s *harness.Server) {
	t.Helper()
	harness.Eventually(t, time.Minute, "the uploads' bytes are gone", func() (bool, string) {
		left := filesIn(t, s.Data, "files", "uploads")
		return len(left) == 0, strings.Join(left, ", ")
	})
}

// driveOnFullDisk makes a drive where there is no room: its status says so, and it comes by itself once there is.
func driveOnFullDisk(t *testing.T, s *harness.Server, d *harness.Disk) {
	c := s.Table()
	c.T = t
	g := makeVM(c, "no room", nil)
	d.Fill(200 << 20)
	drive := c.Create("machine_drives", map[string]any{"machine": g.machine, "disksize": 1 << 30})
	status := func() (word, info string) {
		row := c.Must(200, "GET", "machine_drives/"+drive+"?fields=status%23status+as+word,status%23status_info+as+info", nil).Object()
		word, _ = row["word"].(string)
		info, _ = row["info"].(string)
		return word, info
	}
	harness.Eventually(t, time.Minute, "the drive says that there is no room", func() (bool, string) {
		word, info := status()
		return word == "error" && strings.Contains(info, "tier 1 has"), word + " " + info
	})
	if left := filesIn(t, s.Data, "pools"); len(left) > 0 {
		t.Errorf("the drive that couldn't be made left %v", left)
	}
	d.Free()
	harness.Eventually(t, time.Minute, "the drive is made", func() (bool, string) {
		word, info := status()
		return word == "offline" && info == "", word + " " + info
	})
}

// rowsOnFullDisk creates rows until the database can't grow. What was acknowledged is there, what was refused isn't, and it goes on once
// there is space.
func rowsOnFullDisk(t *testing.T, s *harness.Server, d *harness.Disk) {
	c := s.Table()
	c.T = t
	d.Fill(2 << 20)
	acknowledged := map[string]bool{}
	note := strings.Repeat("n", 1000)
	refused := ""
	for i := 0; i < 3000 && refused == ""; i++ {
		name := fmt.Sprintf("row %d", i)
		r, err := c.Do("POST", "vms", map[string]any{"name": name, "note": note})
		switch {
		case err != nil:
			t.Fatal(err)
		case r.Status == 201:
			acknowledged[name] = true
		default:
			refusedAsFull(t, "a row", r.Status, string(r.Body))
			refused = name
		}
	}
	if refused == "" || len(acknowledged) == 0 {
		t.Fatalf("%d rows fit on the full disk, then %q did not", len(acknowledged), refused)
	}
	if r := s.Resource().Must(200, "GET", "virtualization/computes", nil); len(r.Body) == 0 {
		t.Error("the resource API reads nothing while the disk is full")
	}
	d.Free()
	c.Must(201, "POST", "vms", map[string]any{"name": refused, "note": note})
	acknowledged[refused] = true
	s.Kill()
	checkIntegrity(t, s)
	s.Run()
	there := map[string]bool{}
	for _, row := range c.Must(200, "GET", "vms?fields=name&filter=name%20bw%20'row'&limit=5000", nil).Rows() {
		there[fmt.Sprint(row["name"])] = true
	}
	for name := range acknowledged {
		if !there[name] {
			t.Errorf("%q was acknowledged and is gone", name)
		}
	}
	if len(there) != len(acknowledged) {
		t.Errorf("%d rows were acknowledged, %d are there", len(acknowledged), len(there))
	}
}

// checkIntegrity has SQLite look through the whole database of a stopped server.
func checkIntegrity(t *testing.T, s *harness.Server) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Data, "dewpoint.db")+"?mode=ro") // the driver that the store registers
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the database: %q, %v", verdict, err)
	}
}

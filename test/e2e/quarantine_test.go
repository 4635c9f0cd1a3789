package e2e

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/test/harness"
)

// orphans are bytes without rows by where they lie in the data directory.
type orphans map[string][]byte

func (o orphans) plant(t *testing.T, data string) {
	t.Helper()
	for i, at := range slices.Sorted(maps.Keys(o)) {
		o[at], _ = noise(70_000, byte(i))
		path := filepath.Join(data, at)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, o[at], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// thing is a row of the table quarantine.
type thing struct{ key, kind string }

// found reads the table by paths, of those that have an alarm.
func found(c *harness.Client) map[string]thing {
	c.T.Helper()
	alarms := string(c.Must(200, "GET", "alarms?fields=sub_owner&limit=1000", nil).Body)
	things := map[string]thing{}
	for _, row := range c.Must(200, "GET", "quarantine?fields=$key,kind,path&limit=1000", nil).Rows() {
		key := fmt.Sprint(row["$key"])
		if strings.Contains(alarms, `"quarantine/`+key+`"`) {
			things[fmt.Sprint(row["path"])] = thing{key, fmt.Sprint(row["kind"])}
		}
	}
	return things
}

// TestNothingWithoutARowIsLost plants everything that a lost database leaves in a data directory, and a domain.
func TestNothingWithoutARowIsLost(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	g := makeVM(c, "known", nil)
	drive := c.Create("machine_drives", map[string]any{"machine": g.machine, "disksize": 16 << 20})
	folder := filepath.Dir(waitDisk(t, s, drive))
	lan := c.Create("vnets", map[string]any{"name": "known", "network": "10.78.1.0/24", "dhcp_enabled": true})
	domain := "dp-" + s.Instance() + "-9006"
	s.Stop()

	key, err := strconv.Atoi(drive)
	if err != nil {
		t.Fatal(err)
	}
	next := strconv.Itoa(key + 1) // the key that the next drive gets
	tier, _ := filepath.Rel(s.Data, filepath.Dir(folder))
	known, _ := filepath.Rel(s.Data, folder)
	key, err = strconv.Atoi(lan)
	if err != nil {
		t.Fatal(err)
	}
	nextLan := strconv.Itoa(key + 1) // the key that the next network gets
	kinds := map[string]string{
		"files/9001-0badcafe": "file",
		filepath.Join(tier, uuid.NewString(), next+"-0badcafe.qcow2"): "disk",
		filepath.Join(known, next+"-0defaced.qcow2"):                  "disk",
		filepath.Join(known, next+"-0badcafe.qcow2.part"):             "unfinished_disk",
		"uploads/" + uuid.NewString():                                 "upload",
		"machines/9004-0badcafe":                                      "machine",
		"vnets/9005":                                                  "network", // of an older version
		"vnets/" + nextLan + "-0badcafe":                              "network",
		domain:                                                        "domain",
	}
	lost := orphans{}
	for at, kind := range kinds {
		switch kind {
		case "machine":
			at += "/serial.log"
		case "network":
			at += "/run/" + dnsmasq.LeasesFile
		case "domain":
			continue
		}
		lost[at] = nil
	}
	lost.plant(t, s.Data)
	define(t, domain)

	s.Run()
	var things map[string]thing
	harness.Eventually(t, 2*time.Minute, "all that has no row is in quarantine, with an alarm each", func() (bool, string) {
		things = found(c)
		return len(things) >= len(kinds), fmt.Sprint(things)
	})
	for at, kind := range kinds {
		if things[at].kind != kind {
			t.Errorf("%s is in quarantine as %q, want %q", at, things[at].kind, kind)
		}
		if _, err := os.Lstat(filepath.Join(s.Data, at)); err == nil {
			t.Errorf("%s still lies in its place", at)
		}
	}
	for at, content := range lost {
		if !lies(t, filepath.Join(s.Data, "quarantine"), content) {
			t.Errorf("the bytes of %s are not in quarantine", at)
		}
	}
	if state := harness.Virsh(t, "domstate", domain); strings.TrimSpace(state) != "shut off" {
		t.Errorf("the domain is %q", state)
	}
	c.Must(409, "PUT", "quarantine/"+things[domain].key+"?action=delete", map[string]any{})

	fresh := makeVM(c, "fresh", nil)
	made := c.Create("machine_drives", map[string]any{"machine": fresh.machine, "disksize": 16 << 20})
	if made != next {
		t.Errorf("the new drive has the key %s; the disks were planted under %s", made, next)
	}
	if content := harness.Output(t, "qemu-img", "map", "--output=json", waitDisk(t, s, made)); strings.Contains(content, `"data": true`) {
		t.Errorf("the new disk holds %s", content)
	}
	freshLan := c.Create("vnets", map[string]any{"name": "fresh", "network": "10.78.2.0/24", "dhcp_enabled": true})
	if freshLan != nextLan {
		t.Errorf("the new network has the key %s; leases were planted under %s", freshLan, nextLan)
	}
	c.Must(201, "POST", "vnet_actions", map[string]any{"vnet": freshLan, "action": "poweron"})
	waitPower(c, "vnets", freshLan, true)
	if dir := s.VnetDir(freshLan); strings.HasSuffix(dir, "-0badcafe") {
		t.Errorf("the new network has the lost one's folder %s", dir)
	}
	actOn(t, s, c, kinds, things, lost)
	c.Must(200, "DELETE", "vnets/"+lan, nil)
	c.Must(200, "DELETE", "vnets/"+freshLan, nil)
}

// actOn restores files and disks, keeps the upload and deletes the rest.
func actOn(t *testing.T, s *harness.Server, c *harness.Client, kinds map[string]string, things map[string]thing, lost orphans) {
	t.Helper()
	for at, kind := range kinds {
		row := "quarantine/" + things[at].key
		switch kind {
		case "file", "disk":
			file := fmt.Sprint(c.Must(200, "PUT", row+"?action=restore", map[string]any{}).Object()["file"])
			harness.Eventually(t, time.Minute, at+" can be downloaded", func() (bool, string) {
				r, err := c.Do("GET", "files/"+file+"?download=1", nil)
				return err == nil && r.Status == 200 && sha256.Sum256(r.Body) == sha256.Sum256(lost[at]), fmt.Sprint(file, err)
			})
		case "upload":
			c.Must(200, "PUT", row+"?action=keep", map[string]any{"days": 90})
			day := time.Now().Unix() + 89*24*60*60
			if until := c.Must(200, "GET", row+"?fields=keep_until", nil); until.Object()["keep_until"].(float64) < float64(day) {
				t.Errorf("kept for 90 days, it is %s", until.Body)
			}
		case "machine", "network", "unfinished_disk":
			c.Must(200, "PUT", row+"?action=delete", map[string]any{})
			harness.Eventually(t, time.Minute, at+" is removed", func() (bool, string) {
				r, err := c.Do("GET", row, nil)
				return err == nil && r.Status == 404, fmt.Sprint(err, r)
			})
		}
	}
	for at, content := range lost {
		kept := !strings.HasPrefix(at, "machines/") && !strings.HasPrefix(at, "vnets/") && !strings.HasSuffix(at, ".part")
		if lies(t, s.Data, content) != kept {
			t.Errorf("that the bytes of %s lie somewhere is %t", at, !kept)
		}
	}
}

// define gives libvirt a domain with a mark that nobody has a machine for.
func define(t *testing.T, name string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "domain.xml")
	xml := fmt.Sprintf("<domain type='qemu'><name>%s</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os></domain>", name)
	if err := os.WriteFile(path, []byte(xml), 0o600); err != nil {
		t.Fatal(err)
	}
	harness.Virsh(t, "define", path)
	t.Cleanup(func() { harness.Virsh(t, "undefine", name) })
}

// waitDisk waits for a drive's disk and returns where it lies.
func waitDisk(t *testing.T, s *harness.Server, drive string) (path string) {
	t.Helper()
	harness.Eventually(t, time.Minute, "the disk is made", func() (bool, string) {
		found, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", drive+"-*.qcow2"))
		if len(found) == 1 {
			path = found[0]
		}
		return err == nil && len(found) == 1, fmt.Sprint(found, err)
	})
	return path
}

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestAppliances exports a VM whose guest runs, and the disk of one that is off, imports both again, and boots what came of them. What lies in the pools and in
// the files is compared by qemu-img; at the end nothing is left.
func TestAppliances(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c, r, instance := s.Table(), s.Resource(), s.Instance()
	vnet := makeVnet(c, "appliances", "10.77.19.0/24", nil)
	source := makeVM(c, "source", map[string]any{"ram": 256, "cpu_cores": 1, "machine_type": "pc"})
	c.Create("machine_drives", map[string]any{"machine": source.machine, "media": "import", "media_source": uploadByChunks(t, c, proofDisk(t)), "interface": "ide"})
	c.Create("machine_nics", map[string]any{"machine": source.machine, "vnet": vnet, "interface": "e1000", "macaddress": "52:54:00:0a:0b:0c"})
	act(c, source, "poweron")
	source.console = openConsole(t, s, source.machine)
	source.console.wait(`PROOF LOOP=done`)

	done := func(jobs any) {
		t.Helper()
		for _, id := range jobs.([]any) { // the first one takes the snapshot
			harness.Eventually(t, 2*time.Minute, "the job", func() (bool, string) {
				job := r.Must(200, "GET", "jobs/"+fmt.Sprint(id), nil).Data()
				return job["status"] == "completed", fmt.Sprint(job)
			})
		}
	}
	whole := r.Must(202, "POST", "virtualization/computes/source/export", map[string]any{}).Data()
	done(whole["jobs"])
	path := filepath.Join(t.TempDir(), "whole.ova")
	download(t, s, fmt.Sprint(whole["download"]), path)
	if members := harness.Output(t, "tar", "-tf", path); members != "vm.ovf\nvm.mf\ndisk0.vmdk\n" {
		t.Errorf("the archive holds %q", members)
	}

	dry := r.Must(201, "POST", "virtualization/computes/import", map[string]any{"name": "again", "file": whole["file"], "dry_run": true}).Data()
	if len(dry["log"].([]any)) == 0 || len(c.Must(200, "GET", "vms?fields=$key&filter=is_snapshot%20eq%20false", nil).Rows()) != 1 {
		t.Errorf("a dry run: %v", dry)
	}
	uploaded := uploadByChunks(t, c, path)
	key := c.Create("vm_imports", map[string]any{"name": "again", "file": uploaded})
	harness.Eventually(t, 2*time.Minute, "the import", func() (bool, string) {
		row := c.Must(200, "GET", "vm_imports/"+key, nil).Object()
		return row["status"] == "complete" || row["status"] == "warning", fmt.Sprint(row)
	})
	row := c.Must(200, "GET", "vms?fields=$key,machine,cpu_cores,ram&name=again", nil).Rows()[0]
	again := vm{name: "again", key: harness.Path(row["$key"]), machine: harness.Path(row["machine"])}
	if row["ram"] != 256.0 || row["cpu_cores"] != 1.0 {
		t.Errorf("the import has %v", row)
	}
	c.Must(200, "PUT", "vms/"+again.key, map[string]any{"machine_type": "pc"})
	act(c, again, "poweron")
	again.console = openConsole(t, s, again.machine)
	again.console.wait(`PROOF LOOP=done`)
	waitPower(c, "vms", again.key, true)
	act(c, again, "kill")
	waitPower(c, "vms", again.key, false)

	drive := harness.Path(c.Must(200, "GET", "machine_drives?fields=$key&filter=machine%20eq%20"+again.machine, nil).Rows()[0]["$key"])
	disk := poolFile(t, s, drive)
	for _, format := range []string{"qcow2", "raw", "vmdk", "vhd", "vhdx", "vdi"} {
		reply := c.Must(200, "PUT", "machine_drives/"+drive+"?action=export", map[string]any{"format": format}).Object()
		file := reply["response"].(map[string]any)["filekey"].(string)
		harness.Eventually(t, time.Minute, "the export as "+format, func() (bool, string) {
			rows := c.Must(200, "GET", "operations?fields=status,status_info&filter=kind%20eq%20'vm_export'&sort=-$key&limit=1", nil).Rows()
			return rows[0]["status"] == "complete", fmt.Sprint(rows)
		})
		out := filepath.Join(t.TempDir(), format)
		download(t, s, "/api/v4/files/"+file+"?download=1", out)
		name := map[string]string{"vhd": "vpc"}[format]
		if name == "" {
			name = format
		}
		harness.Output(t, "qemu-img", "compare", "-U", "-f", "qcow2", "-F", name, disk, out)
	}
	for _, g := range []vm{source, again} {
		harness.RemoveVM(c, g.key)
	}
	c.Must(200, "DELETE", "vnets/"+vnet, nil)
	waitClean(t, s, instance)
}

// poolFile is the file of a drive.
func poolFile(t *testing.T, s *harness.Server, drive string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", drive+"-*.qcow2"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the files of drive %s: %v %v", drive, found, err)
	}
	return found[0]
}

// download reads a file of the server's into one of ours.
func download(t *testing.T, s *harness.Server, path, to string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", s.Table().Authorization)
	res, err := s.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: status %d, %v", path, res.StatusCode, err)
	}
}

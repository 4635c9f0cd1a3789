package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/test/harness"
)

// TestCloudInit has a guest mount the disk that its VM's files became, for each source, and say what is on it.
func TestCloudInit(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	file := uploadByChunks(t, c, harness.GuestISO(t))
	g := makeVM(c, "Seeded VM", map[string]any{
		"cloudinit_datasource": "nocloud", "boot_order": "dc", "boot_delay": 0,
		"cloudinit_files": []any{map[string]any{"name": "/user-data", "contents": "#cloud-config\n# of ${VM_HOSTNAME}\n", "render": "variables"}},
	})
	c.Create("machine_drives", map[string]any{"machine": g.machine, "media": "cdrom", "media_source": file, "interface": "ahci"})
	network := c.Create("cloudinit_files", map[string]any{"owner": "vms/" + g.key, "name": "/network-config", "contents": "version: 2\nethernets: {}\n"})
	refusedFiles(t, c, g, network)
	uuid := c.Must(200, "GET", "vms/"+g.key+"?fields=uuid", nil).Object()["uuid"].(string)

	act(c, g, "poweron")
	g.console = openConsole(t, s, g.machine)
	g.console.wait(`GUEST SEED sr\d label=cidata`)
	g.console.wait(`GUEST READY`)
	shows(t, g.console.text(), "SEEDLINE /user-data # of seeded-vm", `SEEDLINE /meta-data "instance-id": "`+uuid+`",`, `"local-hostname": "seeded-vm"`, "SEEDLINE /network-config version: 2")
	info, err := os.Stat(seedPath(t, s, g))
	if err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the disk, which may hold passwords, is %v (%v)", info, err)
	}

	waits := func(want string) {
		t.Helper()
		if got := c.Must(200, "GET", "vms/"+g.key+"?fields=restart_reason", nil).Object()["restart_reason"]; got != want && (got != nil || want != "") {
			t.Errorf("what waits for the next start is %v, want %q", got, want)
		}
	}
	waits("")
	c.Must(200, "PUT", "cloudinit_files/"+network, map[string]any{"contents": "version: 1\nconfig: []\n"})
	waits("cloudinit_files/" + network + "#contents")
	c.Must(200, "DELETE", "cloudinit_files/"+network, nil)
	waits("cloudinit_files/" + network)

	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	c.Must(200, "PUT", "vms/"+g.key, map[string]any{"cloudinit_datasource": "config_drive_v2"})
	g.console.forget()
	act(c, g, "poweron")
	g.console.wait(`GUEST SEED sr\d label=config-2`)
	g.console.wait(`GUEST READY`)
	shows(t, g.console.text(), "SEEDLINE /openstack/latest/user_data # of seeded-vm", `SEEDLINE /openstack/latest/meta_data.json "uuid": "`+uuid+`"`)
	if strings.Contains(g.console.text(), "network-config") {
		t.Error("the guest finds the network that was deleted")
	}
	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	path := seedPath(t, s, g)
	c.Must(200, "DELETE", "vms/"+g.key, nil)
	waitClean(t, s, s.Instance())
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the disk of a deleted VM is there: %v", err)
	}
}

func seedPath(t *testing.T, s *harness.Server, g vm) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Data, "machines", g.machine+"-*", "seed.iso"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the VM's disk for cloud-init: %v (%v)", found, err)
	}
	return found[0]
}

func shows(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line) {
			t.Errorf("the guest doesn't show %s; it shows\n%s", line, tail(text))
		}
	}
}

// refusedFiles sends what can't be a file for cloud-init: each is refused with the column, and nothing of it is kept.
func refusedFiles(t *testing.T, c *harness.Client, g vm, there string) {
	t.Helper()
	const count = "cloudinit_files?fields=$key"
	before := len(c.Must(200, "GET", count, nil).Rows())
	for _, f := range []struct {
		status         int
		name, contents string
		says           string
	}{
		{413, "/vendor-data", strings.Repeat("x", 10<<20), "larger"}, // the body isn't even read
		{422, "/vendor-data", strings.Repeat("x", 65537), "contents"},
		{422, "/../etc/passwd", "", "name"},
		{422, "/a/./b", "", "name"},
		{422, "/a//b", "", "name"},
		{422, "/a\x00b", "", "name"},
		{422, "", "", "name"},
		{409, "network-config", "", "/network-config"},
		{409, "/openstack/latest/network_data.json", "", "/network-config"},
		{422, "/meta-data", "- a\n", "contents"},
		{422, "/user-data/x", "", "name"},
	} {
		r := c.Must(f.status, "POST", "cloudinit_files", map[string]any{"owner": "vms/" + g.key, "name": f.name, "contents": f.contents})
		if !strings.Contains(string(r.Body), f.says) {
			t.Errorf("%s: %s doesn't name %s", f.name, r.Body, f.says)
		}
	}
	c.Must(422, "PUT", "cloudinit_files/"+there, map[string]any{"name": "../x"})
	c.Must(422, "PUT", "vms/"+g.key, map[string]any{"cloudinit_datasource": "config_drive_v2"}) // which reads no network config of version 2
	if after := len(c.Must(200, "GET", count, nil).Rows()); after != before {
		t.Errorf("%d files became %d", before, after)
	}
	r := c.Must(http.StatusOK, "GET", "cloudinit_files/"+there+"?download=1", nil)
	if string(r.Body) != "version: 2\nethernets: {}\n" {
		t.Errorf("the file reads %q", r.Body)
	}
}

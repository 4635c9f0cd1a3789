package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// foreignDomain defines a domain as anybody would, with a disk of random bytes, and returns the disk's path.
func foreignDomain(t *testing.T, l *harness.PrivateLibvirt, name, uuid string) (disk string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "dewpoint-foreign-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // QEMU's user has to reach the disk
		t.Fatal(err)
	}
	raw := filepath.Join(dir, "raw")
	content := make([]byte, 1<<20)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(raw, content, 0o600); err != nil {
		t.Fatal(err)
	}
	disk = filepath.Join(dir, name+".qcow2")
	harness.Output(t, "qemu-img", "convert", "-O", "qcow2", raw, disk)
	if err := os.Chmod(disk, 0o600); err != nil {
		t.Fatal(err)
	}
	xml := fmt.Sprintf(`<domain type='qemu'><name>%s</name><uuid>%s</uuid><memory unit='MiB'>300</memory><vcpu>2</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os>
<features><acpi/><apic/></features><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vda' bus='virtio'/><serial>KEPT</serial></disk>
<graphics type='vnc' port='-1' passwd='hidden'/><video><model type='cirrus'/></video></devices></domain>`, name, uuid, disk)
	file := filepath.Join(dir, "domain.xml")
	if err := os.WriteFile(file, []byte(xml), 0o600); err != nil {
		t.Fatal(err)
	}
	l.Virsh("define", file)
	return disk
}

// TestForeignDomains: a domain that somebody else made is listed and left alone, until it is adopted: then it is a VM with its UUID, hardware and a copy of its disk.
// Given to libvirt again it is a domain like anybody's, which virsh starts, and no VM.
func TestForeignDomains(t *testing.T) {
	t.Parallel()
	const uuid = "7d5e1c9a-3b4f-4e2a-9c1d-0123456789ab"
	l := harness.NewPrivateLibvirt(t)
	l.Start()
	disk := foreignDomain(t, l, "legacy", uuid)
	given, err := os.MkdirTemp("", "dewpoint-given-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(given) })
	if err := os.Chmod(given, 0o711); err != nil {
		t.Fatal(err)
	}
	s := harness.Start(t, "--libvirt-socket", l.Socket(), "--release-dir", given)
	api := s.Table()
	var row map[string]any
	state := func(want string) {
		t.Helper()
		harness.Eventually(t, time.Minute, "the foreign domain is "+want, func() (bool, string) {
			rows := api.Must(200, "GET", "foreign_domains?fields=all", nil).Rows()
			if len(rows) == 1 {
				row = rows[0]
			}
			return len(rows) == 1 && row["state"] == want, fmt.Sprint(rows)
		})
	}
	state("off")
	if row["name"] != "legacy" || row["uuid"] != uuid || row["adoptable"] != true || row["ram"] != 300.0 {
		t.Errorf("the foreign domain is %v", row)
	}
	key := fmt.Sprint(row["$key"])
	adopt := func(status int) *harness.Reply {
		t.Helper()
		return api.Must(status, "POST", "foreign_domain_actions", map[string]any{"foreign_domain": key, "action": "adopt"})
	}
	l.Virsh("start", "legacy")
	state("running")
	adopt(409)
	l.Virsh("destroy", "legacy")
	state("off")

	was := statOf(t, disk)
	made := adopt(201).Object()
	if end := outcome(api, made["operation"].(string)); end["status"] != "complete" {
		t.Fatalf("the adoption ended as %v", end)
	}
	answer := made["response"].(map[string]any)
	g := vm{key: answer["vmkey"].(string), machine: answer["machinekey"].(string), name: "legacy"}
	is := api.Must(200, "GET", "vms/"+g.key+"?fields=name,uuid,ram,cpu_cores,machine_type,video,console", nil).Object()
	for column, want := range map[string]any{"name": "legacy", "uuid": uuid, "ram": 300.0, "cpu_cores": 2.0, "video": "cirrus", "console": "vnc"} {
		if is[column] != want {
			t.Errorf("%s is %v, want %v", column, is[column], want)
		}
	}
	if machine := fmt.Sprint(is["machine_type"]); machine != "pc" && !strings.HasPrefix(machine, "pc-i440fx-") { // libvirt names the version
		t.Errorf("the machine type is %s", machine)
	}
	if names := l.Virsh("list", "--all", "--name"); strings.Contains(names, "legacy") {
		t.Errorf("the domain is still there: %s", names)
	}
	if now := statOf(t, disk); now != was {
		t.Errorf("the domain's own file was %+v and is %+v", was, now)
	}
	copies, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", uuid, "*.qcow2"))
	if err != nil || len(copies) != 1 || !bytes.Equal(rawOf(t, copies[0]), rawOf(t, disk)) {
		t.Errorf("the VM's disks %v (%v) don't hold what the domain's did", copies, err)
	}
	act(api, g, "poweron")
	waitPower(api, "vms", g.key, true)
	domain := "dp-" + s.Instance() + "-" + g.machine
	if got := strings.TrimSpace(l.Virsh("domuuid", domain)); got != uuid {
		t.Errorf("the VM's domain has the UUID %s", got)
	}
	if xml := l.Virsh("dumpxml", domain); !strings.Contains(xml, "<serial>KEPT</serial>") {
		t.Errorf("the disk has lost its serial number: %s", xml)
	}
	release := map[string]any{"vm": g.key, "action": "release", "params": map[string]any{"name": "legacy again"}}
	api.Must(409, "POST", "vm_actions", release)
	act(api, g, "kill")
	waitPower(api, "vms", g.key, false)
	op := api.Must(201, "POST", "vm_actions", release).Object()["operation"].(string)
	if end := outcome(api, op); end["status"] != "complete" {
		t.Fatalf("the release ended as %v", end)
	}
	harness.Eventually(t, time.Minute, "the domain that was given away is listed", func() (bool, string) {
		rows := api.Must(200, "GET", "foreign_domains?fields=all", nil).Rows()
		return len(rows) == 1 && rows[0]["name"] == "legacy again" && rows[0]["uuid"] == uuid && rows[0]["state"] == "off" && rows[0]["adoptable"] == true, fmt.Sprint(rows)
	})
	if _, err := os.Stat(disk); err != nil {
		t.Errorf("the domain's own file went with the VM: %v", err)
	}
	harness.Eventually(t, time.Minute, "nothing of the VM is left", func() (bool, string) {
		left, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*"))
		vms := api.Must(200, "GET", "vms", nil).Rows()
		return err == nil && len(left) == 0 && len(vms) == 0, fmt.Sprint(left, vms)
	})
	s.Stop()
	if got := rawOf(t, filepath.Join(given, "legacy again-"+uuid, "disk-1.qcow2")); !bytes.Equal(got, rawOf(t, disk)) {
		t.Error("the domain's disk holds other bytes than it did at first")
	}
	l.Virsh("start", "legacy again")
	if got := strings.TrimSpace(l.Virsh("domstate", "legacy again")); got != "running" {
		t.Errorf("the domain is %s", got)
	}
	l.Virsh("destroy", "legacy again")
}

// about is what a use of a file must not change.
type about struct {
	uid, gid, mode uint32
	size, modified int64
}

func statOf(t *testing.T, path string) about {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return about{st.Uid, st.Gid, st.Mode, st.Size, st.Mtim.Nano()}
}

func rawOf(t *testing.T, disk string) []byte {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw")
	harness.Output(t, "qemu-img", "convert", "-O", "raw", disk, raw)
	content, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

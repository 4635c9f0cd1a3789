package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// markOffset is where guests keep their mark (test/guest/init).
const markOffset = 62 * 512

// TestGuestBootsFromAClone: the disk of a VM holds a system and a mark. A linked clone of it boots, finds the mark, and goes on when the VM is deleted; a
// full one has a disk of its own.
func TestGuestBootsFromAClone(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c, r, instance := s.Table(), s.Resource(), s.Instance()
	disk, err := os.ReadFile(harness.GuestISO(t))
	if err != nil {
		t.Fatal(err)
	}
	copy(disk[markOffset:], "MARK:of-the-source\n")
	path := filepath.Join(t.TempDir(), "system.img")
	if err := os.WriteFile(path, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	vnet := makeVnet(c, "clones", "10.77.8.0/24", nil)
	source := makeVM(c, "source", map[string]any{"ram": 512, "machine_type": "pc"})
	c.Create("machine_drives", map[string]any{"machine": source.machine, "media": "import", "media_source": uploadByChunks(t, c, path), "interface": "virtio", "serial": "S1"})
	c.Create("machine_nics", map[string]any{"machine": source.machine, "vnet": vnet})

	reply := c.Must(201, "POST", "vm_actions", map[string]any{"vm": source.key, "action": "clone", "params": map[string]any{"name": "linked"}}).Object()["response"].(map[string]any)
	linked := vm{name: "linked", key: reply["vmkey"].(string), machine: reply["machinekey"].(string)}
	act(c, linked, "poweron") // it waits for its disk
	full := r.Must(201, "POST", "virtualization/computes/source/clone", map[string]any{"name": "full"}).Data()
	linked.console = openConsole(t, s, linked.machine)
	waitPower(c, "vms", linked.key, true)
	if mark := linked.console.wait(`GUEST DISK (\S+)`)[1]; mark != "of-the-source" {
		t.Errorf("the clone's disk has the mark %q", mark)
	}
	xml := harness.Virsh(t, "dumpxml", "dp-"+instance+"-"+linked.machine)
	macs := c.Must(200, "GET", "machine_nics?fields=machine,macaddress", nil).Rows()
	seen := map[any]bool{}
	for _, nic := range macs {
		seen[nic["macaddress"]] = true
		if harness.Path(nic["machine"]) == linked.machine != strings.Contains(xml, nic["macaddress"].(string)) {
			t.Errorf("the domain of machine %s and the card %v of machine %v:\n%s", linked.machine, nic["macaddress"], nic["machine"], xml)
		}
	}
	if len(seen) != len(macs) {
		t.Errorf("the cards %v share a MAC address", macs)
	}

	harness.Eventually(t, time.Minute, "the full clone", func() (bool, string) {
		job := r.Must(200, "GET", "jobs/"+full["jobs"].([]any)[0].(string), nil).Data()
		return job["status"] == "completed" && job["progress"] == 100.0, fmt.Sprint(job)
	})
	row := c.Must(200, "GET", "vms?fields=machine&name=full", nil).Rows()[0]
	for machine, wants := range map[string]bool{linked.machine: true, harness.Path(row["machine"]): false} {
		if info := imageOf(t, s, c, machine); strings.Contains(info, "backing file:") != wants {
			t.Errorf("qemu-img says of the disk of machine %s:\n%s", machine, info)
		}
	}

	c.Must(200, "DELETE", "vms/"+source.key, nil)
	linked.console.wait(`GUEST READY`)
	linked.console.forget()
	act(c, linked, "reset")
	linked.console.wait(`GUEST DISK of-the-source`)
	r.Must(204, "DELETE", "virtualization/computes/linked", nil)
	r.Must(204, "DELETE", "virtualization/computes/full", nil)
	c.Must(200, "DELETE", "vnets/"+vnet, nil)
	waitClean(t, s, instance)
	if left, _ := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*")); len(left) != 0 {
		t.Errorf("left in the pools: %v", left)
	}
}

// imageOf is what qemu-img says of the one disk of a machine.
func imageOf(t *testing.T, s *harness.Server, c *harness.Client, machine string) string {
	t.Helper()
	key := harness.Path(c.Must(200, "GET", "machine_drives?fields=$key&filter=machine%20eq%20"+machine, nil).Rows()[0]["$key"])
	found, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", key+"-*.qcow2"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the files of drive %s: %v %v", key, found, err)
	}
	return harness.Output(t, "qemu-img", "info", "-U", found[0])
}

package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// blocks are what a domain's drives are files of, as virsh lists them: by target.
func blocks(t *testing.T, domain string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for line := range strings.Lines(harness.Virsh(t, "domblklist", domain)) {
		if words := strings.Fields(line); len(words) == 2 && words[0] != "Target" {
			found[words[0]] = words[1]
		}
	}
	return found
}

// generations are how often each disk of a domain was frozen, by the names of its files; the medium in a CD drive has none.
func generations(t *testing.T, domain string) (list []string) {
	t.Helper()
	for _, path := range blocks(t, domain) {
		if !strings.Contains(path, "/pools/") {
			list = append(list, "medium")
			continue
		}
		if parts := strings.Split(filepath.Base(path), "."); len(parts) == 3 {
			list = append(list, parts[1])
		} else {
			list = append(list, "0")
		}
	}
	slices.Sort(list)
	return list
}

func jobDone(t *testing.T, r *harness.Client, reply map[string]any) {
	t.Helper()
	for _, id := range reply["jobs"].([]any) {
		harness.Eventually(t, time.Minute, "the end of the job", func() (bool, string) {
			job := r.Must(200, "GET", "jobs/"+id.(string), nil).Data()
			return job["status"] == "completed", fmt.Sprint(job)
		})
	}
}

// TestSnapshotsOfSeveralDrives: by the resource API, all disks of a guest are frozen, taken back and merged while it runs, and the medium in its CD drive
// is left alone; virsh says so. Then the same while the VM is off, a new VM of a snapshot, and one that goes when its time is over.
func TestSnapshotsOfSeveralDrives(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c, r, instance := s.Table(), s.Resource(), s.Instance()
	g := makeVM(c, "several", map[string]any{"boot_delay": 0})
	for _, drive := range []map[string]any{
		{"interface": "virtio", "disksize": 16 << 20},
		{"interface": "virtio-scsi", "disksize": 8 << 20},
		{"interface": "ahci", "media": "cdrom", "media_source": uploadByChunks(t, c, harness.GuestISO(t))},
	} {
		drive["machine"] = g.machine
		c.Create("machine_drives", drive)
	}
	vnet := makeVnet(c, "several", "10.77.9.0/24", nil)
	c.Create("machine_nics", map[string]any{"machine": g.machine, "vnet": vnet})
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	domain, shots := "dp-"+instance+"-"+g.machine, "virtualization/virtualmachines/several/snapshots"
	expect := func(what string, want ...string) {
		t.Helper()
		if got := generations(t, domain); !slices.Equal(got, want) {
			t.Errorf("%s: the drives are files of the generations %v, want %v", what, got, want)
		}
	}
	medium := func() string {
		for _, path := range blocks(t, domain) {
			if !strings.Contains(path, "/pools/") {
				return path
			}
		}
		return ""
	}
	expect("before", "0", "0", "medium")
	iso := medium()
	if d := r.Must(200, "GET", shots+"/capabilities", nil).Data()["capabilities"].(map[string]any); d["supports_memory"] != true || len(d["disk_formats"].([]any)) != 2 {
		t.Errorf("the capabilities are %v", d)
	}
	made := r.Must(201, "POST", shots, map[string]any{"name": "one", "quiesce": true}).Data()
	jobDone(t, r, made)
	expect("after a snapshot", "1", "1", "medium")
	one := r.Must(200, "GET", shots+"/one", nil).Data()["snapshot"].(map[string]any)
	if one["quiesced"] != false || len(one["warnings"].([]any)) != 1 || one["current"] != true || len(one["disks"].([]any)) != 2 || one["pause_ms"].(float64) <= 0 {
		t.Errorf("the snapshot of a guest without an agent is %v", one)
	}
	reverted := r.Must(200, "POST", shots+"/one/revert", map[string]any{"flags": 1}).Data()
	if reverted["snapshot_name"] != "one" {
		t.Errorf("the answer is %v", reverted)
	}
	jobDone(t, r, reverted)
	waitPower(c, "vms", g.key, true)
	expect("after the way back", "2", "2", "medium")

	t.Run("a new VM of it", func(t *testing.T) { restoreAsNew(t, s, g, vnet, one["id"].(string)) })
	r.Must(204, "DELETE", shots+"/one", nil)
	merged := func(what string) {
		t.Helper()
		harness.Eventually(t, 90*time.Second, what+": one file for each disk", func() (bool, string) {
			files, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*"))
			return err == nil && len(files) == 2, fmt.Sprint(files, c.Must(200, "GET", "operations?fields=kind,status,status_info,step", nil).Rows())
		})
		files, _ := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*"))
		for _, path := range blocks(t, domain) {
			if path != iso && !slices.Contains(files, path) {
				t.Errorf("%s: the guest has %s, and in the pool are %v", what, path, files)
			}
		}
	}
	merged("deleted while it runs")
	if r.Must(200, "GET", shots, nil).Data()["count"] != 0.0 || medium() != iso {
		t.Errorf("a snapshot is still listed, or the medium is %s", medium())
	}

	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	jobDone(t, r, r.Must(201, "POST", shots, map[string]any{"name": "off", "include_memory": true}).Data())
	off := r.Must(200, "GET", shots+"/off", nil).Data()["snapshot"].(map[string]any)
	if off["memory"] != false || off["state"] != "shutoff" || off["warnings"] != nil {
		t.Errorf("the snapshot of a VM that is off is %v", off)
	}
	jobDone(t, r, r.Must(200, "POST", shots+"/off/revert", nil).Data())
	waitPower(c, "vms", g.key, false)
	now := fmt.Sprint(time.Now().Add(2 * time.Second).Unix())
	c.Must(200, "PUT", "machine_snapshots/"+off["id"].(string), map[string]any{"expires": now, "expires_type": "date"})
	harness.Eventually(t, time.Minute, "the snapshot goes when its time is over", func() (bool, string) {
		list := r.Must(200, "GET", shots, nil).Data()
		return list["count"] == 0.0, fmt.Sprint(list)
	})
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	merged("gone by the clock")
	r.Must(204, "DELETE", "virtualization/virtualmachines/several", nil)
	c.Must(200, "DELETE", "vnets/"+vnet, nil)
	waitClean(t, s, instance)
}

// restoreAsNew makes a VM of a snapshot while the other one runs: with disks over the same layers, on the same network, with an address of its own.
func restoreAsNew(t *testing.T, s *harness.Server, g vm, vnet, snapshot string) {
	c := s.Table()
	c.T = t
	made := c.Must(201, "POST", "vm_actions", map[string]any{"vm": g.key, "action": "restore", "params": map[string]any{
		"snapshot": snapshot, "name": "as it was", "poweron": true,
	}}).Object()["response"].(map[string]any)
	n := vm{key: made["vmkey"].(string), machine: made["machinekey"].(string), name: "as it was"}
	waitPower(c, "vms", n.key, true)
	if got := generations(t, "dp-"+s.Instance()+"-"+n.machine); !slices.Equal(got, []string{"0", "0", "medium"}) {
		t.Errorf("the drives of the new VM are files of the generations %v", got)
	}
	for target, path := range blocks(t, "dp-"+s.Instance()+"-"+n.machine) {
		if strings.Contains(path, "/pools/") && !strings.Contains(harness.Output(t, "qemu-img", "info", "-U", path), "backing file:") {
			t.Errorf("disk %s of the new VM rests on nothing", target)
		}
	}
	cards := c.Must(200, "GET", "machine_nics?fields=machine,vnet,macaddress&filter=vnet%20eq%20"+vnet, nil).Rows()
	if len(cards) != 2 || cards[0]["macaddress"] == cards[1]["macaddress"] {
		t.Errorf("the cards on the network are %v", cards)
	}
	c.Must(200, "DELETE", "vms/"+n.key, nil)
	harness.Eventually(t, time.Minute, "the new VM is gone", func() (bool, string) {
		left := harness.Virsh(t, "list", "--all", "--name")
		return !strings.Contains(left, "dp-"+s.Instance()+"-"+n.machine), left
	})
}

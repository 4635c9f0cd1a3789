package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/model"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
	"dewpoint/test/harness"
)

// TestInUseIsWhatTheHostHolds tries to take a disk, a card and a network from under a real guest: it keeps them, by libvirt's word, and what waits for
// its next start is told. A server that comes to guests of which its rows know nothing learns it from libvirt.
func TestInUseIsWhatTheHostHolds(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c, instance := s.Table(), s.Instance()
	g := makeWhole(c, "keeps", "10.77.0.0/24")
	other, spare := makeVM(c, "takes", nil), c.Create("vnets", map[string]any{"name": "spare", "network": "10.77.1.0/24"})
	waitPower(c, "vms", g.key, true)
	disk := c.Must(200, "GET", "machine_drives?fields=$key&filter=machine%20eq%20"+g.machine, nil).Rows()[0]
	nic := c.Must(200, "GET", "machine_nics?fields=$key&filter=machine%20eq%20"+g.machine, nil).Rows()[0]
	drivePath, nicPath := harness.Path("machine_drives", disk["$key"]), harness.Path("machine_nics", nic["$key"])
	card, _ := strconv.ParseInt(harness.Path(nic["$key"]), 10, 64)
	holds := func() string {
		domain := "dp-" + instance + "-" + g.machine
		return harness.Virsh(t, "domblklist", domain) + harness.Virsh(t, "domiflist", domain)
	}
	before := holds()

	c.Must(200, "PUT", "vms/"+g.key, map[string]any{"ram": 512})
	c.Must(200, "PUT", nicPath, map[string]any{"interface": "e1000"})
	refused := func(when string) {
		t.Helper()
		for what, r := range map[string]*harness.Reply{
			"the disk moves":           c.Must(409, "PUT", drivePath, map[string]any{"machine": other.machine}),
			"the disk goes":            c.Must(409, "DELETE", drivePath, nil),
			"the card goes":            c.Must(409, "DELETE", nicPath, nil),
			"the guest's network goes": c.Must(409, "DELETE", "vnets/"+g.vnet, nil),
			"the guest's bridge goes":  c.Must(409, "PUT", "vnets/"+g.vnet, map[string]any{"enabled": false}),
		} {
			if text := string(r.Body); !strings.Contains(text, "keeps") {
				t.Errorf("%s, %s: %s doesn't name the VM", when, what, text)
			}
		}
		if row := c.Must(200, "GET", drivePath+"?fields=machine", nil).Object(); harness.Path(row["machine"]) != g.machine {
			t.Errorf("%s: the row of the disk has moved to machine %v", when, row["machine"])
		}
		if now := holds(); now != before {
			t.Errorf("%s: the guest had\n%s\nand has\n%s", when, before, now)
		}
		row := c.Must(200, "GET", "vms/"+g.key+"?fields=ram,need_restart,restart_reason,machine%23status%23running_ram+as+runs", nil).Object()
		if row["need_restart"] != true || row["restart_reason"] != nicPath+"#interface, ram" || row["ram"] != 512.0 || row["runs"] != 256.0 {
			t.Errorf("%s: the VM shows %v", when, row)
		}
		same := s.Resource().Must(200, "GET", "virtualization/computes/"+g.name, nil).Data()
		if same["memory"] != 256.0 || same["max_memory"] != 512.0 || same["need_restart"] != true {
			t.Errorf("%s: the resource API shows memory %v of %v, need_restart %v", when, same["memory"], same["max_memory"], same["need_restart"])
		}
	}
	refused("while it runs")

	s.Kill()
	forgetGuests(t, s, card)
	s.Run()
	harness.Eventually(t, time.Minute, "the server learns what the guest has", func() (bool, string) {
		r, err := c.Do("PUT", "vnets/"+g.vnet, map[string]any{"description": "seen"})
		return err == nil && r.Status == 200 && heldVnet(t, s, card) != 0, ""
	})
	refused("after the server has learned it from libvirt")

	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	c.Must(200, "PUT", drivePath, map[string]any{"machine": other.machine})
	if row := c.Must(200, "GET", "vms/"+g.key+"?fields=need_restart", nil).Object(); row["need_restart"] != false {
		t.Error("a VM that is off needs a restart")
	}
	c.Must(200, "PUT", nicPath, map[string]any{"vnet": spare, "interface": "virtio"})
	c.Must(200, "DELETE", "vnets/"+g.vnet, nil)
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	if text := harness.Virsh(t, "dominfo", "dp-"+instance+"-"+g.machine); !strings.Contains(text, "524288 KiB") {
		t.Errorf("after its restart the guest has\n%s", text)
	}
	for _, path := range []string{"vms/" + g.key, "vms/" + other.key, "vnets/" + spare} {
		c.Must(200, "DELETE", path, nil)
	}
	waitClean(t, s, instance)
}

// forgetGuests empties what the rows say of guests' drives and cards, as it is after an update from a version that didn't note it. What they were
// started with stays: no later version can find that out.
func forgetGuests(t *testing.T, s *harness.Server, nic int64) {
	t.Helper()
	rows(t, s, func(tx *store.Tx) error {
		if err := store.Write(tx, int64(1), compute.MachineDriveStatusSet{}.Holder(0)); err != nil {
			return err
		}
		return store.Write(tx, nic, compute.MachineNICStatusSet{}.HeldVnet(0))
	})
}

// heldVnet is the network that the rows say a NIC to be plugged into.
func heldVnet(t *testing.T, s *harness.Server, nic int64) (vnet int64) {
	t.Helper()
	rows(t, s, func(tx *store.Tx) error {
		status, err := store.GetRow[compute.MachineNICStatus](tx, nic)
		vnet = status.HeldVnet
		return err
	})
	return vnet
}

// rows does something in a server's database, beside the server.
func rows(t *testing.T, s *harness.Server, f func(*store.Tx) error) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(s.Data, "dewpoint.db"), model.Schema())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

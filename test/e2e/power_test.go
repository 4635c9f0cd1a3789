package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/model"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
	"dewpoint/test/harness"
)

// otherBoot has the database of a stopped server say that all it knows was seen in an earlier boot of the host.
func otherBoot(t *testing.T, s *harness.Server) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(s.Data, "dewpoint.db"), model.Schema())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[compute.MachineStatus](tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			before := schema.Set{"boot_id": schema.TextValue("00000000-0000-4000-8000-000000000000")}
			if err := tx.Change(row.TableName(), schema.IntValue(row.Key), before); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dnsmasqOf returns the process id of a network's dnsmasq; it fails the test when that doesn't live in the router of the network.
func dnsmasqOf(t *testing.T, s *harness.Server, router, vnet string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.VnetDir(vnet), "run", "dnsmasq.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid := strings.TrimSpace(string(text))
	if where := strings.TrimSpace(harness.Output(t, "ip", "netns", "identify", pid)); where != router {
		t.Errorf("dnsmasq of network %s lives in namespace %q, want %q", vnet, where, router)
	}
	number, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// loseRouter takes a router away as a restart of the host does.
func loseRouter(t *testing.T, s *harness.Server, router, vnet string) {
	t.Helper()
	pid := dnsmasqOf(t, s, router, vnet)
	harness.Output(t, "kill", "-KILL", strconv.Itoa(pid))
	harness.Eventually(t, 10*time.Second, "dnsmasq is gone", func() (bool, string) {
		_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
		return os.IsNotExist(err), fmt.Sprint(err)
	})
	harness.Output(t, "ip", "netns", "delete", router)
}

// TestPowerLoss takes guests and routers away behind a stopped server's back, first in the same boot of the host, then as a restart of the
// host does it.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c, instance := s.Table(), s.Instance()
	policies := map[string]bool{"power_on": true, "last_state": true, "leave_off": false} // whether it comes back
	vms, vnets, next := map[string]vm{}, map[string]string{}, 0
	for policy := range policies {
		vms[policy] = makeVM(c, "vm "+policy, map[string]any{"on_power_loss": policy, "powerstate": true})
		vnets[policy] = makeVnet(c, "net "+policy, fmt.Sprintf("10.76.%d.0/24", next), map[string]any{"on_power_loss": policy})
		next++
	}
	off := makeVM(c, "vm that is off", map[string]any{"on_power_loss": "power_on"})
	waitAll := func() {
		t.Helper()
		for policy := range policies {
			waitPower(c, "vms", vms[policy].key, true)
			waitPower(c, "vnets", vnets[policy], true)
		}
	}
	waitAll()
	loseGuests := func() {
		t.Helper()
		for _, g := range vms {
			harness.Virsh(t, "destroy", "dp-"+instance+"-"+g.machine)
		}
	}

	s.Stop()
	loseGuests()
	s.Run()
	for _, g := range vms {
		waitPower(c, "vms", g.key, false) // nobody lost power: somebody ended these guests
		act(c, g, "poweron")
	}
	waitAll()

	s.Stop()
	loseGuests()
	for _, key := range vnets {
		loseRouter(t, s, "dp"+instance+"-"+key, key)
	}
	otherBoot(t, s)
	s.Run()
	for policy, back := range policies {
		waitPower(c, "vms", vms[policy].key, back)
		waitPower(c, "vnets", vnets[policy], back)
	}
	waitPower(c, "vms", off.key, false)
	names := harness.Virsh(t, "list", "--name")
	for policy, back := range policies {
		if runs := strings.Contains(names+"\n", "dp-"+instance+"-"+vms[policy].machine+"\n"); runs != back {
			t.Errorf("the VM with %s: runs %v, want %v", policy, runs, back)
		}
		_, err := os.Stat("/run/netns/dp" + instance + "-" + vnets[policy])
		if (err == nil) != back {
			t.Errorf("the router with %s: %v, want it there: %v", policy, err, back)
		}
	}
	for _, g := range append([]vm{off}, vms["power_on"], vms["last_state"], vms["leave_off"]) {
		c.Must(200, "DELETE", "vms/"+g.key, nil)
	}
	for _, key := range vnets {
		c.Must(200, "DELETE", "vnets/"+key, nil)
	}
	waitClean(t, s, instance)
}

// life is what tells one run of a guest and its network from another.
type life struct{ QEMU, Dnsmasq, Router string }

func lifeOf(t *testing.T, s *harness.Server, instance string, g vm) life {
	t.Helper()
	router := "dp" + instance + "-" + g.vnet
	inode := harness.Output(t, "stat", "-L", "-c", "%i", "/run/netns/"+router)
	return life{s.GuestPID(g.machine), strconv.Itoa(dnsmasqOf(t, s, router, g.vnet)), strings.TrimSpace(inode)}
}

// TestGuestsOutliveTheManager ends the server in both ways: guest, DHCP server and router go on as they are, and what happened meanwhile
// is shown after the next start.
func TestGuestsOutliveTheManager(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c, instance := s.Table(), s.Instance()
	g := vm{name: "stays"}
	g.vnet = makeVnet(c, "stays", "10.75.0.0/24", nil)
	waitPower(c, "vnets", g.vnet, true)
	made := makeVM(c, g.name, nil)
	g.key, g.machine = made.key, made.machine
	c.Create("machine_nics", map[string]any{"machine": g.machine, "vnet": g.vnet})
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	before := lifeOf(t, s, instance, g)

	for how, end := range map[string]func(){"SIGTERM": s.Stop, "SIGKILL": s.Kill} {
		other := makeVM(c, "ends during "+how, map[string]any{"powerstate": true})
		waitPower(c, "vms", other.key, true)
		end()
		if now := lifeOf(t, s, instance, g); now != before {
			t.Errorf("%s: guest and network were %+v and are %+v", how, before, now)
		}
		harness.Virsh(t, "destroy", "dp-"+instance+"-"+other.machine)
		s.Run()
		waitPower(c, "vms", other.key, false)
		waitPower(c, "vms", g.key, true)
		waitPower(c, "vnets", g.vnet, true)
		if now := lifeOf(t, s, instance, g); now != before {
			t.Errorf("%s and a new start: guest and network were %+v and are %+v", how, before, now)
		}
		c.Must(200, "DELETE", "vms/"+other.key, nil)
	}
	c.Must(200, "DELETE", "vms/"+g.key, nil)
	c.Must(200, "DELETE", "vnets/"+g.vnet, nil)
	waitClean(t, s, instance)
}

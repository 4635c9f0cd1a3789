package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// vm is a running guest, known by both dialects' names for it.
type vm struct {
	key, machine, uuid, name string
	vnet, network            string // key and name
	prefix                   string
	console                  *console
}

// TestFirstBoot makes a network and a guest through each dialect, and reads, changes and deletes each through the other one.
func TestFirstBoot(t *testing.T) {
	iso := harness.GuestISO(t)
	s := harness.Start(t)
	instance := s.Instance()
	t.Run("guests", func(t *testing.T) {
		t.Run("made by the table API", func(t *testing.T) {
			t.Parallel()
			table, resource := s.Table(), s.Resource()
			table.T, resource.T = t, t
			g := makeByTable(t, s, table, iso)
			proveGuest(t, s, instance, table, g)
			t.Run("changed and deleted by the resource API", func(t *testing.T) { changeByResource(t, resource, g) })
		})
		t.Run("made by the resource API", func(t *testing.T) {
			t.Parallel()
			table, resource := s.Table(), s.Resource()
			table.T, resource.T = t, t
			g := makeByResource(t, s, table, resource, iso)
			proveGuest(t, s, instance, table, g)
			t.Run("changed and deleted by the table API", func(t *testing.T) { changeByTable(t, table, g) })
		})
	})
	harness.Eventually(t, time.Minute, "the host is clean", func() (bool, string) {
		left := s.Traces(instance)
		return len(left) == 0, strings.Join(left, ", ")
	})
}

func makeByTable(t *testing.T, s *harness.Server, c *harness.Client, iso string) vm {
	file := uploadByChunks(t, c, iso)
	g := vm{name: `table "guest" 1`, network: "table-net", prefix: "10.77.1."}
	g.vnet = c.Create("vnets", map[string]any{"name": g.network, "network": "10.77.1.0/24", "dhcp_enabled": true, "domain": "table.test"})
	c.Must(201, "POST", "vnet_actions", map[string]any{"vnet": g.vnet, "action": "poweron"})
	made := c.Must(201, "POST", "vms", map[string]any{"name": g.name, "ram": "512", "cpu_cores": 1, "machine_type": "pc-q35-9.0"}).Object()
	g.key, g.machine = made["$key"].(string), made["response"].(map[string]any)["machine"].(string)
	c.Create("machine_drives", map[string]any{"machine": g.machine, "media": "cdrom", "media_source": file, "interface": "ahci"})
	c.Create("machine_drives", map[string]any{"machine": g.machine, "media": "disk", "disksize": 1 << 30, "interface": "virtio-scsi"})
	c.Create("machine_nics", map[string]any{"machine": g.machine, "vnet": g.vnet})
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": g.key, "action": "poweron"})
	row := c.Must(200, "GET", "vms/"+g.key+"?fields=uuid,machine_type", nil).Object()
	if row["machine_type"] != "pc-q35-9.0" {
		t.Errorf("the wish for a machine type became %v", row["machine_type"])
	}
	g.uuid = row["uuid"].(string)
	g.console = openConsole(t, s, g.machine)
	return g
}

func makeByResource(t *testing.T, s *harness.Server, table, c *harness.Client, iso string) vm {
	id := uploadByTUS(t, c, iso)
	g := vm{name: "resource-guest", network: "resource-net", prefix: "10.77.2."}
	c.Must(201, "POST", "virtualization/networks", map[string]any{
		"name": g.network, "mode": "nat", "ip_range": map[string]any{"address": "10.77.2.1", "netmask": "255.255.255.0"},
		"dhcp": map[string]any{"start": "10.77.2.100", "end": "10.77.2.200"}, "autostart": true,
	})
	made := c.Must(201, "POST", "virtualization/computes", map[string]any{
		"name": g.name, "memory": 512, "vcpus": 1,
		"storage": map[string]any{"disks": []any{
			map[string]any{"action": "attach", "path": id},
			map[string]any{"action": "create", "size": 1, "storage_pool": "default", "bus": "virtio"},
		}},
		"networks": []any{map[string]any{"type": "network", "source": g.network}},
	}).Data()
	g.uuid = made["uuid"].(string)
	c.Must(200, "POST", "virtualization/computes/"+g.uuid+"/action", map[string]any{"action": "start"})
	row := table.Must(200, "GET", "vms?fields=$key,machine&filter=uuid%20eq%20'"+g.uuid+"'", nil).Rows()[0]
	g.key, g.machine = fmt.Sprint(row["$key"]), fmt.Sprint(row["machine"])
	g.vnet = fmt.Sprint(table.Must(200, "GET", "vnets?fields=$key&name="+g.network, nil).Rows()[0]["$key"])
	g.console = openConsole(t, s, g.machine)
	return g
}

// proveGuest follows one guest from its first boot over a power cut to an orderly end.
func proveGuest(t *testing.T, s *harness.Server, instance string, c *harness.Client, g vm) {
	t.Helper()
	waitRunning(t, c, g, true)
	if state := strings.TrimSpace(harness.Virsh(t, "domstate", g.uuid)); state != "running" {
		t.Fatalf("virsh says %q", state)
	}
	address := checkBoot(t, g.console, g.prefix, waitAddress(t, c, g))
	checkLease(t, c, g, address)
	page := fetchPage(t, "dp"+instance+"-"+g.vnet, address)
	if !strings.Contains(page, "GUEST READY") {
		t.Errorf("the guest's page: %s", page)
	}
	if size := g.console.wait(`GUEST BLOCK \S+ size_bytes=(\d+)`)[1]; size != "1073741824" {
		t.Errorf("the guest's disk has %s bytes", size)
	}
	token := g.console.wait(`GUEST WROTE (\S+)`)[1]
	checkLoad(t, s, g)
	checkRouter(t, c, instance, g)
	checkClosed(t, s.Data)

	g.console.forget()
	act(c, g, "kill")
	waitRunning(t, c, g, false)
	act(c, g, "poweron")
	waitRunning(t, c, g, true)
	if again := g.console.wait(`GUEST DISK (\S+)`)[1]; again != token {
		t.Errorf("the disk held %q, and holds %q after a power cycle", token, again)
	}
	g.console.wait(`GUEST READY`)
	act(c, g, "poweroff")
	g.console.wait(`GUEST POWERBUTTON`)
	waitRunning(t, c, g, false)
	if state := strings.TrimSpace(harness.Virsh(t, "list", "--all", "--state-running", "--uuid")); strings.Contains(state, g.uuid) {
		t.Errorf("virsh still lists %s as running", g.uuid)
	}
	checkClosed(t, s.Data)
}

// checkRouter holds the row of the router's card against the host: its address, and that it counts.
func checkRouter(t *testing.T, c *harness.Client, instance string, g vm) {
	t.Helper()
	row := c.Must(200, "GET", "vnets/"+g.vnet+"?fields=macaddress,nic%23macaddress%20as%20card,nic", nil).Object()
	link := harness.Output(t, "ip", "-n", "dp"+instance+"-"+g.vnet, "-o", "link", "show", "lan")
	if mac := row["macaddress"].(string); mac == "" || row["card"] != mac || !strings.Contains(link, "link/ether "+mac+" ") {
		t.Errorf("the router's card is %v on %s", row, link)
	}
	harness.Eventually(t, time.Minute, "the router's traffic is counted", func() (bool, string) {
		row := c.Must(200, "GET", "vnets/"+g.vnet+"?fields=nic%23stats%23tx_bytes%20as%20tx,nic%23stats%23rx_bytes%20as%20rx", nil).Object()
		return row["tx"].(float64) > 0 && row["rx"].(float64) > 0, fmt.Sprint(row)
	})
	c.Must(422, "PUT", "machine_nics/"+fmt.Sprint(row["nic"]), map[string]any{"description": "mine"})
	c.Must(409, "DELETE", "machine_nics/"+fmt.Sprint(row["nic"]), nil)
}

// checkLoad waits until what the guest sent, received, read and wrote is counted, in both dialects.
func checkLoad(t *testing.T, s *harness.Server, g vm) {
	t.Helper()
	c := s.Table()
	of := "&filter=machine%20eq%20" + g.machine
	harness.Eventually(t, time.Minute, "the guest's traffic is counted", func() (bool, string) {
		nic := c.Must(200, "GET", "machine_nics?fields=stats%23tx_bytes%20as%20tx,stats%23rx_bytes%20as%20rx"+of, nil)
		drives := c.Must(200, "GET", "machine_drives?fields=media,stats%23read_bytes%20as%20read,stats%23write_bytes%20as%20wrote&sort=media"+of, nil)
		cd, disk := drives.Rows()[0], drives.Rows()[1]
		n := nic.Rows()[0]
		ok := n["tx"].(float64) > 0 && n["rx"].(float64) > 0 && disk["wrote"].(float64) > 0 && cd["read"].(float64) > 1e6
		return ok, fmt.Sprintf("%s %s", nic.Body, drives.Body)
	})
	seen := s.Resource().Must(200, "GET", "virtualization/computes/"+g.uuid, nil).Data()["networks"].([]any)[0].(map[string]any)
	if seen["rx_bytes"].(float64) == 0 || seen["tx_packets"].(float64) == 0 {
		t.Errorf("the resource API shows the card as %v", seen)
	}
}

func act(c *harness.Client, g vm, action string) {
	c.T.Helper()
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": g.key, "action": action})
}

func waitRunning(t *testing.T, c *harness.Client, g vm, want bool) {
	t.Helper()
	harness.Eventually(t, time.Minute, fmt.Sprintf("running=%v", want), func() (bool, string) {
		row := c.Must(200, "GET", "vms/"+g.key+"?fields=machine%23status%23running+as+powerstate,machine%23status%23status+as+status,machine%23status%23status_info+as+info", nil).Object()
		return row["powerstate"] == want, fmt.Sprint(row)
	})
}

func waitAddress(t *testing.T, c *harness.Client, g vm) (address string) {
	t.Helper()
	harness.Eventually(t, bootLimit, "the NIC's address", func() (bool, string) {
		rows := c.Must(200, "GET", "machine_nics?fields=ipaddress&filter=machine%20eq%20"+g.machine, nil).Rows()
		address, _ = rows[0]["ipaddress"].(string)
		return address != "", fmt.Sprint(rows) + tail(g.console.text())
	})
	return address
}

// checkLease holds the leases of both dialects against the guest's address.
func checkLease(t *testing.T, c *harness.Client, g vm, address string) {
	t.Helper()
	rows := c.Must(200, "GET", "vnet_addresses?fields=ip,type&filter=vnet%20eq%20"+g.vnet, nil).Rows()
	if !slices.ContainsFunc(rows, func(r map[string]any) bool { return r["ip"] == address && r["type"] == "dynamic" }) {
		t.Errorf("no lease of %s among %v", address, rows)
	}
	other := *c
	other.Base = strings.Replace(c.Base, "/api/v4/", "/api/v1/", 1)
	leases, _ := other.Must(200, "GET", "virtualization/networks/"+g.network+"/dhcp-leases", nil).Data()["leases"].([]any)
	if !slices.ContainsFunc(leases, func(l any) bool { return l.(map[string]any)["ip_address"] == address }) {
		t.Errorf("no lease of %s among %v", address, leases)
	}
}

func changeByResource(t *testing.T, c *harness.Client, g vm) {
	got := c.Must(200, "GET", "virtualization/computes/"+g.uuid, nil).Data()
	if got["name"] != g.name || got["state"] != "shutoff" || got["memory"] != float64(512) {
		t.Errorf("read through the resource API: name %v, state %v, memory %v", got["name"], got["state"], got["memory"])
	}
	if got := c.Must(200, "GET", "virtualization/networks/"+g.network, nil).Data(); got["state"] != "active" {
		t.Errorf("the network is %v", got["state"])
	}
	c.Must(200, "PUT", "virtualization/computes/"+g.uuid, map[string]any{"memory": 768})
	if got := c.Must(200, "GET", "virtualization/computes/"+g.uuid, nil).Data(); got["memory"] != float64(768) {
		t.Errorf("memory is %v after a change to 768", got["memory"])
	}
	c.Must(204, "DELETE", "virtualization/computes/"+g.uuid+"?remove_disks=true", nil)
	c.Must(404, "GET", "virtualization/computes/"+g.uuid, nil)
	c.Must(204, "DELETE", "virtualization/networks/"+g.network, nil)
}

func changeByTable(t *testing.T, c *harness.Client, g vm) {
	row := c.Must(200, "GET", "vms/"+g.key+"?fields=name,ram,uuid,machine%23status%23status+as+status", nil).Object()
	if row["name"] != g.name || row["ram"] != float64(512) || row["status"] != "stopped" {
		t.Errorf("read through the table API: %v", row)
	}
	c.Must(200, "PUT", "vms/"+g.key, map[string]any{"ram": "768"})
	if row := c.Must(200, "GET", "vms/"+g.key+"?fields=ram", nil).Object(); row["ram"] != float64(768) {
		t.Errorf("ram is %v after a change to 768", row["ram"])
	}
	c.Must(200, "DELETE", "vms/"+g.key, nil)
	c.Must(404, "GET", "vms/"+g.key, nil)
	c.Must(200, "DELETE", "vnets/"+g.vnet, nil)
}

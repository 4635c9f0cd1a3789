package contract

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// Scripts search replies for `"uuid":"` and send what their documentation shows: no auth_type, the older path, the basic form. The network
// that they make first is there already.
func TestScripts(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.Resource()
	c.Must(409, "POST", "virtualization/networks", `{"name":"default","mode":"nat","ip_range":{"address":"10.77.0.1","netmask":"255.255.255.0"},"dhcp":{"start":"10.77.0.10","end":"10.77.0.20"},"autostart":true}`)
	if body := string(c.Must(200, "GET", "virtualization/networks", nil).Body); !strings.Contains(body, `"name":"default"`) {
		t.Errorf(`no "name":"default" in %s`, body)
	}
	made := string(c.Must(201, "POST", "virtualization/virtualmachines",
		`{"name":"script-vm","memory":256,"vcpus":1,"disk_size":1,"network":{"type":"network","source":"default"},"graphics":{"type":"vnc"}}`).Body)
	_, rest, found := strings.Cut(made, `"uuid":"`)
	uuid, _, _ := strings.Cut(rest, `"`)
	if !found || len(uuid) != 36 {
		t.Fatalf(`no "uuid":" in %s`, made)
	}
	c.Must(200, "GET", "virtualization/virtualmachines/"+uuid, nil)
	c.Must(204, "DELETE", "virtualization/virtualmachines/"+uuid, nil)
	c.Must(404, "GET", "virtualization/virtualmachines/"+uuid, nil)
	c.Must(204, "DELETE", "virtualization/networks/default", nil)
}

// What the API says of a network and a VM is what the host has.
func TestResourceOnTheHost(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.Resource()
	c.Must(201, "POST", "virtualization/networks", `{"name":"lan","ip_range":{"address":"10.78.0.1","netmask":"255.255.255.0"},"dhcp":{"start":"10.78.0.10","end":"10.78.0.20"}}`)
	network := func() map[string]any { return c.Must(200, "GET", "virtualization/networks/lan", nil).Data() }
	harness.Eventually(t, 30*time.Second, "the network is active", func() (bool, string) {
		state := fmt.Sprint(network()["state"])
		return state == "active", state
	})
	harness.Output(t, "ip", "link", "show", network()["bridge"].(string))

	vm := c.Must(201, "POST", "virtualization/computes", `{"name":"box","memory":256,"vcpus":1,"storage":{"disks":[{"action":"create","size":1}]},"networks":[{"type":"network","source":"lan"}]}`).Data()
	box, uuid := "virtualization/computes/"+vm["uuid"].(string), vm["uuid"].(string)
	state := func(want string) {
		t.Helper()
		harness.Eventually(t, 60*time.Second, "the VM is "+want, func() (bool, string) {
			got := fmt.Sprint(c.Must(200, "GET", box, nil).Data()["state"])
			return got == want, got
		})
	}
	c.Must(200, "POST", box+"/action", `{"action":"start"}`)
	state("running")
	if got := strings.TrimSpace(harness.Virsh(t, "domstate", uuid)); got != "running" {
		t.Errorf("libvirt says %q", got)
	}
	ports := c.Must(200, "GET", "virtualization/networks/lan/ports", nil).Data()
	if ports["count"] != 1.0 || ports["ports"].([]any)[0].(map[string]any)["vm_state"] != "running" {
		t.Errorf("ports: %v", ports)
	}
	c.Must(409, "PUT", box, `{"networks":[]}`)
	c.Must(200, "POST", box+"/action", `{"action":"force-stop"}`)
	state("shutoff")
	c.Must(200, "POST", box+"/start", nil)
	state("running")
	c.Must(409, "DELETE", "virtualization/networks/lan", nil)
	c.Must(204, "DELETE", box, nil) // while it runs
	c.Must(404, "GET", box, nil)
	c.Must(204, "DELETE", "virtualization/networks/lan", nil)
}

// Both dialects show the same rows.
func TestBothDialects(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, table := s.Resource(), s.Table()
	vm := c.Must(201, "POST", "virtualization/computes", `{"name":"both","memory":512,"vcpus":2,"disk_size":1}`).Data()
	rows := table.Must(200, "GET", "vms?filter=name%20eq%20'both'&fields=$key,uuid,ram,cpu_cores", nil).Rows()
	if len(rows) != 1 || rows[0]["uuid"] != vm["uuid"] || rows[0]["ram"] != 512.0 || rows[0]["cpu_cores"] != 2.0 {
		t.Errorf("the table API has %v", rows)
	}
	key := table.Create("vms", map[string]any{"name": "second", "ram": 256})
	if got := c.Must(200, "GET", "virtualization/computes/second", nil).Data(); got["name"] != "second" || got["state"] != "shutoff" {
		t.Errorf("the resource API has %v", got)
	}
	c.Must(204, "DELETE", "virtualization/computes/second", nil)
	table.Must(404, "GET", "vms/"+key, nil)
	c.Must(204, "DELETE", "virtualization/computes/both", nil)
}

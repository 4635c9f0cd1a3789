package contract

import (
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestDefaultNetwork: forms and scripts look for a network of that name on a new cloud. It costs the host nothing until a VM needs it, and whoever
// deletes it keeps it deleted.
func TestDefaultNetwork(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.Table()
	const which = "vnets?fields=$key,name,dhcp_enabled,powerstate&filter=name%20eq%20'default'"
	found := c.Must(200, "GET", which, nil).Rows()
	if len(found) != 1 || found[0]["dhcp_enabled"] != true || found[0]["powerstate"] != false {
		t.Fatalf("a new cloud has %v", found)
	}
	if left := s.Traces(s.Instance()); len(left) > 0 {
		t.Errorf("the host has %v of it already", left)
	}
	n := s.Resource().Must(200, "GET", "virtualization/networks/default", nil).Data()
	if n["state"] != "inactive" || n["mode"] != "nat" {
		t.Errorf("the resource API shows %v", n)
	}
	net := harness.Path(found[0]["$key"])
	vm := c.Create("vms", map[string]any{"name": "first", "ram": 256})
	machine := c.Must(200, "GET", "vms/"+vm+"?fields=machine", nil).Object()["machine"]
	c.Create("machine_nics", map[string]any{"machine": machine, "vnet": net})
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": vm, "action": "poweron"})
	harness.Eventually(t, 60*time.Second, "the network runs with its first VM", func() (bool, string) {
		r := c.Must(200, "GET", "vnets/"+net+"?fields=machine[status[running,status_info]]", nil)
		return strings.Contains(string(r.Body), `"running":true`), string(r.Body)
	})
	harness.RemoveVM(c, vm)
	c.Must(200, "DELETE", "vnets/"+net, nil)
	s.Stop()
	s.Run()
	if again := c.Must(200, "GET", which, nil).Rows(); len(again) > 0 {
		t.Errorf("after a restart it is there again: %v", again)
	}
}

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// makeVM makes a VM without media: its firmware looks for something to boot for ever, which is guest enough for what is asked here.
func makeVM(c *harness.Client, name string, columns map[string]any) vm {
	c.T.Helper()
	row := map[string]any{"name": name, "ram": 256}
	for column, value := range columns {
		row[column] = value
	}
	made := c.Must(201, "POST", "vms", row).Object()
	return vm{key: made["$key"].(string), machine: made["response"].(map[string]any)["machine"].(string), name: name}
}

// makeVnet makes a network with DHCP and powers its router on.
func makeVnet(c *harness.Client, name, network string, columns map[string]any) (key string) {
	c.T.Helper()
	row := map[string]any{"name": name, "network": network, "dhcp_enabled": true, "domain": "e2e.test"}
	for column, value := range columns {
		row[column] = value
	}
	key = c.Create("vnets", row)
	c.Must(201, "POST", "vnet_actions", map[string]any{"vnet": key, "action": "poweron"})
	return key
}

// makeWhole makes a VM with a drive, on a network of its own, and powers both on.
func makeWhole(c *harness.Client, name, network string) vm {
	c.T.Helper()
	vnet := makeVnet(c, name, network, nil)
	g := makeVM(c, name, nil)
	g.vnet = vnet
	c.Create("machine_drives", map[string]any{"machine": g.machine, "disksize": 16 << 20})
	c.Create("machine_nics", map[string]any{"machine": g.machine, "vnet": g.vnet})
	act(c, g, "poweron")
	return g
}

// powerOf returns whether a row of a table with a machine (vms, vnets) runs, and the word and the reason of its status.
func powerOf(c *harness.Client, table, key string) (running bool, status, info string) {
	c.T.Helper()
	const fields = "machine%23status%23running+as+power,machine%23status%23status+as+status,machine%23status%23status_info+as+info"
	row := c.Must(200, "GET", table+"/"+key+"?fields="+fields, nil).Object()
	running, _ = row["power"].(bool)
	status, _ = row["status"].(string)
	info, _ = row["info"].(string)
	return running, status, info
}

// waitPower waits until a VM or a network's router is on or off.
func waitPower(c *harness.Client, table, key string, want bool) {
	c.T.Helper()
	word := map[bool]string{true: "running", false: "stopped"}[want]
	harness.Eventually(c.T, 2*time.Minute, table+"/"+key+" is "+word, func() (bool, string) {
		running, status, info := powerOf(c, table, key)
		return running == want && status == word, fmt.Sprintf("running=%v %s %q", running, status, info)
	})
}

// waitInfo waits until the status of a VM gives a reason that holds the text.
func waitInfo(c *harness.Client, g vm, text string) {
	c.T.Helper()
	harness.Eventually(c.T, time.Minute, g.name+" says why it waits", func() (bool, string) {
		_, status, info := powerOf(c, "vms", g.key)
		return strings.Contains(info, text), fmt.Sprintf("%s %q", status, info)
	})
}

// waitClean waits until the host has nothing of a server any more.
func waitClean(t *testing.T, s *harness.Server, instance string) {
	t.Helper()
	harness.Eventually(t, 2*time.Minute, "the host is clean", func() (bool, string) {
		left := s.Traces(instance)
		return len(left) == 0, strings.Join(left, ", ")
	})
}

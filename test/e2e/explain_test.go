package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestExplain brings about on a real host what keeps a VM from running, from its address and from its screen, and finds each named by both dialects.
func TestExplain(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.Table()
	g := makeVM(c, "explained", nil)
	explains(t, s, g, "not_asked", "no_nic", "no_boot_disk", "no_kvm")

	vnet := c.Create("vnets", map[string]any{"name": "quiet", "network": "10.77.9.0/24", "dhcp_enabled": false})
	disk := c.Create("machine_drives", map[string]any{"machine": g.machine, "disksize": 16 << 20})
	c.Create("machine_nics", map[string]any{"machine": g.machine, "vnet": vnet})
	explains(t, s, g, "network_off", "no_boot_disk")
	c.Must(201, "POST", "vnet_actions", map[string]any{"vnet": vnet, "action": "poweron"})
	act(c, g, "poweron")
	waitPower(c, "vms", g.key, true)
	explains(t, s, g, "running", "no_dhcp", "no_boot_disk")
	c.Must(200, "PUT", "vms/"+g.key, map[string]any{"ram": 512})
	c.Must(200, "PUT", "vnets/"+vnet, map[string]any{"dhcp_enabled": true})
	explains(t, s, g, "need_restart", "no_lease")

	act(c, g, "kill")
	waitPower(c, "vms", g.key, false)
	c.Must(200, "PUT", "vms/"+g.key, map[string]any{"ram": 1048576})
	explains(t, s, g, "no_memory")
	c.Must(200, "PUT", "vms/"+g.key, map[string]any{"ram": 256})
	found, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", disk+"-*.qcow2"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the disk's file: %v (%v)", found, err)
	}
	if err := os.Remove(found[0]); err != nil {
		t.Fatal(err)
	}
	act(c, g, "poweron")
	explains(t, s, g, "missing_file")
}

// explains waits until the codes are among those of the explanation, which is the same by both dialects.
func explains(t *testing.T, s *harness.Server, g vm, codes ...string) {
	t.Helper()
	harness.Eventually(t, time.Minute, fmt.Sprint("explained by ", codes), func() (bool, string) {
		answer := s.Table().Must(200, "GET", "vms/"+g.key+"/explain", nil).Object()
		same := s.Resource().Must(200, "GET", "virtualization/computes/"+g.name+"/explain", nil).Data()
		var got []string
		for _, from := range []map[string]any{answer, same} {
			for _, check := range from["checks"].([]any) {
				got = append(got, check.(map[string]any)["code"].(string))
			}
			for _, code := range codes {
				if !slices.Contains(got, code) {
					return false, strings.Join(got, " ") + ": " + fmt.Sprint(answer["text"])
				}
			}
			got = nil
		}
		return true, ""
	})
}

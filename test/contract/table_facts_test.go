package contract

import (
	"path/filepath"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestFactsOfTheHost reads what the server measured of the host that it runs on.
func TestFactsOfTheHost(t *testing.T) {
	t.Parallel()
	c := start(t).Table()
	harness.Eventually(t, 60*time.Second, "the load of the node is known", func() (bool, string) {
		r := c.Must(200, "GET", "nodes?fields=ram,machine%23stats%23ram_used%20as%20used,machine%23stats%23core_usagelist%20as%20cores", nil)
		row := r.Rows()[0]
		cores, _ := row["cores"].([]any)
		used, _ := row["used"].(float64)
		return len(cores) > 0 && used > 0 && used < row["ram"].(float64), string(r.Body)
	})
	r := c.Must(200, "GET", "clusters?fields=status[status,state,total_ram,phys_ram_used,online_nodes,running_machines]", nil)
	status, _ := r.Rows()[0]["status"].(map[string]any)
	if status["status"] != "online" || status["online_nodes"] != 1.0 || status["total_ram"].(float64) <= status["phys_ram_used"].(float64) {
		t.Errorf("cluster %s", r.Body)
	}
	r = c.Must(200, "GET", "cluster_tiers?fields=tier,status[all],stats[all]", nil)
	tier, _ := r.Rows()[0]["status"].(map[string]any)
	if used, capacity := tier["used"].(float64), tier["capacity"].(float64); used <= 0 || used > capacity || tier["tier"] != 1.0 || tier["working"] != true {
		t.Errorf("tiers %s", r.Body)
	}
}

// TestLoadOfAVM runs a VM that has nothing to boot.
func TestLoadOfAVM(t *testing.T) {
	t.Parallel()
	c := start(t).Table()
	made := c.Must(201, "POST", "vms", map[string]any{"name": "a", "cpu_cores": 2, "ram": 256}).Object()
	machine := made["response"].(map[string]any)["machine"].(string)
	vm := made["$key"].(string)
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": vm, "action": "poweron"})
	harness.Eventually(t, 120*time.Second, "its load is known", func() (bool, string) {
		r := c.Must(200, "GET", "machine_stats/"+machine, nil)
		row := r.Object()
		cores, _ := row["core_usagelist"].([]any)
		used, _ := row["ram_used"].(float64)
		return len(cores) == 2 && used > 0 && row["vram_used"] == 256.0, string(r.Body)
	})
	harness.Eventually(t, 10*time.Second, "it stands in the history", func() (bool, string) {
		r := c.Must(200, "GET", "machine_stats_history_short?sort=-timestamp&limit=1&filter=machine%20eq%20"+machine, nil)
		rows := r.Rows()
		return len(rows) == 1 && rows[0]["vram_used"] == 256.0, string(r.Body)
	})
	c.Must(201, "POST", "vm_actions", map[string]any{"vm": vm, "action": "kill"})
	harness.Eventually(t, 60*time.Second, "it has no load", func() (bool, string) {
		r := c.Must(200, "GET", "machine_stats/"+machine, nil)
		return r.Object()["total_cpu"] == 0.0 && r.Object()["ram_used"] == 0.0, string(r.Body)
	})
	c.Must(200, "DELETE", "vms/"+vm, nil)
}

// TestLostHypervisorRaisesAnAlarm starts a server whose libvirt isn't there.
func TestLostHypervisorRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	c := harness.Start(t, "--libvirt-socket", filepath.Join(t.TempDir(), "nobody")).Table()
	var alarms []map[string]any
	harness.Eventually(t, 60*time.Second, "an alarm", func() (bool, string) {
		r := c.Must(200, "GET", "alarms?filter=alarm_type%20eq%20'node_warning'&fields=owner,owner_type,alarm_type%23level%20as%20type_level,level,status,snooze", nil)
		alarms = r.Rows()
		return len(alarms) == 1, string(r.Body)
	})
	if a := alarms[0]; a["owner"] != "nodes/1" || a["owner_type"] != "nodes" || a["level"] != "critical" || a["type_level"] != "critical" || a["status"] == "" {
		t.Errorf("alarm %v", a)
	}
}

package node

import (
	"fmt"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// A tier is in trouble above warnAbove percent, and takes nothing more at full.
const (
	warnAbove = 90
	full      = 100
)

// putTwin writes columns of the row with the same key that a column leads to.
func putTwin(tx *store.Tx, table, column string, key schema.Value, set schema.Set) error {
	twin, err := tx.EnsureTwin(tx.Schema().Table(table).Field(column), key)
	if err != nil {
		return err
	}
	return put(tx, twin, set)
}

// running sums up what is given to the VMs that run.
type running struct{ machines, cores, ramMiB int64 }

// runningVMs looks at the status rows of the VMs that run: all, or those that meet the conditions.
func runningVMs(tx *store.Tx, conds ...store.Cond) (sum running, err error) {
	conds = append(conds, store.Eq("running", schema.BoolValue(true)), store.KeyWithin("machines", store.Eq("type", schema.TextValue("vm"))))
	if sum.machines, err = tx.Count("machine_status", conds...); err != nil {
		return sum, err
	}
	sums, err := tx.Sum("machine_status", []string{"running_cores", "running_ram"}, conds...)
	if err != nil {
		return sum, err
	}
	sum.cores, sum.ramMiB = sums[0], sums[1]
	return sum, nil
}

// writeLoad keeps the node's load and what the cluster has and uses.
func (c *Controller) writeLoad(tx *store.Tx, id Identity, f facts) error {
	node, err := store.GetRow[cluster.Node](tx, id.Node)
	if err != nil {
		return err
	}
	number := schema.IntValue
	here, err := runningVMs(tx, store.Eq("node", number(id.Node)))
	if err != nil {
		return err
	}
	vms, err := runningVMs(tx)
	if err != nil {
		return err
	}
	stats := f.load.columns(c.load, f.ramMiB)
	stats["vram_used"] = number(here.ramMiB)
	if err := putTwin(tx, "machines", "stats", number(node.Machine), stats); err != nil {
		return err
	}
	if err := writeTotals(tx, id.Node, here); err != nil {
		return err
	}
	h := c.health()
	set := schema.Set{
		"status": schema.TextValue("online"), "state": schema.TextValue(h.state), "status_info": schema.TextValue(h.info),
		"total_nodes": number(1), "online_nodes": number(1), "running_machines": number(vms.machines),
		"total_ram": number(f.ramMiB), "online_ram": number(f.ramMiB), "used_ram": number(vms.ramMiB),
		"total_cores": number(f.cores), "online_cores": number(f.cores), "used_cores": number(vms.cores),
		"phys_ram_used": number(f.load.ramUsed),
	}
	if busy, known := stats["total_cpu"]; known {
		set["phys_total_cpu"] = number(busy.Int())
	}
	return putTwin(tx, "clusters", "status", number(id.Cluster), set)
}

// writeTotals keeps what a node says of the VMs that run on it.
func writeTotals(tx *store.Tx, node int64, vms running) error {
	r, err := tx.Get("nodes", schema.IntValue(node))
	if err != nil {
		return err
	}
	totals := fmt.Sprintf(`{"running_cores":%d,"running_ram":%d}`, vms.cores, vms.ramMiB)
	return put(tx, r, schema.Set{"vm_stats_totals": schema.TextValue(totals)})
}

// writeTierStatus keeps the health and the counters of a pool's rows.
func (c *Controller) writeTierStatus(tx *store.Tx, p pool, allocated int64, disks diskSample, storageTier, clusterTier schema.Value) error {
	size := tierSet(p, allocated)
	status, state := "online", "online"
	switch percent := p.percent(); {
	case percent >= full:
		status, state = "outofspace", "error"
	case percent > warnAbove:
		state = "warning"
	}
	err := putTwin(tx, "cluster_tiers", "status", clusterTier, schema.Set{
		"tier": size["tier"], "capacity": size["capacity"], "used": size["used"], "used_pct": size["used_pct"], "allocated": size["allocated"],
		"status": schema.TextValue(status), "state": schema.TextValue(state), "working": schema.BoolValue(true),
	})
	if err != nil {
		return err
	}
	counted := disks.columns(p.disk, c.disks)
	if err := putTwin(tx, "storage_tiers", "stats", storageTier, counted); err != nil {
		return err
	}
	ofCluster := schema.Set{"tier": size["tier"]}
	for name, v := range counted {
		ofCluster[name] = v
	}
	return putTwin(tx, "cluster_tiers", "stats", clusterTier, ofCluster)
}

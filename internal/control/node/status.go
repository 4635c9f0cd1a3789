package node

import (
	"fmt"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// A tier is in trouble above warnAbove percent, and takes nothing more at full.
const (
	warnAbove = 90
	full      = 100
)

// running sums up what is given to the VMs that run.
type running struct{ machines, cores, ramMiB int64 }

// runningVMs looks at the status rows of the VMs that run: all, or those that meet the conditions.
func runningVMs(tx *store.Tx, conds ...store.Cond) (sum running, err error) {
	of := compute.MachineStatusCol
	conds = append(conds, store.Is(of.Running, true), store.KeyWithin("machines", store.Is(compute.MachineCol.Type, "vm")))
	if sum.machines, err = tx.Count("machine_status", conds...); err != nil {
		return sum, err
	}
	sums, err := tx.Sum("machine_status", []schema.Column[int64]{of.RunningCores, of.RunningRAM}, conds...)
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
	here, err := runningVMs(tx, store.Is(compute.MachineStatusCol.Node, id.Node))
	if err != nil {
		return err
	}
	vms, err := runningVMs(tx)
	if err != nil {
		return err
	}
	stats := f.load.columns(c.load, f.ramMiB)
	if err := store.KeepTwin[compute.Machine](tx, node.Machine, stats.VramUsed(here.ramMiB)); err != nil {
		return err
	}
	totals := fmt.Sprintf(`{"running_cores":%d,"running_ram":%d}`, here.cores, here.ramMiB)
	if err := store.Keep(tx, id.Node, cluster.NodeSet{}.VMStatsTotals(totals)); err != nil {
		return err
	}
	h := c.health()
	set := cluster.ClusterStatusSet{}.Status("online").State(h.state).StatusInfo(h.info).
		TotalNodes(1).OnlineNodes(1).RunningMachines(vms.machines).
		TotalRAM(f.ramMiB).OnlineRAM(f.ramMiB).UsedRAM(vms.ramMiB).
		TotalCores(f.cores).OnlineCores(f.cores).UsedCores(vms.cores).
		PhysRAMUsed(f.load.ramUsed)
	if spent, known := f.load.since(c.load); known {
		set.PhysTotalCPU(spent.busy())
	}
	return store.KeepTwin[cluster.Cluster](tx, id.Cluster, set)
}

// writeTierStatus keeps the health and the counters of a pool's rows.
func (c *Controller) writeTierStatus(tx *store.Tx, p pool, allocated int64, disks diskSample, storageTier, clusterTier schema.Value) error {
	status, state := "online", "online"
	switch percent := p.percent(); {
	case percent >= full:
		status, state = "outofspace", "error"
	case percent > warnAbove:
		state = "warning"
	}
	health := storage.ClusterTierStatusSet{}.Status(status).State(state).Working(true)
	if err := store.KeepTwin[storage.ClusterTier](tx, clusterTier, sized(health, p, allocated)); err != nil {
		return err
	}
	if err := store.KeepTwin[storage.StorageTier](tx, storageTier, counted(storage.StorageTierStatsSet{}, disks, c.disks, p.disk)); err != nil {
		return err
	}
	return store.KeepTwin[storage.ClusterTier](tx, clusterTier, counted(storage.ClusterTierStatsSet{}.Tier(p.tier), disks, c.disks, p.disk))
}

package node

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// ensureCluster makes the cluster "default" when there is none, and returns the first one. Machines that are in none belong to it.
func ensureCluster(tx *store.Tx) (int64, error) {
	found, err := store.FindRows[cluster.Cluster](tx)
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		key, err := store.Create(tx, cluster.ClusterSet{}.Name("default").Storage(true).ID(randomHex(20)))
		if err != nil {
			return 0, err
		}
		found = []cluster.Cluster{{Key: key.Int()}}
	}
	return found[0].Key, adoptMachines(tx, found[0].Key)
}

// adoptMachines puts the machines that are in no cluster into one: they were made before there was any, or taken out of another.
func adoptMachines(tx *store.Tx, clusterKey int64) error {
	strays, err := store.FindRows[compute.Machine](tx, store.IsNull(compute.MachineCol.Cluster))
	for _, m := range strays {
		if err == nil {
			err = store.Write(tx, m.Key, compute.MachineSet{}.Cluster(clusterKey))
		}
	}
	return err
}

// ensureSystem keeps the one row about the whole system. Its instance is made with it and never changes: everything on the host is
// marked by it. The keeper is empty when this is the server that keeps it, else the host of the one that does.
func (c *Controller) ensureSystem(tx *store.Tx, f facts, cloudName string) (instance, keeper string, err error) {
	if cloudName == "" {
		cloudName = f.hostname
	}
	want := system.SystemSet{}.YbVersion(c.TableVersion).OSVersion(f.osVersion).CloudName(cloudName).Branch("dewpoint")
	found, err := store.FindRows[system.System](tx)
	if err != nil {
		return "", "", err
	}
	var now system.System
	if len(found) > 0 {
		now = found[0]
	}
	if c.DB.Shared() {
		// Rows don't say yet which host they belong to, and disks lie in one data directory. So the first server keeps everything, and no other
		// takes over when it ends: that would make empty disks in its own directory.
		if now.Keeper != "" && now.Keeper != f.serverID {
			return now.Instance, cmp.Or(now.KeeperHost, "another host"), nil
		}
		want.Keeper(f.serverID).KeeperHost(f.hostname)
	}
	instance = cmp.Or(now.Instance, randomHex(2))
	_, err = store.KeepFirst(tx, want.Instance(instance))
	return instance, "", err
}

// helperMark stands in machine_id between the ids of the host and of a server that is no keeper.
const helperMark = "-"

// whichNode finds a server's own node. The keeper's data directory may have come to another host, or its host have been installed anew: it is the
// same node then, since its machines and disks are those of the node that there was.
func whichNode(tx *store.Tx, machineID string) (store.Cond, error) {
	which := store.Is(cluster.NodeCol.MachineID, machineID)
	n, err := tx.Count("nodes", which)
	if err != nil || n > 0 || strings.Contains(machineID, helperMark) {
		return which, err
	}
	nodes, err := store.FindRows[cluster.Node](tx)
	for _, node := range nodes {
		if !strings.Contains(node.MachineID, helperMark) {
			return store.Key(node.KeyValue()), nil
		}
	}
	return which, err
}

// ensureHelper keeps the node of a server that only answers requests. The same host may have the keeper too: theirs are two rows.
func (c *Controller) ensureHelper(tx *store.Tx, f facts, id Identity) (int64, error) {
	f.machineID += helperMark + f.serverID
	return c.ensureNode(tx, f, id.Cluster, "", health{
		"online", fmt.Sprintf("only answers requests: the server on %s keeps the machines, networks, disks and files", id.Keeper),
	})
}

// health is what the status rows say of a node.
type health struct{ state, info string }

// health is that of the keeper's.
func (c *Controller) health() health {
	if c.trouble != "" {
		return health{"warning", c.trouble}
	}
	return health{state: "online"}
}

// ensureNode keeps this host's node and the machine that comes with it.
func (c *Controller) ensureNode(tx *store.Tx, f facts, clusterKey int64, setting string, h health) (int64, error) {
	want := cluster.NodeSet{}.MachineID(f.machineID).Name(f.hostname).Cluster(clusterKey).Model(f.model).
		CPU(f.cpu).CPUSpeed(f.cpuSpeed).Cores(f.cores).RAM(f.ramMiB).VMRAM(f.ramMiB).
		Iommu(f.iommu).YbVersion(c.TableVersion).OSVersion(f.osVersion).
		KernelVersion(f.kernelVersion).AppserverVersion(c.Version)
	if c.probed != nil {
		accelerator, reason := c.choose(setting)
		models, err := json.Marshal(c.probed.qemu.CPUModels)
		if err != nil { // texts always marshal
			panic(err)
		}
		types, err := json.Marshal(c.probed.qemu.MachineTypes)
		if err != nil { // texts always marshal
			panic(err)
		}
		want.QemuVersion(c.probed.qemu.Version).MachineTypes(string(types)).CPUModels(string(models)).Accelerator(accelerator).AcceleratorReason(reason)
	}
	which, err := whichNode(tx, f.machineID)
	if err != nil {
		return 0, err
	}
	key, err := store.KeepFirst(tx, want, which)
	if err != nil {
		return 0, err
	}
	node, err := store.GetRow[cluster.Node](tx, key)
	if err != nil {
		return 0, err
	}
	machine := compute.MachineSet{}.Name(f.hostname).Cores(f.cores).RAM(f.ramMiB).Cluster(clusterKey)
	if err := store.Keep(tx, node.Machine, machine); err != nil {
		return 0, err
	}
	return node.Key, store.Keep(tx, node.Machine, compute.MachineStatusSet{}.Running(true).Powerstate(true).Migratable(false).Status("running").
		State(h.state).StatusInfo(h.info).Node(node.Key).Started(f.bootedAt).BootID(f.bootID))
}

// choose applies the configuration and the setting over the self-test, and says why.
func (c *Controller) choose(setting string) (accelerator, reason string) {
	switch {
	case c.Accelerator != "":
		return c.Accelerator, "chosen by the configuration; " + c.probed.reason
	case setting == "kvm" || setting == "qemu":
		return setting, "chosen by the setting accelerator; " + c.probed.reason
	case setting != "" && setting != "auto":
		return c.probed.accelerator, c.probed.reason + "; the setting accelerator is none of auto, kvm, qemu and doesn't count"
	}
	return c.probed.accelerator, c.probed.reason
}

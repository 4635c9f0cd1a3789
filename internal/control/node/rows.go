package node

import (
	"cmp"
	"fmt"
	"strings"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// put writes those columns of a row that differ from what is wanted.
func put(tx *store.Tx, r *schema.Record, want schema.Set) error {
	return tx.Change(r.Table.Name, r.Key, r.Changes(want))
}

// create makes a row of the given columns.
func create(tx *store.Tx, table string, set schema.Set) (schema.Value, error) {
	r := schema.NewRecord(tx.Schema().Table(table))
	r.PutAll(set)
	return tx.Create(r, nil)
}

// ensureOne brings the first row that meets the condition in line, or makes it.
func ensureOne(tx *store.Tx, table string, want schema.Set, which ...store.Cond) (schema.Value, error) {
	found, err := tx.Find(table, which...)
	if err != nil {
		return schema.Value{}, err
	}
	if len(found) == 0 {
		return create(tx, table, want)
	}
	return found[0].Key, put(tx, found[0], want)
}

// ensureCluster makes the cluster "default" when there is none, and returns the first one.
func ensureCluster(tx *store.Tx) (int64, error) {
	found, err := tx.Find("clusters")
	if err != nil {
		return 0, err
	}
	if len(found) > 0 {
		return found[0].Key.Int(), nil
	}
	key, err := create(tx, "clusters", schema.Set{
		"name": schema.TextValue("default"), "storage": schema.BoolValue(true), "id": schema.TextValue(randomHex(20)),
	})
	return key.Int(), err
}

// ensureSystem keeps the one row about the whole system. Its instance is made with it and never changes: everything on the host is
// marked by it. The keeper is empty when this is the server that keeps it, else the host of the one that does.
func (c *Controller) ensureSystem(tx *store.Tx, f facts, cloudName string) (instance, keeper string, err error) {
	if cloudName == "" {
		cloudName = f.hostname
	}
	want := schema.Set{
		"yb_version": schema.TextValue(c.TableVersion), "os_version": schema.TextValue(f.osVersion), "cloud_name": schema.TextValue(cloudName),
		"branch": schema.TextValue("dewpoint"),
	}
	found, err := tx.Find("system")
	if err != nil {
		return "", "", err
	}
	if c.DB.Shared() {
		// Rows don't say yet which host they belong to, and disks lie in one data directory. So the first server keeps everything, and no other
		// takes over when it ends: that would make empty disks in its own directory.
		if len(found) > 0 && found[0].Get("keeper").Text() != "" && found[0].Get("keeper").Text() != f.serverID {
			return found[0].Get("instance").Text(), cmp.Or(found[0].Get("keeper_host").Text(), "another host"), nil
		}
		want["keeper"], want["keeper_host"] = schema.TextValue(f.serverID), schema.TextValue(f.hostname)
	}
	if len(found) > 0 && found[0].Get("instance").Text() != "" {
		return found[0].Get("instance").Text(), "", put(tx, found[0], want)
	}
	instance = randomHex(2)
	want["instance"] = schema.TextValue(instance)
	_, err = ensureOne(tx, "system", want)
	return instance, "", err
}

// helperMark stands in machine_id between the ids of the host and of a server that is no keeper.
const helperMark = "-"

// whichNode finds a server's own node. The keeper's data directory may have come to another host, or its host have been installed anew: it is the
// same node then, since its machines and disks are those of the node that there was.
func whichNode(tx *store.Tx, machineID string) (store.Cond, error) {
	which := store.Eq("machine_id", schema.TextValue(machineID))
	n, err := tx.Count("nodes", which)
	if err != nil || n > 0 || strings.Contains(machineID, helperMark) {
		return which, err
	}
	nodes, err := tx.Find("nodes")
	for _, node := range nodes {
		if !strings.Contains(node.Get("machine_id").Text(), helperMark) {
			return store.Key(node.Key), nil
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
func (c *Controller) ensureNode(tx *store.Tx, f facts, cluster int64, setting string, h health) (int64, error) {
	text, number := schema.TextValue, schema.IntValue
	columns := schema.Set{
		"machine_id": text(f.machineID), "name": text(f.hostname), "cluster": number(cluster), "model": text(f.model),
		"cpu": text(f.cpu), "cpu_speed": text(f.cpuSpeed), "cores": number(f.cores), "ram": number(f.ramMiB), "vm_ram": number(f.ramMiB),
		"iommu": schema.BoolValue(f.iommu), "yb_version": text(c.TableVersion), "os_version": text(f.osVersion),
		"kernel_version": text(f.kernelVersion), "appserver_version": text(c.Version),
	}
	if c.probed != nil {
		accelerator, reason := c.choose(setting)
		columns["qemu_version"], columns["accelerator"], columns["accelerator_reason"] = text(c.probed.qemu), text(accelerator), text(reason)
	}
	which, err := whichNode(tx, f.machineID)
	if err != nil {
		return 0, err
	}
	key, err := ensureOne(tx, "nodes", columns, which)
	if err != nil {
		return 0, err
	}
	node, err := tx.Get("nodes", key)
	if err != nil {
		return 0, err
	}
	machine, err := tx.Get("machines", node.Get("machine"))
	if err != nil {
		return 0, err
	}
	if err := put(tx, machine, schema.Set{"name": text(f.hostname), "cores": number(f.cores), "ram": number(f.ramMiB), "cluster": number(cluster)}); err != nil {
		return 0, err
	}
	status, err := tx.Get("machine_status", machine.Key)
	if err != nil {
		return 0, err
	}
	return key.Int(), put(tx, status, schema.Set{
		"running": schema.BoolValue(true), "powerstate": schema.BoolValue(true), "migratable": schema.BoolValue(false), "status": text("running"),
		"state": text(h.state), "status_info": text(h.info), "node": key, "started": number(f.bootedAt), "boot_id": text(f.bootID),
	})
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

package metrics

import (
	"strconv"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const mib = 1 << 20

// sections are the parts of the page, each of which one transaction reads.
var sections = []func(*store.Tx, *text) error{ofMachines, drives, nics}

// ofMachines writes what rows say of VMs, networks and nodes.
func ofMachines(tx *store.Tx, t *text) error {
	m, err := read(tx)
	if err != nil {
		return err
	}
	for _, f := range []func(*store.Tx, *text, machines) error{vms, networks, nodes} {
		if err := f(tx, t, m); err != nil {
			return err
		}
	}
	return nil
}

// machines are the running ones, and what is measured of them.
type machines struct {
	running map[int64]bool
	load    map[int64][3]float64 // percent of the processors, memory used and assigned, in MiB
}

func read(tx *store.Tx) (machines, error) {
	m := machines{map[int64]bool{}, map[int64][3]float64{}}
	err := tx.Each("machine_status", nil, func(key schema.Value, _ []schema.Value) { m.running[key.Int()] = true }, store.Is(compute.MachineStatusCol.Running, true))
	if err != nil {
		return m, err
	}
	of := compute.MachineStatsCol
	err = tx.Each("machine_stats", []schema.Named{of.TotalCPU, of.RAMUsed, of.VramUsed}, func(key schema.Value, v []schema.Value) {
		m.load[key.Int()] = [3]float64{float64(v[0].Int()), float64(v[1].Int()), float64(v[2].Int())}
	}, store.IsNot(of.RAMUsed, -1))
	return m, err
}

// vm is what metrics name a VM by.
type vm struct {
	machine    int64
	name, uuid string
	key        string
}

func vms(tx *store.Tx, t *text, m machines) error {
	var all []vm
	of := compute.VMCol
	err := tx.Each("vms", []schema.Named{of.Machine, of.Name, of.UUID}, func(key schema.Value, v []schema.Value) {
		all = append(all, vm{v[0].Int(), v[1].Text(), v[2].Text(), key.Text()})
	}, store.Is(of.IsSnapshot, false))
	if err != nil {
		return err
	}
	t.family("dewpoint_vm_info", "gauge", "A VM: its key, name and UUID, and the key of its machine.")
	for _, v := range all {
		t.line("dewpoint_vm_info", 1, label{"vm", v.key}, label{"machine", strconv.FormatInt(v.machine, 10)}, label{"uuid", v.uuid}, label{"name", v.name})
	}
	t.family("dewpoint_vm_running", "gauge", "1 while the VM runs, else 0.")
	for _, v := range all {
		t.line("dewpoint_vm_running", number(m.running[v.machine]), label{"vm", v.key})
	}
	for i, g := range []gauge{
		{"dewpoint_vm_cpu_percent", "Use of the VM's processors, in percent.", 1},
		{"dewpoint_vm_memory_used_bytes", "Memory that the VM uses.", mib},
		{"dewpoint_vm_memory_assigned_bytes", "Memory that the VM has.", mib},
	} {
		t.family(g.name, "gauge", g.help)
		for _, v := range all {
			if load, known := m.load[v.machine]; known && m.running[v.machine] {
				t.line(g.name, load[i]*g.unit, label{"vm", v.key})
			}
		}
	}
	return nil
}

// gauge is a column of machine_stats.
type gauge struct {
	name, help string
	unit       float64
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func networks(tx *store.Tx, t *text, m machines) error {
	t.family("dewpoint_network_info", "gauge", "A network: its key and name.")
	running := map[string]bool{}
	var keys []string
	of := network.VnetCol
	err := tx.Each("vnets", []schema.Named{of.Machine, of.Name}, func(key schema.Value, v []schema.Value) {
		t.line("dewpoint_network_info", 1, label{"network", key.Text()}, label{"name", v[1].Text()})
		keys, running[key.Text()] = append(keys, key.Text()), m.running[v[0].Int()]
	})
	t.family("dewpoint_network_running", "gauge", "1 while the network runs, else 0.")
	for _, key := range keys {
		t.line("dewpoint_network_running", number(running[key]), label{"network", key})
	}
	return err
}

func nodes(tx *store.Tx, t *text, m machines) error {
	all, err := store.FindRows[cluster.Node](tx)
	if err != nil {
		return err
	}
	for _, g := range []struct {
		name, help string
		value      func(cluster.Node) float64
	}{
		{"dewpoint_node_cores", "Processors of the node.", func(n cluster.Node) float64 { return float64(n.Cores) }},
		{"dewpoint_node_memory_bytes", "Memory of the node.", func(n cluster.Node) float64 { return float64(n.RAM) * mib }},
		{"dewpoint_node_memory_used_bytes", "Memory of the node in use.", func(n cluster.Node) float64 { return m.load[n.Machine][1] * mib }},
		{"dewpoint_node_cpu_percent", "Use of the node's processors, in percent.", func(n cluster.Node) float64 { return m.load[n.Machine][0] }},
	} {
		t.family(g.name, "gauge", g.help)
		for _, n := range all {
			t.line(g.name, g.value(n), label{"node", strconv.FormatInt(n.Key, 10)}, label{"name", n.Name})
		}
	}
	return nil
}

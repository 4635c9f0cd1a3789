package cluster

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// clusterStatus declares what a cluster has and how much of it is used; its key is the cluster's.
func clusterStatus() *schema.Table {
	return &schema.Table{
		Name: "cluster_status", Title: "Cluster status", ReadOnly: true, Parent: "cluster", Display: "status",
		Doc: "Capacity and health of a cluster, reported by the node controller. The row has the cluster's key.",
		Fields: schema.Fields{
			schema.Row("cluster", "clusters").ReadOnly().Summary(),
			schema.Enum("status", "online", "offline", "maintenance", "reduced", "noredundant", "error", "updating", "shutdown", "insufficient").
				Labels("reduced", "Reduced Capacity", "noredundant", "No Redundancy", "shutdown", "Shutting Down", "insufficient", "Insufficient Nodes").
				ReadOnly().Default("offline").Summary(),
			column.Health().Summary(),
			schema.String("status_info").ReadOnly().Doc("the problem, in words; empty when healthy"),
			schema.Uint32("total_nodes").ReadOnly().Default(0),
			schema.Uint32("online_nodes").ReadOnly().Default(0),
			schema.Uint32("running_machines").ReadOnly().Default(0),
			schema.Uint64("total_ram").ReadOnly().Default(0).Unit("MiB"),
			schema.Uint64("online_ram").ReadOnly().Default(0).Unit("MiB"),
			schema.Uint64("used_ram").ReadOnly().Default(0).Unit("MiB").Doc("assigned to running VMs"),
			schema.Uint32("total_cores").ReadOnly().Default(0),
			schema.Uint32("online_cores").ReadOnly().Default(0),
			schema.Uint32("used_cores").ReadOnly().Default(0).Doc("assigned to running VMs"),
			schema.Uint64("phys_ram_used").ReadOnly().Else(0).Unit("MiB").Doc("in use on the nodes, for any purpose"),
			schema.Uint64("phys_vram_used").ReadOnly().Else(0).Unit("MiB"),
			schema.Uint32("phys_total_cpu").ReadOnly().Else(0).Unit("percent").Doc("processor use of all nodes"),
			schema.Modified("last_update"),
		},
	}
}

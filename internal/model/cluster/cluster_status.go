package cluster

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// clusterStatus declares what a cluster has and how much of it is used; its key is the cluster's.
func clusterStatus() *schema.Table {
	return &schema.Table{
		Name: "cluster_status", Title: "Cluster status", ReadOnly: true, Parent: "cluster", Display: "status",
		Doc: "Capacity and health of a cluster, counted by the host controller. The key is that of the cluster.",
		Fields: schema.Fields{
			schema.Row("cluster", "clusters").ReadOnly().Summary(),
			schema.Enum("status", "online", "offline", "maintenance", "reduced", "noredundant", "error", "updating", "shutdown", "insufficient").
				Labels("reduced", "Reduced Capacity", "noredundant", "No Redundancy", "shutdown", "Shutting Down", "insufficient", "Insufficient Nodes").
				ReadOnly().Default("offline").Summary(),
			column.Health().Summary(),
			schema.String("status_info").ReadOnly().Doc("why, when something is wrong; empty when healthy"),
			schema.Uint32("total_nodes").ReadOnly().Default(0),
			schema.Uint32("online_nodes").ReadOnly().Default(0),
			schema.Uint32("running_machines").ReadOnly().Default(0),
			schema.Uint64("total_ram").ReadOnly().Default(0).Unit("MiB"),
			schema.Uint64("online_ram").ReadOnly().Default(0).Unit("MiB"),
			schema.Uint64("used_ram").ReadOnly().Default(0).Unit("MiB").Doc("given to running VMs"),
			schema.Uint32("total_cores").ReadOnly().Default(0),
			schema.Uint32("online_cores").ReadOnly().Default(0),
			schema.Uint32("used_cores").ReadOnly().Default(0).Doc("given to running VMs"),
			schema.Uint64("phys_ram_used").ReadOnly().Unit("MiB").Doc("in use on the nodes, whatever for"),
			schema.Uint64("phys_vram_used").ReadOnly().Unit("MiB"),
			schema.Uint32("phys_total_cpu").ReadOnly().Unit("percent").Doc("of the nodes' processors that is busy"),
			schema.Modified("last_update"),
		},
	}
}

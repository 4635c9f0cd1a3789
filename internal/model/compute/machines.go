package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// machines declares the machine behind every VM, network router and node: where it shall run, and the last power operation asked for.
func machines() *schema.Table {
	return &schema.Table{
		Name: "machines", Title: "Machine", Wakes: []string{"vm", "vnet"}, NoCreate: true, Tombstone: true, Owner: "owner",
		Doc: "The machine of a VM, network router or node. It is created and deleted with its owner.",
		Fields: schema.Fields{
			schema.String("name").ReadOnly().Summary(),
			schema.Enum("type", "vm", "container", "vmware_container", "service_container", "metal", "vdi", "node", "tenant", "vnet").ReadOnly().Summary().Indexed(),
			schema.Row("status", "machine_status").Twin("machine"),
			schema.Row("stats", "machine_stats").Twin("machine"),
			schema.Row("console_status", "machine_console").Twin("machine"),
			schema.Rows("history", "machine_stats_history_short", "machine").Hidden(),
			schema.Rows("logs", "machine_logs", "machine").Hidden(),
			schema.Rows("history_long", "machine_stats_history_long", "machine").Hidden(),
			schema.Uint32("cores").ReadOnly(),
			schema.Uint32("ram").ReadOnly().Unit("MiB"),
			schema.Uint32("running_cores").Via("status#running_cores").Argument(),
			schema.Uint32("running_ram").Via("status#running_ram").Argument().Unit("MiB"),
			schema.Row("cluster", "clusters").First(),
			schema.Row("cluster_failover", "clusters"),
			schema.Row("preferred_node", "nodes"),
			schema.Row("snapshot_profile", "snapshot_profiles"),
			schema.String("ha_group").Len(0, 128),
			column.PowerLoss().Default("last_state"),
			schema.Rows("drives", "machine_drives", "machine"),
			schema.Rows("nics", "machine_nics", "machine"),
			schema.Rows("snapshots", "machine_snapshots", "machine").Hidden(),
			schema.Rows("devices", "machine_devices", "machine"),
			schema.Created("created"),
			schema.Modified("modified"),
			schema.String("uuid").ReadOnly().Hidden().Doc("kept here to find the domain after the VM's row is deleted"),
			column.StorageID(),
			schema.AnyRow("owner", "vms", "vnets", "nodes").Follows().ReadOnly().Hidden().Doc("the row that it belongs to; that row's rights apply"),
			schema.Enum("power_op", powerOps()...).ReadOnly().Hidden(),
			schema.Int64("power_seq").ReadOnly().Hidden().Default(0).Doc("grows by one with every power request"),
			schema.Int64("power_after").ReadOnly().Hidden().Default(0).Doc("the last operation that was open at the power request, which waits for it"),
		},
	}
}

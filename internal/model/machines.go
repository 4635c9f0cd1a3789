package model

import "dewpoint/internal/schema"

// machines declares the machine behind every VM, network router and node: where it shall run, and the last power operation asked for.
func machines() *schema.Table {
	return &schema.Table{
		Name: "machines", Title: "Machine", Wakes: []string{"vm", "vnet"}, NoCreate: true, Tombstone: true, Owner: "owner",
		Doc: "The machine behind every VM, network router and node. It comes and goes with its owner.",
		Fields: schema.Fields{
			schema.String("name").ReadOnly().Summary(),
			schema.Enum("type", "vm", "container", "vmware_container", "service_container", "metal", "vdi", "node", "tenant", "vnet").ReadOnly().Summary().Indexed(),
			schema.Row("status", "machine_status").Twin("machine"),
			schema.Row("stats", "machine_stats").Twin("machine"),
			schema.Row("console_status", "machine_console").Twin("machine"),
			schema.Rows("history", "machine_stats_history_short", "machine").Hidden(),
			schema.Uint32("cores").ReadOnly(),
			schema.Uint32("ram").ReadOnly().In("MiB"),
			schema.Row("cluster", "clusters"),
			schema.Row("cluster_failover", "clusters"),
			schema.Row("preferred_node", "nodes"),
			schema.Row("snapshot_profile", "snapshot_profiles"),
			schema.String("ha_group").Len(0, 128),
			powerLoss(),
			schema.Rows("drives", "machine_drives", "machine"),
			schema.Rows("nics", "machine_nics", "machine"),
			schema.Created("created"),
			schema.Modified("modified"),
			schema.String("uuid").ReadOnly().Hidden().Note("kept here so that the domain can be found after the VM's row is gone"),
			storageID(),
			schema.AnyRow("owner", "vms", "vnets", "nodes").ReadOnly().Hidden().Note("the row that it came with, whose rights count"),
			schema.Enum("power_op", powerOps()...).ReadOnly().Hidden(),
			schema.Int64("power_seq").ReadOnly().Hidden().Def(0).Note("grows by one with every power operation asked for"),
			schema.Int64("power_after").ReadOnly().Hidden().Def(0).Note("the last operation that was open when power was asked for; power comes behind it"),
		},
	}
}

// machineStatus declares the facts of a machine's power and health; its key is the machine's.
func machineStatus() *schema.Table {
	return &schema.Table{
		Name: "machine_status", Title: "Machine status", NoCreate: true, Parent: "machine", Wakes: []string{"alarm", "operation"},
		Doc:     "Power and health of a machine, written by the controllers. The key is that of the machine.",
		Display: "status",
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly().Summary(),
			schema.Bool("running").Summary().Indexed(),
			schema.Bool("migratable").Def(true),
			machineState().Def("stopped").Summary().Indexed(),
			schema.String("status_info").ReadOnly().Note("why, when something is wrong; empty when healthy"),
			schema.Enum("state", "online", "offline", "warning", "error").Def("offline").Summary().Indexed(),
			schema.Bool("powerstate").ReadOnly().Note("whether power is wanted: true from the request to power on until it is off"),
			schema.Row("node", "nodes").ReadOnly(),
			schema.Row("migrated_node", "nodes").ReadOnly(),
			schema.Row("migration_destination", "nodes").ReadOnly(),
			schema.Uint64("started").ReadOnly().In("seconds since 1970"),
			schema.Uint64("local_time").ReadOnly().In("seconds since 1970"),
			schema.Modified("last_update"),
			schema.Uint32("running_cores").ReadOnly().Def(0),
			schema.Uint32("running_ram").ReadOnly().Def(0).In("MiB"),
			schema.String("agent_version").ReadOnly(),
			schema.JSON("agent_features").ReadOnly().Def("[]"),
			schema.JSON("agent_guest_info").ReadOnly().Def("[]"),
			schema.JSON("config").ReadOnly(),
			schema.Bool("settled").ReadOnly().Hidden().Indexed().Note("it is off and nothing is asked of it, so that the VM controller need not look at it"),
			schema.Int64("done_seq").ReadOnly().Hidden().Def(0).Note("the last power_seq that was carried out"),
			schema.String("boot_id").ReadOnly().Hidden().Note("the host's boot in which the machine was last seen running"),
			schema.String("machine_type").ReadOnly().Note("the machine type that it runs as"),
		},
	}
}

func machineState() *schema.Field {
	return schema.Enum("status", "initializing", "starting", "running", "stopping", "unresponsive", "stopped", "paused", "hibernated", "hibernating", "initmigrate",
		"startmigrate", "migrating", "migratecomplete", "importing", "maintenance", "leavingmaintenance", "unlicensed", "needsrefresh",
		"needsrestart", "waitingforresources", "error", "driversreloading").
		Labels("initmigrate", "Migration Initializing", "startmigrate", "Migration Starting", "migratecomplete", "Migration Complete",
			"maintenance", "Maintenance Mode", "leavingmaintenance", "Leaving Maintenance", "needsrefresh", "Needs Refresh",
			"needsrestart", "Needs Restart", "waitingforresources", "Waiting For Resources", "driversreloading", "Drivers Reloading")
}

// machineConsole declares where a machine's screen can be reached; its key is the machine's.
func machineConsole() *schema.Table {
	return &schema.Table{
		Name: "machine_console", Title: "Machine console", ReadOnly: true, Parent: "machine",
		Doc:     "Where the screen of a machine can be reached; host and port are null while there is none.",
		Display: "host",
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly(),
			schema.String("host").ReadOnly(),
			schema.Uint16("port").ReadOnly(),
			schema.Bool("active").ReadOnly(),
		},
	}
}

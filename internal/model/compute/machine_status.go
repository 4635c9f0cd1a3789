package compute

import "dewpoint/internal/schema"

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

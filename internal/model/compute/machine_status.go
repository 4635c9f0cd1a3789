package compute

import "dewpoint/internal/schema"

// machineStatus declares the facts of a machine's power and health; its key is the machine's.
func machineStatus() *schema.Table {
	return &schema.Table{
		Name: "machine_status", Title: "Machine status", NoCreate: true, Parent: "machine", Wakes: []string{"alarm", "operation"},
		Doc:     "Power and health of a machine, reported by the controllers. The row has the machine's key.",
		Display: "status",
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly().Summary(),
			schema.Bool("running").Summary().Indexed(),
			schema.Bool("migratable").Default(true),
			machineState().Default("stopped").Summary().Indexed(),
			schema.String("status_info").ReadOnly().Doc("the problem, in words; empty when healthy"),
			schema.Enum("state", "online", "offline", "warning", "error").Default("offline").Summary().Indexed(),
			schema.Bool("powerstate").ReadOnly().Doc("the requested power state: true from the request to power on until the machine is off"),
			schema.Row("node", "nodes").ReadOnly(),
			schema.Row("migrated_node", "nodes").ReadOnly(),
			schema.Row("migration_destination", "nodes").ReadOnly(),
			schema.Uint64("started").ReadOnly().Unit("seconds since 1970"),
			schema.Uint64("local_time").ReadOnly().Unit("seconds since 1970"),
			schema.Modified("last_update"),
			schema.Uint32("running_cores").ReadOnly().Default(0),
			schema.Uint32("running_ram").ReadOnly().Default(0).Unit("MiB"),
			schema.String("agent_version").ReadOnly(),
			schema.JSON("agent_features").ReadOnly().Default("[]"),
			schema.JSON("agent_guest_info").ReadOnly(),
			schema.JSON("config").ReadOnly(),
			schema.Bool("settled").ReadOnly().Hidden().Indexed().Doc("the machine is off and no request is open, so the VM controller can skip it"),
			schema.Int64("done_seq").ReadOnly().Hidden().Default(0).Doc("the last completed power_seq"),
			schema.Bool("asleep").ReadOnly().Hidden().Doc("the guest's memory is kept on disk, and the next start goes on from there"),
			schema.Int64("off_asked").ReadOnly().Hidden().Default(0).Doc("when the guest was asked to power off, in seconds since 1970; 0 when it wasn't, or is off"),
			schema.String("boot_id").ReadOnly().Hidden().Doc("id of the host's boot in which the machine was last seen running"),
			schema.String("machine_type").ReadOnly().Doc("the machine type that the VM runs with"),
			schema.JSON("started_with").ReadOnly().Hidden().Doc("the columns that wait for a start, as they were at the last one; empty while the machine is off"),
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

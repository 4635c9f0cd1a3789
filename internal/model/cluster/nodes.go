package cluster

import "dewpoint/internal/schema"

// nodes declares the hosts and what they are.
func nodes() *schema.Table {
	return &schema.Table{
		Name: "nodes", Title: "Node", LogType: "node", NoCreate: true, Wakes: []string{"node"},
		Doc: "Hosts of the cluster. The node controller reports their state.",
		Views: map[string]string{
			"dashboard": "most,vm_stats_totals,machine#status#status as status,machine#status#state as state,machine#status#running as running",
		},
		ActionTable: "node_actions", ActionRef: "node", Actions: nodeActions(),
		Fields: schema.Fields{
			schema.String("name").ReadOnly().Summary(),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Uint32("id").Via("$key").Summary(),
			schema.String("model").ReadOnly(),
			schema.String("cpu").ReadOnly(),
			schema.String("cpu_speed").ReadOnly(),
			schema.Uint32("ram").ReadOnly().Unit("MiB"),
			schema.Uint32("vm_ram").Unit("MiB").NotYet("reserving memory isn't supported yet; VMs can use all of the host's memory"),
			schema.Uint32("cores").ReadOnly(),
			schema.Bool("physical").Default(true).ReadOnly(),
			schema.Bool("maintenance").NotYet(noMaintenance),
			schema.String("verify_maintenance").NotYet(noMaintenance),
			schema.Bool("maintenance_reset").NotYet(noMaintenance),
			schema.Bool("reload_drivers_required").ReadOnly().Doc("always false: the host manages its own drivers"),
			schema.Bool("iommu").ReadOnly(),
			schema.Bool("need_restart").ReadOnly(),
			schema.String("restart_reason").ReadOnly(),
			schema.Uint32("overcommit").Default(0).Unit("MiB").NotYet("memory can't be overcommitted or kept free for failover yet"),
			schema.Uint32("failover_ram").Default(0).Unit("MiB").NotYet("memory can't be overcommitted or kept free for failover yet"),
			schema.String("asset_tag").Len(0, 128),
			schema.String("ipmi_address").ReadOnly(),
			schema.String("ipmi_user").ReadOnly(),
			schema.Enum("ipmi_status", "offline", "ready", "connecting", "error", "ok").Default("offline").ReadOnly(),
			schema.String("ipmi_status_info").ReadOnly(),
			schema.Uint64("ipmi_status_last_connected").ReadOnly().Unit("seconds since 1970").Doc("always null: IPMI isn't supported"),
			schema.String("ipmi_password").ReadOnly().Secret().Doc("never stored: IPMI isn't supported"),
			schema.Int32("vsan_nodeid").ReadOnly().Default(-1),
			schema.Bool("vsan_connected").ReadOnly().Default(true).Doc("always true: there is no vSAN to lose"),
			schema.String("vsan_version").ReadOnly(),
			schema.Uint32("max_core_temp").ReadOnly(),
			schema.Uint32("max_core_temp_warn_perc").ReadOnly(),
			schema.Uint32("critical_core_temp").ReadOnly(),
			schema.Row("pxe_vnet", "vnets").ReadOnly(),
			schema.Bool("capture_logs").ReadOnly(),
			schema.Bool("lldp").ReadOnly(),
			schema.JSON("resources").ReadOnly(),
			schema.String("yb_version").ReadOnly(),
			schema.String("os_version").ReadOnly(),
			schema.String("kernel_version").ReadOnly(),
			schema.String("appserver_version").ReadOnly(),
			schema.String("qemu_version").ReadOnly(),
			schema.JSON("cpu_models").ReadOnly().Hidden().Doc("the CPU models of its QEMU, a list of names"),
			schema.JSON("machine_types").ReadOnly().Hidden().Doc("the machine types of its QEMU, a list of names"),
			schema.String("accelerator").ReadOnly().Doc("how guests run: kvm, or qemu for emulation"),
			schema.String("accelerator_reason").ReadOnly().Doc("the result of the self-test that chose the accelerator"),
			schema.Row("cluster", "clusters").ReadOnly(),
			schema.Row("machine", "machines").Owned(schema.Set{"type": schema.TextValue("node")}),
			schema.Row("console_status", "machine_console").Via("machine#console_status"),
			schema.Linked("running_machines", "machines", schema.Link{Table: "machine_status", From: "node", To: "machine"}).Doc("machines that run on the node"),
			schema.JSON("vm_stats_totals").ReadOnly().Argument().Doc("running_cores and running_ram, in MiB, of the VMs that run on the node"),
			schema.LongText("note").Len(0, 1024),
			schema.Modified("modified"),
			schema.String("machine_id").ReadOnly().Hidden().Unique().Doc("the host's machine id"),
		},
	}
}

// noMaintenance is why a node can't be sent into maintenance.
const noMaintenance = "maintenance mode isn't supported yet, because VMs can't be moved to another node"

func nodeActions() schema.Actions {
	const (
		noIPMI = "IPMI isn't supported; use the host's own console"
		byHost = "this isn't supported; use the host's own tools"
	)
	return schema.Actions{
		{Name: "refresh", Doc: "update the host's state", Aliases: []string{"refresh_status"}},
		{Name: "maintenance", NotBuilt: noMaintenance, Aliases: []string{"enable_maintenance"}},
		{Name: "leavemaintenance", NotBuilt: noMaintenance, Aliases: []string{"disable_maintenance"}},
		{Name: "maintenance_reboot", NotBuilt: noMaintenance},
		{Name: "poweron", NotBuilt: noIPMI},
		{Name: "poweroff", NotBuilt: noIPMI},
		{Name: "reset", NotBuilt: noIPMI},
		{Name: "kill", NotBuilt: noIPMI},
		{Name: "ipmi_test", NotBuilt: noIPMI},
		{Name: "clear_sel", NotBuilt: noIPMI},
		{Name: "clear_pstore", NotBuilt: byHost},
		{Name: "receive_file", NotBuilt: byHost},
		{Name: "interfaces", NotBuilt: byHost},
		{Name: "refresh_fabric_status", NotBuilt: byHost},
	}
}

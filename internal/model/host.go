package model

import "dewpoint/internal/schema"

// clusters declares groups of nodes.
func clusters() *schema.Table {
	return &schema.Table{
		Name: "clusters", Title: "Cluster", LogType: "cluster", Wakes: []string{"node"},
		Doc: "Groups of nodes that VMs run on.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(printable, notPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enabled("enabled").Summary(),
			schema.Bool("storage").ReadOnly(),
			schema.Bool("compute").Def(true),
			schema.Enum("default_cpu", CPUTypes...),
			schema.String("recommended_cpu_type").ReadOnly(),
			schema.Bool("kvm_nested"),
			schema.Uint32("ram_per_unit").Def(4096).In("MiB"),
			schema.Uint32("cores_per_unit").Def(1),
			schema.Uint32("max_ram_per_vm").Def(65536).In("MiB"),
			schema.Uint32("max_cores_per_vm").Def(16),
			schema.Num("target_ram_pct").Def(80.0),
			schema.Num("ram_overcommit_pct").Def(0.0),
			schema.Created("created"),
			schema.String("id").ReadOnly(),
			schema.Num("cost_per_unit").Def(0.0),
			schema.Num("price_per_unit").Def(0.0),
			schema.Bool("allow_nested_virt_migration").Def(true),
			schema.Bool("allow_vgpu_migration"),
			schema.Bool("disable_cpu_security_mitigations"),
			schema.Bool("disable_smt"),
			schema.Bool("enable_split_lock_detection"),
			schema.Enum("x86_energy_perf_policy", "performance", "balance-performance", "balance-power", "normal", "power").Def("performance"),
			schema.Enum("scaling_governor", "performance", "ondemand", "powersave").Def("performance"),
			schema.Bool("storage_hugepages").Def(true),
			schema.Bool("enable_nvme_power_management"),
			schema.Int8("swap_tier").Range(-1, 5).Def(-1).Note("-1: disabled"),
			schema.Bool("disable_sleep"),
			schema.Uint32("max_core_temp_warn_perc").Def(10),
			schema.Uint32("storage_cachesize"),
			schema.Uint32("storage_buffersize"),
			schema.Uint32("swap_per_drive").In("MiB"),
			schema.Uint32("max_core_temp"),
			schema.Uint32("critical_core_temp"),
			schema.String("log_filter").Len(0, 1024),
			schema.Bool("spec_store_bypass_disable"),
			schema.String("system").ReadOnly().Def("self").Note("the system that the cluster belongs to"),
			schema.Row("status", "cluster_status").Twin("cluster"),
			schema.Rows("tiers", "cluster_tiers", "cluster"),
		},
	}
}

// nodes declares the hosts and what they are.
func nodes() *schema.Table {
	return &schema.Table{
		Name: "nodes", Title: "Node", LogType: "node", NoCreate: true, Wakes: []string{"node"},
		Doc: "Hosts. Their facts are written by the host controller.",
		Views: map[string]string{
			"dashboard": "most,vm_stats_totals,machine[$key,name,status[status,state,running]]",
		},
		ActionTable: "node_actions", ActionRef: "node", Actions: nodeActions(),
		Fields: schema.Fields{
			schema.String("name").ReadOnly().Summary(),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Uint32("id").Via("$key").Summary(),
			schema.String("model").ReadOnly(),
			schema.String("cpu").ReadOnly(),
			schema.String("cpu_speed").ReadOnly(),
			schema.Uint32("ram").ReadOnly().In("MiB"),
			schema.Uint32("vm_ram").In("MiB").NotYet("all of the host's memory is for VMs: none can be set aside"),
			schema.Uint32("cores").ReadOnly(),
			schema.Bool("physical").Def(true).ReadOnly(),
			schema.Bool("maintenance").NotYet(noMaintenance),
			schema.String("verify_maintenance").NotYet(noMaintenance),
			schema.Bool("maintenance_reset").NotYet(noMaintenance),
			schema.Bool("reload_drivers_required").ReadOnly().Note("false: drivers are the host's own affair"),
			schema.Bool("iommu").ReadOnly(),
			schema.Bool("need_restart").ReadOnly(),
			schema.String("restart_reason").ReadOnly(),
			schema.Uint32("overcommit").Def(0).In("MiB").NotYet("a node's memory is neither promised twice nor kept free"),
			schema.Uint32("failover_ram").Def(0).In("MiB").NotYet("a node's memory is neither promised twice nor kept free"),
			schema.String("asset_tag").Len(0, 128),
			schema.String("ipmi_address").ReadOnly(),
			schema.String("ipmi_user").ReadOnly(),
			schema.Enum("ipmi_status", "offline", "ready", "connecting", "error", "ok").Def("offline").ReadOnly(),
			schema.String("ipmi_status_info").ReadOnly(),
			schema.Uint64("ipmi_status_last_connected").ReadOnly().In("seconds since 1970").Note("null: nobody speaks to a node's IPMI"),
			schema.String("ipmi_password").ReadOnly().Secret().Note("not kept: nobody speaks to a node's IPMI"),
			schema.Int32("vsan_nodeid").ReadOnly().Def(-1),
			schema.Bool("vsan_connected").ReadOnly(),
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
			schema.String("accelerator").ReadOnly().Note("what guests run by: kvm, or qemu for emulation"),
			schema.String("accelerator_reason").ReadOnly().Note("why, as the self-test found it"),
			schema.Row("cluster", "clusters").ReadOnly(),
			schema.Row("machine", "machines").Owned(schema.Set{"type": schema.TextValue("node")}),
			schema.Row("console_status", "machine_console").Via("machine#console_status"),
			schema.JSON("vm_stats_totals").ReadOnly().Argument().Note("running_cores and running_ram, in MiB, of the VMs that run on it"),
			schema.LongText("note").Len(0, 1024),
			schema.Modified("modified"),
			schema.String("machine_id").ReadOnly().Hidden().Unique().Note("which host this row is"),
		},
	}
}

// noMaintenance is why a node can't be sent into maintenance.
const noMaintenance = "nodes have no maintenance mode: there is no other node that its VMs could go to"

func nodeActions() schema.Actions {
	const (
		noIPMI = "nobody speaks to a node's IPMI; use its own console"
		byHost = "the host is looked after with its own tools"
	)
	return schema.Actions{
		{Name: "refresh", Doc: "look at the host anew", Aliases: []string{"refresh_status"}},
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

// storageTiers declares the places where disks live; a row's key is one more than the tier's number only by chance, so clients use tier.
func storageTiers() *schema.Table {
	return &schema.Table{
		Name: "storage_tiers", Title: "Storage tier", ReadOnly: true, Display: "tier", Wakes: []string{"alarm"},
		Doc: "Storage tiers with their size and use, system-wide.",
		Fields: schema.Fields{
			schema.Uint8("tier").Range(0, 5).ReadOnly().Unique().Summary(),
			schema.LongText("description").ReadOnly(),
			schema.Uint64("capacity").ReadOnly().Def(0).In("bytes"),
			schema.Uint64("used").ReadOnly().Def(0).In("bytes"),
			schema.Uint64("allocated").ReadOnly().Def(0).In("bytes"),
			schema.Uint64("used_inflated").ReadOnly().Def(0).In("bytes"),
			schema.Uint32("dedupe_ratio").ReadOnly().Def(100),
			schema.Uint32("used_pct").ReadOnly().Def(0),
			schema.Row("stats", "storage_tier_stats").Twin(""),
			schema.Modified("modified"),
		},
	}
}

// clusterTiers declares which tiers a cluster's nodes serve.
func clusterTiers() *schema.Table {
	return &schema.Table{
		Name: "cluster_tiers", Title: "Cluster tier", ReadOnly: true, Display: "tier", Parent: "cluster",
		Doc: "Storage tiers of one cluster.",
		Fields: schema.Fields{
			schema.Uint32("tier").ReadOnly().Summary(),
			schema.Row("cluster", "clusters").ReadOnly().Summary(),
			schema.LongText("description").ReadOnly(),
			schema.Num("cost_per_gb").ReadOnly().Def(0.0),
			schema.Num("price_per_gb").ReadOnly().Def(0.0),
			schema.Row("status", "cluster_tier_status").Twin(""),
			schema.Row("stats", "cluster_tier_stats").Twin(""),
		},
	}
}

// system declares the one row that says what system this is.
func system() *schema.Table {
	return &schema.Table{
		Name: "system", Title: "System", ReadOnly: true, Open: true, Display: "cloud_name",
		Doc:         "One row about the whole system.",
		ActionTable: "system_actions", ActionRef: "system", Actions: systemActions(),
		Fields: schema.Fields{
			schema.String("yb_version").ReadOnly().Summary(),
			schema.String("os_version").ReadOnly().Summary(),
			schema.String("cloud_name").ReadOnly().Summary(),
			schema.String("branch").ReadOnly().Summary(),
			schema.String("instance").ReadOnly().Note("four hex digits in the names of everything that this database has on hosts"),
			schema.String("keeper").ReadOnly().Hidden().Note("server-id of the server that keeps all that; null where no other can have the database"),
			schema.String("keeper_host").ReadOnly().Hidden().Note("its host's name"),
			schema.String("lineage").ReadOnly().Hidden().Note("a random id that is another after each restore: the data directory has it too"),
		},
	}
}

func systemActions() schema.Actions {
	return schema.Actions{{
		Name: "backup", Doc: "make a backup of the database, and when it is there delete older ones that this action made; for tasks of administrators",
		Params:  schema.Fields{schema.Uint32("keep").Def(7).Range(1, 10_000).Note("how many complete ones that this action made are left")},
		Answers: schema.Fields{schema.Int64("database_backup").Note("the key of the backup")},
	}}
}

// settings declares the system settings, addressed by name.
func settings() *schema.Table {
	return &schema.Table{
		Name: "settings", Title: "Setting", Key: schema.NameKey, KeyField: "key", NoCreate: true, LogType: "system", Display: "key", Wakes: []string{"node"},
		Doc: "System settings by name.",
		Fields: schema.Fields{
			schema.String("key").Via("$key").Summary(),
			schema.LongText("value").Len(0, 4096).Summary(),
			schema.LongText("default_value").ReadOnly().Summary(),
			schema.LongText("description").ReadOnly(),
		},
	}
}

// logs declares the log of changes: who did what, from where.
func logs() *schema.Table {
	return &schema.Table{
		Name: "logs", Title: "Log line", ReadOnly: true, Display: "text",
		Doc: "Every change: who made it, to what, from where.",
		Fields: schema.Fields{
			schema.Enum("level", "audit", "message", "warning", "error", "critical", "summary", "debug").Def("message").ReadOnly().Summary(),
			schema.LongText("text").ReadOnly().Summary(),
			schema.CreatedMicros("timestamp").Summary().Indexed(),
			schema.String("user").ReadOnly().Summary(),
			schema.Enum("object_type", "catalog_repository", "cloud_snapshots", "cluster", "file", "group", "node", "oidc_application", "other", "permission",
				"service_container", "smtp", "tenant", "updates", "user", "vm", "vm_service", "vm_import", "vmware_container", "vnet", "site", "system",
				"snapshot_profile", "import_export", "task").Labels("vm", "VM", "smtp", "SMTP").ReadOnly().Summary(),
			schema.String("object_name").ReadOnly().Summary(),
			schema.AnyRow("object").ReadOnly().Argument().Note("the row, as table/key"),
			schema.String("address").ReadOnly().Argument().Note("where the request came from"),
			schema.String("request").ReadOnly().Argument().Note("the request's id"),
		},
	}
}

// LogLine makes a line of the log out of its columns.
func LogLine(s *schema.Schema, columns map[string]string) *schema.Record {
	line := schema.NewRecord(s.Table("logs"))
	for column, v := range columns {
		line.Put(column, schema.TextValue(v))
	}
	return line
}

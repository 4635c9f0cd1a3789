package cluster

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// clusters declares groups of nodes.
func clusters() *schema.Table {
	return &schema.Table{
		Name: "clusters", Title: "Cluster", LogType: "cluster", Wakes: []string{"node"},
		Doc: "Groups of nodes that VMs run on.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enabled("enabled").Summary(),
			schema.Bool("storage").ReadOnly(),
			schema.Bool("compute").Default(true),
			schema.Enum("default_cpu", column.CPUTypes...),
			schema.String("recommended_cpu_type").ReadOnly(),
			schema.Bool("kvm_nested").Section("CPU"),
			schema.Uint32("ram_per_unit").Default(4096).Unit("MiB").Section("Limits"),
			schema.Uint32("cores_per_unit").Default(1).Section("Limits"),
			schema.Uint32("max_ram_per_vm").Default(65536).Unit("MiB").Section("Limits"),
			schema.Uint32("max_cores_per_vm").Default(16).Section("Limits"),
			schema.Num("target_ram_pct").Default(80.0).Section("Limits"),
			schema.Num("ram_overcommit_pct").Default(0.0).Section("Limits"),
			schema.Created("created"),
			schema.String("id").ReadOnly(),
			schema.Num("cost_per_unit").Default(0.0).Section("Limits"),
			schema.Num("price_per_unit").Default(0.0).Section("Limits"),
			schema.Bool("allow_nested_virt_migration").Default(true).Section("CPU"),
			schema.Bool("allow_vgpu_migration").Section("CPU"),
			schema.Bool("disable_cpu_security_mitigations").Section("CPU"),
			schema.Bool("disable_smt").Section("CPU"),
			schema.Bool("enable_split_lock_detection").Section("CPU"),
			schema.Enum("x86_energy_perf_policy", "performance", "balance-performance", "balance-power", "normal", "power").Default("performance").Section("Power and temperature"),
			schema.Enum("scaling_governor", "performance", "ondemand", "powersave").Default("performance").Section("Power and temperature"),
			schema.Bool("storage_hugepages").Default(true).Section("Memory and storage"),
			schema.Bool("enable_nvme_power_management").Section("Power and temperature"),
			schema.Int8("swap_tier").Range(-1, 5).Default(-1).Doc("-1: no swap").Section("Memory and storage"),
			schema.Bool("disable_sleep").Section("Power and temperature"),
			schema.Uint32("max_core_temp_warn_perc").Default(10).Section("Power and temperature"),
			schema.Uint32("storage_cachesize").Section("Memory and storage"),
			schema.Uint32("storage_buffersize").Section("Memory and storage"),
			schema.Uint32("swap_per_drive").Unit("MiB").Section("Memory and storage"),
			schema.Uint32("max_core_temp").Section("Power and temperature"),
			schema.Uint32("critical_core_temp").Section("Power and temperature"),
			schema.String("log_filter").Len(0, 1024),
			schema.Bool("spec_store_bypass_disable").Section("CPU"),
			schema.String("system").ReadOnly().Default("self").Doc("the system to which the cluster belongs"),
			schema.Row("status", "cluster_status").Twin("cluster"),
			schema.Rows("tiers", "cluster_tiers", "cluster"),
			schema.Rows("nodes", "nodes", "cluster").Stay(),
		},
	}
}

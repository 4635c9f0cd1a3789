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
			schema.Bool("kvm_nested"),
			schema.Uint32("ram_per_unit").Default(4096).Unit("MiB"),
			schema.Uint32("cores_per_unit").Default(1),
			schema.Uint32("max_ram_per_vm").Default(65536).Unit("MiB"),
			schema.Uint32("max_cores_per_vm").Default(16),
			schema.Num("target_ram_pct").Default(80.0),
			schema.Num("ram_overcommit_pct").Default(0.0),
			schema.Created("created"),
			schema.String("id").ReadOnly(),
			schema.Num("cost_per_unit").Default(0.0),
			schema.Num("price_per_unit").Default(0.0),
			schema.Bool("allow_nested_virt_migration").Default(true),
			schema.Bool("allow_vgpu_migration"),
			schema.Bool("disable_cpu_security_mitigations"),
			schema.Bool("disable_smt"),
			schema.Bool("enable_split_lock_detection"),
			schema.Enum("x86_energy_perf_policy", "performance", "balance-performance", "balance-power", "normal", "power").Default("performance"),
			schema.Enum("scaling_governor", "performance", "ondemand", "powersave").Default("performance"),
			schema.Bool("storage_hugepages").Default(true),
			schema.Bool("enable_nvme_power_management"),
			schema.Int8("swap_tier").Range(-1, 5).Default(-1).Doc("-1: no swap"),
			schema.Bool("disable_sleep"),
			schema.Uint32("max_core_temp_warn_perc").Default(10),
			schema.Uint32("storage_cachesize"),
			schema.Uint32("storage_buffersize"),
			schema.Uint32("swap_per_drive").Unit("MiB"),
			schema.Uint32("max_core_temp"),
			schema.Uint32("critical_core_temp"),
			schema.String("log_filter").Len(0, 1024),
			schema.Bool("spec_store_bypass_disable"),
			schema.String("system").ReadOnly().Default("self").Doc("the system to which the cluster belongs"),
			schema.Row("status", "cluster_status").Twin("cluster"),
			schema.Rows("tiers", "cluster_tiers", "cluster"),
			schema.Rows("nodes", "nodes", "cluster").Stay(),
		},
	}
}

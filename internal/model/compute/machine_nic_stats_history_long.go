package compute

import "dewpoint/internal/schema"

// NICRates are the columns of machine_nic_stats that a NIC's long history has the averages and the peaks of.
var NICRates = []string{"txpps", "rxpps", "txbps", "rxbps"}

// machineNICStatsHistoryLong declares the traffic of the last month.
func machineNICStatsHistoryLong() *schema.Table {
	return &schema.Table{
		Name: "machine_nic_stats_history_long", Title: "NIC traffic of a month", ReadOnly: true, Samples: true, Parent: "parent_nic", Display: "timestamp",
		Doc: "Traffic of NICs, every two hours, kept for 30 days, made from machine_nic_stats_history_short.",
		Fields: append(append(schema.Fields{schema.Row("parent_nic", "machine_nics").ReadOnly().Summary(), sampled()},
			peaksAndAverages(NICRates...)...), nicSums()...),
	}
}

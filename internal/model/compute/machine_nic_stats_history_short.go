package compute

import "dewpoint/internal/schema"

// machineNICStatsHistoryShort declares the traffic of the last day.
func machineNICStatsHistoryShort() *schema.Table {
	return &schema.Table{
		Name: "machine_nic_stats_history_short", Title: "Past NIC traffic", ReadOnly: true, Samples: true, Parent: "parent_nic", Display: "timestamp",
		Doc: "Values of machine_nic_stats for NICs of running VMs, every five minutes, kept for a day.",
		Fields: append(schema.Fields{
			schema.Row("parent_nic", "machine_nics").ReadOnly().Summary(),
			sampled(),
			rate("txpps").Unit("packets/s"),
			rate("rxpps").Unit("packets/s"),
			rate("txbps").Unit("bytes/s").Summary(),
			rate("rxbps").Unit("bytes/s").Summary(),
		}, nicSums()...),
	}
}

func nicSums() schema.Fields {
	return schema.Fields{counter("tx_pckts"), counter("rx_pckts"), counter("tx_bytes").Unit("bytes"), counter("rx_bytes").Unit("bytes")}
}

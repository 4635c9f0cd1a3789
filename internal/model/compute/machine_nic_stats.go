package compute

import "dewpoint/internal/schema"

// machineNICStats declares the traffic of one NIC; its key is the NIC's.
func machineNICStats() *schema.Table {
	return &schema.Table{
		Name: "machine_nic_stats", Title: "NIC traffic", ReadOnly: true, Parent: "parent_nic", Display: "parent_nic",
		Doc: "Traffic of a NIC, as the guest sees it: tx is what it sends. The row has the NIC's key. The sums begin with the guest's start and stay as they were " +
			"when it ends; the rates are those since the previous measurement, and 0 while the guest is off.",
		Fields: schema.Fields{
			schema.Row("parent_nic", "machine_nics").ReadOnly(),
			rate("txpps").Unit("packets/s"),
			rate("rxpps").Unit("packets/s"),
			rate("txbps").Unit("bytes/s").Summary(),
			rate("rxbps").Unit("bytes/s").Summary(),
			rate("totalxbps").Unit("bytes/s").Doc("in both directions"),
			counter("tx_pckts"),
			counter("rx_pckts"),
			counter("tx_bytes").Unit("bytes").Summary(),
			counter("rx_bytes").Unit("bytes").Summary(),
			rate("tx_pckts_cur").Doc("since the previous measurement"),
			rate("rx_pckts_cur").Doc("since the previous measurement"),
			counter("tx_bytes_cur").Unit("bytes").Doc("since the previous measurement"),
			counter("rx_bytes_cur").Unit("bytes").Doc("since the previous measurement"),
			schema.Modified("last_update"),
		},
	}
}

// counter is a measured number, which clients add up: 0 before it is measured. A rate is one that fits into 32 bits, as clients hold it.
func counter(name string) *schema.Field { return schema.Uint64(name).ReadOnly().Default(0) }

func rate(name string) *schema.Field { return schema.Uint32(name).ReadOnly().Default(0) }

package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// passedThrough is why a NIC has none of the columns that describe a card of the host.
const passedThrough = "this describes a card of the host that is passed through, which Dewpoint does by machine_devices; leave it out"

// machineNICs declares the network cards of machines.
func machineNICs() *schema.Table {
	return &schema.Table{
		Name: "machine_nics", Title: "NIC", LogType: "vm", Parent: "machine", Queue: "machine", Wakes: []string{"vm", "vnet"}, Tombstone: false,
		Unique: []schema.Unique{schema.Together("vnet", "ipaddress").When("ip_reserved")},
		Doc:    "Network cards of a machine.",
		Fields: schema.Fields{
			schema.String("name").Len(1, 128).Match(column.Printable, column.NotPrintable).Summary().Doc("nic_N if not given"),
			schema.Uint32("orderid").Range(0, 30).Summary().Doc("the next free number if not given").AtStart().Label("Order"),
			schema.Enum("interface", "virtio", "e1000", "e1000e", "rtl8139", "pcnet", "igb", "vmxnet3", "direct").Default("virtio").
				OnlyYet("such a card can't be had; use virtio or e1000", "virtio", "e1000", "e1000e", "rtl8139", "pcnet", "igb", "vmxnet3").Summary().AtStart().Section("Card"),
			schema.LongText("description").Len(0, 2048),
			schema.Enabled("enabled").Summary().AtStart(),
			schema.MAC("macaddress").Unique().Summary().Doc("generated if not given").AtStart().Section("Network").Label("MAC address"),
			schema.String("ipaddress").Len(0, 45).Summary().Doc("the address that DHCP assigned; set it to reserve an address").Section("Network").Label("IP address"),
			schema.Row("vnet", "vnets").Restrict().Summary().AtStart().Section("Network").Label("Network"),
			schema.Row("machine", "machines").Required().CreateOnly().Summary(),
			schema.Row("status", "machine_nic_status").Twin("parent_nic"),
			schema.Row("stats", "machine_nic_stats").Twin("parent_nic"),
			schema.Rows("addresses", "machine_nic_addresses", "nic").Hidden(),
			schema.Rows("history", "machine_nic_stats_history_short", "parent_nic").Hidden(),
			schema.Rows("history_long", "machine_nic_stats_history_long", "parent_nic").Hidden(),
			schema.String("driver").Len(0, 64).OnlyYet(passedThrough).Section("Card"),
			schema.String("model").Len(0, 64).OnlyYet(passedThrough).Section("Card"),
			schema.String("vendor").Len(0, 64).OnlyYet(passedThrough).Section("Card"),
			schema.Uint32("port").OnlyYet(passedThrough).Section("Card"),
			schema.Bool("disable_mq").Section("Card").AtStart().Label("One queue only").Doc("else a virtio card has a queue for each CPU core, at most eight"),
			schema.String("asset").Len(0, 32).Match(column.Printable, column.NotPrintable).Section("Card"),
			schema.String("device").ReadOnly(),
			schema.Bool("ip_reserved").ReadOnly().Hidden().Doc("ipaddress was set by a client, not assigned by DHCP"),
			schema.JSON("was").ReadOnly().Hidden().Doc("of a card in a snapshot: the address and network of the card that it was, which no two may have"),
			schema.String("creator").Creator(),
			schema.Modified("modified"),
		},
	}
}

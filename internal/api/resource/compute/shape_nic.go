package compute

import "dewpoint/internal/mark"

// nic shapes a card. Its device is there only while the VM runs.
func (v *vmRow) nic(n *nicRow, host mark.Instance) nicItem {
	item := nicItem{Type: "network", MAC: n.MAC, Model: n.Interface, IPv4: n.IP}
	if n.Vnet != nil {
		item.Source, item.Bridge = n.Vnet.Name, host.Bridge(n.Vnet.Key)
	}
	if s := n.Stats; s != nil { // who may not read the card sees none
		item.RxBytes, item.TxBytes, item.RxPackets, item.TxPackets = s.RxBytes, s.TxBytes, s.RxPackets, s.TxPackets
	}
	if v.Machine.Status.On() {
		item.Target = host.Tap(n.Key)
	}
	return item
}

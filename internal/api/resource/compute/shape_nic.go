package compute

import "dewpoint/internal/mark"

// nic shapes a card. Its device is there only while the VM runs.
func (v *vmRow) nic(n *nicRow, host mark.Instance) nicItem {
	item := nicItem{Type: "network", MAC: n.MAC, Model: n.Interface, IPv4: n.IP}
	if n.Vnet != nil {
		item.Source, item.Bridge = n.Vnet.Name, host.Bridge(n.Vnet.Key)
	}
	if v.Machine.Status.On() {
		item.Target = host.Tap(n.Key)
	}
	return item
}

package node

import (
	"cmp"
	"io/fs"
	"strings"
	"sync"

	"dewpoint/internal/host/device"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
)

// devices is what is plugged into the host.
type devices struct {
	pci []device.PCI
	usb []device.USB
}

func readDevices(root fs.FS) (d devices, err error) {
	if d.pci, err = device.ReadPCI(root); err != nil {
		return d, err
	}
	d.usb, err = device.ReadUSB(root)
	return d, err
}

// names are what devices are called. They are read once: the lists are long, and a new version of them can wait for a restart.
type names struct {
	once     sync.Once
	pci, usb device.Names
}

func (n *names) load(root fs.FS) {
	n.once.Do(func() { n.pci, n.usb = device.PCINames(root), device.USBNames(root) })
}

// ensureDevices keeps a row for each device of the host, and drops those of devices that are gone.
func (c *Controller) ensureDevices(tx *store.Tx, node int64, d devices) error {
	c.names.load(c.Root)
	if err := c.ensurePCI(tx, node, d.pci); err != nil {
		return err
	}
	var stay []int64
	for _, u := range d.usb {
		key, err := store.KeepFirst(tx, c.usbColumns(node, u), store.Is(cluster.NodeUSBDeviceCol.Node, node), store.Is(cluster.NodeUSBDeviceCol.Path, u.Port))
		if err != nil {
			return err
		}
		stay = append(stay, key.Int())
	}
	return dropOthers(tx, "node_usb_devices", cluster.NodeUSBDeviceCol.Node, node, stay)
}

func (c *Controller) usbColumns(node int64, u device.USB) cluster.NodeUSBDeviceSet {
	return cluster.NodeUSBDeviceSet{}.Node(node).Bus(u.Bus).Device(u.Number).Path(u.Port).Devpath(u.DevPath).
		Vendor(cmp.Or(u.Vendor, c.names.usb.Vendor(u.VendorID))).VendorID(u.VendorID).Model(cmp.Or(u.Model, c.names.usb.Device(u.VendorID, u.ID))).ModelID(u.ID).
		Serial(u.Serial).USBVersion(u.Version).Speed(u.Speed).InterfaceDrivers(strings.Join(u.InterfaceDrivers, ","))
}

// ensurePCI keeps the rows of PCI devices, and those that say what some of them are as well.
func (c *Controller) ensurePCI(tx *store.Tx, node int64, found []device.PCI) error {
	var stay, functions []int64
	cards := cardsOf{models: map[string]int64{}}
	for _, d := range found {
		set := common(cluster.NodePciDeviceSet{}, &c.names, node, d).Class(d.ClassName()).ClassHex(d.Class).DeviceType(d.Kind()).
			Svendor(c.names.pci.Vendor(d.SubVendor)).SubsystemDevice(d.SubDevice).PhysicalSlot(d.PhysicalSlot).SriovTotalvfs(d.MaxVFs).SriovNumvfs(d.VirtualFunctions)
		key, err := store.KeepFirst(tx, set, store.Is(cluster.NodePciDeviceCol.Node, node), store.Is(cluster.NodePciDeviceCol.Slot, d.Address))
		if err != nil {
			return err
		}
		stay = append(stay, key.Int())
		switch {
		case d.Kind() == device.GPU:
			err = c.ensureGPU(tx, node, key.Int(), d, &cards)
		case d.Kind() == device.Network && d.PhysicalFunction != "":
			set := common(cluster.NodeSriovNICDeviceSet{}, &c.names, node, d).PciDevice(key.Int()).Svendor(c.names.pci.Vendor(d.SubVendor)).
				SubsystemDevice(d.SubDevice).PhysicalSlot(d.PhysicalSlot).PhysicalFunction(d.PhysicalFunction).RevisionNumber(d.Revision)
			key, err = store.KeepFirst(tx, set, store.Is(cluster.NodeSriovNICDeviceCol.PciDevice, key.Int()))
			functions = append(functions, key.Int())
		}
		if err != nil {
			return err
		}
	}
	if err := cards.dropOthers(tx, node); err != nil {
		return err
	}
	if err := dropOthers(tx, "node_sriov_nic_devices", cluster.NodeSriovNICDeviceCol.Node, node, functions); err != nil {
		return err
	}
	return dropOthers(tx, "node_pci_devices", cluster.NodePciDeviceCol.Node, node, stay)
}

// pciSet is a change of a row of any table of PCI devices.
type pciSet[S any] interface {
	Node(int64) S
	Name(string) S
	Slot(string) S
	Vendor(string) S
	Device(string) S
	VendorDeviceHex(string) S
	Driver(string) S
	Module(string) S
	Numa(string) S
	IommuGroup(string) S
}

// common fills in what all tables of PCI devices have.
func common[S pciSet[S]](set S, n *names, node int64, d device.PCI) S {
	vendor, model := n.pci.Vendor(d.Vendor), n.pci.Device(d.Vendor, d.Device)
	return set.Node(node).Name(strings.Join([]string{d.ClassName() + ":", vendor, model}, " ")).Slot(d.Address).Vendor(vendor).Device(model).
		VendorDeviceHex(d.Vendor + ":" + d.Device).Driver(d.Driver).Module(d.Module).Numa(d.NUMA).IommuGroup(d.IOMMUGroup)
}

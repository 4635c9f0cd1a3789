// Package device reads from sysfs which PCI and USB devices the host has, and from the lists of Debian's packages pci.ids and usb.ids what they are
// called. It changes nothing.
package device

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// PCI is a PCI device as sysfs describes it. Numbers are hex digits without 0x; what the kernel doesn't say is empty.
type PCI struct {
	Address                  string // as in 0000:00:03.0
	Class                    string // six digits: base class, subclass, interface
	Vendor, Device           string // four digits each, as the next two
	SubVendor, SubDevice     string
	Revision                 string
	Driver, Module           string // bound to it now
	NUMA, IOMMUGroup         string
	PhysicalSlot             string
	PhysicalFunction         string // the address of the device that this is a virtual function of
	VirtualFunctions, MaxVFs int64  // that it has now, and may have
}

const pciDevices = "sys/bus/pci/devices"

// ReadPCI lists the PCI devices in the order of their addresses. A host without PCI has none.
func ReadPCI(root fs.FS) ([]PCI, error) {
	entries, err := fs.ReadDir(root, pciDevices)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	slots := physicalSlots(root)
	var found []PCI
	for _, e := range entries {
		d := readPCI(root, e.Name())
		if d.Class == "" {
			continue // it was unplugged meanwhile
		}
		d.PhysicalSlot = slots[strings.TrimSuffix(d.Address, path.Ext(d.Address))]
		found = append(found, d)
	}
	return found, err
}

func readPCI(root fs.FS, address string) PCI {
	dir := path.Join(pciDevices, address)
	hex := func(name string) string { return strings.TrimPrefix(line(root, dir, name), "0x") }
	number := func(name string) int64 { n, _ := strconv.ParseInt(line(root, dir, name), 10, 64); return n }
	d := PCI{
		Address: address, Class: hex("class"), Vendor: hex("vendor"), Device: hex("device"), SubVendor: hex("subsystem_vendor"),
		SubDevice: hex("subsystem_device"), Revision: hex("revision"), Driver: target(root, dir, "driver"), Module: target(root, dir, "driver/module"),
		IOMMUGroup: target(root, dir, "iommu_group"), PhysicalFunction: target(root, dir, "physfn"), VirtualFunctions: number("sriov_numvfs"), MaxVFs: number("sriov_totalvfs"),
	}
	if node := line(root, dir, "numa_node"); node != "-1" { // which is the kernel's word for none
		d.NUMA = node
	}
	return d
}

// physicalSlots returns the names of the slots by the addresses of the devices in them, which have no function there.
func physicalSlots(root fs.FS) map[string]string {
	const slots = "sys/bus/pci/slots"
	names := map[string]string{}
	entries, _ := fs.ReadDir(root, slots) // most virtual hosts have none
	for _, e := range entries {
		names[line(root, slots, e.Name(), "address")] = e.Name()
	}
	return names
}

// line reads a file of one line, "" where there is none.
func line(root fs.FS, parts ...string) string {
	text, _ := fs.ReadFile(root, path.Join(parts...))
	return strings.TrimSpace(string(text))
}

// target is the last part of what a link points to, "" where there is none.
func target(root fs.FS, parts ...string) string {
	to, err := fs.ReadLink(root, path.Join(parts...))
	if err != nil {
		return ""
	}
	return path.Base(to)
}

package compute

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/engine"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/query"
)

// pciDevice is a PCI device of a node.
type pciDevice struct {
	DeviceID   string `json:"device_id" doc:"the same as pci_address"`
	VendorID   string `json:"vendor_id" doc:"four hex digits"`
	ProductID  string `json:"product_id" doc:"four hex digits"`
	VendorName string `json:"vendor_name"`
	Product    string `json:"product_name"`
	Type       string `json:"device_type" enum:"gpu,network,storage,usb,other"`
	Address    string `json:"pci_address" doc:"as in 0000:00:03.0"`
	Group      *int64 `json:"iommu_group,omitempty" doc:"missing without an IOMMU"`
	Driver     string `json:"driver" doc:"what the node uses it by"`
	Available  bool   `json:"is_available" doc:"a VM can be given it now; no device can yet, and an attempt to attach one answers with the reason"`
	LastSeen   string `json:"last_seen" format:"date-time"`
}

type pciDeviceList struct {
	Devices []pciDevice `json:"devices"`
	Count   int         `json:"count"`
	Type    string      `json:"device_type" doc:"the type that was asked for; all where none was"`
}

type pciQuery struct {
	Type string `query:"type" enum:"gpu,network,storage,usb,other"`
}

func addPCIDevices(s *service, f Family) {
	op := f.operation("list-pci-devices", http.MethodGet, "/pci-devices", "List the PCI devices of the nodes")
	frame.Add(s.Server, op, s.listPCIDevices)
	addPCIAttach(s, f)
}

// pciRow is a device with everything that its reply shows.
type pciRow struct {
	Slot    string `json:"slot"`
	Class   string `json:"class_hex"`
	Kind    string `json:"device_type"`
	Vendor  string `json:"vendor"`
	Device  string `json:"device"`
	Numbers string `json:"vendor_device_hex"`
	Driver  string `json:"driver"`
	Group   string `json:"iommu_group"`
}

const pciColumns = "slot,class_hex,device_type,vendor,device,vendor_device_hex,driver,iommu_group"

func (s *service) listPCIDevices(ctx context.Context, in *pciQuery) (pciDeviceList, error) {
	rows, err := engine.List[pciRow](ctx, s.Engine, "node_pci_devices", query.Request{Fields: pciColumns, Sort: "slot"})
	list := pciDeviceList{Devices: []pciDevice{}, Type: cmp.Or(in.Type, "all")}
	for i := range rows {
		if d := rows[i].shown(time.Now()); in.Type == "" || in.Type == d.Type {
			list.Devices = append(list.Devices, d)
		}
	}
	list.Count = len(list.Devices)
	return list, err
}

// shown is the device for a reply. A row is there as long as its device is, so it was seen now.
func (r *pciRow) shown(now time.Time) pciDevice {
	vendor, product, _ := strings.Cut(r.Numbers, ":")
	d := pciDevice{
		DeviceID: r.Slot, VendorID: vendor, ProductID: product, VendorName: r.Vendor, Product: r.Device, Type: r.Kind, Address: r.Slot, Driver: r.Driver,
		Available: cluster.WhyKept(r.Slot, r.Class, r.Group, r.Driver) == nil, LastSeen: now.UTC().Format(time.RFC3339),
	}
	switch r.Kind {
	case "gpu", "network", "storage", "usb":
	default:
		d.Type = "other"
	}
	if group, err := strconv.ParseInt(r.Group, 10, 64); err == nil {
		d.Group = &group
	}
	return d
}

package compute

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"strings"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

type attachPCIInput struct {
	ID   string `path:"id" doc:"UUID or name of the VM"`
	Body struct {
		DeviceID string `json:"device_id" required:"true" doc:"of the list of PCI devices"`
		Address  string `json:"pci_address,omitempty" doc:"the same; it counts where both are given"`
		Managed  bool   `json:"managed,omitempty" doc:"bind the device to vfio-pci for as long as the VM has it"`
	}
}

type detachPCIInput struct {
	ID     string `path:"id" doc:"UUID or name of the VM"`
	Device string `path:"device_id" doc:"of the list of PCI devices"`
}

// givenPCI tells which device a VM has got, or given back.
type givenPCI struct {
	VM      string `json:"vm_id"`
	Device  string `json:"device_id"`
	Address string `json:"pci_address"`
	Message string `json:"message"`
}

func addPCIAttach(s *service, f Family) {
	attach := f.operation("attach-pci-device", http.MethodPost, "/{id}/pci-devices", "Give a VM a PCI device of its node")
	attach.Codes.Invalid, attach.Codes.InUse, attach.Codes.Fields = "INVALID_PCI_ADDRESS", "PCI_DEVICE_IN_USE", nil
	attach.Example = `{"device_id":"0000:00:03.0","managed":true}`
	attach.Doc = "Always refused with what stands in the way: 409 for a bridge, a node without an IOMMU and a device that its node uses, else 501, since giving devices away isn't built yet."
	frame.Add(s.Server, attach, s.attachPCI)
	detach := f.operation("detach-pci-device", http.MethodDelete, "/{id}/pci-devices/{device_id}", "Take a PCI device back from a VM")
	detach.Codes = attach.Codes
	detach.Doc = "Always refused with 409: no VM has such a device yet."
	frame.Add(s.Server, detach, s.detachPCI)
}

func (s *service) attachPCI(ctx context.Context, in *attachPCIInput) (none givenPCI, err error) {
	if _, err := s.vm(ctx, in.ID, perm.Modify); err != nil {
		return none, err
	}
	slot, err := pciSlot(cmp.Or(in.Body.Address, in.Body.DeviceID))
	if err != nil {
		return none, err
	}
	found, err := engine.List[pciRow](ctx, s.Engine, "node_pci_devices", query.Request{Fields: pciColumns, Equals: map[string]string{"slot": slot}})
	if err != nil {
		return none, err
	}
	if len(found) == 0 {
		return none, errs.New(errs.NotFound, "pci_device_not_found", "no node has a PCI device %s", slot)
	}
	d := found[0]
	return none, cluster.WhyKept(d.Slot, d.Class, d.Group, d.Driver)
}

func (s *service) detachPCI(ctx context.Context, in *detachPCIInput) (none givenPCI, err error) {
	v, err := s.vm(ctx, in.ID, perm.Modify)
	if err != nil {
		return none, err
	}
	slot, err := pciSlot(in.Device)
	if err != nil {
		return none, err
	}
	return none, errs.New(errs.Conflict, "pci_device_not_attached", "VM %q has no PCI device %s", v.Name, slot)
}

// pciAddress is the form of addresses, the domain of which may be left out.
var pciAddress = regexp.MustCompile(`^([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$`)

// pciSlot reads a device's address.
func pciSlot(text string) (string, error) {
	address := strings.ToLower(text)
	if !pciAddress.MatchString(address) {
		return "", errs.New(errs.Invalid, "invalid_pci_address", "%q is not the address of a PCI device, such as 0000:00:03.0", text).On("device_id")
	}
	if strings.Count(address, ":") == 1 {
		address = "0000:" + address
	}
	return address, nil
}

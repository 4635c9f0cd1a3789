package vm

import (
	"context"
	"path/filepath"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/column"
)

// element is a device in a domain.
type element interface{ Marshal() (string, error) }

// elementOf finds a disk or a card of a machine's in its domain; nil where there is none. A disk is found by the name of its file, wherever that lies.
func (w *Works) elementOf(domain *domxml.Domain, table string, key int64) element {
	if table == "machine_nics" {
		if card := domxml.CardAt(domain, mark.Instance(w.Instance).Tap(key)); card != nil {
			return card
		}
		return nil
	}
	for i := range domain.Devices.Disks {
		disk := &domain.Devices.Disks[i]
		if disk.Device != "disk" || disk.Source == nil || disk.Source.File == nil {
			continue
		}
		name, ours := strings.CutSuffix(filepath.Base(disk.Source.File.File), block.DiskEnding)
		if has, _, _, ok := column.ReadHeadName(name); ok && ours && has == key {
			return disk
		}
	}
	return nil
}

// newElement is a part that is to be plugged in.
type newElement struct {
	element
	rows  held.Rows // what it is made from
	files []string  // that QEMU opens
}

// newPart makes the element of a part for a domain that runs. It is a Conflict where the machine has no such part any more.
func newPart(domain *domxml.Domain, m *Machine, table string, key int64) (n newElement, err error) {
	if table == "machine_nics" {
		nic := guest{m: m}.nic(key)
		if nic == nil {
			return n, errs.New(errs.Conflict, "nic_gone", "the NIC was taken from the VM, or from its network, before it was plugged in")
		}
		n.rows.NICs = append(n.rows.NICs, nic.Row)
		n.element, err = domxml.PlugCard(&m.Hardware, nic)
		return n, err
	}
	drive := guest{m: m}.drive(key)
	if drive == nil {
		return n, errs.New(errs.Conflict, "drive_gone", "the drive was disabled or taken from the VM before it was plugged in")
	}
	n.rows.Drives = append(n.rows.Drives, drive.Row)
	n.files = append([]string{drive.Path}, drive.Layers...)
	n.element, err = domxml.PlugDisk(domain, &drive.Drive)
	return n, err
}

// attach lets QEMU at the files of a part, and plugs it in.
func (w *Works) attach(ctx context.Context, ref libvirt.Ref, part newElement) error {
	if err := w.letIn(ctx, part.files...); err != nil {
		return err
	}
	xml, err := part.Marshal()
	if err != nil {
		return err
	}
	err = w.Host.Attach(ctx, ref, xml)
	if errs.Is(err, errs.Conflict) { // it went off
		if d, gone := w.Host.Describe(ctx, ref); gone == nil && d.ID == nil {
			err = nil
		}
	}
	return err
}

// nic finds a NIC of the machine's that is in a network.
func (g guest) nic(key int64) *domxml.NIC {
	for i := range g.m.NICs {
		if g.m.NICs[i].Row.Key == key {
			return &g.m.NICs[i]
		}
	}
	return nil
}

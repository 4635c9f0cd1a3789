package ovf

import (
	"strconv"
	"strings"
)

// Values of ResourceType (CIM_ResourceAllocationSettingData).
const (
	aCPU      = 3
	aMemory   = 4
	anIDE     = 5
	aSCSI     = 6
	aNIC      = 10
	aFloppy   = 14
	aCD       = 15
	aDVD      = 16
	aDisk     = 17
	anOther   = 20 // storage device: SATA and NVMe
	aUSB      = 23
	aGraphics = 24
	aSound    = 35
)

// mostDevices bounds drives and cards; a VM can't have more.
const mostDevices = 256

// controller notes what drives may be attached to.
func (p *parser) controller(i item) {
	model := strings.ToLower(strings.TrimSpace(i.SubType))
	c := Controller{Model: model}
	switch {
	case i.Type == anIDE:
		c.Bus = "ide"
	case i.Type == aSCSI && strings.Contains(model, "virtio"):
		c.Bus = "virtio"
	case i.Type == aSCSI:
		c.Bus = "scsi"
	case i.Type == anOther && strings.Contains(model, "nvme"):
		c.Bus = "nvme"
	case i.Type == anOther && strings.Contains(model, "virtio"):
		c.Bus = "virtio"
	case i.Type == anOther:
		c.Bus = "sata"
	case i.Type == aUSB:
		c.Bus = "usb"
	default:
		return
	}
	p.controllers[i.InstanceID] = c
}

// device reads one item into the VM.
func (p *parser) device(i item) (err error) {
	if len(p.vm.Drives)+len(p.vm.NICs) > mostDevices {
		return refused("has more than %d drives and cards", mostDevices)
	}
	switch i.Type {
	case aCPU:
		p.vm.Cores, err = strconv.ParseInt(strings.TrimSpace(i.Quantity), 10, 32)
		if err != nil {
			return refused("has a number of CPUs that is no number: %q", i.Quantity)
		}
	case aMemory:
		units := i.Units
		if units == "" {
			units = "MegaBytes"
		}
		bytes, err := bytesOf(i.Quantity, units)
		p.vm.MemoryMiB = bytes >> 20
		return err
	case aNIC:
		p.vm.NICs = append(p.vm.NICs, NIC{Name: i.Name, Model: strings.ToLower(strings.TrimSpace(i.SubType)), Network: firstOf(i.Connection...), MAC: strings.TrimSpace(i.Address)})
	case aDisk, aCD, aDVD:
		return p.drive(i)
	case aFloppy:
		p.note("The floppy drive %q is left out.", i.Name)
	case aSound:
		p.note("The sound card %q is left out; set the VM's sound after the import.", i.Name)
	case anIDE, aSCSI, anOther, aUSB, aGraphics:
	default:
		if i.Required != "false" {
			p.note("The device %q (type %d) is left out: there is nothing like it.", firstOf(i.Name, i.Other), i.Type)
		}
	}
	return nil
}

// drive reads a disk or a CD-ROM drive.
func (p *parser) drive(i item) (err error) {
	d := Drive{Name: i.Name, CD: i.Type != aDisk, Controller: p.controllers[i.Parent]}
	kind, id := "", ""
	if len(i.Host) > 0 {
		kind, id = hostResource(i.Host[0])
	}
	switch {
	case kind == "file":
		d.File, err = p.fileOf(id)
	case kind == "disk":
		var of disk
		if of, err = p.diskOf(id); err != nil {
			return err
		}
		if of.Capacity != "" && !strings.HasPrefix(of.Capacity, "${") {
			if d.Size, err = bytesOf(of.Capacity, of.Units); err != nil {
				return err
			}
		}
		if of.File != "" {
			d.File, err = p.fileOf(of.File)
		}
	case !d.CD:
		return refused("has a disk %q without anything that it is made of", i.Name)
	}
	if err == nil && !d.CD && d.File == "" && d.Size == 0 {
		return refused("has an empty disk %q without a size", i.Name)
	}
	p.vm.Drives = append(p.vm.Drives, d)
	return err
}

// hostResource takes "ovf:/disk/vmdisk1" apart.
func hostResource(text string) (kind, id string) {
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "ovf:"), "/")
	kind, id, _ = strings.Cut(text, "/")
	return kind, id
}

package ovf

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// Written is a disk in an appliance that is written.
type Written struct {
	File     string // its name in the archive
	Size     int64  // bytes that a guest sees
	Length   int64  // of the file
	Attached string // ide, sata, sas, scsi or virtio
}

// Exported is a VM as it is written.
type Exported struct {
	Name, Description, OS string
	Cores, MemoryMiB      int64
	UEFI, SecureBoot      bool
	Disks                 []Written
	CDs                   int // drives without a medium
	NICs                  []NIC
}

// The document as it is written; encoding/xml has no prefixes, so they stand in the names.
type (
	outEnvelope struct {
		XMLName  xml.Name    `xml:"Envelope"`
		NS       string      `xml:"xmlns,attr"`
		OVF      string      `xml:"xmlns:ovf,attr"`
		RASD     string      `xml:"xmlns:rasd,attr"`
		VSSD     string      `xml:"xmlns:vssd,attr"`
		VMW      string      `xml:"xmlns:vmw,attr"`
		Files    []outFile   `xml:"References>File"`
		Disks    outDisks    `xml:"DiskSection"`
		Networks outNetworks `xml:"NetworkSection"`
		System   outSystem   `xml:"VirtualSystem"`
	}
	outFile struct {
		ID   string `xml:"ovf:id,attr"`
		Href string `xml:"ovf:href,attr"`
		Size int64  `xml:"ovf:size,attr"`
	}
	outDisks struct {
		Info  string    `xml:"Info"`
		Disks []outDisk `xml:"Disk"`
	}
	outDisk struct {
		ID       string `xml:"ovf:diskId,attr"`
		File     string `xml:"ovf:fileRef,attr"`
		Capacity int64  `xml:"ovf:capacity,attr"`
		Units    string `xml:"ovf:capacityAllocationUnits,attr"`
		Format   string `xml:"ovf:format,attr"`
	}
	outNetworks struct {
		Info     string       `xml:"Info"`
		Networks []outNetwork `xml:"Network"`
	}
	outNetwork struct {
		Name        string `xml:"ovf:name,attr"`
		Description string `xml:"Description"`
	}
	outSystem struct {
		ID         string         `xml:"ovf:id,attr"`
		Info       string         `xml:"Info"`
		Name       string         `xml:"Name"`
		Annotation *outAnnotation `xml:"AnnotationSection"`
		OS         outOS          `xml:"OperatingSystemSection"`
		Hardware   outHardware    `xml:"VirtualHardwareSection"`
	}
	outAnnotation struct {
		Info string `xml:"Info"`
		Text string `xml:"Annotation"`
	}
	outOS struct {
		ID          int    `xml:"ovf:id,attr"`
		Info        string `xml:"Info"`
		Description string `xml:"Description"`
	}
	outHardware struct {
		Info   string      `xml:"Info"`
		System outType     `xml:"System"`
		Items  []outItem   `xml:"Item"`
		Config []outConfig `xml:"vmw:Config"`
	}
	outType struct {
		Name string `xml:"vssd:ElementName"`
		ID   int    `xml:"vssd:InstanceID"`
		Type string `xml:"vssd:VirtualSystemType"`
	}
	// outItem has its elements in the order of the alphabet, as DSP0243 demands.
	outItem struct {
		Address         string `xml:"rasd:Address,omitempty"`
		AddressOnParent string `xml:"rasd:AddressOnParent,omitempty"`
		Units           string `xml:"rasd:AllocationUnits,omitempty"`
		Automatic       string `xml:"rasd:AutomaticAllocation,omitempty"`
		Connection      string `xml:"rasd:Connection,omitempty"`
		Name            string `xml:"rasd:ElementName"`
		Host            string `xml:"rasd:HostResource,omitempty"`
		ID              int    `xml:"rasd:InstanceID"`
		Parent          string `xml:"rasd:Parent,omitempty"`
		SubType         string `xml:"rasd:ResourceSubType,omitempty"`
		Type            int    `xml:"rasd:ResourceType"`
		Quantity        string `xml:"rasd:VirtualQuantity,omitempty"`
	}
	outConfig struct {
		Required string `xml:"ovf:required,attr"`
		Key      string `xml:"vmw:key,attr"`
		Value    string `xml:"vmw:value,attr"`
	}
)

const (
	envelopeSpace = "http://schemas.dmtf.org/ovf/envelope/1"
	cimSpace      = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
	streamFormat  = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
)

// Write returns the description of a VM whose disks are VMDKs.
func Write(vm Exported) ([]byte, error) {
	e := outEnvelope{
		NS: envelopeSpace, OVF: envelopeSpace, RASD: cimSpace + "CIM_ResourceAllocationSettingData", VSSD: cimSpace + "CIM_VirtualSystemSettingData",
		VMW: "http://www.vmware.com/schema/ovf", Disks: outDisks{Info: "Disks"}, Networks: outNetworks{Info: "Networks"},
	}
	for i, d := range vm.Disks {
		e.Files = append(e.Files, outFile{fmt.Sprint("file", i), d.File, d.Length})
		e.Disks.Disks = append(e.Disks.Disks, outDisk{fmt.Sprint("disk", i), fmt.Sprint("file", i), d.Size, "byte", streamFormat})
	}
	known := map[string]bool{}
	for _, n := range vm.NICs {
		if n.Network != "" && !known[n.Network] {
			known[n.Network] = true
			e.Networks.Networks = append(e.Networks.Networks, outNetwork{n.Network, n.Network})
		}
	}
	e.System = outSystem{
		ID: vm.Name, Info: "A virtual machine", Name: vm.Name, OS: outOS{1, "The operating system", vm.OS},
		Hardware: outHardware{Info: "Virtual hardware", System: outType{"Virtual hardware", 0, "vmx-14"}, Items: items(vm), Config: configs(vm)},
	}
	if vm.Description != "" {
		e.System.Annotation = &outAnnotation{"A description", vm.Description}
	}
	text, err := xml.MarshalIndent(e, "", "  ")
	return append([]byte(xml.Header), append(text, '\n')...), err
}

func configs(vm Exported) (all []outConfig) {
	if vm.UEFI {
		all = append(all, outConfig{"false", "firmware", "efi"}, outConfig{"false", "bootOptions.efiSecureBootEnabled", strconv.FormatBool(vm.SecureBoot)})
	}
	return all
}

// buses are the controllers that disks are attached to, by the word for it.
var buses = map[string]struct {
	kind    int
	subType string
}{
	"ide": {anIDE, "PIIX4"}, "sata": {anOther, "AHCI"}, "scsi": {aSCSI, "lsilogic"}, "sas": {aSCSI, "lsilogicsas"}, "virtio": {aSCSI, "VirtioSCSI"},
}

// items lists the devices.
func items(vm Exported) (all []outItem) {
	add := func(i outItem) string {
		i.ID = len(all) + 1
		all = append(all, i)
		return strconv.Itoa(i.ID)
	}
	add(outItem{Name: fmt.Sprint(vm.Cores, " virtual CPUs"), Type: aCPU, Units: "hertz * 10^6", Quantity: strconv.FormatInt(vm.Cores, 10)})
	add(outItem{Name: fmt.Sprint(vm.MemoryMiB, " MiB of memory"), Type: aMemory, Units: "byte * 2^20", Quantity: strconv.FormatInt(vm.MemoryMiB, 10)})
	controllers, places := map[string]string{}, map[string]int{}
	attach := func(bus string, i outItem) {
		of := buses[bus]
		if controllers[bus] == "" {
			controllers[bus] = add(outItem{Name: bus + " controller", Type: of.kind, SubType: of.subType})
		}
		i.Parent, i.AddressOnParent = controllers[bus], strconv.Itoa(places[bus])
		places[bus]++
		add(i)
	}
	for i, d := range vm.Disks {
		attach(d.Attached, outItem{Name: fmt.Sprint("disk ", i), Type: aDisk, Host: fmt.Sprint("ovf:/disk/disk", i)})
	}
	for i := range vm.CDs {
		attach("sata", outItem{Name: fmt.Sprint("CD-ROM drive ", i), Type: aCD, Automatic: "false"})
	}
	for i, n := range vm.NICs {
		add(outItem{Name: fmt.Sprint("network card ", i), Type: aNIC, SubType: strings.ToUpper(n.Model[:min(1, len(n.Model))]) + n.Model[min(1, len(n.Model)):], Address: n.MAC, Connection: n.Network, Automatic: "true"})
	}
	return all
}

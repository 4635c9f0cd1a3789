package compute

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var foreignHooks = engine.Hooks{Actions: map[string]engine.Action{"adopt": adoptDomain}}

// shape is what the controller of foreign domains says of one (host/domxml, Foreign).
type shape struct {
	Cores       int64  `json:"cpu_cores"`
	RAM         int64  `json:"ram"`
	MachineType string `json:"machine_type"`
	CPUType     string `json:"cpu_type"`
	Console     string `json:"console"`
	Video       string `json:"video"`
	Sound       string `json:"sound"`
	LocalTime   bool   `json:"localtime"`
	Disks       []struct {
		Interface string `json:"interface"`
		CDROM     bool   `json:"cdrom"`
		Path      string `json:"path"`
		Format    string `json:"format"`
		Serial    string `json:"serial"`
		ReadOnly  bool   `json:"readonly"`
	} `json:"disks"`
	NICs []struct {
		Interface string `json:"interface"`
		MAC       string `json:"mac"`
	} `json:"nics"`
	Obstacles []string `json:"obstacles"`
}

// adoptDomain makes the rows of a VM that is as the domain, and begins the operation that brings its disks.
func adoptDomain(w *engine.Inside, r *schema.Record, params schema.Set) error {
	domain := store.RowOf[compute.ForeignDomain](r)
	var s shape
	if json.Unmarshal([]byte(domain.Shape), &s) != nil {
		return errs.New(errs.Conflict, "cannot_adopt", "it isn't known yet what domain %q is; try again", domain.Name)
	}
	if err := mayAdopt(domain, s); err != nil {
		return err
	}
	made, err := w.CreateWith("vms", s.vm(domain, params["name"].Text()), nil)
	if err != nil {
		return err
	}
	vm := store.RowOf[compute.VM](made)
	op := compute.VMAdopt{VM: vm.Key, Machine: vm.Machine, Name: domain.Name, UUID: domain.UUID, Digest: domain.Digest, Disks: []compute.AdoptDisk{}}
	if op.Disks, err = s.makeDrives(w, vm.Machine, params["preferred_tier"].Text()); err != nil {
		return err
	}
	for _, n := range s.NICs {
		of := compute.MachineNICCol
		in := schema.Input{of.Machine.Name(): engine.Number(vm.Machine), of.Interface.Name(): engine.Text(n.Interface), of.Macaddress.Name(): engine.Text(n.MAC)}
		if vnet := params["vnet"]; !vnet.IsNull() {
			in[of.Vnet.Name()] = engine.Number(vnet.Int())
		}
		if _, err := w.CreateWith("machine_nics", in, nil); err != nil {
			return err
		}
	}
	if err := w.Begin(made, op); err != nil {
		return err
	}
	w.Response["vmkey"], w.Response["machinekey"] = schema.IntValue(vm.Key).Text(), schema.IntValue(vm.Machine).Text()
	return nil
}

// mayAdopt refuses a domain that can't become a VM, or not now.
func mayAdopt(d compute.ForeignDomain, s shape) error {
	switch {
	case len(s.Obstacles) > 0:
		return errs.New(errs.Conflict, "cannot_adopt", "domain %q can't be adopted: %s", d.Name, errs.Ours(strings.Join(s.Obstacles, "; ")))
	case !d.Persistent:
		return errs.New(errs.Conflict, "cannot_adopt", "domain %q has no definition, so it is gone when it is off; define it first (virsh define)", d.Name)
	case d.State != "off" && d.State != "crashed":
		return errs.New(errs.Conflict, "domain_running", "domain %q is %s; shut it down first", d.Name, d.State)
	}
	return nil
}

// vm are the columns of the VM.
func (s shape) vm(d compute.ForeignDomain, name string) schema.Input {
	machine, cpu := s.MachineType, s.CPUType
	if !column.MachineType.MatchString(machine) {
		machine = "pc"
		if strings.Contains(s.MachineType, "q35") {
			machine = "q35"
		}
	}
	if !slices.Contains(column.CPUTypes, cpu) {
		cpu = ""
	}
	of := compute.VMCol
	in := schema.Input{
		of.Name.Name(): engine.Text(cmp.Or(name, d.Name)), of.UUID.Name(): engine.Text(d.UUID), of.CPUCores.Name(): engine.Number(s.Cores), of.RAM.Name(): engine.Number(s.RAM),
		of.MachineType.Name(): engine.Text(machine), of.Console.Name(): engine.Text(s.Console), of.Video.Name(): engine.Text(s.Video), of.Sound.Name(): engine.Text(s.Sound),
		of.Description.Name(): engine.Text("adopted from the domain " + d.Name),
	}
	if cpu != "" {
		in[of.CPUType.Name()] = engine.Text(cpu)
	}
	if s.LocalTime {
		in[of.RTCBase.Name()] = engine.Text("localtime")
	}
	return in
}

// makeDrives makes the drives, of which disks wait for their content.
func (s shape) makeDrives(w *engine.Inside, machine int64, tier string) (disks []compute.AdoptDisk, err error) {
	of := compute.MachineDriveCol
	disks = []compute.AdoptDisk{}
	for _, d := range s.Disks {
		in := schema.Input{of.Machine.Name(): engine.Number(machine), of.Interface.Name(): engine.Text(d.Interface), of.Media.Name(): engine.Text("cdrom")}
		inner := schema.Set{}
		if !d.CDROM {
			in[of.Media.Name()], inner[of.CloneOf.Name()] = engine.Text("disk"), schema.IntValue(compute.ByImport)
			if d.ReadOnly {
				in[of.Readonly.Name()] = json.RawMessage("true")
			}
			if column.Serial.MatchString(d.Serial) {
				in[of.Serial.Name()] = engine.Text(d.Serial)
			}
			if tier != "" {
				in[of.PreferredTier.Name()] = engine.Text(tier)
			}
		}
		made, err := w.CreateWith("machine_drives", in, inner)
		if err != nil {
			return nil, err
		}
		if d.CDROM {
			continue
		}
		disks = append(disks, compute.AdoptDisk{Drive: made.Key.Int(), From: d.Path, Format: d.Format})
		if err := store.Write(w.Tx, made.Key, compute.MachineDriveStatusSet{}.Status("importing")); err != nil {
			return nil, err
		}
	}
	return disks, nil
}

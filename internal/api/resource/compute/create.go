package compute

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

type createComputeInput struct{ Body computeInput }

func addCreate(s *service, f Family) {
	create := f.operation("create-vm", http.MethodPost, "", "Make a virtual machine")
	create.Status = http.StatusCreated
	create.Doc = "The VM stays off. Takes the full form (storage.disks, networks) and the basic form of scripts (disk_size, iso_path, network)."
	frame.Add(s.Server, create, s.createCompute)
}

func (s *service) createCompute(ctx context.Context, in *createComputeInput) (computeDetail, error) {
	b := &in.Body
	if err := b.complete(); err != nil {
		return computeDetail{}, err
	}
	vm, err := b.vmInput()
	if err != nil {
		return computeDetail{}, err
	}
	drives, nics, err := s.parts(ctx, b)
	if err != nil {
		return computeDetail{}, err
	}
	id := uuid.NewString()
	vm["uuid"], vm["boot_order"] = engine.Text(id), engine.Text(bootOrder(b.Storage.Disks))
	meta, err := b.meta()
	if err != nil {
		return computeDetail{}, err
	}
	var jobs []string
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		if _, err := w.CreateWith("vms", vm, meta); err != nil {
			return err
		}
		machine := w.Response["machine"]
		if err := addParts(w, machine, "machine_drives", drives); err != nil {
			return err
		}
		if err := addParts(w, machine, "machine_nics", nics); err != nil {
			return err
		}
		jobs = shape.Jobs(w)
		return nil
	})
	if err != nil {
		return computeDetail{}, err
	}
	v, err := engine.Made[vmRow](ctx, s.Engine, "vms", vmRequest(id))
	detail := v.detail()
	detail.Jobs = jobs
	return detail, err
}

// complete brings the basic form into the full one and refuses what is missing or not built.
func (b *computeInput) complete() error {
	if b.Name == nil || b.Memory == nil || b.VCPUs == nil {
		return errs.New(errs.Invalid, "invalid_request", "a VM needs name, memory (MiB), vcpus and at least one disk")
	}
	if err := b.refuse(); err != nil {
		return err
	}
	if b.Storage == nil {
		b.Storage = &storageInput{}
	}
	disks := &b.Storage.Disks
	if b.DiskPath != "" {
		*disks = append(*disks, diskInput{Action: "attach", Path: b.DiskPath, Size: b.DiskSize, StoragePool: b.StoragePool})
	} else if b.DiskSize > 0 {
		*disks = append(*disks, diskInput{Action: "create", Size: b.DiskSize, StoragePool: b.StoragePool})
	}
	for _, iso := range []string{b.ISOPath, b.Storage.BootISO} {
		if iso != "" {
			*disks = append(*disks, diskInput{Action: "attach", Path: iso, Device: "cdrom"})
		}
	}
	for i := range *disks {
		if d := &(*disks)[i]; d.StoragePool == "" {
			d.StoragePool = b.Storage.DefaultPool
		}
	}
	if b.Network != nil {
		b.Networks = append(b.Networks, *b.Network)
	}
	if len(*disks) == 0 {
		return errs.New(errs.Invalid, "invalid_request", "a VM needs at least one disk in storage.disks").On("storage.disks")
	}
	return nil
}

// refuse names what the client asks for and Dewpoint can't do: leaving it out silently would be a lie.
func (b *computeInput) refuse() error {
	if arch := b.Architecture; arch != "" && arch != "x86_64" {
		return errs.New(errs.NotBuilt, "architecture_not_built", "VMs of architecture %q can't be made; x86_64 ones can", arch).On("architecture")
	}
	for _, f := range []struct {
		name  string
		asked bool
	}{
		{"tpm", b.TPM}, {"pci_devices", len(b.PCIDevices) > 0}, {"cloud_init", len(b.CloudInit) > 0}, {"template", b.Template != ""}, {"custom_xml", b.CustomXML != ""},
	} {
		if f.asked {
			return errs.New(errs.NotBuilt, "not_built", "Dewpoint can't give a VM %s yet; leave it out", f.name).On(f.name)
		}
	}
	return nil
}

// parts turns all wanted disks and networks into rows.
func (s *service) parts(ctx context.Context, b *computeInput) (drives, nics []schema.Input, err error) {
	for _, d := range b.Storage.Disks {
		row, err := s.driveInput(ctx, d, b.hasIDE(""))
		if err != nil {
			return nil, nil, err
		}
		drives = append(drives, row)
	}
	for _, n := range b.Networks {
		row, err := s.nicInput(ctx, n)
		if err != nil {
			return nil, nil, err
		}
		nics = append(nics, row)
	}
	return drives, nics, nil
}

// addParts makes the rows of a machine, in their order.
func addParts(w *engine.Write, machine, table string, rows []schema.Input) error {
	for _, row := range rows {
		row["machine"] = json.RawMessage(machine)
		if _, err := w.Create(table, row); err != nil {
			return err
		}
	}
	return nil
}

// bootOrder puts the CD-ROM first when its boot_order says so. An empty disk is no hindrance: firmware goes on to the CD-ROM by itself.
func bootOrder(disks []diskInput) string {
	cd, disk := int64(0), int64(0)
	for _, d := range disks {
		into := &disk
		if d.isCDROM() {
			into = &cd
		}
		if d.BootOrder > 0 && (*into == 0 || d.BootOrder < *into) {
			*into = d.BootOrder
		}
	}
	if cd > 0 && (disk == 0 || cd < disk) {
		return "dc"
	}
	return "cd"
}

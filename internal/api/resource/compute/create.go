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

type createComputeInput struct{ Body ComputeInput }

func addCreate(s *service, f Family) {
	create := f.operation("create-vm", http.MethodPost, "", "Make a virtual machine")
	create.Status = http.StatusCreated
	create.Doc = "The new VM is off. The body has the full form (storage.disks, networks) or the basic form (disk_size, iso_path, network)."
	create.Example = `{"name":"first","memory":1024,"vcpus":1,"storage":{"disks":[{"size":8}]},"networks":[{"type":"network","source":"default"}]}`
	frame.Add(s.Server, create, s.createCompute)
	enhanced := create
	enhanced.ID, enhanced.Path, enhanced.Summary = "create-vm-enhanced"+f.Suffix, f.Path+"/create-enhanced", "The same as create-vm, by an older name"
	enhanced.Example = `{"name":"second","memory":1024,"vcpus":1,"disk_size":8,"network":{"type":"network","source":"default"}}`
	frame.Add(s.Server, enhanced, s.createCompute)
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
	if vm["boot_order"], err = bootOrder(b.Storage.Disks); err != nil {
		return computeDetail{}, err
	}
	drives, nics, err := s.parts(ctx, b)
	if err != nil {
		return computeDetail{}, err
	}
	id := uuid.NewString()
	vm["uuid"] = engine.Text(id)
	meta, err := b.meta()
	if err != nil {
		return computeDetail{}, err
	}
	var jobs []string
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		r, err := w.CreateWith("vms", vm, meta)
		if err != nil {
			return err
		}
		machine := w.Response["machine"]
		if err := b.CloudInit.tell(w, r.Key.Text(), "", nil); err != nil {
			return err
		}
		if err := addParts(w, machine, "machine_drives", drives); err != nil {
			return err
		}
		if err := addParts(w, machine, "machine_nics", nics); err != nil {
			return err
		}
		if err := addTPM(w, machine, b.TPM); err != nil {
			return err
		}
		jobs = shape.Jobs(w)
		return nil
	})
	if err != nil {
		return computeDetail{}, err
	}
	v, err := engine.Made[vmRow](ctx, s.Engine, "vms", vmRequest(id))
	if err != nil {
		return computeDetail{}, err
	}
	detail, err := s.detail(ctx, &v)
	detail.Jobs = jobs
	return detail, err
}

// complete brings the basic form into the full one and refuses what is missing or not built.
func (b *ComputeInput) complete() error {
	if b.Name == nil || b.Memory == nil || b.VCPUs == nil {
		return errs.New(errs.Invalid, "invalid_request", "a VM needs name, memory (MiB), vcpus and at least one disk")
	}
	if err := b.refuse(*b.Memory, *b.VCPUs); err != nil {
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

// parts turns all wanted disks and networks into rows.
func (s *service) parts(ctx context.Context, b *ComputeInput) (drives, nics []schema.Input, err error) {
	counts := map[string]int{}
	for _, d := range b.Storage.Disks {
		row, err := s.driveInput(ctx, d, b.hasIDE(""), counts)
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

package resource

import (
	"context"
	"net/http"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

var computeCodes = codes{invalid: "INVALID_REQUEST", notFound: "VM_NOT_FOUND", exists: "VM_ALREADY_EXISTS", inUse: "VM_DISK_IN_USE", members: map[string]string{
	"ram": "memory", "cpu_cores": "vcpus", "os_description": "os_variant", "on_power_loss": "autostart", "console_pass": "graphics.password", "console": "graphics.type",
	"disksize": "disks.size", "media_source": "disks.path", "preferred_tier": "disks.storage_pool", "interface": "bus",
	"vnet": "networks.source", "macaddress": "networks.mac",
}}

// computeFamilies are the paths of VMs: the one of the specification, and the one of older scripts.
var computeFamilies = []struct{ path, suffix string }{{"/virtualization/computes", ""}, {"/virtualization/virtualmachines", "-alias"}}

type computeList struct {
	VMs   []compute `json:"vms"`
	Count int       `json:"count"`
}

type deleteComputeInput struct {
	ID          string `path:"id"`
	RemoveDisks string `query:"remove_disks" doc:"true or left out: the disks go with their VM; false is refused"`
}

func addComputes(s *server) {
	for _, family := range computeFamilies {
		op := func(id, method, path, summary string) operation {
			return operation{id: id + family.suffix, method: method, path: family.path + path, summary: summary, tag: "virtual machines", codes: computeCodes}
		}
		add(s, op("list-vms", http.MethodGet, "", "List virtual machines"), s.listComputes)
		create := op("create-vm", http.MethodPost, "", "Make a virtual machine")
		create.status = http.StatusCreated
		create.doc = "The VM stays off. Takes the full form (storage.disks, networks) and the basic form of scripts (disk_size, iso_path, network)."
		add(s, create, s.createCompute)
		add(s, op("get-vm", http.MethodGet, "/{id}", "Read a virtual machine by its UUID or name"), func(ctx context.Context, in *idInput) (computeDetail, error) {
			v, err := s.vm(ctx, in.ID, perm.Read)
			return v.detail(), err
		})
		update := op("update-vm", http.MethodPut, "/{id}", "Change a virtual machine")
		update.doc = "Members that are missing stay as they are. Lists are whole: disks and networks that are not in them are removed, disks with content only with remove_disks=true."
		addShaped(s, update, s.updateCompute)
		remove := op("delete-vm", http.MethodDelete, "/{id}", "Delete a virtual machine and its disks")
		remove.doc = "A running VM is cut off first. Disks belong to their VM and can't outlive it, so remove_disks=false is refused."
		addEmpty(s, remove, s.deleteCompute)
	}
}

func (s *server) listComputes(ctx context.Context, _ *struct{}) (computeList, error) {
	rows, err := engine.List[vmRow](ctx, s.Engine, "vms", query.Request{Fields: vmFields, Sort: "name"})
	list := computeList{VMs: make([]compute, len(rows)), Count: len(rows)}
	for i := range rows {
		list.VMs[i] = rows[i].compute()
	}
	return list, err
}

func (s *server) deleteCompute(ctx context.Context, in *deleteComputeInput) error {
	switch in.RemoveDisks {
	case "", "true", "1":
	case "false", "0":
		return errs.New(errs.NotBuilt, "keep_disks_not_built", "disks can't outlive their VM; leave remove_disks out to delete them with it").On("remove_disks")
	default:
		return errs.New(errs.Invalid, "invalid_remove_disks", "remove_disks must be true or false").On("remove_disks")
	}
	v, err := s.vm(ctx, in.ID, perm.Delete)
	if err != nil {
		return err
	}
	return s.Engine.Delete(ctx, "vms", keyText(v.Key))
}

package compute

import (
	"context"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
)

type deleteComputeInput struct {
	ID          string `path:"id"`
	RemoveDisks string `query:"remove_disks" doc:"true or left out: the disks go with their VM; false is refused"`
}

func addDelete(s *service, f Family) {
	remove := f.operation("delete-vm", http.MethodDelete, "/{id}", "Delete a virtual machine and its disks")
	remove.Doc = "A running VM is powered off first. Its disks are deleted with it, so remove_disks=false is refused."
	frame.AddEmpty(s.Server, remove, s.deleteCompute)
}

func (s *service) deleteCompute(ctx context.Context, in *deleteComputeInput) error {
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
	return s.Engine.Delete(ctx, "vms", shape.Key(v.Key))
}

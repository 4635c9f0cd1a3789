package compute

import (
	"context"
	"encoding/json"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// CloneBody says what the clone of a VM shall be.
type CloneBody struct {
	Name        string `json:"name" required:"true" maxLength:"128"`
	FullClone   *bool  `json:"full_clone" doc:"true (the default): the disks are copied, by a job; false: they build upon the other VM's, at once"`
	Snapshots   bool   `json:"snapshots" doc:"not built: a clone begins without snapshots"`
	StoragePool string `json:"storage_pool" doc:"where the new disks lie; default: where the others do"`
}

type cloneInput struct {
	ID   string `path:"id"`
	Body CloneBody
}

type cloneNamedInput struct {
	Body struct {
		SourceVM string `json:"source_vm" required:"true" doc:"the VM's UUID or name"`
		CloneBody
	}
}

func addClone(s *service, f Family) {
	op := func(id, path, example string) frame.Operation {
		o := f.operation(id, http.MethodPost, path, "Make a virtual machine that is as another one")
		o.Status, o.Codes.Exists = http.StatusCreated, "VM_ALREADY_EXISTS"
		o.Codes.Fields = map[string]string{"name": "INVALID_REQUEST", "storage_pool": "INVALID_REQUEST"}
		o.Doc = "The clone is off and has MAC addresses and a UUID of its own. It can be started once its disks are made: see jobs in the reply."
		o.Example = example
		return o
	}
	frame.Add(s.Server, op("clone-vm", "/{id}/clone", `{"name":"second","full_clone":false}`), func(ctx context.Context, in *cloneInput) (computeDetail, error) {
		return s.cloneOf(ctx, in.ID, &in.Body)
	})
	frame.Add(s.Server, op("clone-named-vm", "/clone", `{"source_vm":"first","name":"third"}`), func(ctx context.Context, in *cloneNamedInput) (computeDetail, error) {
		return s.cloneOf(ctx, in.Body.SourceVM, &in.Body.CloneBody)
	})
}

func (s *service) cloneOf(ctx context.Context, id string, b *CloneBody) (computeDetail, error) {
	v, err := s.vm(ctx, id, perm.Modify, perm.Read)
	if err != nil {
		return computeDetail{}, err
	}
	if b.Snapshots {
		return computeDetail{}, errs.New(errs.NotBuilt, "not_built", "Dewpoint can't copy snapshots with a VM yet; leave snapshots out").On("snapshots")
	}
	tier, err := tierOf(b.StoragePool)
	if err != nil {
		return computeDetail{}, err
	}
	params := schema.Input{"name": engine.Text(b.Name), "full": engine.Flag(b.FullClone == nil || *b.FullClone), "preferred_tier": json.RawMessage("null")}
	if tier != "" {
		params["preferred_tier"] = engine.Text(tier)
	}
	var key string
	var jobs []string
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		err := w.Act("vms", shape.Key(v.Key), "clone", params)
		key, jobs = w.Response["vmkey"], shape.Jobs(w)
		return err
	})
	if err != nil {
		return computeDetail{}, err
	}
	made, err := engine.Made[vmRow](ctx, s.Engine, "vms", query.Request{Fields: vmFields, Key: key})
	detail := made.detail(s.host)
	detail.Jobs = jobs
	return detail, err
}

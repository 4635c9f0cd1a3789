package compute

import (
	"context"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/explain"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

type computeList struct {
	VMs   []Compute `json:"vms"`
	Count int       `json:"count"`
}

func addReads(s *service, f Family) {
	frame.Add(s.Server, f.operation("list-vms", http.MethodGet, "", "List virtual machines"), s.listComputes)
	frame.Add(s.Server, f.operation("get-vm", http.MethodGet, "/{id}", "Read a virtual machine by its UUID or name"), func(ctx context.Context, in *frame.ByID) (computeDetail, error) {
		v, err := s.vm(ctx, in.ID, perm.Read)
		if err != nil {
			return computeDetail{}, err
		}
		return s.detail(ctx, &v)
	})
	explains := f.operation("explain-vm", http.MethodGet, "/{id}/explain", "Explain why a virtual machine doesn't run, has no address or shows nothing")
	explains.Doc = "Made from what the server knows already: it asks neither the host nor the guest."
	frame.Add(s.Server, explains, func(ctx context.Context, in *frame.ByID) (explain.Answer, error) {
		v, err := s.vm(ctx, in.ID, perm.Read)
		if err != nil {
			return explain.Answer{}, err
		}
		return explain.VM(ctx, s.Engine, shape.Key(v.Key))
	})
}

func (s *service) listComputes(ctx context.Context, _ *struct{}) (computeList, error) {
	rows, err := engine.List[vmRow](ctx, s.Engine, "vms", query.Request{Fields: vmFields, Sort: "name", Filter: "is_snapshot eq false"})
	list := computeList{VMs: make([]Compute, len(rows)), Count: len(rows)}
	for i := range rows {
		list.VMs[i] = rows[i].compute(s.host)
	}
	return list, err
}

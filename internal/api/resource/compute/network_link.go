package compute

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/mark"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type setLinkInput struct {
	ID   string `path:"id"`
	Body struct {
		Interface string `json:"interface" required:"true" doc:"the card's target, or its MAC address"`
		State     string `json:"state" required:"true" enum:"up,down"`
	}
}

type getLinkInput struct {
	ID        string `path:"id"`
	Interface string `path:"interface" doc:"the card's target, or its MAC address"`
}

// linkReply isn't in the envelope: so it is in the contract.
type linkReply struct {
	Body struct {
		Status    string `json:"status"`
		Message   string `json:"message"`
		Interface string `json:"interface"`
		State     string `json:"state" enum:"up,down"`
		MAC       string `json:"mac"`
	}
}

func addNetworkLink(s *service, f Family) {
	set := f.operation("set-network-link", http.MethodPost, "/{id}/network-link", "Plug the cable of a card in or out")
	set.Codes.Invalid, set.Codes.Fields = "INVALID_REQUEST", nil
	set.Example = `{"interface":"52:54:00:12:34:56","state":"down"}`
	set.Doc = "A running guest sees it at once. A card whose cable is out is left out of the VM's next start."
	frame.AddShaped(s.Server, set, s.setLink)
	get := f.operation("get-network-link", http.MethodGet, "/{id}/network-link/{interface}", "Tell whether the cable of a card is in")
	get.Doc = "While the VM runs it is what its guest has, else what it is going to have."
	frame.AddShaped(s.Server, get, s.getLink)
}

func (s *service) setLink(ctx context.Context, in *setLinkInput) (*linkReply, error) {
	v, err := s.vm(ctx, in.ID, perm.Modify, perm.Read)
	if err != nil {
		return nil, err
	}
	n, err := v.namedCard(s.host, in.Body.Interface)
	if err != nil {
		return nil, err
	}
	if err := s.Engine.Update(ctx, "machine_nics", shape.Key(n.Key), schema.Input{"enabled": engine.Flag(in.Body.State == "up")}); err != nil {
		return nil, err
	}
	return link(in.Body.Interface, in.Body.State, n.MAC), nil
}

func (s *service) getLink(ctx context.Context, in *getLinkInput) (*linkReply, error) {
	v, err := s.vm(ctx, in.ID, perm.Read)
	if err != nil {
		return nil, err
	}
	n, err := v.namedCard(s.host, in.Interface)
	if err != nil {
		return nil, err
	}
	up := n.Enabled
	if v.Machine.Status.On() {
		up = n.Status == "up"
	}
	return link(in.Interface, map[bool]string{true: "up", false: "down"}[up], n.MAC), nil
}

func link(name, state, mac string) *linkReply {
	out := &linkReply{}
	out.Body.Status, out.Body.Interface, out.Body.State, out.Body.MAC = "success", name, state, mac
	out.Body.Message = fmt.Sprintf("the link of %s is %s", name, state)
	return out
}

// card finds a card by the name of its end on the host, or by its MAC address; nil where there is none.
func (v *vmRow) card(host mark.Instance, name string) *nicRow {
	for i := range v.Machine.NICs {
		if n := &v.Machine.NICs[i]; name != "" && (host.Tap(n.Key) == name || strings.EqualFold(n.MAC, name)) {
			return n
		}
	}
	return nil
}

func (v *vmRow) namedCard(host mark.Instance, name string) (*nicRow, error) {
	n := v.card(host, name)
	if n == nil {
		return nil, errs.New(errs.NotFound, "interface_not_found", "VM %q has no card %q; name it by its target or its MAC address", v.Name, name)
	}
	return n, nil
}

package network

import (
	"context"
	"fmt"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

type createNetworkInput struct{ Body NetworkBody }

type updateNetworkInput struct {
	Name string `path:"name"`
	Body struct {
		NetworkBody
		NetworkFacts
	}
}

type networkDone struct {
	Network network `json:"network"`
	Message string  `json:"message"`
}

func addWrites(s *service) {
	create := operation("create-network", http.MethodPost, "", "Make a virtual network and start its router")
	create.Status = http.StatusCreated
	create.Example = `{"name":"lab","mode":"nat","ip_range":{"address":"10.20.0.1","netmask":"255.255.255.0"},"dhcp":{"start":"10.20.0.10","end":"10.20.0.99"}}`
	frame.Add(s.Server, create, s.createNetwork)
	update := operation("update-network", http.MethodPut, "/{name}", "Change a virtual network; members that are missing stay as they are")
	update.Example = `{"autostart":true}`
	frame.Add(s.Server, update, s.updateNetwork)
}

func (s *service) createNetwork(ctx context.Context, in *createNetworkInput) (networkDone, error) {
	b := &in.Body
	if err := b.refuse(""); err != nil {
		return networkDone{}, err
	}
	if b.Mode == "" {
		b.Mode = "nat"
	}
	row, err := b.vnetInput()
	if err != nil {
		return networkDone{}, err
	}
	if b.IPRange == nil && b.Mode == "nat" {
		return networkDone{}, errs.New(errs.Invalid, "invalid_ip_range", "a network of mode nat needs ip_range").On("ip_range")
	}
	row["name"] = engine.Text(b.Name)
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		made, err := w.CreateWith("vnets", row, b.inner())
		if err != nil {
			return err
		}
		if err := b.apply(w, made.Key, nil); err != nil {
			return err
		}
		return w.Act("vnets", made.Key.Text(), "poweron", nil)
	})
	if err != nil {
		return networkDone{}, err
	}
	made, err := engine.Made[vnetRow](ctx, s.Engine, "vnets", vnetRequest(b.Name))
	done := s.networkDone(&made, "created")
	if err == nil && made.Machine.Status != nil {
		done.Network.State = active // its router was asked to start in the same transaction, and clients don't ask again
	}
	return done, err
}

func (s *service) updateNetwork(ctx context.Context, in *updateNetworkInput) (networkDone, error) {
	old, err := s.vnet(ctx, in.Name, perm.Modify, perm.Read) // the reservations are held against those there are
	if err != nil {
		return networkDone{}, err
	}
	b := &in.Body.NetworkBody
	if err := b.refuse(s.network(&old).Bridge); err != nil {
		return networkDone{}, err
	}
	row, err := b.vnetInput()
	if err != nil {
		return networkDone{}, err
	}
	name := old.Name
	if b.Name != "" && b.Name != old.Name {
		name, row["name"] = b.Name, engine.Text(b.Name)
	}
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		if err := w.UpdateWith("vnets", shape.Key(old.Key), row, b.inner()); err != nil {
			return err
		}
		return b.apply(w, schema.IntValue(old.Key), old.Addresses)
	})
	if err != nil {
		return networkDone{}, err
	}
	now, err := s.vnet(ctx, name, perm.Read)
	return s.networkDone(&now, "updated"), err
}

func (s *service) networkDone(row *vnetRow, what string) networkDone {
	return networkDone{Network: s.network(row), Message: fmt.Sprintf("Network %s %s", row.Name, what)}
}

package compute

import (
	"context"
	"slices"
	"strings"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// nicInput turns a wanted network card into a row of machine_nics, but for its machine.
func (s *service) nicInput(ctx context.Context, n networkInput) (schema.Input, error) {
	switch n.Type {
	case "", "network", "nat":
	case "bridge", "direct", "user":
		return nil, errs.New(errs.NotBuilt, "network_type_not_built", "network cards of type %q aren't supported yet; use type network with the name of a network", n.Type).On("type")
	default:
		return nil, errs.New(errs.Invalid, "invalid_type", "network type %q is not known", n.Type).On("type")
	}
	row := schema.Input{}
	if n.Model != "" {
		row["interface"] = engine.Text(n.Model)
	}
	if n.MAC != "" {
		row["macaddress"] = engine.Text(n.MAC)
	}
	if n.Source == "" {
		return nil, errs.New(errs.Invalid, "invalid_source", "a network card needs the name of its network in source").On("source")
	}
	vnet, err := engine.One[vnetRef](ctx, s.Engine, "vnets", query.Request{Fields: "$key,name", Equals: map[string]string{"name": n.Source}}, perm.Read)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) { // what can't be read can't be referred to
		err = errs.New(errs.Invalid, "network_not_found", "there is no network %q; make it first", n.Source).On("source")
	}
	if err != nil {
		return nil, err
	}
	row["vnet"] = engine.Number(vnet.Key)
	return row, nil
}

// partChanges is what makes the drives or cards that are there those that are wanted.
type partChanges struct {
	add    []schema.Input
	change map[string]schema.Input // by key
	remove []string
}

func (c *partChanges) none() bool { return len(c.add)+len(c.change)+len(c.remove) == 0 }

// nicChanges finds a card again by its MAC address, or by its network when the client gave no address.
func (s *service) nicChanges(ctx context.Context, v *vmRow, wanted []networkInput) (partChanges, error) {
	c := partChanges{change: map[string]schema.Input{}}
	left := slices.Clone(v.Machine.NICs)
	for _, n := range wanted {
		row, err := s.nicInput(ctx, n)
		if err != nil {
			return c, err
		}
		i := slices.IndexFunc(left, func(have nicRow) bool {
			if n.MAC != "" {
				return strings.EqualFold(have.MAC, n.MAC)
			}
			return have.Vnet != nil && have.Vnet.Name == n.Source
		})
		if i < 0 {
			c.add = append(c.add, row)
			continue
		}
		have := left[i]
		left = slices.Delete(left, i, i+1)
		sameVnet := have.Vnet != nil && have.Vnet.Name == n.Source
		if !sameVnet || n.Model != "" && n.Model != have.Interface {
			delete(row, "macaddress")
			c.change[shape.Key(have.Key)] = row
		}
	}
	for _, have := range left {
		c.remove = append(c.remove, shape.Key(have.Key))
	}
	return c, nil
}

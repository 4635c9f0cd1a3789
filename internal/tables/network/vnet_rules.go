package network

import (
	"net/netip"
	"strconv"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/network"
	"dewpoint/internal/place"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var ruleHooks = engine.Hooks{
	Create: prepareRule,
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		return checkNames(w, old.With(set), func(c schema.Named) bool { _, given := set[c.Name()]; return given })
	},
}

// prepareRule puts a new rule behind all others, unless the client says where it stands.
func prepareRule(w *engine.Inside, r *schema.Record) error {
	of := network.VnetRuleCol
	mine := store.Is(of.Vnet, of.Vnet.Of(r).Int())
	switch n, err := w.Tx.Count(r.Table.Name, mine); {
	case err != nil:
		return err
	case n >= network.MostRules:
		return errs.Field(of.Vnet.Name(), "has %d rules, the most that a network can have; put addresses into aliases", n)
	}
	if of.Orderid.Of(r).IsNull() {
		last := int64(0)
		err := w.Tx.Each(r.Table.Name, []schema.Named{of.Orderid}, func(_ schema.Value, v []schema.Value) { last = max(last, v[0].Int()) }, mine)
		if err != nil {
			return err
		}
		of.Orderid.Put(r, last+1)
	}
	return checkNames(w, r, func(schema.Named) bool { return true })
}

// checkNames is Invalid where a list that is written names what isn't there, or what the client can't see.
func checkNames(w *engine.Inside, r *schema.Record, written func(schema.Named) bool) error {
	of := network.VnetRuleCol
	for _, c := range []schema.Column[string]{of.SourceIP, of.DestinationIP, of.TargetIP} {
		places, err := network.ReadPlaces(c.Of(r).Text())
		if err != nil || !written(c) {
			continue // the declaration refuses it
		}
		for _, p := range places {
			if err := checkName(w, c.Name(), p); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkName(w *engine.Inside, column string, p network.Place) error {
	found, named, err := place.Of(w.Tx, netip.Prefix{}, p)
	if err != nil {
		return err
	}
	if named && found.Table != "" {
		err = w.See(found.Table, strconv.FormatInt(found.Key, 10))
	}
	switch {
	case err != nil && !errs.Is(err, errs.NotFound):
		return err
	case named && err == nil:
		return nil
	case p.Kind == network.Another:
		return errs.Field(column, "there is no network %q", p.Name)
	case p.Kind == network.Card:
		return errs.Field(column, "there is no VM %q with a card %q", p.Name, p.NIC)
	}
	return errs.Field(column, "%q isn't an address, a subnet or an alias", p.Name)
}

// clearStatistics begins to count anew for all rules of a network.
func clearStatistics(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	rows, err := store.FindRows[network.VnetRule](w.Tx, store.Is(network.VnetRuleCol.Vnet, r.Key.Int()))
	for _, row := range rows {
		if err == nil && row.Packets+row.Bytes > 0 {
			err = store.Write(w.Tx, row.Key, network.VnetRuleSet{}.Packets(0).Bytes(0))
		}
	}
	return err
}

package vnet

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"dewpoint/internal/applied"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/model/network"
	"dewpoint/internal/place"
	"dewpoint/internal/store"
)

// vnetRulesFacet is people's rules of the router, as they were last applied.
var vnetRulesFacet = facet{name: "vnet_rules", read: func(tx *store.Tx, v *Vnet) error {
	rows, err := applied.Rows[network.VnetRule](tx, v.Key)
	if err != nil {
		return err
	}
	known := make(map[network.Place]place.Found)
	return v.rulesOf(rows, func(p network.Place) (place.Found, error) {
		found, seen := known[p]
		if seen {
			return found, nil
		}
		found, _, err := place.Of(tx, v.Network, p)
		known[p] = found
		return found, err
	})
}}

// rulesOf adds what the router has of the rows, in the order in which it asks them. A row that can't be read as it was checked is left out.
func (v *Vnet) rulesOf(rows []network.VnetRule, find func(network.Place) (place.Found, error)) error {
	slices.SortStableFunc(rows, func(a, b network.VnetRule) int {
		return cmp.Or(cmp.Compare(rankOfPin[a.Pin], rankOfPin[b.Pin]), cmp.Compare(a.Orderid, b.Orderid), cmp.Compare(a.Key, b.Key))
	})
	for _, row := range rows {
		if !row.Enabled {
			continue
		}
		source, err := gather(row.SourceIP, find)
		destination, bad := gather(row.DestinationIP, find)
		target, worse := gather(row.TargetIP, find)
		if err := cmp.Or(err, bad, worse); err != nil {
			return err
		}
		r := rule{row, source, destination, target}
		for _, made := range r.compile() {
			v.Rule(r.hook(), made)
		}
	}
	return nil
}

var rankOfPin = map[string]int{"top": -1, "bottom": 1}

// gather puts together what the words of a list stand for.
func gather(list string, find func(network.Place) (place.Found, error)) (at place.Found, err error) {
	places, _ := network.ReadPlaces(list) // it was checked when it was written
	for _, p := range places {
		found, err := find(p)
		if err != nil {
			return at, err
		}
		at.Subnets, at.Router = append(at.Subnets, found.Subnets...), at.Router || found.Router
	}
	return at, nil
}

// counterOf names the counter of a rule.
func counterOf(key int64) string { return "r" + decimal(key) }

// countedBy is the key of the rule that has the counter.
func countedBy(counter string) (key int64, ok bool) {
	number, found := strings.CutPrefix(counter, "r")
	key, err := strconv.ParseInt(number, 10, 64)
	return key, found && err == nil && counterOf(key) == counter
}

// rulesCounted are the counts of people's rules, by their keys.
func rulesCounted(counters map[string]nft.Count) map[int64]nft.Count {
	counted := make(map[int64]nft.Count, len(counters))
	for name, n := range counters {
		if key, ok := countedBy(name); ok {
			counted[key] = n
		}
	}
	return counted
}

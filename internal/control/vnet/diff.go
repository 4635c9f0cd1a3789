package vnet

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"dewpoint/internal/host/nft"
)

// Plan is what lies between the wish and the host.
type Plan struct {
	Before []Step // about the host as a whole: no router may lead out before they are taken
	Vnets  []VnetPlan
	After  []Step // about the host as a whole: no router needs any more what they take away
}

// VnetPlan is the part about one network. With Err its wish can't be carried out, and what it has is left as it is.
type VnetPlan struct {
	Key   int64
	Steps []Step
	Err   error
}

// diff compares. It is pure, and its steps come in the same order each time.
func diff(want []Vnet, have Observed, m marks) Plan {
	var p Plan
	want = slices.SortedFunc(slices.Values(want), func(a, b Vnet) int { return cmp.Compare(a.Key, b.Key) })
	wished := make(map[int64]bool)
	var transits []netip.Prefix
	taken := slices.Clone(have.Addresses)
	for _, v := range want {
		wished[v.Key] = true
		has := have.Vnets[v.Key]
		if v.Absent {
			p.add(v.Key, clear(v.Key, m.path(v.Key, v.ID), has), nil)
			continue
		}
		t, err := compile(v, m, have.Resolvers)
		if err != nil {
			transits = append(transits, keptTransit(has)...)
			p.add(v.Key, nil, err)
			continue
		}
		var out netip.Prefix
		if t.router != nil && t.router.nat {
			if out, err = pickTransit(string(m.Instance), v.Key, has, taken); err != nil {
				p.add(v.Key, nil, err)
				continue
			}
			taken, transits = append(taken, out), append(transits, out)
		}
		p.add(v.Key, converge(v, t, has, out), nil)
	}
	for _, key := range slices.Sorted(maps.Keys(have.Vnets)) {
		if !wished[key] {
			has := have.Vnets[key]
			has.Dir = false // no row says that its leases may go: quarantine takes the folder
			p.add(key, clear(key, "", has), nil)
		}
	}
	p.hostTable(transits, have, m)
	return p
}

func (p *Plan) add(key int64, steps []Step, err error) {
	if len(steps) > 0 || err != nil {
		p.Vnets = append(p.Vnets, VnetPlan{Key: key, Steps: steps, Err: err})
	}
}

// hostTable plans the host's own table and forwarding, which exist for the transits.
func (p *Plan) hostTable(transits []netip.Prefix, have Observed, m marks) {
	if len(transits) == 0 {
		if have.Table != nil {
			p.After = append(p.After, Step{Verb: DropHostTable})
		}
		return
	}
	for i, t := range transits {
		transits[i] = t.Masked()
	}
	nat := nft.HostNAT{Table: m.Table(), Transits: transits, Wans: m.WANs(), Own: m.AllLinks()}
	text, err := nat.Compile().Render()
	if err != nil {
		p.add(hostKey, nil, err)
		return
	}
	if have.Table == nil || *have.Table != nft.Fingerprint(text) {
		p.Before = append(p.Before, Step{Verb: SetHostTable, Text: text})
	}
	if !have.Forwarding {
		p.Before = append(p.Before, Step{Verb: SetForwarding})
	}
}

// keptTransit returns the transit that a network has, if any.
func keptTransit(has Have) []netip.Prefix {
	if isTransit(has.Wan.Address) {
		return []netip.Prefix{has.Wan.Address}
	}
	return nil
}

func pickTransit(instance string, key int64, has Have, taken []netip.Prefix) (netip.Prefix, error) {
	if kept := keptTransit(has); kept != nil {
		return kept[0], nil
	}
	return freeTransit(instance, key, taken)
}

package vnet

import (
	"net/netip"

	"dewpoint/internal/host/nft"
	"dewpoint/internal/model/network"
	"dewpoint/internal/place"
)

// rule is a row of people's rules with the addresses that its words stand for. What it becomes is pure (docs/design/0050-rules-of-networks.md).
type rule struct {
	network.VnetRule
	source, destination, target place.Found
}

// hook is where the row's rules stand. Those about open connections have a chain of their own, since packets of these pass all others.
func (r rule) hook() nft.Hook {
	switch {
	case r.Action == "translate" && r.Direction == "outgoing":
		return nft.Postrouting
	case r.Action == "translate":
		return nft.Prerouting
	case r.CtState == string(nft.Established), r.CtState == string(nft.Related):
		return nft.Opened
	}
	return nft.Opening
}

// compile returns the rules of a row: none where one of its words stands for no address, and more than one where a list has the router beside
// others, whose addresses are matched in another way.
func (r rule) compile() (out []nft.Rule) {
	verdict, ok := r.verdict()
	if !ok {
		return nil
	}
	for _, from := range sides(r.SourceIP, r.source, func(s []netip.Prefix) nft.Match { return nft.From(s) }, nft.FromRouter{}) {
		for _, to := range sides(r.DestinationIP, r.destination, func(s []netip.Prefix) nft.Match { return nft.Toward(s) }, nft.TowardRouter{}) {
			out = append(out, r.lines(verdict, append(append(r.about(), from...), to...))...)
		}
	}
	return out
}

// sides are the alternatives of matching one side's addresses: one that matches all for an empty list.
func sides(list string, at place.Found, subnets func([]netip.Prefix) nft.Match, router nft.Match) (all [][]nft.Match) {
	if words, _ := network.ReadPlaces(list); len(words) == 0 {
		return [][]nft.Match{nil}
	}
	if len(at.Subnets) > 0 {
		all = append(all, []nft.Match{subnets(at.Subnets)})
	}
	if at.Router {
		all = append(all, []nft.Match{router})
	}
	return all
}

// about is what the row says of packets beside their addresses.
func (r rule) about() []nft.Match {
	links := []string{wanLink}
	switch r.Interface {
	case "router":
		links = []string{lanLink}
	case "any":
		links = []string{lanLink, wanLink}
	}
	all := []nft.Match{nft.InAny(links)}
	if r.Direction == "outgoing" {
		all = []nft.Match{nft.OutAny(links)}
	}
	if numbers := protocols[r.Protocol]; len(numbers) > 0 {
		all = append(all, nft.Transport{Protocols: numbers, From: portsOf(r.SourcePorts), To: portsOf(r.DestinationPorts)})
	}
	if r.CtState != "" && r.Action != "translate" { // what is translated is new
		all = append(all, nft.Conn{nft.ConnState(r.CtState)})
	}
	return all
}

// protocols are IANA's numbers of what rules call them.
var protocols = map[string][]uint8{
	"tcp": {6}, "udp": {17}, "tcpudp": {6, 17}, "icmp": {1}, "89": {89}, "2": {2}, "47": {47}, "50": {50}, "51": {51},
}

func portsOf(list string) (out []nft.PortRange) {
	ports, _ := network.ReadPorts(list)
	for _, p := range ports {
		out = append(out, nft.PortRange(p))
	}
	return out
}

// lines are the rules with these matches: with a throttle whose excess is dropped, two.
func (r rule) lines(verdict nft.Rule, matches []nft.Match) (out []nft.Rule) {
	if packets, unit, throttled := network.ReadThrottle(r.Throttle); throttled {
		rate := nft.Rate{Packets: packets, Per: unit, Over: r.DropThrottle}
		limited := append(matches[:len(matches):len(matches)], rate)
		if !r.DropThrottle {
			matches = limited
		} else {
			out = append(out, nft.Drop.If(limited...))
		}
	}
	verdict.Matches = matches
	if r.Statistics {
		verdict = verdict.Counted(counterOf(r.Key))
	}
	return append(out, verdict)
}

// verdict is what becomes of the packets; ok is false where it isn't known where a translation leads.
func (r rule) verdict() (v nft.Rule, ok bool) {
	if r.Action != "translate" {
		v.Verdict, ok = actions[r.Action]
		return v, ok
	}
	var target nft.Target
	if ports := portsOf(r.TargetPorts); len(ports) == 1 {
		target.Ports = ports[0]
	}
	to := translations[r.Direction == "outgoing"]
	if r.target.Router {
		return nft.Rule{Verdict: to.router, Target: target}, true
	}
	if len(r.target.Subnets) != 1 || !r.target.Subnets[0].IsSingleIP() {
		return v, false
	}
	target.Addr = r.target.Subnets[0].Addr()
	return nft.Rule{Verdict: to.address, Target: target}, true
}

var actions = map[string]nft.Verdict{"accept": nft.Accept, "drop": nft.Drop, "reject": nft.Reject}

// translations are the verdicts by whether a rule is about outgoing packets.
var translations = map[bool]struct{ address, router nft.Verdict }{
	false: {nft.DNAT, nft.Redirect},
	true:  {nft.SNAT, nft.Masquerade},
}

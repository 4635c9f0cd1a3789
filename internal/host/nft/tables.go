package nft

import (
	"net/netip"
	"slices"
)

// RouterTable is the table's name inside every router namespace.
const RouterTable = "dewpoint"

// The ports of the services a router offers to its network.
const (
	portDNS  = 53
	portDHCP = 67
)

// Router says what a router namespace lets through. Its links are lan and wan.
type Router struct {
	Lan, Wan  string
	DHCP, DNS bool // served to lan
	NAT       bool // lan reaches the world through wan, with wan's address
	// Rules are those of people, by the hook: they decide before the router's own, about all but what belongs to an open connection.
	Rules map[Hook][]Rule
}

// Table compiles the router's rules. Nothing enters from wan that was not asked for from inside.
func (r Router) Table() Table {
	begin := []Rule{
		{States: []ConnState{Bad}, Verdict: Drop},
		{States: []ConnState{Established, Related}, Verdict: Accept},
	}
	input := append(begin[:2:2], r.Rules[Input]...)
	input = append(input, Rule{In: "lo", Verdict: Accept}, Rule{In: r.Lan, Protocol: ICMP, PingsOnly: true, Verdict: Accept})
	if r.DHCP {
		input = append(input, Rule{In: r.Lan, Protocol: UDP, Ports: []uint16{portDHCP}, Verdict: Accept})
	}
	if r.DNS {
		input = append(input,
			Rule{In: r.Lan, Protocol: UDP, Ports: []uint16{portDNS}, Verdict: Accept},
			Rule{In: r.Lan, Protocol: TCP, Ports: []uint16{portDNS}, Verdict: Accept})
	}
	forward, postrouting := append(begin[:2:2], r.Rules[Forward]...), slices.Clone(r.Rules[Postrouting])
	if r.NAT {
		forward = append(forward, Rule{In: r.Lan, Out: r.Wan, Verdict: Accept})
		postrouting = append(postrouting, Rule{Out: r.Wan, Verdict: Masquerade})
	}
	t := Table{Name: RouterTable, Chains: []Chain{{Hook: Input, Drop: true, Rules: input}, {Hook: Forward, Drop: true, Rules: forward}}}
	if len(postrouting) > 0 {
		t.Chains = append(t.Chains, Chain{Hook: Postrouting, Rules: postrouting})
	}
	return t
}

// HostNAT says which transits the host carries to the world.
type HostNAT struct {
	Table    string         // its name, one per instance
	Transits []netip.Prefix // the links between the host and its routers, in a fixed order
	Wans     string         // pattern of the host's ends of those links
	Own      string         // pattern of all links of this instance
}

// Compile makes the host's table. It decides only about our own links: everything else is left to the host's other tables,
// and so is a drop of theirs, which an accept here can't undo.
func (h HostNAT) Compile() Table {
	return Table{Name: h.Table, Chains: []Chain{
		{Hook: Forward, Rules: []Rule{
			{In: h.Wans, Out: h.Wans, Verdict: Drop}, // networks meet on purpose or not at all
			{In: h.Wans, Sources: h.Transits, Verdict: Accept},
			{In: h.Wans, Verdict: Drop},
			{Out: h.Wans, States: []ConnState{Established, Related}, Verdict: Accept},
			{Out: h.Wans, Verdict: Drop},
		}},
		{Hook: Postrouting, Rules: []Rule{{NotOut: h.Own, Sources: h.Transits, Verdict: Masquerade}}},
	}}
}

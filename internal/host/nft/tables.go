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
	begin := []Rule{Drop.If(Conn{Bad}), Accept.If(Conn{Established, Related})}
	lan, wan := In(r.Lan), Out(r.Wan)
	input := append(begin[:2:2], r.Rules[Input]...)
	input = append(input, Accept.If(In("lo")), Accept.If(lan, Ping{}))
	if r.DHCP {
		input = append(input, Accept.If(lan, UDP.To(portDHCP)))
	}
	if r.DNS {
		input = append(input, Accept.If(lan, UDP.To(portDNS)), Accept.If(lan, TCP.To(portDNS)))
	}
	forward, postrouting := append(begin[:2:2], r.Rules[Forward]...), slices.Clone(r.Rules[Postrouting])
	if r.NAT {
		forward = append(forward, Accept.If(lan, wan))
		postrouting = append(postrouting, Masquerade.If(wan))
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
	in, out, from := In(h.Wans), Out(h.Wans), Source(h.Transits)
	return Table{Name: h.Table, Chains: []Chain{
		{Hook: Forward, Rules: []Rule{
			Drop.If(in, out), // networks meet on purpose or not at all
			Accept.If(in, from),
			Drop.If(in),
			Accept.If(out, Conn{Established, Related}),
			Drop.If(out),
		}},
		{Hook: Postrouting, Rules: []Rule{Masquerade.If(NotOut(h.Own), from)}},
	}}
}

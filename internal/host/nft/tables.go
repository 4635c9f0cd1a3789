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

// Table compiles the router's rules. Nothing enters from wan that was not asked for from inside, but what people's rules let in.
func (r Router) Table() Table {
	lan, wan := In(r.Lan), Out(r.Wan)
	input := append(r.begin(Input), Accept.If(In("lo")), Accept.If(lan, Ping{}))
	if r.DHCP {
		input = append(input, Accept.If(lan, UDP.To(portDHCP)))
	}
	if r.DNS {
		input = append(input, Accept.If(lan, UDP.To(portDNS)), Accept.If(lan, TCP.To(portDNS)))
	}
	forward, postrouting := r.begin(Forward), slices.Clone(r.Rules[Postrouting])
	if r.NAT {
		forward = append(forward, Accept.If(lan, wan))
		postrouting = append(postrouting, Masquerade.If(wan))
	}
	t := Table{Name: RouterTable}
	for _, c := range []Chain{
		{Hook: Opened, Rules: r.Rules[Opened]},
		{Hook: Opening, Rules: r.Rules[Opening]},
		{Hook: Input, Drop: true, Rules: input},
		{Hook: Forward, Drop: true, Rules: forward},
		{Hook: Output, Rules: r.output()},
		{Hook: Prerouting, Rules: r.Rules[Prerouting]},
		{Hook: Postrouting, Rules: postrouting},
	} {
		if len(c.Rules) > 0 {
			t.Chains = append(t.Chains, c)
		}
	}
	return t
}

// begin is how the chains begin that decide about packets: what belongs to an open connection passes before the rules about others are asked, so that
// applying new ones cuts no connection.
func (r Router) begin(hook Hook) []Rule {
	rules := []Rule{Drop.If(Conn{Bad})}
	if len(r.Rules[Opened]) > 0 {
		rules = append(rules, Jump.If().To(Target{Chain: Opened}))
	}
	rules = append(rules, Accept.If(Conn{Established, Related}))
	if len(r.Rules[Opening]) > 0 {
		rules = append(rules, Jump.If().To(Target{Chain: Opening}))
	}
	rules = append(rules, r.Rules[hook]...)
	if len(r.Rules[Prerouting]) > 0 {
		rules = append(rules, Accept.If(Translated{}))
	}
	return rules
}

// output is about what the router itself sends, which only people's rules keep it from.
func (r Router) output() []Rule {
	if len(r.Rules[Opened])+len(r.Rules[Opening]) == 0 {
		return nil
	}
	return r.begin(Output)[1:]
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

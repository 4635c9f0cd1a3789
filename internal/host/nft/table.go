// Package nft renders nftables tables, replaces a whole table in one transaction, and reads back what the kernel has. All text
// is made of typed values that Render checks; the nft program does the rest.
package nft

import (
	"net/netip"
	"regexp"

	"dewpoint/internal/errs"
)

// Table is one table of family inet, the whole of which is ours.
type Table struct {
	Name   string
	Chains []Chain
}

// Chain is a base chain: it stands on a hook of the packet path.
type Chain struct {
	Hook  Hook // also the chain's name
	Rules []Rule
	Drop  bool // what becomes of a packet no rule decided; false lets the other tables decide
}

// Hook is a place in the packet path with the priority that suits it.
type Hook string

// The hooks a router needs.
const (
	Input       Hook = "input"
	Forward     Hook = "forward"
	Postrouting Hook = "postrouting" // for address translation
)

// Rule is a conjunction of matches, each left out when empty, and what to do with a packet that passes all.
type Rule struct {
	In, Out   string         // interface; a trailing * matches any rest
	NotOut    string         // any interface but this
	Sources   []netip.Prefix // IPv4
	States    []ConnState
	Protocol  Protocol
	Ports     []uint16 // destination ports; wants a Protocol of TCP or UDP
	PingsOnly bool     // ICMP echo requests; wants Protocol ICMP
	Verdict   Verdict
}

// ConnState is what connection tracking thinks of a packet.
type ConnState string

// The connection states rules ask for.
const (
	Established ConnState = "established"
	Related     ConnState = "related"
	Bad         ConnState = "invalid"
)

// Protocol is a layer above IP.
type Protocol string

// The protocols rules ask for.
const (
	TCP  Protocol = "tcp"
	UDP  Protocol = "udp"
	ICMP Protocol = "icmp"
)

// Verdict is what a rule does.
type Verdict string

// The verdicts in use.
const (
	Accept     Verdict = "accept"
	Drop       Verdict = "drop"
	Masquerade Verdict = "masquerade" // only on Postrouting
)

var (
	validTable = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	validIface = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$|^[A-Za-z0-9][A-Za-z0-9_.-]{0,13}\*$`)
)

func (t Table) check() error {
	if !validTable.MatchString(t.Name) {
		return refuse("%q can't name an nftables table", t.Name)
	}
	for _, c := range t.Chains {
		if _, known := hookLines[c.Hook]; !known {
			return refuse("%q is no hook", c.Hook)
		}
		for _, r := range c.Rules {
			if err := r.check(c.Hook); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r Rule) check(hook Hook) error {
	for _, name := range []string{r.In, r.Out, r.NotOut} {
		if name != "" && !validIface.MatchString(name) {
			return refuse("%q can't name an interface in a rule", name)
		}
	}
	for _, p := range r.Sources {
		if !p.IsValid() || !p.Addr().Is4() {
			return refuse("%v is no IPv4 prefix", p)
		}
	}
	for _, s := range r.States {
		if s != Established && s != Related && s != Bad {
			return refuse("%q is no connection state", s)
		}
	}
	switch {
	case r.Protocol != "" && r.Protocol != TCP && r.Protocol != UDP && r.Protocol != ICMP:
		return refuse("%q is no protocol", r.Protocol)
	case len(r.Ports) > 0 && r.Protocol != TCP && r.Protocol != UDP:
		return refuse("ports without TCP or UDP")
	case r.PingsOnly && r.Protocol != ICMP:
		return refuse("pings without ICMP")
	case r.Verdict != Accept && r.Verdict != Drop && r.Verdict != Masquerade:
		return refuse("%q is no verdict", r.Verdict)
	case r.Verdict == Masquerade && hook != Postrouting:
		return refuse("masquerade belongs on %s", Postrouting)
	}
	return nil
}

func refuse(format string, args ...any) error {
	return errs.New(errs.Invalid, "nft_rule", format, args...)
}

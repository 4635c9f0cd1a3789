package nft

import (
	"net/netip"
	"strconv"
)

// Target is where the verdict of a rule leads.
type Target struct {
	Chain Hook       // of Jump
	Addr  netip.Addr // of DNAT and SNAT, IPv4
	Ports PortRange  // of all but Jump; zero leaves the port as it is
}

func (t Target) none() (string, error) {
	if t != (Target{}) {
		return "", refuse("this verdict leads nowhere")
	}
	return "", nil
}

func (t Target) chain() (string, error) {
	if line, known := hookLines[t.Chain]; !known || line != "" {
		return "", refuse("%q isn't a chain that rules can jump to", t.Chain)
	}
	return " " + string(t.Chain), nil
}

func (t Target) address() (string, error) {
	if !t.Addr.Is4() {
		return "", refuse("%v isn't an IPv4 address", t.Addr)
	}
	port, err := t.port()
	return " ip to " + t.Addr.String() + port, err
}

func (t Target) ports() (string, error) {
	port, err := t.port()
	if err != nil || port == "" {
		return "", err
	}
	return " to " + port, nil
}

func (t Target) port() (string, error) {
	if t.Ports == (PortRange{}) {
		return "", nil
	}
	if !t.Ports.valid() {
		return "", refuse("%v isn't a range of ports", t.Ports)
	}
	return ":" + t.Ports.String(), nil
}

// PortRange is the ports from First to Last.
type PortRange struct{ First, Last uint16 }

func (r PortRange) valid() bool { return r.First <= r.Last }

// String is the range as nft(8) writes it.
func (r PortRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return strconv.Itoa(int(r.First)) + "-" + strconv.Itoa(int(r.Last))
}

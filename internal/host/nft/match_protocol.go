package nft

// Protocol matches packets of a layer above IP.
type Protocol string

// The protocols rules ask for.
const (
	TCP  Protocol = "tcp"
	UDP  Protocol = "udp"
	ICMP Protocol = "icmp"
)

func (m Protocol) words() (string, error) {
	if m != TCP && m != UDP && m != ICMP {
		return "", refuse("%q isn't a protocol", m)
	}
	return "meta l4proto " + string(m), nil
}

// Port matches packets of TCP or UDP to any of the ports.
type Port struct {
	Of Protocol
	To []uint16
}

// To matches packets of the protocol to any of the ports.
func (m Protocol) To(ports ...uint16) Port { return Port{m, ports} }

func (m Port) words() (string, error) {
	if m.Of != TCP && m.Of != UDP {
		return "", refuse("%q has no ports: use %s or %s", m.Of, TCP, UDP)
	}
	members, err := set("port", m.To)
	return string(m.Of) + " dport " + members, err
}

// Ping matches ICMP echo requests.
type Ping struct{}

func (Ping) words() (string, error) { return "icmp type echo-request", nil }

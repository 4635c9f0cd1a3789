package nft

// Conn matches packets of which connection tracking thinks any of these.
type Conn []ConnState

// ConnState is what connection tracking thinks of a packet.
type ConnState string

// The connection states rules ask for.
const (
	New         ConnState = "new"
	Established ConnState = "established"
	Related     ConnState = "related"
	Untracked   ConnState = "untracked"
	Bad         ConnState = "invalid"
)

func (m Conn) words() (string, error) {
	for _, s := range m {
		if s != New && s != Established && s != Related && s != Untracked && s != Bad {
			return "", refuse("%q isn't a connection state", s)
		}
	}
	members, err := set("connection state", m)
	return "ct state " + members, err
}

// Translated matches packets whose destination was changed by a DNAT.
type Translated struct{}

func (Translated) words() (string, error) { return "ct status dnat", nil }

package link

import (
	"strings"

	"github.com/vishvananda/netlink"
)

// Counters are what a link has carried since it was made.
type Counters struct{ RxBytes, TxBytes, RxPackets, TxPackets int64 }

// Carried returns what each link has carried whose name begins with prefix.
func Carried(prefix string) (map[string]Counters, error) {
	all, err := whole(netlink.LinkList)
	if err != nil {
		return nil, translate(err, "reading what the network links have carried")
	}
	carried := map[string]Counters{}
	for _, l := range all {
		if a := l.Attrs(); strings.HasPrefix(a.Name, prefix) && a.Statistics != nil {
			s := a.Statistics
			carried[a.Name] = Counters{RxBytes: int64(s.RxBytes), TxBytes: int64(s.TxBytes), RxPackets: int64(s.RxPackets), TxPackets: int64(s.TxPackets)}
		}
	}
	return carried, nil
}

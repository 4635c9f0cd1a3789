package stats

import (
	"time"

	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/host/link"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
)

// Carried returns what the links of the host have carried whose names begin with prefix; link.Carried does.
type Carried func(prefix string) (map[string]link.Counters, error)

func (c *Controller) carried() (map[string]link.Counters, error) {
	if c.Carried == nil {
		return nil, nil
	}
	return c.Carried(mark.Instance(c.Instance).LANs())
}

// routers adds the cards of the networks' routers. What the host's end has received is what the router has sent.
func (p parts) routers(tx *store.Tx, instance mark.Instance, carried map[string]link.Counters, at time.Time) error {
	if len(carried) == 0 {
		return nil
	}
	rows, err := store.FindRows[network.Vnet](tx)
	for _, row := range rows {
		if c, runs := carried[instance.LAN(row.Key)]; runs && row.NIC != 0 {
			p.nics[row.NIC] = look[libvirt.NICLoad]{libvirt.NICLoad{
				TxBytes: c.RxBytes, TxPackets: c.RxPackets, RxBytes: c.TxBytes, RxPackets: c.TxPackets,
			}, at}
		}
	}
	return err
}

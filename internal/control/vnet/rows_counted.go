package vnet

import (
	"dewpoint/internal/host/nft"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
)

// counted adds to the rows of rules what their counters on the host have counted since the last look. A counter begins at nothing when the router
// is built anew.
func (w *factWriter) counted() error {
	if len(w.fact.Counted) == 0 {
		return nil
	}
	rows, err := store.FindRows[network.VnetRule](w.tx, store.Is(network.VnetRuleCol.Vnet, w.fact.Key))
	if err != nil {
		return err
	}
	for _, row := range rows {
		now, counts := w.fact.Counted[row.Key]
		last := nft.Count{Packets: uint64(row.CounterPackets), Bytes: uint64(row.CounterBytes)}
		if !counts || now == last {
			continue
		}
		if now.Packets < last.Packets {
			last = nft.Count{}
		}
		packets, bytes := int64(now.Packets-last.Packets), int64(now.Bytes-last.Bytes)
		w.plan(func(tx *store.Tx) error {
			is, err := store.GetRow[network.VnetRule](tx, row.Key) // it may have been cleared since
			if err != nil {
				return err
			}
			return store.Write(tx, row.Key, network.VnetRuleSet{}.Packets(is.Packets+packets).Bytes(is.Bytes+bytes).
				CounterPackets(int64(now.Packets)).CounterBytes(int64(now.Bytes)))
		})
	}
	return nil
}

package stats_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dewpoint/internal/control/stats"
	"dewpoint/internal/host/link"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestRoutersAreMeasured has the host's end of a router's link count: what it received the router has sent. A router that is gone has no rates.
func TestRoutersAreMeasured(t *testing.T) {
	t.Parallel()
	b := open(t)
	var nic schema.Value
	b.update(func(tx *store.Tx) error {
		vnet, err := store.Create(tx, network.VnetSet{}.Name("lan").UUID("u").Macaddress("52:54:00:00:00:09"))
		if err != nil {
			return err
		}
		row, err := store.GetRow[network.Vnet](tx, vnet)
		if err != nil {
			return err
		}
		if nic, err = store.Create(tx, compute.MachineNICSet{}.Machine(row.Machine).Name("router").Macaddress(row.Macaddress)); err != nil {
			return err
		}
		return store.Write(tx, vnet, network.VnetSet{}.NIC(nic.Int()))
	})
	links := map[string]link.Counters{}
	config := b.c.Config
	config.Carried = func(prefix string) (map[string]link.Counters, error) {
		if prefix != "dpab12l" {
			t.Errorf("asked for the links %s", prefix)
		}
		return links, nil
	}
	b.c = stats.New(config)
	check := func(what string, want compute.MachineNICStats) {
		t.Helper()
		want.Key, want.ParentNIC = nic.Int(), nic.Int()
		var got compute.MachineNICStats
		b.update(func(tx *store.Tx) (err error) {
			got, err = store.GetRow[compute.MachineNICStats](tx, nic)
			return err
		})
		if d := cmp.Diff(want, got, cmpopts.IgnoreFields(want, "LastUpdate")); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	links["dpab12l1"] = link.Counters{RxBytes: 100, TxBytes: 1000, RxPackets: 1, TxPackets: 10}
	links["dpab12l77"] = link.Counters{RxBytes: 1} // of a network that is gone
	b.pass(0)
	check("first look", compute.MachineNICStats{TxBytes: 100, RxBytes: 1000, TxPckts: 1, RxPckts: 10})
	links["dpab12l1"] = link.Counters{RxBytes: 300, TxBytes: 3000, RxPackets: 11, TxPackets: 30}
	b.pass(10 * sec)
	check("second look", compute.MachineNICStats{
		TxBytes: 300, RxBytes: 3000, TxPckts: 11, RxPckts: 30, TxBytesCur: 200, RxBytesCur: 2000, TxPcktsCur: 10, RxPcktsCur: 20,
		Txbps: 20, Rxbps: 200, Totalxbps: 220, Txpps: 1, Rxpps: 2,
	})
	delete(links, "dpab12l1")
	b.pass(10 * sec)
	check("stopped", compute.MachineNICStats{TxBytes: 300, RxBytes: 3000, TxPckts: 11, RxPckts: 30})
}

package vnet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/nft"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestCountsReachTheRows: rows have what was counted while their counters came and went, and what was cleared stays so.
func TestCountsReachTheRows(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	var keys []int64
	d.update(t, func(tx *store.Tx) error {
		for _, name := range []string{"a", "b"} {
			keys = append(keys, create(t, tx, "vnet_rules", schema.Set{"vnet": schema.IntValue(d.vnet), "name": text(name), "statistics": schema.BoolValue(true)}))
		}
		return nil
	})
	for _, step := range []struct {
		name    string
		cleared bool
		a, b    uint64 // what the counters say
		want    []int64
	}{
		{"first look", false, 3, 0, []int64{3, 0}},
		{"more", false, 5, 7, []int64{5, 7}},
		{"the same", false, 5, 7, []int64{5, 7}},
		{"the router was built anew", false, 1, 0, []int64{6, 7}},
		{"cleared", true, 4, 2, []int64{3, 2}},
	} {
		if step.cleared {
			for _, key := range keys {
				d.change(t, "vnet_rules", key, schema.Set{"packets": schema.IntValue(0), "bytes": schema.IntValue(0)})
			}
		}
		d.report(t, Fact{Counted: map[int64]nft.Count{keys[0]: {Packets: step.a, Bytes: 100 * step.a}, keys[1]: {Packets: step.b, Bytes: 100 * step.b}, 99: {Packets: 1}}})
		var got []int64
		for _, key := range keys {
			row := get[network.VnetRule](t, d, key)
			got = append(got, row.Packets)
			if row.Bytes != 100*row.Packets {
				t.Errorf("%s: %d packets have %d bytes", step.name, row.Packets, row.Bytes)
			}
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

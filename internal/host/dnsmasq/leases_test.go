package dnsmasq_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dewpoint/internal/host/dnsmasq"
)

const leaseText = `1763865600 02:00:00:00:00:01 10.0.0.10 web-1 01:02:00:00:00:00:01
0 02:00:00:00:00:02 10.0.0.11 * *
duid 00:01:00:01:2c:aa
1763865600 1 fd00::10 v6host 00:01
nonsense
-1 02:00:00:00:00:03 10.0.0.12 * *
1763865600 zz 10.0.0.12 * *
1763865600 02:00:00:00:00:03 10.0.0.300 * *
1763865600 02:00:00:00:00:04 10.0.0.1`

func TestParseLeases(t *testing.T) {
	t.Parallel()
	want := []dnsmasq.Lease{
		{
			Expiry: time.Unix(1763865600, 0).UTC(), MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, IP: addr("10.0.0.10"),
			Hostname: "web-1", ClientID: "01:02:00:00:00:00:01",
		},
		{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, IP: addr("10.0.0.11")},
	}
	if diff := cmp.Diff(want, dnsmasq.ParseLeases(leaseText), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("leases (-want +got):\n%s", diff)
	}
}

func TestNoLeaseFileIsNoLeases(t *testing.T) {
	t.Parallel()
	if got, err := dnsmasq.ReadLeases(t.TempDir()); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzParseLeases(f *testing.F) {
	f.Add(leaseText)
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range dnsmasq.ParseLeases(text) {
			if !l.IP.Is4() || len(l.MAC) == 0 || l.Hostname == "*" {
				t.Errorf("%q gave %+v", text, l)
			}
		}
	})
}

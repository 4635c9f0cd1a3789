package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/test/harness"
)

// TestTwoServers runs two of them side by side, with the same names and the same subnet. What one deletes is its own.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	var servers [2]*harness.Server
	var instances [2]string
	var guests [2]vm
	for i := range servers {
		s := harness.Start(t)
		c := s.Table()
		g := makeWhole(c, "twin", "10.74.0.0/24")
		servers[i], instances[i], guests[i] = s, s.Instance(), g
	}
	var lives [2]life
	for i, s := range servers {
		waitPower(s.Table(), "vnets", guests[i].vnet, true)
		waitPower(s.Table(), "vms", guests[i].key, true)
		lives[i] = lifeOf(t, s, instances[i], guests[i])
	}
	if lives[0].QEMU == lives[1].QEMU || lives[0].Dnsmasq == lives[1].Dnsmasq || lives[0].Router == lives[1].Router {
		t.Fatalf("the servers share something: %+v", lives)
	}
	stays := traces(servers[1], instances[1])
	for _, kind := range []string{"domain ", "link ", "namespace ", "table ", "process dnsmasq", "process qemu", "pools/", "vnets/", "machines/"} {
		if !slices.ContainsFunc(stays, func(trace string) bool { return strings.HasPrefix(trace, kind) }) {
			t.Errorf("no trace of kind %q among %v", kind, stays)
		}
	}

	c := servers[0].Table()
	c.Must(200, "DELETE", "vms/"+guests[0].key, nil)
	c.Must(200, "DELETE", "vnets/"+guests[0].vnet, nil)
	waitClean(t, servers[0], instances[0])
	if d := cmp.Diff(stays, traces(servers[1], instances[1])); d != "" {
		t.Errorf("what the other server has (-before +after):\n%s", d)
	}
	if now := lifeOf(t, servers[1], instances[1], guests[1]); now != lives[1] {
		t.Errorf("the other server's guest and network were %+v and are %+v", lives[1], now)
	}
	waitPower(servers[1].Table(), "vms", guests[1].key, true)

	other := servers[1].Table()
	other.Must(200, "DELETE", "vms/"+guests[1].key, nil)
	other.Must(200, "DELETE", "vnets/"+guests[1].vnet, nil)
	waitClean(t, servers[1], instances[1])
}

func traces(s *harness.Server, instance string) []string {
	found := s.Traces(instance)
	slices.Sort(found)
	return found
}

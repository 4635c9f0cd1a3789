package link_test

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/link/linktest"
)

func TestMain(m *testing.M) { os.Exit(linktest.Main(m.Run)) }

// inHost runs f in a namespace made for this test, as the host: tests are parallel and must not see each other's links.
func inHost(t *testing.T, f func() error) {
	t.Helper()
	if err := link.In(linktest.Namespace(t), f); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return strings.TrimSpace(string(text))
}

func TestBridgeIsMadeOnceAndQuiet(t *testing.T) {
	t.Parallel()
	inHost(t, func() error {
		for _, mtu := range []int{1400, 1400, 9000} {
			if err := link.EnsureBridge("dpab12b7", mtu); err != nil {
				return err
			}
		}
		got, err := link.List("dpab12b")
		if err != nil {
			return err
		}
		want := []link.Link{{Name: "dpab12b7", Kind: "bridge", Index: 2, MTU: 9000, Up: true}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("links (-want +got):\n%s", diff)
		}
		if v := read(t, "/proc/sys/net/ipv6/conf/dpab12b7/disable_ipv6"); v != "1" {
			t.Errorf("disable_ipv6 is %s", v)
		}
		if v := read(t, "/proc/sys/net/ipv6/conf/dpab12b7/accept_ra"); v != "0" {
			t.Errorf("accept_ra is %s", v)
		}
		for range 2 {
			if err := link.Delete("dpab12b7"); err != nil {
				return err
			}
		}
		_, err = link.Get("dpab12b7")
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("Get after Delete says %v, want NotFound", err)
		}
		return nil
	})
}

func TestRefusedNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "sixteen-letters-", "a b", "a/b", "..", "a\n", "-x"} {
		if err := link.EnsureBridge(name, 1500); !errs.Is(err, errs.Invalid) {
			t.Errorf("EnsureBridge(%q) says %v, want Invalid", name, err)
		}
		if err := link.EnsureVeth(link.Veth{Name: name, Peer: "lan"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("EnsureVeth(%q) says %v, want Invalid", name, err)
		}
	}
	for _, name := range []string{"", "a/b", "..", "a\x00b", "a\n"} {
		if err := link.EnsureNamespace(name); !errs.Is(err, errs.Invalid) {
			t.Errorf("EnsureNamespace(%q) says %v, want Invalid", name, err)
		}
	}
}

func TestOtherKindInTheWayIsConflict(t *testing.T) {
	t.Parallel()
	inside := linktest.Namespace(t)
	inHost(t, func() error {
		if err := link.EnsureVeth(link.Veth{Name: "dp0", Inside: inside, Peer: "lan", MTU: 1500}); err != nil {
			return err
		}
		if err := link.EnsureBridge("dp0", 1500); !errs.Is(err, errs.Conflict) {
			t.Errorf("EnsureBridge over a veth says %v, want Conflict", err)
		}
		return nil
	})
}

func TestVethIsStableAndHealed(t *testing.T) {
	t.Parallel()
	inside := linktest.Namespace(t)
	pair := link.Veth{Name: "dp1l1", Inside: inside, Peer: "lan", Bridge: "dp1b1", MTU: 1400}
	inHost(t, func() error {
		if err := link.EnsureBridge("dp1b1", 1500); err != nil {
			return err
		}
		if err := link.EnsureVeth(pair); err != nil {
			return err
		}
		first, err := link.Get("dp1l1")
		if err != nil {
			return err
		}
		bridge, _ := link.Get("dp1b1")
		if !first.Up || first.MTU != 1400 || first.Master != bridge.Index || first.Kind != "veth" {
			t.Errorf("outer end is %+v", first)
		}
		if err := link.EnsureVeth(pair); err != nil {
			return err
		}
		if second, _ := link.Get("dp1l1"); second != first {
			t.Errorf("a second EnsureVeth changed %+v to %+v", first, second)
		}
		// Another link takes the inner name: the pair is torn, and must be made whole.
		if err := link.Delete("dp1l1"); err != nil {
			return err
		}
		if err := link.In(inside, func() error { return link.EnsureBridge("lan", 1500) }); err != nil {
			return err
		}
		return link.EnsureVeth(pair)
	})
	if err := link.In(inside, func() error {
		lan, err := link.Get("lan")
		if lan.Kind != "veth" || !lan.Up || lan.MTU != 1400 {
			t.Errorf("inner end is %+v", lan)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

func TestAddressAndRouteReplaceOthers(t *testing.T) {
	t.Parallel()
	inside := linktest.Namespace(t)
	inHost(t, func() error {
		if err := link.EnsureVeth(link.Veth{Name: "w", Inside: inside, Peer: "wan", MTU: 1500}); err != nil {
			return err
		}
		for _, text := range []string{"10.0.0.1/24", "10.0.0.1/24", "10.0.0.1/25", "100.64.0.1/29"} {
			want := netip.MustParsePrefix(text)
			if err := link.EnsureAddress("w", want); err != nil {
				return err
			}
			got, err := link.Addresses("w")
			if diff := cmp.Diff([]string{text}, strs(got)); err != nil || diff != "" {
				t.Errorf("addresses: %v (-want +got):\n%s", err, diff)
			}
		}
		for _, via := range []string{"100.64.0.2", "100.64.0.2", "100.64.0.3"} {
			if err := link.EnsureDefaultRoute("w", netip.MustParseAddr(via)); err != nil {
				return err
			}
			if got, err := link.DefaultRoute(); err != nil || got.String() != via {
				t.Errorf("default route is %v, %v, want %s", got, err, via)
			}
		}
		return nil
	})
}

func strs(prefixes []netip.Prefix) (out []string) {
	for _, p := range prefixes {
		out = append(out, p.String())
	}
	return out
}

func TestForwardingIsPerNamespace(t *testing.T) {
	t.Parallel()
	inHost(t, func() error {
		// A fresh namespace begins with what the machine does, so it is told first.
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("0"), 0o644); err != nil {
			return err
		}
		if on, err := link.Forwarding(); on || err != nil {
			t.Errorf("forwarding is %v, %v where it was turned off", on, err)
		}
		if err := link.EnsureForwarding(); err != nil {
			return err
		}
		if on, err := link.Forwarding(); !on || err != nil {
			t.Errorf("forwarding is %v, %v after EnsureForwarding", on, err)
		}
		return nil
	})
}

func TestNamespaceLife(t *testing.T) {
	t.Parallel()
	const name = "dplife-1"
	before := time.Now().Add(-time.Second)
	// What a crash in the middle leaves behind.
	if err := os.MkdirAll("/run/netns", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/run/netns/"+name, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	if got, remnants, err := link.Namespaces("dplife-"); err != nil || len(got) != 0 || len(remnants) != 1 || remnants[0] != name {
		t.Errorf("a plain file is told as %v and %v, %v", got, remnants, err)
	}
	var seen []link.Namespace
	for range 2 {
		if err := link.EnsureNamespace(name); err != nil {
			t.Fatal(err)
		}
		got, remnants, err := link.Namespaces("dplife-")
		if err != nil || len(got) != 1 || len(remnants) != 0 {
			t.Fatalf("Namespaces says %v, %v", got, err)
		}
		seen = append(seen, got[0])
	}
	if seen[0] != seen[1] {
		t.Errorf("a second EnsureNamespace changed %v to %v", seen[0], seen[1])
	}
	if seen[0].Made.Before(before) || seen[0].Made.After(time.Now().Add(time.Second)) {
		t.Errorf("made at %v, which is not now", seen[0].Made)
	}
	if err := link.In(name, func() error {
		_, err := net.Dial("udp", "127.0.0.1:9") // fails without a loopback that is up
		return err
	}); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := link.DeleteNamespace(name); err != nil {
			t.Error(err)
		}
	}
	if err := link.In(name, func() error { return nil }); !errs.Is(err, errs.NotFound) {
		t.Errorf("entering a deleted namespace says %v, want NotFound", err)
	}
}

func TestPanicInsideIsTheCallers(t *testing.T) {
	t.Parallel()
	ns := linktest.Namespace(t)
	defer func() {
		if got := recover(); got != "inside" {
			t.Errorf("recovered %v", got)
		}
	}()
	_ = link.In(ns, func() error { panic("inside") })
}

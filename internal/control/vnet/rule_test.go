package vnet

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/model"
	"dewpoint/internal/model/network"
	"dewpoint/internal/place"
	"dewpoint/internal/schema"
	"dewpoint/test/golden"
)

// names are what words of rules stand for in these tests.
func names(p network.Place) (place.Found, error) {
	switch {
	case p.Kind == network.Subnet:
		return place.Found{Subnets: []netip.Prefix{p.Subnet}}, nil
	case p.Kind == network.Self:
		return place.Found{Subnets: []netip.Prefix{prefix("10.77.0.0/24")}}, nil
	case p.Kind == network.Router:
		return place.Found{Router: true}, nil
	case p.Kind == network.Card && p.NIC == "nic_0", p.Name == "guest":
		return place.Found{Subnets: []netip.Prefix{prefix("10.77.0.7/32")}}, nil
	case p.Kind == network.Another:
		return place.Found{Subnets: []netip.Prefix{prefix("10.78.0.0/24")}}, nil
	case p.Name == "office":
		return place.Found{Subnets: []netip.Prefix{prefix("198.51.100.8/30"), prefix("192.0.2.0/24")}}, nil
	}
	return place.Found{}, nil
}

// row is a rule as the table makes it where nothing but this is given.
func row(change func(*network.VnetRule)) network.VnetRule {
	r := network.VnetRule{Key: 1, Enabled: true, Pin: "no", Direction: "incoming", Action: "accept", Protocol: "any", Interface: "auto"}
	change(&r)
	return r
}

// ruled is the network with these rows as its rules.
func ruled(t testing.TB, v Vnet, rows ...network.VnetRule) Vnet {
	t.Helper()
	v.Rules = nil
	if err := v.rulesOf(rows, names); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestRulesOfRows is one golden: rows, and what the router's table has of them.
func TestRulesOfRows(t *testing.T) {
	t.Parallel()
	rows := []network.VnetRule{
		row(func(r *network.VnetRule) { r.Key, r.Orderid, r.Pin = 1, 1, "bottom" }),
		row(func(r *network.VnetRule) { r.Key, r.Orderid, r.Action, r.SourceIP = 2, 9, "drop", "vnetself, router" }),
		row(func(r *network.VnetRule) {
			r.Key, r.Orderid, r.Pin, r.Action, r.Statistics = 3, 99, "top", "reject", true
		}),
		row(func(r *network.VnetRule) { r.Key, r.Orderid, r.Enabled = 4, 1, false }),
		row(func(r *network.VnetRule) {
			r.Key, r.Orderid, r.Direction, r.Interface, r.Protocol = 5, 3, "outgoing", "any", "tcpudp"
			r.SourcePorts, r.DestinationPorts, r.SourceIP, r.DestinationIP, r.CtState = "1024-65535", "80, 443,8000-8100", "vmnic:web.nic_0", "office", "new"
		}),
		row(func(r *network.VnetRule) { r.Key, r.Orderid, r.SourceIP = 6, 3, "nobody" }),
		row(func(r *network.VnetRule) {
			r.Key, r.Orderid, r.SourceIP, r.Interface = 7, 3, "nobody,vnet:other", "router"
		}),
		row(func(r *network.VnetRule) { r.Key, r.CtState, r.Action, r.Protocol = 8, "established", "drop", "47" }),
		row(func(r *network.VnetRule) { r.Key, r.Orderid, r.Throttle = 9, 4, "10/second" }),
		row(func(r *network.VnetRule) {
			r.Key, r.Orderid, r.Throttle, r.DropThrottle, r.Statistics = 10, 5, "10/minute", true, true
		}),
		row(func(r *network.VnetRule) {
			r.Key, r.Action, r.Protocol, r.DestinationPorts, r.TargetIP, r.TargetPorts = 11, "translate", "tcp", "8080", "guest", "80"
		}),
		row(func(r *network.VnetRule) {
			r.Key, r.Action, r.DestinationIP, r.TargetIP = 12, "translate", "192.0.2.7", "10.77.0.7"
		}),
		row(func(r *network.VnetRule) {
			r.Key, r.Action, r.Interface, r.Protocol, r.DestinationPorts, r.TargetIP = 13, "translate", "router", "udp", "53", "router"
		}),
		row(func(r *network.VnetRule) {
			r.Key, r.Action, r.Direction, r.SourceIP, r.TargetIP = 14, "translate", "outgoing", "guest", "192.0.2.7"
		}),
		row(func(r *network.VnetRule) {
			r.Key, r.Action, r.Direction, r.Protocol, r.TargetIP, r.TargetPorts = 15, "translate", "outgoing", "tcp", "router", "1024-2047"
		}),
		row(func(r *network.VnetRule) { r.Key, r.Action, r.TargetIP = 16, "translate", "office" }),
	}
	target, err := compile(ruled(t, usual(1), rows...), marks{"ab12", "/data/vnets"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "testdata/rules.nft", target.router.table)
}

// attempt says what becomes of a connection from a namespace.
func attempt(t *testing.T, ns, kind, address string) string {
	t.Helper()
	var conn net.Conn
	err := link.In(ns, func() (err error) {
		conn, err = net.DialTimeout(kind, address, 600*time.Millisecond)
		return err
	})
	switch {
	case err == nil:
		defer conn.Close()
		return "from " + answer(conn)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable"
	}
	return "silence"
}

// answer reads who the other side says that the connection comes from.
func answer(conn net.Conn) string {
	buffer := make([]byte, 64)
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	n, _ := conn.Read(buffer)
	host, _, _ := net.SplitHostPort(string(buffer[:n]))
	return host
}

// tell listens in a namespace, and tells each client its address.
func tell(t *testing.T, ns, address string) {
	t.Helper()
	var l net.Listener
	if err := link.In(ns, func() (err error) {
		l, err = net.Listen("tcp4", address)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(conn.RemoteAddr().String()))
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
}

// by runs a program in a namespace.
func by(t *testing.T, ns string, args ...string) error {
	t.Helper()
	return link.In(ns, func() error {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%v: %w: %s", args, err, out)
		}
		return nil
	})
}

// TestRulesDecide sends packets between a guest on a network (a namespace), the host and a world beyond it, under one rule after another.
func TestRulesDecide(t *testing.T) {
	t.Parallel()
	plain := with(usual(1), func(v *Vnet) { v.Network, v.Router = prefix("10.77.0.0/24"), addr("10.77.0.1") })
	plain.DHCPStart, plain.DHCPEnd = netip.Addr{}, netip.Addr{}
	h := newReal(t, plain)
	h.pass(t)
	c := h.join(t, 1)
	if err := link.In(c.ns, func() error {
		if err := link.EnsureAddress("eth0", prefix("10.77.0.7/24")); err != nil {
			return err
		}
		return link.EnsureDefaultRoute("eth0", addr("10.77.0.1"))
	}); err != nil {
		t.Fatal(err)
	}
	tell(t, c.ns, ":80")
	transit := h.observe(t).Vnets[1].Wan.Address
	hostEnd, wan := transit.Addr().String(), farEnd(transit).Addr().String()
	tell(t, "", hostEnd+":7000")
	tell(t, "", hostEnd+":7001")
	world := uplink(t, "198.51.100.9/30", "198.51.100.10/30")
	_, port, _ := net.SplitHostPort(world.Addr().String())
	tell(t, h.marks.Namespace(1), ":9000")
	for _, route := range []string{"10.77.0.0/24", "192.0.2.7"} { // so that the host finds the guest, and an address that only a translation has
		if err := by(t, "", "ip", "route", "add", route, "via", wan); err != nil {
			t.Fatal(err)
		}
	}
	go func() { // the world takes what comes
		for {
			conn, err := world.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(conn.RemoteAddr().String()))
			conn.Close()
		}
	}()
	const guest = "guest"
	type packets struct{ from, to, want string }
	ends := map[string]string{
		"host": hostEnd + ":7000", "host, other port": hostEnd + ":7001", "world": "198.51.100.10:" + port, "guest": "10.77.0.7:80",
		"wan": wan + ":8080", "router": "10.77.0.1:9000", "router's port": "10.77.0.1:9001", "wan of the router": wan + ":9000", "public": "192.0.2.7:80",
	}
	out := func(change func(*network.VnetRule)) []network.VnetRule {
		return []network.VnetRule{row(func(r *network.VnetRule) { r.Direction, r.Statistics = "outgoing", true; change(r) })}
	}
	in := func(change func(*network.VnetRule)) []network.VnetRule {
		return []network.VnetRule{row(func(r *network.VnetRule) { r.Statistics = true; change(r) })}
	}
	open := packets{guest, "host", "from " + wan}
	for _, c2 := range []struct {
		name string
		rows []network.VnetRule
		see  []packets
	}{
		{"no rule", nil, []packets{open, {guest, "world", "from 198.51.100.9"}, {"", "guest", "silence"}, {guest, "router", "silence"}, {"", "wan of the router", "silence"}}},
		{"drop", out(func(r *network.VnetRule) { r.Action = "drop" }), []packets{{guest, "host", "silence"}, {guest, "world", "silence"}}},
		{"reject", out(func(r *network.VnetRule) { r.Action = "reject" }), []packets{{guest, "host", "refused"}}},
		{"drop from one", out(func(r *network.VnetRule) { r.Action, r.SourceIP = "drop", "10.77.0.7" }), []packets{{guest, "host", "silence"}}},
		{"drop from another", out(func(r *network.VnetRule) { r.Action, r.SourceIP = "drop", "10.77.0.8,10.77.0.16/28" }), []packets{open}},
		{"drop from the network", out(func(r *network.VnetRule) { r.Action, r.SourceIP = "drop", "vnetself" }), []packets{{guest, "host", "silence"}}},
		{"drop from a card", out(func(r *network.VnetRule) { r.Action, r.SourceIP = "drop", "vmnic:web.nic_0" }), []packets{{guest, "host", "silence"}}},
		{"drop from a card without an address", out(func(r *network.VnetRule) { r.Action, r.SourceIP = "drop", "vmnic:web.nic_9" }), []packets{open}},
		{"drop from another network", out(func(r *network.VnetRule) { r.Action, r.SourceIP = "drop", "vnet:other" }), []packets{open}},
		{"drop from the router", out(func(r *network.VnetRule) { r.Action, r.SourceIP = "drop", "router" }), []packets{open}},
		{"drop to an alias", out(func(r *network.VnetRule) { r.Action, r.DestinationIP = "drop", "office" }), []packets{open, {guest, "world", "silence"}}},
		{"drop a port", out(func(r *network.VnetRule) { r.Action, r.Protocol, r.DestinationPorts = "drop", "tcp", "22,6000-7000" }), []packets{{guest, "host", "silence"}, {guest, "host, other port", "from " + wan}}},
		{"drop a source port", out(func(r *network.VnetRule) { r.Action, r.Protocol, r.SourcePorts = "drop", "tcpudp", "1-1000" }), []packets{open}},
		{"drop UDP", out(func(r *network.VnetRule) { r.Action, r.Protocol = "drop", "udp" }), []packets{open}},
		{"drop what is open", out(func(r *network.VnetRule) { r.Action, r.CtState = "drop", "established" }), []packets{{guest, "host", "from "}}}, // the packet that opens it isn't a part of it
		{"drop by the other card", out(func(r *network.VnetRule) { r.Action, r.Interface = "drop", "router" }), []packets{open}},
		{"drop by any card", out(func(r *network.VnetRule) { r.Action, r.Interface = "drop", "any" }), []packets{{guest, "host", "silence"}}},
		{"accept before drop", append(out(func(r *network.VnetRule) { r.Action, r.Orderid, r.Key = "drop", 2, 2 }), out(func(r *network.VnetRule) { r.Orderid, r.Protocol, r.DestinationPorts = 1, "tcp", "7001" })...), []packets{{guest, "host", "silence"}, {guest, "host, other port", "from " + wan}}},
		{"disabled", out(func(r *network.VnetRule) { r.Action, r.Enabled = "drop", false }), []packets{open}},
		{"accept in", in(func(r *network.VnetRule) { r.DestinationIP = "vnetself" }), []packets{{"", "guest", "from " + hostEnd}, {"", "wan of the router", "silence"}}},
		{"accept in to the router", in(func(r *network.VnetRule) { r.DestinationIP, r.Protocol, r.DestinationPorts = "router", "tcp", "9000" }), []packets{{"", "guest", "silence"}, {"", "wan of the router", "from " + hostEnd}}},
		{"accept by the network's card", in(func(r *network.VnetRule) { r.Interface = "router" }), []packets{{guest, "router", "from 10.77.0.7"}, {guest, "router's port", "refused"}, {"", "guest", "silence"}}},
		{"reject in", in(func(r *network.VnetRule) { r.Action = "reject" }), []packets{{"", "guest", "refused"}, {"", "wan of the router", "refused"}, open}},
		{"forward a port", in(func(r *network.VnetRule) {
			r.Action, r.Protocol, r.DestinationPorts, r.TargetIP, r.TargetPorts = "translate", "tcp", "8080", "guest", "80"
		}), []packets{{"", "wan", "from " + hostEnd}, {"", "guest", "silence"}, open}},
		{"forward to the router", in(func(r *network.VnetRule) {
			r.Action, r.Protocol, r.DestinationPorts, r.TargetIP, r.TargetPorts = "translate", "tcpudp", "8080", "router", "9000"
		}), []packets{{"", "wan", "from " + hostEnd}}},
		{"forward and drop", append(in(func(r *network.VnetRule) {
			r.Action, r.Protocol, r.DestinationPorts, r.TargetIP, r.TargetPorts = "translate", "tcp", "8080", "guest", "80"
		}), in(func(r *network.VnetRule) { r.Key, r.Action, r.DestinationIP = 2, "drop", "guest" })...), []packets{{"", "wan", "silence"}}},
		{
			"one to one", append(in(func(r *network.VnetRule) { r.Action, r.DestinationIP, r.TargetIP = "translate", "192.0.2.7", "guest" }),
				out(func(r *network.VnetRule) {
					r.Key, r.Action, r.SourceIP, r.TargetIP = 2, "translate", "guest", "192.0.2.7"
				})...),
			[]packets{{"", "public", "from " + hostEnd}, {guest, "host", "from 192.0.2.7"}},
		},
	} {
		h.rows.want = []Vnet{ruled(t, plain, c2.rows...)}
		h.pass(t)
		for _, p := range c2.see {
			ns := ""
			if p.from == guest {
				ns = c.ns
			}
			if got := attempt(t, ns, "tcp4", ends[p.to]); got != p.want {
				t.Errorf("%s: from %q to the %s there is %s, want %s", c2.name, p.from, p.to, got, p.want)
			}
		}
	}
	h.rows.want = []Vnet{ruled(t, plain, out(func(r *network.VnetRule) { r.Key, r.Action = 7, "drop" })...)}
	h.pass(t)
	attempt(t, c.ns, "tcp4", ends["host"])
	h.pass(t)
	if n := h.rows.fact(1).Counted[7]; n.Packets == 0 || n.Bytes < 40*n.Packets {
		t.Errorf("the rule has counted %+v", n)
	}
}

// anyRow draws a rule as a client could write it.
func anyRow(t *rapid.T) network.VnetRule {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	places := func(name string) string {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{
			"10.0.0.1", "10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "192.0.2.7", "vnetself", "router", "vnet:other", "vmnic:a b.nic_0", "office", "guest", "nobody", "fe80::1", "x;drop", "10.0.0.1/33", "",
		}), 0, 4).Draw(t, name)
		return strings.Join(words, ",")
	}
	ports := func(name string) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"1", "80", "81", "80-90", "1-65535", "65535", "85-300", "0", "70000", "9-3", "x"}), 0, 3).Draw(t, name), ",")
	}
	return network.VnetRule{
		Key: rapid.Int64Range(1, 20).Draw(t, "key"), Enabled: true, Pin: pick("pin", "no", "top", "bottom"), Orderid: rapid.Int64Range(0, 5).Draw(t, "order"),
		Direction: pick("direction", "incoming", "outgoing"), Action: pick("action", "accept", "drop", "reject", "translate"),
		Protocol: pick("protocol", "any", "tcp", "udp", "tcpudp", "icmp", "89", "2", "47", "50", "51"), Interface: pick("interface", "auto", "router", "dmz", "any"),
		SourceIP: places("source"), DestinationIP: places("destination"), TargetIP: pick("target", "", "10.0.0.1", "router", "guest", "office", "nobody", "vnetself", "10.0.0.0/24"),
		SourcePorts: ports("from"), DestinationPorts: ports("to"), TargetPorts: pick("ports", "", "80", "80-90", "x"), CtState: pick("state", "", "new", "established", "related", "untracked"),
		Statistics: rapid.Bool().Draw(t, "statistics"), Throttle: pick("throttle", "", "5/second", "100/day"), DropThrottle: rapid.Bool().Draw(t, "drop"),
	}
}

// checked holds a row against the declaration.
func checked(r network.VnetRule) error {
	t := model.Schema().Table("vnet_rules")
	record := schema.NewRecord(t)
	record.PutAll(r.Diff(&network.VnetRule{}))
	return t.Check(record)
}

// TestAnyRowIsTakenByTheKernel: what the declaration takes, the kernel takes, and has it as it was set.
func TestAnyRowIsTakenByTheKernel(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1))
	h.pass(t)
	ctx, ns, tool := t.Context(), h.marks.Namespace(1), nft.Tool{In: link.In}
	rapid.Check(t, func(rt *rapid.T) {
		var rows []network.VnetRule
		for _, r := range rapid.SliceOfN(rapid.Custom(anyRow), 1, 40).Draw(rt, "rows") {
			if err := checked(r); err == nil {
				rows = append(rows, r)
			} else if !errs.Is(err, errs.Invalid) {
				rt.Fatalf("%+v: %v", r, err)
			}
		}
		v := usual(1)
		if err := v.rulesOf(rows, names); err != nil {
			rt.Fatal(err)
		}
		target, err := compile(v, h.marks, nil)
		if err != nil {
			rt.Fatalf("%+v: %v", rows, err)
		}
		if err := tool.Apply(ctx, ns, target.router.table); err != nil {
			rt.Fatalf("%s\n%v", target.router.table, err)
		}
		if got, err := tool.Read(ctx, ns, nft.RouterTable); err != nil || got != nft.Fingerprint(target.router.table) {
			rt.Fatalf("the kernel has %+v, %v", got, err)
		}
	})
}

// FuzzRuleText: no text of a row gets into the table, whatever it is.
func FuzzRuleText(f *testing.F) {
	for _, seed := range []string{"10.0.0.1", "vnet:x", `vnet:" accept`, "vmnic:a.b", "80", "80-90", "5/second", "office", "x\n}\ntable inet y {", "router,{ drop; }", "translate", "r1"} {
		f.Add(seed)
	}
	plain, err := compile(usual(1), marks{"ab12", "/data/vnets"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	words := vocabulary(plain.router.table)
	f.Fuzz(func(t *testing.T, text string) {
		base := network.VnetRule{Key: 1, Enabled: true, Direction: "incoming", Action: "accept", Protocol: "tcp", Interface: "auto", Statistics: true}
		translate := base
		translate.Action, translate.TargetIP = "translate", "router"
		rows := []network.VnetRule{base, base, base, base, base, base, base, base, base, translate, translate, translate}
		for i, column := range []*string{
			&rows[0].SourceIP, &rows[1].DestinationIP, &rows[2].SourcePorts, &rows[3].DestinationPorts, &rows[4].Throttle, &rows[5].Action, &rows[6].Protocol,
			&rows[7].Interface, &rows[8].Name, &rows[9].TargetIP, &rows[10].TargetPorts, &rows[11].Direction,
		} {
			*column = text
			v := usual(1)
			if err := v.rulesOf(rows[i:i+1], names); err != nil {
				t.Fatal(err)
			}
			target, err := compile(v, marks{"ab12", "/data/vnets"}, nil)
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			for _, word := range vocabulary(target.router.table) {
				if !slices.Contains(words, word) && !slices.Contains(ruleWords, word) {
					t.Errorf("%q makes the word %q in\n%s", text, word, target.router.table)
				}
			}
		}
	})
}

// ruleWords are all that rules of rows are made of, beside numbers.
var ruleWords = strings.Fields(`output opening counter r1 { } "r1" "wan" "lan" iifname oifname meta l4proto nfproto ipv4 ip saddr daddr th sport dport fib type local limit rate over name accept
	drop reject jump dnat redirect snat to prerouting hook priority dstnat; policy accept; nat chain ct status`)

// quantity is a number, an address, a range, a rate, or the hash of the table's text.
var quantity = regexp.MustCompile(`^([0-9.,/:-]+|[0-9]+/(second|minute|hour|day)|text_[0-9a-f]+)$`)

// vocabulary lists the words of a table that aren't numbers.
func vocabulary(table string) (words []string) {
	for word := range strings.FieldsSeq(table) {
		if !quantity.MatchString(word) {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// TestOrderOfRows: pins come first, then the order, then the age.
func TestOrderOfRows(t *testing.T) {
	t.Parallel()
	rows := []network.VnetRule{}
	for i, pin := range []string{"bottom", "no", "top", "no", "top"} {
		rows = append(rows, row(func(r *network.VnetRule) { r.Key, r.Pin, r.Orderid, r.Statistics = int64(i+1), pin, int64(9-i), true }))
	}
	rows[3].Orderid = rows[1].Orderid
	v := ruled(t, usual(1), rows...)
	var got []string
	for _, r := range v.Rules[nft.Opening] {
		got = append(got, r.Count)
	}
	if diff := cmp.Diff([]string{"r5", "r3", "r2", "r4", "r1"}, got); diff != "" {
		t.Error(diff)
	}
}

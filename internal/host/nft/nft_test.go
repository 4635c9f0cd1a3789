package nft_test

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/link/linktest"
	"dewpoint/internal/host/nft"
	"dewpoint/test/golden"
)

func TestMain(m *testing.M) { os.Exit(linktest.Main(m.Run)) }

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

var tables = map[string]nft.Table{
	"router-closed": nft.Router{Lan: "lan", Wan: "wan"}.Table(),
	"router-dhcp":   nft.Router{Lan: "lan", Wan: "wan", DHCP: true}.Table(),
	"router-rules": nft.Router{Lan: "lan", Wan: "wan", NAT: true, Rules: map[nft.Hook][]nft.Rule{
		nft.Input:       {nft.Drop.If(nft.In("lan"), nft.TCP.To(22))},
		nft.Forward:     {nft.Accept.If(nft.In("wan"), nft.Out("lan"), nft.UDP.To(514))},
		nft.Postrouting: {nft.Accept.If(nft.Out("wan"), nft.Source(prefixes("10.0.0.0/25")))},
	}}.Table(),
	"router-people": nft.Router{Lan: "lan", Wan: "wan", NAT: true, Rules: people}.Table(),
	"router-nat":    nft.Router{Lan: "lan", Wan: "wan", DHCP: true, DNS: true, NAT: true}.Table(),
	"host-one": nft.HostNAT{
		Table: "dewpoint_ab12", Wans: "dpab12w*", Own: "dpab12*",
		Transits: prefixes("100.64.7.4/30"),
	}.Compile(),
	"host-two": nft.HostNAT{
		Table: "dewpoint_ab12", Wans: "dpab12w*", Own: "dpab12*",
		Transits: prefixes("100.64.7.4/30", "100.99.0.0/30"),
	}.Compile(),
}

// people has a rule of each kind that rows end in.
var people = map[nft.Hook][]nft.Rule{
	nft.Opened: {nft.Drop.If(nft.InAny{"wan"}, nft.Conn{nft.Established, nft.Related}).Counted("r1")},
	nft.Opening: {
		nft.Accept.If(nft.InAny{"lan", "wan"}, nft.Transport{Protocols: []uint8{17, 6}, From: []nft.PortRange{{First: 1024, Last: 65535}}, To: []nft.PortRange{{First: 443, Last: 443}, {First: 80, Last: 81}, {First: 82, Last: 90}}}).Counted("r2"),
		nft.Reject.If(nft.OutAny{"wan"}, nft.From(prefixes("10.0.0.0/24", "10.0.0.7/32", "10.0.2.0/24")), nft.Toward(prefixes("192.0.2.0/24"))),
		nft.Drop.If(nft.InAny{"wan"}, nft.Transport{Protocols: []uint8{47}}, nft.FromRouter{}, nft.TowardRouter{}, nft.Conn{nft.New, nft.Untracked}),
		nft.Drop.If(nft.InAny{"wan"}, nft.From(prefixes("0.0.0.0/0", "10.0.0.0/8")), nft.Rate{Packets: 5, Per: "second", Over: true}),
		nft.Accept.If(nft.InAny{"wan"}, nft.Rate{Packets: 100, Per: "day"}),
	},
	nft.Prerouting: {
		nft.DNAT.If(nft.InAny{"wan"}, nft.Transport{Protocols: []uint8{6, 17}, To: []nft.PortRange{{First: 80, Last: 80}}}).To(nft.Target{Addr: netip.MustParseAddr("10.0.0.9"), Ports: nft.PortRange{First: 8080, Last: 8080}}).Counted("r3"),
		nft.DNAT.If(nft.InAny{"wan"}, nft.Toward(prefixes("192.0.2.9/32"))).To(nft.Target{Addr: netip.MustParseAddr("10.0.0.9")}),
		nft.Redirect.If(nft.InAny{"lan"}, nft.Transport{Protocols: []uint8{17}, To: []nft.PortRange{{First: 53, Last: 53}}}).To(nft.Target{Ports: nft.PortRange{First: 5353, Last: 5353}}),
	},
	nft.Postrouting: {
		nft.SNAT.If(nft.OutAny{"wan"}, nft.From(prefixes("10.0.0.9/32"))).To(nft.Target{Addr: netip.MustParseAddr("192.0.2.9")}),
		nft.Masquerade.If(nft.OutAny{"wan"}),
	},
}

func render(t *testing.T, table nft.Table) string {
	t.Helper()
	text, err := table.Render()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRenderGolden(t *testing.T) {
	t.Parallel()
	for name, table := range tables {
		golden.Equal(t, "testdata/"+name+".nft", render(t, table))
	}
}

func TestTheKernelTakesEveryTable(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "nft")
	ctx, tool := context.Background(), nft.Tool{In: link.In}
	for name, table := range tables {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns, text := linktest.Namespace(t), render(t, table)
			if err := tool.Check(ctx, ns, text); err != nil {
				t.Fatal(err)
			}
			if _, err := tool.Read(ctx, ns, table.Name); !errs.Is(err, errs.NotFound) {
				t.Errorf("Read before Apply says %v, want NotFound", err)
			}
			for range 2 {
				if err := tool.Apply(ctx, ns, text); err != nil {
					t.Fatal(err)
				}
				got, err := tool.Read(ctx, ns, table.Name)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(nft.Fingerprint(text), got); diff != "" {
					t.Errorf("state after Apply (-want +got):\n%s", diff)
				}
			}
			for range 2 {
				if err := tool.Delete(ctx, ns, table.Name); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tool.Read(ctx, ns, table.Name); !errs.Is(err, errs.NotFound) {
				t.Errorf("Read after Delete says %v, want NotFound", err)
			}
		})
	}
}

func TestApplyReplacesAndTouchesNothingElse(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "nft")
	ctx, tool, ns := context.Background(), nft.Tool{In: link.In}, linktest.Namespace(t)
	foreign := "table inet other {\n\tchain c {\n\t}\n}\n"
	for _, text := range []string{foreign, render(t, tables["host-one"]), render(t, tables["host-two"])} {
		if err := tool.Apply(ctx, ns, text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := tool.Read(ctx, ns, "dewpoint_ab12")
	if err != nil || got != nft.Fingerprint(render(t, tables["host-two"])) {
		t.Errorf("table is %+v, %v, not the second one", got, err)
	}
	if got == nft.Fingerprint(render(t, tables["host-one"])) {
		t.Error("two different texts have one fingerprint")
	}
	if _, err := tool.Read(ctx, ns, "other"); err != nil {
		t.Errorf("the foreign table suffered: %v", err)
	}
	if err := tool.Apply(ctx, ns, "table inet dewpoint_ab12 {\n\tnonsense\n}\n"); !errs.Is(err, errs.Internal) || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("nonsense gives %v, want nft's own words", err)
	}
}

// byHand runs nft in a namespace as an administrator would.
func byHand(t *testing.T, ns, script string) {
	t.Helper()
	err := link.In(ns, func() error {
		cmd := exec.Command("nft", "-f", "-")
		cmd.Stdin = strings.NewReader(script)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAChangeByHandShows changes each kind of thing in a table, and wants it seen, and put right by another Apply.
func TestAChangeByHandShows(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "nft")
	ctx, tool, ns := context.Background(), nft.Tool{In: link.In}, linktest.Namespace(t)
	text := render(t, tables["router-nat"])
	last := func(chain string) string { // the handle of a chain's last rule
		var out []byte
		err := link.In(ns, func() (err error) {
			out, err = exec.Command("nft", "-a", "list", "chain", "inet", "dewpoint", chain).Output()
			return err
		})
		at := strings.LastIndex(string(out), "# handle ")
		if err != nil || at < 0 {
			t.Fatalf("no rule in %s: %s, %v", chain, out, err)
		}
		handle, _, _ := strings.Cut(string(out[at+len("# handle "):]), "\n")
		return handle
	}
	for name, script := range map[string]func() string{
		"flush":  func() string { return "flush chain inet dewpoint forward" },
		"add":    func() string { return "add rule inet dewpoint forward tcp dport 22 accept" },
		"insert": func() string { return "insert rule inet dewpoint input ip saddr 192.0.2.1 drop" },
		"log":    func() string { return "add rule inet dewpoint forward log prefix \"x\"" },
		"jump":   func() string { return "add chain inet dewpoint more\nadd rule inet dewpoint forward jump more" },
		"delete": func() string { return "delete rule inet dewpoint input handle " + last("input") },
		"replace": func() string {
			return "replace rule inet dewpoint postrouting handle " + last("postrouting") + " accept"
		},
		"masque":    func() string { return "add rule inet dewpoint postrouting masquerade" },
		"snat":      func() string { return "add rule inet dewpoint postrouting snat ip to 192.0.2.1" },
		"policy":    func() string { return "chain inet dewpoint forward { policy accept; }" },
		"chain":     func() string { return "add chain inet dewpoint more" },
		"set":       func() string { return "add set inet dewpoint some { type ipv4_addr; elements = { 192.0.2.1 } }" },
		"counter":   func() string { return "add counter inet dewpoint some" },
		"dormant":   func() string { return "add table inet dewpoint { flags dormant; }" },
		"same rule": func() string { return "add rule inet dewpoint postrouting oifname \"wan\" masquerade" },
		"dnat": func() string {
			return "add chain inet dewpoint pre { type nat hook prerouting priority dstnat; }\n" +
				"add rule inet dewpoint pre tcp dport 80 dnat ip to 192.0.2.1:8080"
		},
		"forged seal": func() string { return "add chain inet dewpoint seen_00\nadd rule inet dewpoint forward accept" },
	} {
		if err := tool.Apply(ctx, ns, text); err != nil {
			t.Fatal(err)
		}
		if got, err := tool.Read(ctx, ns, "dewpoint"); err != nil || got != nft.Fingerprint(text) {
			t.Fatalf("before %s: %+v, %v", name, got, err)
		}
		byHand(t, ns, script())
		if got, err := tool.Read(ctx, ns, "dewpoint"); err != nil || got == nft.Fingerprint(text) {
			t.Errorf("%s goes unseen: %+v, %v", name, got, err)
		}
	}
}

// TestWhatRulesCountIsNoChange lets a packet through a rule that counts.
func TestWhatRulesCountIsNoChange(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "nft")
	ctx, tool, ns := context.Background(), nft.Tool{In: link.In}, linktest.Namespace(t)
	text := strings.Replace(render(t, tables["router-nat"]), `iifname "lo" accept`, `iifname "lo" counter accept`, 1)
	if err := tool.Apply(ctx, ns, text); err != nil {
		t.Fatal(err)
	}
	var counted []byte
	err := link.In(ns, func() (err error) {
		for _, args := range [][]string{{"ip", "link", "set", "lo", "up"}, {"ping", "-c1", "-W1", "127.0.0.1"}} {
			if err := exec.Command(args[0], args[1:]...).Run(); err != nil {
				return fmt.Errorf("%v: %w", args, err)
			}
		}
		counted, err = exec.Command("nft", "list", "chain", "inet", "dewpoint", "input").Output()
		return err
	})
	if err != nil || strings.Contains(string(counted), "packets 0") || !strings.Contains(string(counted), "packets") {
		t.Fatalf("nothing was counted: %s, %v", counted, err)
	}
	if got, err := tool.Read(ctx, ns, "dewpoint"); err != nil || got != nft.Fingerprint(text) {
		t.Errorf("what was counted is taken for a change: %+v, %v", got, err)
	}
}

// TestCountersGoOnWithNewRules replaces a table around its counters, and one that somebody has changed.
func TestCountersGoOnWithNewRules(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "nft")
	ctx, tool, ns := context.Background(), nft.Tool{In: link.In}, linktest.Namespace(t)
	router := func(counters ...string) string {
		r := nft.Router{Lan: "lan", Wan: "wan", NAT: true, Rules: map[nft.Hook][]nft.Rule{}}
		for _, name := range counters {
			r.Rules[nft.Opening] = append(r.Rules[nft.Opening], nft.Accept.If(nft.InAny{"wan"}, nft.Rate{Packets: 9, Per: "day"}).Counted(name))
		}
		r.Rules[nft.Opening] = append(r.Rules[nft.Opening], nft.Accept.If(nft.In("lo"), nft.ICMP).Counted("r1"))
		return render(t, r.Table())
	}
	apply := func(text string) nft.Counted {
		t.Helper()
		if err := tool.Apply(ctx, ns, text); err != nil {
			t.Fatal(err)
		}
		got, err := tool.Count(ctx, ns, nft.RouterTable)
		if err != nil || got.State != nft.Fingerprint(text) {
			t.Fatalf("applied, the table is %+v, %v", got, err)
		}
		return got
	}
	apply(router())
	err := link.In(ns, func() error {
		for _, args := range [][]string{{"ip", "link", "set", "lo", "up"}, {"ping", "-c1", "-W1", "127.0.0.1"}} {
			if err := exec.Command(args[0], args[1:]...).Run(); err != nil {
				return fmt.Errorf("%v: %w", args, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	counted := apply(router()).Counters["r1"]
	if counted.Packets != 1 || counted.Bytes != 84 {
		t.Fatalf("one ping is counted as %+v", counted)
	}
	for _, step := range []struct {
		name  string
		hand  string // what somebody does first
		text  string
		kept  bool
		names []string
	}{
		{"another rule", "", router("r2"), true, []string{"r1", "r2"}},
		{"a rule less", "", router(), true, []string{"r1"}},
		{"flushed by hand", "flush table inet dewpoint", router(), true, []string{"r1"}},
		{"more chains", "add chain inet dewpoint more\nadd rule inet dewpoint forward jump more", router("r3"), true, []string{"r1", "r3"}},
		{"asleep", "add table inet dewpoint { flags dormant; }", router(), false, []string{"r1"}},
		{"a set by hand", "add set inet dewpoint some { type ipv4_addr; }", router(), false, []string{"r1"}},
	} {
		if step.hand != "" {
			byHand(t, ns, step.hand)
		}
		got := apply(step.text)
		if names := slices.Sorted(maps.Keys(got.Counters)); !slices.Equal(names, step.names) {
			t.Errorf("%s: the counters are %v, want %v", step.name, names, step.names)
		}
		if step.kept && got.Counters["r1"] != counted {
			t.Errorf("%s: %+v of %+v is left", step.name, got.Counters["r1"], counted)
		}
	}
}

// TestATableWithoutItsSealIsNotWhole: what a crash leaves between the table and its seal is applied again.
func TestATableWithoutItsSealIsNotWhole(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "nft")
	ctx, tool, ns := context.Background(), nft.Tool{In: link.In}, linktest.Namespace(t)
	text := render(t, tables["router-nat"])
	byHand(t, ns, text)
	if got, err := tool.Read(ctx, ns, "dewpoint"); err != nil || got.Whole || got.Text != nft.Fingerprint(text).Text {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRefusedTables(t *testing.T) {
	t.Parallel()
	with := func(hook nft.Hook, r nft.Rule) nft.Table {
		return nft.Table{Name: "t", Chains: []nft.Chain{{Hook: hook, Rules: []nft.Rule{r}}}}
	}
	match := func(m nft.Match) nft.Table { return with(nft.Input, nft.Drop.If(m)) }
	for name, table := range map[string]nft.Table{
		"table name":      {Name: "a b"},
		"table injection": {Name: "a {\n}"},
		"hook":            with("egress", nft.Accept.If()),
		"interface":       match(nft.In(`x" accept`)),
		"long interface":  match(nft.In("abcdefghijklmnop")),
		"no interface":    match(nft.In("")),
		"star":            match(nft.Out("*")),
		"other interface": match(nft.NotOut("a\nb")),
		"IPv6 source":     match(nft.Source(prefixes("::/0"))),
		"zero source":     match(nft.Source(make([]netip.Prefix, 1))),
		"no source":       match(nft.Source{}),
		"state":           match(nft.Conn{"snat"}),
		"no state":        match(nft.Conn{}),
		"protocol":        match(nft.Protocol("sctp")),
		"ports":           match(nft.ICMP.To(1)),
		"no ports":        match(nft.TCP.To()),
		"star in a list":  match(nft.InAny{"wan*"}),
		"no interfaces":   match(nft.OutAny{}),
		"IPv6 address":    match(nft.Toward(prefixes("::/0"))),
		"no address":      match(nft.From{}),
		"no protocols":    match(nft.Transport{}),
		"ports of GRE":    match(nft.Transport{Protocols: []uint8{47}, To: []nft.PortRange{{First: 1, Last: 1}}}),
		"ports backwards": match(nft.Transport{Protocols: []uint8{6}, From: []nft.PortRange{{First: 2, Last: 1}}}),
		"rate of nothing": match(nft.Rate{Per: "second"}),
		"rate's unit":     match(nft.Rate{Packets: 1, Per: "second accept"}),
		"counter":         with(nft.Input, nft.Accept.If().Counted(`x" accept`)),
		"jump to a hook":  with(nft.Input, nft.Jump.If().To(nft.Target{Chain: nft.Forward})),
		"jump nowhere":    with(nft.Input, nft.Jump.If()),
		"accept to":       with(nft.Input, nft.Accept.If().To(nft.Target{Chain: nft.Opening})),
		"dnat to nobody":  with(nft.Prerouting, nft.DNAT.If()),
		"dnat to IPv6":    with(nft.Prerouting, nft.DNAT.If().To(nft.Target{Addr: netip.MustParseAddr("::1")})),
		"dnat on input":   with(nft.Input, nft.DNAT.If().To(nft.Target{Addr: netip.MustParseAddr("10.0.0.1")})),
		"snat's ports":    with(nft.Postrouting, nft.SNAT.If().To(nft.Target{Addr: netip.MustParseAddr("10.0.0.1"), Ports: nft.PortRange{First: 9, Last: 3}})),
		"no match":        match(nil),
		"no verdict":      with(nft.Input, nft.Rule{}),
		"verdict":         with(nft.Input, nft.Verdict("accept; drop").If()),
		"masquerade":      with(nft.Input, nft.Masquerade.If()),
	} {
		if text, err := table.Render(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %q, %v, want Invalid", name, text, err)
		}
	}
	tool := nft.Tool{In: link.In}
	if err := tool.Delete(context.Background(), "", "x; flush ruleset"); !errs.Is(err, errs.Invalid) {
		t.Errorf("Delete of a bad name says %v, want Invalid", err)
	}
}

// FuzzMatches writes rules of what is no name, protocol or state: they are refused, or the rule is the line that it would be for a harmless one.
func FuzzMatches(f *testing.F) {
	for _, seed := range []string{"lan", "dpab12w*", "tcp", "established", `x" accept`, "a\nb", "{", "a;b", "# x", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, m := range []nft.Match{
			nft.In(s), nft.Out(s), nft.NotOut(s), nft.Conn{nft.ConnState(s)}, nft.Protocol(s), nft.Protocol(s).To(1), nft.InAny{s}, nft.OutAny{s}, nft.Rate{Packets: 1, Per: s},
		} {
			table := nft.Table{Name: "t", Chains: []nft.Chain{{Hook: nft.Input, Rules: []nft.Rule{nft.Drop.If(m)}}}}
			text, err := table.Render()
			if err != nil {
				if !errs.Is(err, errs.Invalid) {
					t.Errorf("%T of %q: %v, want Invalid", m, s, err)
				}
				continue
			}
			if lines := strings.Split(text, "\n"); len(lines) != 11 || !harmless.MatchString(lines[7]) {
				t.Errorf("%T of %q makes\n%s", m, s, text)
			}
		}
	})
}

// harmless is a line with one rule of one match.
var harmless = regexp.MustCompile(`^\t\t[a-z0-9 !=]+("[A-Za-z0-9_.*-]+"|[{] [a-z0-9]+ [}]|[{] "[A-Za-z0-9_.-]+" [}]|/[a-z]+)? drop$`)

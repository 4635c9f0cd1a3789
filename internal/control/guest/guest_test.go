package guest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/control/guest"
	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/host/link"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	_          loop.Reconciler = (*guest.Controller)(nil)
	_          guest.Host      = (*libvirt.Client)(nil)
	_          guest.WorkHost  = (*libvirt.Client)(nil)
	background                 = context.Background()
)

// host is a hypervisor whose guests' agents answer what a test says.
type host struct {
	mu      sync.Mutex
	domains []libvirt.Info
	agents  map[string]func(command string) (string, error) // by domain
	asked   int
}

func (h *host) List(context.Context, string) ([]libvirt.Info, error) { return h.domains, nil }

func (h *host) HasAgent(_ context.Context, ref libvirt.Ref) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.agents[ref.Name] != nil, nil
}

func (h *host) AskAgent(_ context.Context, ref libvirt.Ref, command string, _ time.Duration) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	var asked struct{ Execute string }
	if err := json.Unmarshal([]byte(command), &asked); err != nil {
		return "", err
	}
	return h.agents[ref.Name](asked.Execute)
}

// bench is a node with a VM (machine 1) that has a card in a network.
type bench struct {
	t     *testing.T
	db    *store.DB
	host  host
	heard []link.Neighbour
	queue *loop.Queue
	c     *guest.Controller
	now   time.Time
	vnet  int64
}

const mac = "52:54:00:aa:bb:01"

func open(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, db: rig.Database(t, t.TempDir()), now: time.Unix(1_700_000_000, 0)}
	b.db.Now = func() time.Time { return b.now }
	b.update(func(tx *store.Tx) error {
		machine, err := store.Create(tx, compute.MachineSet{}.Type("vm"))
		if err != nil {
			return err
		}
		vnet, err := store.Create(tx, network.VnetSet{}.Name("lab"))
		if err != nil {
			return err
		}
		b.vnet = vnet.Int()
		if _, err := store.Create(tx, compute.MachineNICSet{}.Machine(machine.Int()).Vnet(b.vnet).Macaddress(mac)); err != nil {
			return err
		}
		return store.Write(tx, machine, compute.MachineStatusSet{}.Running(true))
	})
	b.host.agents = map[string]func(string) (string, error){}
	b.queue = loop.NewQueue(slog.New(slog.DiscardHandler))
	b.c = guest.New(guest.Config{
		DB: b.db, Host: &b.host, Log: slog.New(slog.DiscardHandler), Instance: "ab12", Node: 1, Now: func() time.Time { return b.now },
		Neighbours: func(namespace string) ([]link.Neighbour, error) {
			if want := fmt.Sprintf("dpab12-%d", b.vnet); namespace != want {
				t.Errorf("namespace %s, want %s", namespace, want)
			}
			if b.heard == nil {
				return nil, errs.New(errs.NotFound, "no_namespace", "no such namespace")
			}
			return b.heard, nil
		},
	}, b.queue)
	b.runs(true)
	return b
}

func (b *bench) runs(on bool) {
	b.host.domains = nil
	if on {
		b.host.domains = []libvirt.Info{{Ref: libvirt.Ref{Name: "dp-ab12-1"}, State: libvirt.Running, Run: 7}}
	}
	b.update(func(tx *store.Tx) error { return store.Write(tx, int64(1), compute.MachineStatusSet{}.Running(on)) })
}

func (b *bench) update(f func(*store.Tx) error) {
	b.t.Helper()
	if err := b.db.Update(background, f); err != nil {
		b.t.Fatal(err)
	}
}

// pass lets time go by, makes a pass, waits for the visits that it began, and makes another, which sees what they brought.
func (b *bench) pass(later time.Duration) {
	b.t.Helper()
	b.now = b.now.Add(later)
	for range 2 {
		if err := b.c.Reconcile(background); err != nil {
			b.t.Fatal(err)
		}
		b.queue.Wait()
		b.now = b.now.Add(5 * time.Second)
	}
}

func (b *bench) status() (s compute.MachineStatus) {
	b.t.Helper()
	if err := b.db.View(background, func(tx *store.Tx) (err error) {
		s, err = store.GetRow[compute.MachineStatus](tx, int64(1))
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) addresses(want ...string) {
	b.t.Helper()
	var got []string
	if err := b.db.View(background, func(tx *store.Tx) error {
		rows, err := store.FindRows[compute.MachineNICAddress](tx)
		for _, r := range rows {
			got = append(got, fmt.Sprintf("%d %s %s", r.NIC, r.IP, r.Source))
		}
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
	sorted := func(list []string) map[string]bool {
		set := map[string]bool{}
		for _, s := range list {
			set[s] = true
		}
		return set
	}
	if d := cmp.Diff(sorted(want), sorted(got)); d != "" || len(got) != len(want) {
		b.t.Errorf("addresses (-want +got):\n%s", d)
	}
}

// talk is an agent that knows its addresses and its name.
func talk(name string, ips ...string) func(string) (string, error) {
	return func(command string) (string, error) {
		switch command {
		case "guest-info":
			return `{"return":{"version":"7.2","supported_commands":[{"name":"guest-get-host-name","enabled":true},{"name":"guest-network-get-interfaces","enabled":true}]}}`, nil
		case "guest-get-host-name":
			return fmt.Sprintf(`{"return":{"host-name":%q}}`, name), nil
		}
		var list []string
		for _, ip := range ips {
			list = append(list, fmt.Sprintf(`{"ip-address":%q}`, ip))
		}
		return fmt.Sprintf(`{"return":[{"name":"eth0","hardware-address":%q,"ip-addresses":[%s]},{"name":"eth1","hardware-address":"52:54:00:00:00:99","ip-addresses":[{"ip-address":"9.9.9.9"}]}]}`,
			strings.ToUpper(mac), strings.Join(list, ",")), nil
	}
}

// TestGuestsAreKnown follows a guest from its start to its end, by all sources of addresses.
func TestGuestsAreKnown(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.pass(0)
	if s := b.status(); s.AgentGuestInfo != "" || s.AgentVersion != "" {
		t.Errorf("without an agent: %+v", s)
	}
	b.addresses()

	b.host.agents["dp-ab12-1"] = talk("web", "10.0.0.5", "fe80::1", "127.0.0.1", "fd00::5")
	b.heard = []link.Neighbour{{IP: netip.MustParseAddr("10.0.0.6"), MAC: mac}, {IP: netip.MustParseAddr("10.0.0.7"), MAC: "52:54:00:ff:ff:ff"}}
	b.update(func(tx *store.Tx) error {
		_, err := store.Insert(tx, network.VnetAddressSet{}.Vnet(b.vnet).Type("dynamic").IP("10.0.0.4").MAC(mac))
		return err
	})
	b.pass(10 * time.Second)
	s := b.status()
	if s.AgentVersion != "7.2" || s.AgentFeatures != `["guest-get-host-name","guest-network-get-interfaces"]` || !strings.Contains(s.AgentGuestInfo, `"hostname":"web"`) {
		t.Errorf("with an agent: %+v", s)
	}
	b.addresses("1 10.0.0.4 lease", "1 10.0.0.5 agent", "1 fd00::5 agent", "1 10.0.0.6 neighbour")

	asked := b.host.asked
	b.pass(10 * time.Second)
	if b.host.asked == asked {
		t.Error("an agent isn't asked again soon, while its guest is young")
	}
	b.pass(10 * time.Minute)
	asked = b.host.asked
	b.pass(30 * time.Second)
	if b.host.asked != asked {
		t.Error("an agent that talks is asked again within a minute")
	}
	b.host.agents["dp-ab12-1"] = talk("web", "10.0.0.8")
	b.heard = nil
	b.pass(time.Minute)
	b.addresses("1 10.0.0.4 lease", "1 10.0.0.8 agent")

	b.runs(false)
	b.pass(10 * time.Second)
	if s := b.status(); s.AgentGuestInfo != "" || s.AgentVersion != "" || s.AgentFeatures != "[]" {
		t.Errorf("of a guest that is off: %+v", s)
	}
	b.addresses()
}

// TestStallingAgents: what it last said stays for a while, and it is asked seldom.
func TestStallingAgents(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.host.agents["dp-ab12-1"] = talk("web", "10.0.0.5")
	b.pass(0)
	stall := func(string) (string, error) {
		return "", errs.New(errs.Unavailable, "agent_silent", "no answer")
	}
	b.host.agents["dp-ab12-1"] = stall
	b.pass(time.Minute)
	b.addresses("1 10.0.0.5 agent")
	asked := b.host.asked
	b.pass(time.Minute)
	if b.host.asked != asked {
		t.Error("an agent that stalls is asked every minute")
	}
	b.pass(3 * time.Minute)
	if s := b.status(); s.AgentGuestInfo != "" {
		t.Errorf("an agent that is silent for minutes still says %s", s.AgentGuestInfo)
	}
	b.addresses()
}

// TestSameAnswerIsNoNews: an answer that says nothing new isn't written each minute.
func TestSameAnswerIsNoNews(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.host.agents["dp-ab12-1"] = talk("web")
	b.pass(0)
	first := b.status().AgentGuestInfo
	b.pass(time.Minute)
	if again := b.status().AgentGuestInfo; again != first {
		t.Errorf("%s became %s", first, again)
	}
	b.pass(6 * time.Minute)
	if later := b.status().AgentGuestInfo; later == first {
		t.Error("nobody sees that it was asked since")
	}
}

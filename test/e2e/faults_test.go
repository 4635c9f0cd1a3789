package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// ledger is what a client has been told of, and what it can't know because the server died before the answer.
type ledger struct {
	t        *testing.T
	c        *harness.Client
	rng      *rand.Rand
	next     int
	vms      map[string]*machineOf // acknowledged, by key
	vnets    map[string]bool       // acknowledged, by key: powered on
	unsure   map[string]bool       // "vms/name" whose create or delete wasn't answered
	answered int
}

type machineOf struct {
	machine, name string
	deleting      bool // a delete that wasn't answered
}

// kills is how often the server is killed; CI's figure unless DEWPOINT_KILLS says otherwise.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("DEWPOINT_KILLS")); err == nil {
		return n
	}
	return 200
}

// TestKill9AtRandomMoments kills the server again and again while VMs and networks come, run and go. What was acknowledged must be there
// after each restart, a guest that ran must go on, and in the end the host must hold just what the rows say.
func TestKill9AtRandomMoments(t *testing.T) {
	s := harness.Start(t)
	instance := s.Instance()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	l := &ledger{t: t, c: s.Table(), rng: rand.New(rand.NewPCG(seed, 1)), vms: map[string]*machineOf{}, vnets: map[string]bool{}, unsure: map[string]bool{}}
	survivor, pid := l.startSurvivor(s)
	for range kills() {
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for l.step() {
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
		time.Sleep(time.Duration(l.killAfter()) * time.Millisecond) // the random moment
		s.Kill()
		close(stop)
		<-done
		s.Run()
		l.check()
	}
	if l.answered < kills() {
		t.Errorf("only %d calls were answered between %d kills: the test shows little", l.answered, kills())
	}
	if now := guestPID(t, s, survivor.machine, instance); now != pid {
		t.Errorf("the guest that ran had pid %s before and %s after", pid, now)
	}
	l.checkHost(s, instance, survivor)
	l.deleteAll(s, instance)
}

// killAfter is drawn by the main goroutine alone; the ledger's own draws happen between start and stop of its worker.
func (l *ledger) killAfter() int { return rand.IntN(600) }

func (l *ledger) startSurvivor(s *harness.Server) (*machineOf, string) {
	made := l.c.Must(201, "POST", "vms", map[string]any{"name": "survivor", "ram": 256}).Object()
	m := &machineOf{machine: made["response"].(map[string]any)["machine"].(string), name: "survivor"}
	key := made["$key"].(string)
	l.c.Create("machine_drives", map[string]any{"machine": m.machine, "disksize": 16 << 20})
	l.c.Must(201, "POST", "vm_actions", map[string]any{"vm": key, "action": "poweron"})
	waitRunning(l.t, l.c, vm{key: key}, true)
	l.vms[key] = m
	return m, guestPID(l.t, s, m.machine, s.Instance())
}

// guestPID reads the pid of a machine's QEMU from libvirt's own pid file.
func guestPID(t *testing.T, s *harness.Server, machine, instance string) string {
	t.Helper()
	pid, err := os.ReadFile(fmt.Sprintf("/run/libvirt/qemu/dp-%s-%s.pid", instance, machine))
	if err != nil {
		t.Fatalf("the guest that ran is gone: %v", err)
	}
	return strings.TrimSpace(string(pid))
}

// step makes one random call; false when the server didn't answer.
func (l *ledger) step() bool {
	switch n := l.rng.IntN(10); {
	case n < 2 && len(l.vnets) < 5:
		return l.createVnet()
	case n < 4 && len(l.vms) < 7:
		return l.createVM()
	case n < 6:
		return l.act("vm_actions", "vm", l.pickVM(), []string{"poweron", "kill", "reset"}[l.rng.IntN(3)])
	case n < 7:
		return l.act("vnet_actions", "vnet", l.pickVnet(), []string{"poweron", "poweroff"}[l.rng.IntN(2)])
	case n < 9:
		return l.deleteVM()
	}
	return l.deleteVnet()
}

func (l *ledger) do(method, path string, body any) *harness.Reply {
	r, err := l.c.Do(method, path, body)
	if err != nil {
		return nil // killed meanwhile
	}
	l.answered++
	if r.Status >= 500 {
		l.t.Errorf("%s %s: status %d: %s", method, path, r.Status, r.Body)
	}
	return r
}

func (l *ledger) createVnet() bool {
	name := fmt.Sprintf("net-%d", l.next)
	l.next++
	r := l.do("POST", "vnets", map[string]any{"name": name, "network": "10.79.0.0/24", "dhcp_enabled": true})
	if r == nil {
		l.unsure["vnets/"+name] = true
		return false
	}
	key := r.Object()["$key"].(string)
	l.vnets[key] = false
	return l.act("vnet_actions", "vnet", key, "poweron")
}

func (l *ledger) createVM() bool {
	name := fmt.Sprintf("vm-%d", l.next)
	l.next++
	r := l.do("POST", "vms", map[string]any{"name": name, "ram": 256})
	if r == nil {
		l.unsure["vms/"+name] = true
		return false
	}
	m := &machineOf{machine: r.Object()["response"].(map[string]any)["machine"].(string), name: name}
	l.vms[r.Object()["$key"].(string)] = m
	if r := l.do("POST", "machine_drives", map[string]any{"machine": m.machine, "disksize": 16 << 20}); r == nil {
		return false
	}
	if vnet := l.pickVnet(); vnet != "" {
		if r := l.do("POST", "machine_nics", map[string]any{"machine": m.machine, "vnet": vnet}); r == nil {
			return false
		}
	}
	return true
}

func (l *ledger) pickVM() string {
	for key, m := range l.vms {
		if m.name != "survivor" {
			return key
		}
	}
	return ""
}

func (l *ledger) pickVnet() string {
	for key := range l.vnets {
		return key
	}
	return ""
}

func (l *ledger) act(table, ref, key, action string) bool {
	return key == "" || l.do("POST", table, map[string]any{ref: key, "action": action}) != nil
}

func (l *ledger) deleteVM() bool {
	key := l.pickVM()
	if key == "" {
		return true
	}
	l.vms[key].deleting = true
	r := l.do("DELETE", "vms/"+key, nil)
	if r == nil {
		return false
	}
	if r.Status != 200 && r.Status != 404 {
		l.t.Errorf("DELETE vms/%s: status %d: %s", key, r.Status, r.Body)
	}
	delete(l.vms, key)
	return true
}

func (l *ledger) deleteVnet() bool {
	key := l.pickVnet()
	if key == "" {
		return true
	}
	r := l.do("DELETE", "vnets/"+key, nil)
	switch {
	case r == nil:
		l.unsure["vnets-delete/"+key] = true
		return false
	case r.Status == 200 || r.Status == 404:
		delete(l.vnets, key)
	case r.Status != 409:
		l.t.Errorf("DELETE vnets/%s: status %d: %s", key, r.Status, r.Body)
	}
	return true
}

// check holds the rows against the ledger after a restart, and settles what was unsure by what is there now.
func (l *ledger) check() {
	l.t.Helper()
	rows := l.c.Must(200, "GET", "vms?fields=$key,name,machine", nil).Rows()
	there := map[string]bool{}
	for _, r := range rows {
		key := fmt.Sprint(r["$key"])
		there[key] = true
		if l.vms[key] == nil {
			if !l.unsure["vms/"+fmt.Sprint(r["name"])] {
				l.t.Errorf("VM %v is there although its deletion was acknowledged, or it never was asked for", r)
			}
			l.vms[key] = &machineOf{machine: fmt.Sprint(r["machine"]), name: fmt.Sprint(r["name"])}
		}
		l.vms[key].deleting = false
	}
	for key, m := range l.vms {
		if !there[key] {
			if !m.deleting {
				l.t.Errorf("VM %s (%s) was acknowledged and is gone", key, m.name)
			}
			delete(l.vms, key)
		}
	}
	l.checkVnets()
	l.unsure = map[string]bool{}
}

func (l *ledger) checkVnets() {
	l.t.Helper()
	there := map[string]bool{}
	for _, r := range l.c.Must(200, "GET", "vnets?fields=$key,name", nil).Rows() {
		key := fmt.Sprint(r["$key"])
		there[key] = true
		if _, known := l.vnets[key]; !known {
			if !l.unsure["vnets/"+fmt.Sprint(r["name"])] {
				l.t.Errorf("network %v is there although its deletion was acknowledged, or it never was asked for", r)
			}
			l.vnets[key] = false
		}
	}
	for key := range l.vnets {
		if !there[key] {
			if !l.unsure["vnets-delete/"+key] {
				l.t.Errorf("network %s was acknowledged and is gone", key)
			}
			delete(l.vnets, key)
		}
	}
}

// checkHost waits until the host holds what the rows say and nothing more: domains, bridges, routers, disks.
func (l *ledger) checkHost(s *harness.Server, instance string, survivor *machineOf) {
	l.t.Helper()
	for key := range l.vnets {
		l.act("vnet_actions", "vnet", key, "poweron")
	}
	harness.Eventually(l.t, 2*time.Minute, "the host is as the rows say", func() (bool, string) {
		want := l.wantedTraces(instance)
		have := slices.DeleteFunc(s.Traces(instance), func(trace string) bool {
			return !strings.HasPrefix(trace, "namespace ") && !strings.HasPrefix(trace, "domain ") && !strings.Contains(trace, "pools/") && !strings.HasPrefix(trace, "link dp"+instance+"b")
		})
		slices.Sort(want)
		slices.Sort(have)
		// A stopped VM may or may not have a domain: it is defined afresh at each start.
		have = slices.DeleteFunc(have, func(trace string) bool {
			return strings.HasPrefix(trace, "domain ") && slices.Contains(want, "maybe "+trace)
		})
		want = slices.DeleteFunc(want, func(trace string) bool { return strings.HasPrefix(trace, "maybe ") })
		return slices.Equal(want, have), fmt.Sprintf("\nwant %v\nhave %v", want, have)
	})
	if !strings.Contains(harness.Virsh(l.t, "list", "--name"), "dp-"+instance+"-"+survivor.machine) {
		l.t.Error("the guest that ran doesn't run any more")
	}
}

func (l *ledger) wantedTraces(instance string) (want []string) {
	for key := range l.vnets {
		want = append(want, "link dp"+instance+"b"+key, "namespace dp"+instance+"-"+key)
	}
	for _, r := range l.c.Must(200, "GET", "vms?fields=uuid,machine,count(machine%23drives)+as+drives", nil).Rows() {
		want = append(want, "maybe domain dp-"+instance+"-"+fmt.Sprint(r["machine"]))
		if fmt.Sprint(r["drives"]) != "0" {
			want = append(want, filepath.Join("pools/1", fmt.Sprint(r["uuid"])))
		}
	}
	return want
}

// deleteAll deletes what is left and waits until no trace of it is.
func (l *ledger) deleteAll(s *harness.Server, instance string) {
	l.t.Helper()
	for key := range l.vms {
		l.c.Must(200, "DELETE", "vms/"+key, nil)
	}
	for key := range l.vnets {
		l.c.Must(200, "DELETE", "vnets/"+key, nil)
	}
	harness.Eventually(l.t, time.Minute, "the host is clean", func() (bool, string) {
		left := s.Traces(instance)
		return len(left) == 0, strings.Join(left, ", ")
	})
}

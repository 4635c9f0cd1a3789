package soak

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// Rounds of the campaign: every fourth has two kills.
const (
	someKills = 16
	allKills  = 800
)

// killed is a server that is ended by SIGKILL again and again while clients write.
type killed struct {
	t       *testing.T
	s       *harness.Server
	rng     *rand.Rand
	ledgers []*ledger
}

// TestKills kills the server while clients of both dialects write. After each restart everything that was acknowledged must be there, and
// nothing that wasn't asked for; a guest that ran must go on; in the end the host must hold just what the rows say, and after all is deleted
// no trace must be left, neither on the host nor in the data directory.
func TestKills(t *testing.T) {
	s := harness.Start(t)
	number, instance := seed(t), s.Instance()
	k := &killed{t: t, s: s, rng: draws(number, 0)}
	clean := swept(s)
	machine, pid := survivor(s)
	k.clients(number)
	kills := 0
	for i := range rounds(t, someKills, allKills) {
		switch i % 4 {
		case 0:
			k.atSystemCall()
		case 1:
			k.atRandom()
			k.whileStarting()
			kills++
		default:
			k.atRandom()
		}
		kills++
		s.Run()
		for _, l := range k.ledgers {
			l.check()
		}
		if t.Failed() {
			t.Fatalf("after %d kills", kills)
		}
	}
	answered := 0
	for _, l := range k.ledgers {
		answered += l.answered
	}
	if t.Logf("%d kills, %d calls answered", kills, answered); answered < kills {
		t.Error("the campaign shows little")
	}
	if now := s.GuestPID(machine); now != pid {
		t.Errorf("the guest that ran had pid %s before and %s after", pid, now)
	}
	checkHost(s, instance)
	k.endAll(instance, clean)
}

// clients sets up one client for each dialect, and one that uploads.
func (k *killed) clients(number uint64) {
	table, resource, uploads := newLedger(k.s.Table(), draws(number, 1)), newLedger(k.s.Resource(), draws(number, 2)), newLedger(k.s.Resource(), draws(number, 3))
	table.tableKinds()
	resource.resourceKinds()
	uploads.add(uploads.tusUploads())
	k.ledgers = []*ledger{table, resource, uploads}
}

// survivor starts a guest that nobody touches, and returns its machine and its process.
func survivor(s *harness.Server) (machine, pid string) {
	c := s.Table()
	made := c.Must(201, "POST", "vms", map[string]any{"name": "survivor", "ram": 256, "powerstate": true}).Object()
	machine = made["response"].(map[string]any)["machine"].(string)
	c.Create("machine_drives", map[string]any{"machine": machine, "disksize": 16 << 20})
	harness.Eventually(c.T, time.Minute, "the guest runs", func() (bool, string) {
		row := c.Must(200, "GET", "machines/"+machine+"?fields=status%23running+as+on", nil).Object()
		return row["on"] == true, fmt.Sprint(row)
	})
	return machine, s.GuestPID(machine)
}

// write has all clients write until the server is gone, runs end meanwhile, and waits for the clients.
func (k *killed) write(end func()) {
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for _, l := range k.ledgers {
		clients.Go(func() {
			for l.step() {
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	end()
	close(stop)
	clients.Wait()
}

func (k *killed) atRandom() {
	moment := time.Duration(k.rng.IntN(600)) * time.Millisecond
	k.write(func() {
		time.Sleep(moment) // the random moment
		k.s.Kill()
	})
}

// whileStarting kills a server that may not have answered yet.
func (k *killed) whileStarting() {
	if err := k.s.Launch(); err != nil {
		k.t.Fatal(err)
	}
	time.Sleep(time.Duration(k.rng.IntN(400)) * time.Millisecond) // the random moment
	k.s.Kill()
}

// moments are the system calls that make something last, or take something away: between two of them lies everything that a crash can cut.
var moments = []string{"fsync", "fdatasync", "pwrite64", "write", "ftruncate", "renameat", "unlinkat", "mkdirat", "openat", "linkat", "execve", "sendmsg"}

// atSystemCall has the kernel kill the server as it enters a system call, by strace; one that isn't made in time ends like the others.
func (k *killed) atSystemCall() {
	call, count := moments[k.rng.IntN(len(moments))], 1+k.rng.IntN(8)
	trace := exec.Command("strace", "-f", "-q", "-o", "/dev/null", "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, count),
		"-p", strconv.Itoa(k.s.PID()))
	if err := trace.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.write(func() {
		gone := k.s.Gone(2 * time.Second)
		k.s.Kill()
		if !gone {
			k.t.Logf("the server made no %d. %s", count, call)
		}
	})
	trace.Process.Signal(syscall.SIGTERM)                                  // it would go on to follow what the server has started
	late := time.AfterFunc(5*time.Second, func() { trace.Process.Kill() }) // now and then it waits for one that is gone
	trace.Wait()
	late.Stop()
}

// swept returns what lies below the data directory once the first sweep of uploads has noted the time there.
func swept(s *harness.Server) (clean []string) {
	c := s.Table()
	harness.Eventually(c.T, time.Minute, "the first sweep is over", func() (bool, string) {
		clean = files(c.T, s.Data)
		return slices.Contains(clean, "last-seen"), strings.Join(clean, ", ")
	})
	return clean
}

// files lists what lies below a directory, but for its own folders.
func files(t testing.TB, dir string) []string {
	t.Helper()
	return strings.Fields(harness.Output(t, "find", dir, "-ignore_readdir_race", "-mindepth", "1", "(", "-not", "-type", "d", "-o", "-path", dir+"/*/*", ")", "-printf", "%P\n"))
}

// checkHost waits until the host holds what the rows say and nothing more: domains, bridges, routers, disks.
func checkHost(s *harness.Server, instance string) {
	c := s.Table()
	c.T.Helper()
	for _, row := range c.Must(200, "GET", "vnets?fields=$key", nil).Rows() {
		c.Must(201, "POST", "vnet_actions", map[string]any{"vnet": row["$key"], "action": "poweron"})
	}
	harness.Eventually(c.T, 2*time.Minute, "the host is as the rows say", func() (bool, string) {
		want, maybe := wantedTraces(c, instance)
		have := slices.DeleteFunc(s.Traces(instance), func(trace string) bool {
			kept := strings.HasPrefix(trace, "namespace ") || strings.HasPrefix(trace, "domain ") || strings.Contains(trace, "pools/") ||
				strings.HasPrefix(trace, "link dp"+instance+"b")
			return !kept || slices.Contains(maybe, trace)
		})
		slices.Sort(want)
		slices.Sort(have)
		return slices.Equal(want, have), fmt.Sprintf("\nwant %v\nhave %v", want, have)
	})
}

// wantedTraces returns what must be on the host for the rows, and what may be: a stopped VM is defined afresh at each start.
func wantedTraces(c *harness.Client, instance string) (want, maybe []string) {
	for _, row := range c.Must(200, "GET", "vnets?fields=$key", nil).Rows() {
		key := fmt.Sprint(row["$key"])
		want = append(want, "link dp"+instance+"b"+key, "namespace dp"+instance+"-"+key)
	}
	for _, row := range c.Must(200, "GET", "vms?fields=uuid,machine,count(machine%23drives)+as+drives", nil).Rows() {
		maybe = append(maybe, "domain dp-"+instance+"-"+fmt.Sprint(row["machine"]))
		if fmt.Sprint(row["drives"]) != "0" {
			want = append(want, filepath.Join("pools/1", fmt.Sprint(row["uuid"])))
		}
	}
	return want, maybe
}

// endAll deletes what is left and waits until no trace of it is on the host, and the data directory holds what it held in the beginning.
func (k *killed) endAll(instance string, clean []string) {
	for _, l := range k.ledgers {
		l.end()
	}
	c := k.s.Table()
	for _, left := range []string{"vms?fields=$key", "vnets?fields=$key&name=default"} { // that network is made by a first start
		table, _, _ := strings.Cut(left, "?")
		for _, row := range c.Must(200, "GET", left, nil).Rows() {
			c.Must(200, "DELETE", table+"/"+fmt.Sprint(row["$key"]), nil)
		}
	}
	harness.Eventually(k.t, time.Minute, "no trace is left", func() (bool, string) {
		left := append(k.s.Traces(instance), slices.DeleteFunc(files(k.t, k.s.Data), func(file string) bool { return slices.Contains(clean, file) })...)
		return len(left) == 0, strings.Join(left, ", ")
	})
}

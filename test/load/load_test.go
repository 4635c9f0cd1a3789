// Package load measures what users wait for, each against a peer in the same run, and holds the figures against their budgets. It is run
// by `make bench`, never by `make test`: a busy machine must not turn a green tree red.
package load

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
	"dewpoint/test/harness"
)

var run = flag.Bool("budgets", false, "measure and hold the figures against the budgets")

func needsFlag(t *testing.T) {
	t.Helper()
	if !*run {
		t.Skip("run by make bench")
	}
}

// figure prints one line of docs/benchmarks.md and fails the run when the budget is exceeded.
func figure(t *testing.T, what string, value float64, unit string, ok bool, budget string) {
	t.Helper()
	digits := strconv.FormatFloat(value, 'g', 4, 64)
	if value >= 1000 {
		digits = strconv.FormatFloat(value, 'f', 0, 64)
	}
	fmt.Printf("| %s | %s %s | %s | %s |\n", what, digits, unit, budget, map[bool]string{true: "kept", false: "**exceeded**"}[ok])
	if !ok {
		t.Errorf("%s: %g %s, budget %s", what, value, unit, budget)
	}
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// TestStartAndMemory measures the time from the start of the program to the first right answer, with an empty database, and
// the memory of a server that has nothing to do.
func TestStartAndMemory(t *testing.T) {
	needsFlag(t)
	var times []time.Duration
	var resident float64
	for range 5 {
		t.Run("", func(t *testing.T) {
			s := harness.Start(t)
			c := s.Table()
			began := time.Now()
			c.Must(200, "GET", "vms", nil)
			times = append(times, s.Started+time.Since(began))
			time.Sleep(10 * time.Second) // idle means that nothing was asked for a while
			resident = max(resident, memoryMiB(t, s.PID(), "VmRSS"))
		})
	}
	ms := float64(median(times).Milliseconds())
	figure(t, "start to the first authenticated answer, empty database", ms, "ms", ms <= 150, "≤ 150 ms")
	figure(t, "resident memory when idle", resident, "MiB", resident <= 40, "≤ 40 MiB")
}

// TestCreateToRunning measures from the POST of a VM to its running domain, against virsh define and start of the same XML.
func TestCreateToRunning(t *testing.T) {
	needsFlag(t)
	s := harness.Start(t)
	c, instance := s.Table(), s.Instance()
	var ours, bare []time.Duration
	for i := range 7 {
		began := time.Now()
		made := c.Must(201, "POST", "vms", map[string]any{"name": fmt.Sprintf("bench-%d", i), "ram": 256}).Object()
		c.Must(201, "POST", "vm_actions", map[string]any{"vm": made["$key"], "action": "poweron"})
		domain := "dp-" + instance + "-" + made["response"].(map[string]any)["machine"].(string)
		waitDomain(t, domain)
		ours = append(ours, time.Since(began))
		xml := harness.Virsh(t, "dumpxml", "--inactive", domain)
		c.Must(200, "DELETE", "vms/"+made["$key"].(string), nil)
		harness.Eventually(t, 20*time.Second, "the domain and its folder are gone", func() (bool, string) { // the bare one makes both again
			left := harness.Virsh(t, "list", "--all", "--name")
			folders, err := filepath.Glob(filepath.Join(s.Data, "machines", "*"))
			return !strings.Contains(left, domain) && len(folders) == 0, fmt.Sprint(left, folders, err)
		})
		bare = append(bare, bareStart(t, s, xml, domain))
	}
	ratio := float64(median(ours)) / float64(median(bare))
	fmt.Printf("| create → domain running, ours / bare (medians of %d) | %d ms / %d ms | | |\n", len(ours), median(ours).Milliseconds(), median(bare).Milliseconds())
	figure(t, "create → domain running ÷ bare virsh define + start", math.Round(ratio*100)/100, "×", ratio <= 1.2, "≤ 1.2 ×")
}

// waitDomain waits for libvirt's own pid file, which it writes when the domain runs: asking virsh would cost more than what is measured.
func waitDomain(t *testing.T, domain string) {
	t.Helper()
	file := "/run/libvirt/qemu/" + domain + ".pid"
	xml := "/run/libvirt/qemu/" + domain + ".xml"
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if _, err := os.Stat(file); err == nil {
			if text, err := os.ReadFile(xml); err == nil && strings.Contains(string(text), "<domstatus state='running'") {
				return
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("domain %s doesn't run", domain)
}

func bareStart(t *testing.T, s *harness.Server, xml, domain string) time.Duration {
	t.Helper()
	file := filepath.Join(s.Data, "bare.xml")
	if err := os.WriteFile(file, []byte(xml), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?:path|file|socket)='(`+regexp.QuoteMeta(s.Data)+`[^']+)/[^/']+'`).FindAllStringSubmatch(xml, -1) {
		if err := os.MkdirAll(m[1], 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(m[1], 0o777); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	harness.Virsh(t, "define", file)
	harness.Virsh(t, "start", domain)
	took := time.Since(began)
	harness.Virsh(t, "destroy", domain)
	harness.Virsh(t, "undefine", domain, "--nvram")
	return took
}

// rowsListed is how many VMs the list is picked from.
const rowsListed = 10_000

// TestListUnderStoppedLibvirt measures filtered and sorted lists over HTTPS with a libvirt that answers, and with one that is stopped by SIGSTOP, in turns; and
// beside them the same server's smallest answer.
func TestListUnderStoppedLibvirt(t *testing.T) {
	needsFlag(t)
	const rounds = 3
	l := harness.NewPrivateLibvirt(t)
	l.Start()
	s := harness.Start(t, "--libvirt-socket", l.Socket())
	s.Stop()
	seedVMs(t, filepath.Join(s.Data, "dewpoint.db"))
	s.Run()
	settle(t, s)
	list := "/api/v4/vms?fields=most&filter=ram%20ge%202048%20and%20name%20bw%20'vm-'&sort=-name&limit=100"
	small := wrk(t, s, "/version.json")
	var answering, stopped []measured
	for range rounds {
		answering = append(answering, wrk(t, s, list))
		l.Signal("STOP")
		stopped = append(stopped, wrk(t, s, list))
		l.Signal("CONT")
	}
	byRate := func(a, b measured) int { return cmp.Compare(a.perSecond, b.perSecond) }
	slices.SortFunc(answering, byRate)
	slices.SortFunc(stopped, byRate)
	got, ratio := stopped[rounds/2], stopped[rounds/2].perSecond/answering[rounds/2].perSecond
	fmt.Printf("| peer: requests of /version.json per second | %.0f/s | | |\n", small.perSecond)
	figure(t, "100 of 10,000 VMs, all usual columns, filter and sort, libvirt stopped", math.Round(got.perSecond), "requests/s", got.perSecond >= 500, "≥ 500/s")
	figure(t, "the same, 99th percentile", float64(got.p99.Milliseconds()), "ms", got.p99 <= 50*time.Millisecond, "≤ 50 ms")
	figure(t, "the same, libvirt stopped ÷ answering", math.Round(ratio*100)/100, "×", ratio >= 0.9, "≥ 0.9 ×")
}

func seedVMs(t *testing.T, path string) {
	t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, model.Schema())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(ctx, func(tx *store.Tx) error {
		for i := range rowsListed {
			r := schema.NewRecord(tx.Schema().Table("vms"))
			r.Put("name", schema.TextValue(fmt.Sprintf("vm-%05d", i*7919%rowsListed)))
			r.Put("uuid", schema.TextValue(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)))
			r.Put("ram", schema.IntValue(int64(1024*(1+i%4))))
			r.Put("description", schema.TextValue("made for a measurement"))
			if _, err := tx.Create(r, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

type measured struct {
	perSecond float64
	p99       time.Duration
}

// wrkTime is how long a figure is measured.
const wrkTime = 10 * time.Second

// wrk asks a server for the paths in turn, as an administrator.
func wrk(t *testing.T, s *harness.Server, paths ...string) measured {
	t.Helper()
	return runWrk(t, s.URL, wrkTime, []string{"Authorization: " + s.Table().Authorization}, paths)
}

// runWrk runs the load generator of that name on eight connections. It asks for the paths in turn.
func runWrk(t *testing.T, base string, during time.Duration, headers, paths []string) measured {
	t.Helper()
	script := "local at = 0\nlocal paths = {\n"
	for _, path := range paths {
		script += strconv.Quote(path) + ",\n"
	}
	script += "}\nrequest = function()\n  at = at % #paths + 1\n  return wrk.format(nil, paths[at])\nend\n"
	file := filepath.Join(t.TempDir(), "paths.lua")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-t1", "-c8", fmt.Sprintf("-d%.0fs", during.Seconds()), "--latency", "-s", file}
	for _, h := range headers {
		args = append(args, "-H", h)
	}
	out, err := exec.Command("wrk", append(args, base)...).CombinedOutput()
	if err != nil {
		t.Fatalf("wrk: %v: %s", err, out)
	}
	if m := regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`).FindSubmatch(out); m != nil {
		t.Fatalf("%s of the answers were errors: %s", m[1], out)
	}
	rate := regexp.MustCompile(`Requests/sec:\s+([\d.]+)`).FindSubmatch(out)
	p99 := regexp.MustCompile(`99%\s+([\d.]+\w+)`).FindSubmatch(out)
	if rate == nil || p99 == nil {
		t.Fatalf("wrk said: %s", out)
	}
	perSecond, err := strconv.ParseFloat(string(rate[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	d, err := time.ParseDuration(string(p99[1]))
	if err != nil {
		t.Fatal(err)
	}
	return measured{perSecond, d}
}

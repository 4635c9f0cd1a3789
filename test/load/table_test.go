package load

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/model"
	"dewpoint/internal/query"
	"dewpoint/test/harness"
)

// TestTableAPI measures the table API on a whole cloud, over HTTPS, with the client on the same machine, and beside it PocketBase with the same
// rows.
func TestTableAPI(t *testing.T) {
	needsFlag(t)
	s := harness.Start(t)
	buildCloud(t, s, cloudVMs)
	settle(t, s)
	fmt.Printf("| start with %d VMs | %d ms | | |\n", cloudVMs, s.Started.Milliseconds())
	list := wrk(t, s, lists()...)
	figure(t, "100 of 20,000 VMs, fields=most, filter and sort", math.Round(list.perSecond), "requests/s", list.perSecond >= 1000, "≥ 1000/s")
	figure(t, "the same, 99th percentile", milliseconds(list.p99), "ms", list.p99 <= 25*time.Millisecond, "≤ 25 ms")
	one := wrk(t, s, singles()...)
	figure(t, "one VM, fields=most", math.Round(one.perSecond), "requests/s", one.perSecond >= 5000, "≥ 5000/s")
	same := unchanged(t, s, lists()[0])
	figure(t, "304 on an unchanged list", math.Round(same.perSecond), "requests/s", same.perSecond >= 8000, "≥ 8000/s")
	took, memory := everything(t, s)
	figure(t, "all 20,000 VMs, all fields", milliseconds(took), "ms", took <= 250*time.Millisecond, "≤ 250 ms")
	figure(t, "memory that it takes", memory, "MiB", memory <= 16, "≤ 16 MiB")
	page := scrapes(t, s)
	figure(t, "/metrics of 20,000 VMs", milliseconds(page), "ms", page <= 150*time.Millisecond, "≤ 150 ms")
	resident := memoryMiB(t, s.PID(), "VmRSS")
	figure(t, "resident memory with all that", resident, "MiB", resident <= 100, "≤ 100 MiB")
	besidePocketBase(t, s)
}

// besidePocketBase asks both for the same lists.
func besidePocketBase(t *testing.T, s *harness.Server) {
	t.Helper()
	base, token := startPocketBase(t, s)
	var ours, theirs []string
	for _, list := range []struct{ filter, same, sort string }{
		{"ram ge 2048", "ram>=2048", "-name"},
		{"ram eq 1024 and enabled eq true", "ram=1024&&enabled=true", "name"},
		{"name ct '7'", "name~'7'", "-uuid"},
	} {
		q := url.Values{"fields": {"most"}, "filter": {"is_snapshot eq false and " + list.filter}, "sort": {list.sort}, "limit": {"100"}}
		ours = append(ours, "/api/v4/vms?"+q.Encode())
		q = url.Values{"filter": {"is_snapshot=false&&" + list.same}, "sort": {list.sort}, "perPage": {"100"}, "skipTotal": {"1"}}
		theirs = append(theirs, "/api/collections/vms/records?"+q.Encode())
	}
	peer := runWrk(t, base, wrkTime, []string{"Authorization: " + token}, theirs)
	here := wrk(t, s, ours...)
	fmt.Printf("| peer: PocketBase, 100 of the same rows, the same filters and sorts | %.0f/s | | |\n", peer.perSecond)
	ratio := here.perSecond / peer.perSecond
	figure(t, "100 of 20,000 VMs, the same lists ÷ PocketBase", math.Round(ratio*100)/100, "×", ratio >= 2, "≥ 2 ×")
}

// TestSnapshotsCostNothing measures with and without very many snapshots of a few VMs, in turns.
func TestSnapshotsCostNothing(t *testing.T) {
	needsFlag(t)
	const rounds = 3
	s := harness.Start(t)
	p := buildCloud(t, s, cloudVMs)
	var without, with sample
	for range rounds {
		without.take(t, s)
		addSnapshots(t, s, p)
		with.take(t, s)
		removeSnapshots(t, s)
	}
	for _, x := range []struct {
		what          string
		without, with []float64 // seconds
	}{
		{"100 VMs", without.list, with.list}, {"one VM", without.one, with.one}, {"all VMs", without.all, with.all},
	} {
		slices.Sort(x.without)
		slices.Sort(x.with)
		ratio := x.with[rounds/2] / x.without[rounds/2]
		figure(t, x.what+", with 50,000 more snapshots on 15 VMs ÷ without", math.Round(ratio*100)/100, "×", ratio <= 1.1, "≤ 1.1 ×")
	}
}

// sample is how long requests took, in seconds.
type sample struct{ list, one, all []float64 }

func (x *sample) take(t *testing.T, s *harness.Server) {
	t.Helper()
	settle(t, s)
	during, headers := wrkTime/2, []string{"Authorization: " + s.Table().Authorization}
	x.list = append(x.list, 1/runWrk(t, s.URL, during, headers, lists()).perSecond)
	x.one = append(x.one, 1/runWrk(t, s.URL, during, headers, singles()).perSecond)
	took, _ := everything(t, s)
	x.all = append(x.all, took.Seconds())
}

// TestParseAndPlan measures what comes before the database on the longest things that clients send.
func TestParseAndPlan(t *testing.T) {
	needsFlag(t)
	raw, err := os.ReadFile(filepath.Join(harness.Root(), "internal", "query", "testdata", "queries.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	tables := model.Schema()
	var longest, declared []string
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) != 4 || cells[2] != "fields" {
			continue
		}
		if longest == nil || len(cells[3]) > len(longest[3]) {
			longest = cells
		}
		if tables.Table(cells[1]) != nil && (declared == nil || len(cells[3]) > len(declared[3])) {
			declared = cells
		}
	}
	parse := nanoseconds(func() error {
		_, err := query.Parse(query.Request{Fields: longest[3]})
		return err
	})
	plan := nanoseconds(func() error {
		ast, err := query.Parse(query.Request{Fields: declared[3]})
		if err == nil {
			_, err = query.Build(tables, tables.Table(declared[1]), ast, query.Options{})
		}
		return err
	})
	fmt.Printf("| parse of the longest expression (%s, %d bytes) | %.1f µs | | |\n", longest[1], len(longest[3]), parse/1000)
	what := fmt.Sprintf("parse and plan of the longest expression on a table that there is (%s, %d bytes)", declared[1], len(declared[3]))
	figure(t, what, math.Round(plan/100)/10, "µs", plan <= 50_000, "≤ 50 µs")
}

// nanoseconds measures f.
func nanoseconds(f func() error) float64 {
	return float64(testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
	}).NsPerOp())
}

// settle waits until the passes that follow a start are over.
func settle(t *testing.T, s *harness.Server) {
	t.Helper()
	s.Table().Must(200, "GET", "vms?limit=1", nil)
	time.Sleep(5 * time.Second)
}

func milliseconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e5) / 100 }

// lists are requests for 100 VMs, each with a filter and a sort.
func lists() (paths []string) {
	for _, filter := range []string{"ram ge 2048", "name bw 'vm-1'", "ram eq 1024 and enabled eq true", "name ct '7'", "cpu_cores ge 2"} {
		for _, sort := range []string{"-name", "name", "-$key", "uuid"} {
			q := url.Values{"fields": {"most"}, "filter": {"is_snapshot eq false and " + filter}, "sort": {sort}, "limit": {"100"}}
			paths = append(paths, "/api/v4/vms?"+q.Encode())
		}
	}
	return paths
}

// singles are requests for single VMs all over the table.
func singles() (paths []string) {
	for i := range 500 {
		paths = append(paths, fmt.Sprintf("/api/v4/vms/%d?fields=most", firstVM+i*39))
	}
	return paths
}

// unchanged asks for what the client has already.
func unchanged(t *testing.T, s *harness.Server, path string) measured {
	t.Helper()
	r := s.Table().Must(200, "GET", strings.TrimPrefix(path, "/api/v4/"), nil)
	headers := []string{"If-None-Match: " + r.Header.Get("ETag"), "Authorization: " + s.Table().Authorization}
	return runWrk(t, s.URL, wrkTime, headers, []string{path})
}

// everything reads all VMs with all their fields and returns the median time to the last byte, and by how much more memory of its own the
// server had meanwhile.
func everything(t *testing.T, s *harness.Server) (time.Duration, float64) {
	t.Helper()
	before := memoryMiB(t, s.PID(), "RssAnon")
	stop, peak := make(chan struct{}), make(chan float64)
	go func() {
		most := before
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(time.Millisecond):
				most = max(most, memoryMiB(t, s.PID(), "RssAnon"))
			}
		}
	}()
	var times []time.Duration
	for range 9 {
		times = append(times, readAll(t, s))
	}
	close(stop)
	return median(times), <-peak - before
}

func readAll(t *testing.T, s *harness.Server) time.Duration {
	t.Helper()
	return readWhole(t, s, "/api/v4/vms?fields=all&filter=is_snapshot%20eq%20false", 1000*cloudVMs)
}

// scrapes reads what Prometheus does.
func scrapes(t *testing.T, s *harness.Server) time.Duration {
	t.Helper()
	var times []time.Duration
	for range 9 {
		times = append(times, readWhole(t, s, "/metrics", 100*cloudVMs))
	}
	return median(times)
}

func readWhole(t *testing.T, s *harness.Server, path string, least int64) time.Duration {
	t.Helper()
	began := time.Now()
	req, err := http.NewRequest("GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", s.Table().Authorization)
	res, err := s.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != 200 || n < least {
		t.Fatalf("status %d, %d bytes, %v", res.StatusCode, n, err)
	}
	return time.Since(began)
}

// memoryMiB reads a line of /proc/<pid>/status.
func memoryMiB(t *testing.T, pid int, name string) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), name+":")
	kib, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib / 1024
}

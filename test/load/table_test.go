package load

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestTableAPI measures the table API on a whole cloud, over HTTPS, with the client on the same machine.
func TestTableAPI(t *testing.T) {
	needsFlag(t)
	s := harness.Start(t)
	p := buildCloud(t, s)
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
	resident := residentMiB(t, s.PID())
	figure(t, "resident memory with all that", resident, "MiB", resident <= 200, "≤ 200 MiB")
	_ = p
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
	return wrkWith(t, s, []string{"If-None-Match: " + r.Header.Get("ETag")}, path)
}

// everything reads all VMs with all their fields and returns the median time to the last byte, and by how much the server's memory was higher
// meanwhile.
func everything(t *testing.T, s *harness.Server) (time.Duration, float64) {
	t.Helper()
	c := s.Table()
	before := residentMiB(t, s.PID())
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.PID()), []byte("5"), 0); err != nil { // proc(5): resets VmHWM
		t.Fatal(err)
	}
	var times []time.Duration
	for range 9 {
		began := time.Now()
		req, err := http.NewRequest("GET", s.URL+"/api/v4/vms?fields=all&filter=is_snapshot%20eq%20false", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", c.Authorization)
		res, err := s.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 || n < 1000*cloudVMs {
			t.Fatalf("status %d, %d bytes, %v", res.StatusCode, n, err)
		}
		times = append(times, time.Since(began))
	}
	return median(times), memoryMiB(t, s.PID(), "VmHWM") - before
}

func residentMiB(t *testing.T, pid int) float64 { return memoryMiB(t, pid, "VmRSS") }

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

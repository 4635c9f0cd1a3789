package load

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dewpoint/test/harness"
)

// TestCounts measures what it costs that a list tells how many rows there are, beside what it costs a client to count them.
func TestCounts(t *testing.T) {
	needsFlag(t)
	s := harness.Start(t)
	buildCloud(t, s, cloudVMs)
	settle(t, s)
	var counting, keys []string
	for _, path := range lists() {
		counting = append(counting, path+"&count=1")
		keys = append(keys, regexp.MustCompile("fields=most|limit=100").ReplaceAllStringFunc(path, func(s string) string {
			return map[string]string{"fields=most": "fields=$key", "limit=100": "limit=0"}[s]
		}))
	}
	counted, all := wrk(t, s, counting...), wrk(t, s, keys...)
	fmt.Printf("| 100 of 20,000 VMs, the same lists with count=1 | %.0f/s, 99th percentile %.1f ms | | |\n", counted.perSecond, milliseconds(counted.p99))
	ratio := all.perSecond / counted.perSecond
	figure(t, "100 of 20,000 VMs with count=1 ÷ the keys of all that match", math.Round(ratio*100)/100, "×", ratio <= 0.8, "≤ 0.8 ×")
}

// TestOpenPages has 100 pages open that show lists of 20,000 VMs, half of them an ordinary user's, and measures what the server takes for them at rest.
func TestOpenPages(t *testing.T) {
	needsFlag(t)
	const pages, atRest = 100, 20 * time.Second
	s := harness.Start(t)
	buildCloud(t, s, cloudVMs)
	settle(t, s)
	admin := s.Table()
	user := admin.Create("users", map[string]any{"name": "bob", "password": harness.AdminPassword})
	identity := admin.Must(200, "GET", "users/"+user+"?fields=identity", nil).Object()["identity"]
	for _, table := range []string{"vms", "machines", "machine_status"} {
		admin.Create("permissions", map[string]any{"identity": identity, "table": table, "list": true, "read": true})
	}
	alone, before := cpuOver(t, s.PID(), atRest), memoryMiB(t, s.PID(), "VmRSS")
	var open []*harness.Socket
	for i := range pages {
		name := []string{"admin", "bob"}[i%2]
		k, res := s.DialSocket(t, "/api/sys/feed", http.Header{"Authorization": {harness.Basic(name, harness.AdminPassword)}})
		if k == nil {
			t.Fatal(res.Status)
		}
		for _, set := range []string{
			`{"set":"vms","table":"vms","fields":"$key,name,description,enabled","filter":"is_snapshot eq false"}`,
			`{"set":"status","table":"machine_status","fields":"$key,status,running,node","keys":[` + visible(i%10) + `]}`,
		} {
			if err := k.Conn.Write(context.Background(), websocket.MessageText, []byte(set)); err != nil {
				t.Fatal(err)
			}
		}
		open = append(open, k)
	}
	for _, k := range open {
		harness.Eventually(t, time.Minute, "a page is ready", func() (bool, string) {
			got := k.Text.String()
			return strings.Count(got, `"ready"`) == 2, got[:min(len(got), 400)]
		})
	}
	with := cpuOver(t, s.PID(), atRest)
	added, cores := memoryMiB(t, s.PID(), "VmRSS")-before, with-alone
	figure(t, "memory that 100 open lists of 20,000 VMs add", math.Round(added*10)/10, "MiB", added <= 64, "≤ 64 MiB")
	figure(t, "of a core that they add at rest", math.Round(cores*1000)/1000, "cores", cores <= 0.1, "≤ 0.1 cores")
	admin.Must(200, "PUT", fmt.Sprintf("vms/%d", firstVM+7), map[string]any{"description": "seen"})
	for _, k := range open {
		harness.Eventually(t, time.Minute, "a page hears of a change", func() (bool, string) {
			return strings.Contains(k.Text.String(), `"seen"`), ""
		})
	}
}

// visible lists the machines of one screen of VMs: a list of those that scroll by would be longer than a feed of an ordinary user may be.
func visible(screen int) string {
	keys := make([]string, 50)
	for i := range keys {
		keys[i] = strconv.Itoa(firstVM + screen*len(keys) + i)
	}
	return strings.Join(keys, ",")
}

// cpuOver is how many cores a process uses meanwhile.
func cpuOver(t *testing.T, pid int, during time.Duration) float64 {
	t.Helper()
	ticks := func() (sum float64) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, behind, _ := strings.Cut(string(text), ") ")
		for _, field := range strings.Fields(behind)[11:13] { // utime and stime, in hundredths of a second
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		return sum
	}
	began := ticks()
	time.Sleep(during)
	return (ticks() - began) / 100 / during.Seconds()
}

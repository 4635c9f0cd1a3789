package load

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dewpoint/test/harness"
)

// TestLinkedCloneRate measures a hundred linked clones of a VM with a disk of 20 GB, from the first request to the last disk that is ready, against a loop of
// qemu-img that makes as many images over the same one.
func TestLinkedCloneRate(t *testing.T) {
	needsFlag(t)
	const clones, clients = 100, 16
	s := harness.Start(t)
	vm := cloned(t, s)
	base, err := filepath.Glob(filepath.Join(s.Data, "pools", "*", "*", "*.qcow2"))
	if err != nil || len(base) != 1 {
		t.Fatal(base, err)
	}
	began := time.Now()
	for i := range clones {
		path := filepath.Join(s.Data, fmt.Sprintf("peer-%d", i))
		if out, err := exec.CommandContext(t.Context(), "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base[0], path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	peer := time.Since(began)
	began = time.Now()
	cloneMany(s, vm, clones, clients)
	asked := time.Since(began)
	disksReady(t, s, clones+1)
	ours := time.Since(began)
	fmt.Printf("| %d linked clones of a 20 GB disk, ours / a loop of qemu-img create -b | %d ms (asked for after %d ms) / %d ms | | |\n",
		clones, ours.Milliseconds(), asked.Milliseconds(), peer.Milliseconds())
	ratio := math.Round(100*float64(peer)/float64(ours)) / 100
	figure(t, "linked clones ÷ a loop of qemu-img create -b", ratio, "×", ratio >= 5, "≥ 5 ×")
}

// TestLinkedCreateRate measures how many VMs with a linked disk four clients make in a second, until the last request is answered.
func TestLinkedCreateRate(t *testing.T) {
	needsFlag(t)
	const clones, clients = 300, 4
	s := harness.Start(t)
	vm := cloned(t, s)
	began := time.Now()
	cloneMany(s, vm, clones, clients)
	rate := math.Round(clones / time.Since(began).Seconds())
	figure(t, "VMs with a linked disk, made by 4 clients", rate, "/s", rate >= 150, "≥ 150/s")
	disksReady(t, s, clones+1)
}

// cloned makes a VM with a disk of 20 GB, and returns its key.
func cloned(t *testing.T, s *harness.Server) (vm string) {
	t.Helper()
	c := s.Table()
	made := c.Must(201, "POST", "vms", map[string]any{"name": "source", "ram": 256}).Object()
	c.Create("machine_drives", map[string]any{"machine": made["response"].(map[string]any)["machine"].(string), "disksize": int64(20) << 30})
	disksReady(t, s, 1)
	return made["$key"].(string)
}

// cloneMany has several clients ask for clones of a VM at the same time.
func cloneMany(s *harness.Server, vm string, clones, clients int) {
	c := s.Table()
	var work sync.WaitGroup
	for n := range clients {
		work.Go(func() {
			for i := n; i < clones; i += clients {
				c.Must(201, "POST", "vm_actions", map[string]any{"vm": vm, "action": "clone", "params": map[string]any{"name": fmt.Sprintf("clone-%d", i)}})
			}
		})
	}
	work.Wait()
}

// disksReady waits until so many disks are.
func disksReady(t *testing.T, s *harness.Server, want int) {
	t.Helper()
	c := s.Table()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		rows := c.Must(200, "GET", "machine_drives?fields=$key&limit=1000&filter=used_bytes%20gt%200", nil).Rows()
		if len(rows) == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d disks are ready", len(rows), want)
		}
	}
}
